//! Reads what a client sends, in pieces, no more of it than is allowed, and not for ever.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::multipart::Field;
use bytes::BytesMut;
use futures_util::StreamExt;
use tokio::sync::mpsc;

use crate::form::{Form, Partial};
use crate::gate::Admission;
use crate::judge::{self, Judged, Received};
use crate::refusal::Refusal;

/// A client that sends nothing for so long is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Pieces that wait to be judged.
const AHEAD: usize = 4;

/// Bytes that come.
pub(crate) struct Upload<'a> {
    source: Source<'a>,
    bound: Bound,
    left: usize,
}

enum Source<'a> {
    Body(BodyDataStream),
    Part(Box<Field<'a>>),
}

/// How much may come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    /// What it is that comes.
    pub(crate) what: &'static str,
    /// Its bytes at most.
    pub(crate) limit: usize,
    /// The setting that says so.
    pub(crate) setting: &'static str,
}

impl Bound {
    fn exceeded(self) -> Refusal {
        let Self {
            what,
            limit,
            setting,
        } = self;
        Refusal::TooLarge {
            what,
            limit,
            setting,
        }
    }
}

impl<'a> Upload<'a> {
    /// The body of a request.
    pub(crate) fn body(body: Body, bound: Bound) -> Self {
        Self {
            source: Source::Body(body.into_data_stream()),
            bound,
            left: bound.limit,
        }
    }

    /// A part of a form.
    pub(crate) fn part(field: Field<'a>, bound: Bound) -> Self {
        Self {
            source: Source::Part(Box::new(field)),
            bound,
            left: bound.limit,
        }
    }

    /// The next piece; none at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        let next = async {
            match &mut self.source {
                Source::Body(body) => body.next().await.transpose().map_err(|_| {
                    Refusal::Malformed("the body ended before it was complete".to_owned())
                }),
                Source::Part(field) => field
                    .chunk()
                    .await
                    .map_err(|error| Refusal::Malformed(error.body_text())),
            }
        };
        let waited = PATIENCE;
        let piece = tokio::time::timeout(PATIENCE, next)
            .await
            .map_err(|_| Refusal::Stalled { waited })??;
        if let Some(piece) = &piece {
            let left = self.left.checked_sub(piece.len());
            self.left = left.ok_or_else(|| self.bound.exceeded())?;
        }
        Ok(piece)
    }

    /// All of it.
    pub(crate) async fn collect(mut self) -> Result<Bytes, Refusal> {
        let mut all = BytesMut::new();
        while let Some(piece) = self.next().await? {
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }

    /// All of it, judged as a JSON body.
    pub(crate) async fn judge_json(
        self,
        form: Form,
        partial: Partial,
        admission: Admission,
    ) -> Result<Judged, Refusal> {
        let body = self.collect().await?;
        judge_json(body, form, partial, Some(admission)).await
    }

    /// All of it, judged as lines while it comes.
    pub(crate) async fn judge_lines(
        mut self,
        form: Form,
        partial: Partial,
        admission: Admission,
    ) -> Result<Received, Refusal> {
        let (pieces, received) = mpsc::channel(AHEAD);
        // When the caller goes away the channel ends, and so does the judge.
        let judge = tokio::task::spawn_blocking(move || {
            let judged = judge::lines(received, form, partial);
            drop(admission);
            judged
        });
        while let Some(piece) = self.next().await? {
            // The judge is gone where it need not see more.
            if pieces.send(piece).await.is_err() {
                break;
            }
        }
        drop(pieces);
        judge.await.map_err(Refusal::Fault)?
    }
}

/// A whole JSON body, judged on a blocking thread; the admission lasts as long as that takes, also when the caller goes away.
pub(crate) async fn judge_json(
    body: Bytes,
    form: Form,
    partial: Partial,
    admission: Option<Admission>,
) -> Result<Judged, Refusal> {
    let judge = tokio::task::spawn_blocking(move || {
        let judged = judge::json(&body, form, partial);
        drop(admission);
        judged
    });
    judge.await.map_err(Refusal::Fault)?
}
