//! Reads what a client sends, in pieces, and has it judged.

use axum::body::{Body, Bytes};
use axum::extract::multipart::Field;
use bytes::BytesMut;
use futures_util::StreamExt;
use tokio::sync::mpsc;

use crate::form::{Form, Partial};
use crate::gate::Admission;
use crate::incoming::{Bound, Incoming, Room, of_form};
use crate::judge::{self, Judged, Received};
use crate::refusal::Refusal;

/// Pieces that wait to be judged.
const AHEAD: usize = 4;

/// Bytes that come.
pub(crate) struct Upload<'a>(Source<'a>);

enum Source<'a> {
    Body(Incoming),
    Part(Box<Field<'a>>, Room),
}

impl<'a> Upload<'a> {
    /// The body of a request.
    pub(crate) fn body(body: Body, bound: Bound) -> Self {
        Self(Source::Body(Incoming::new(body, bound)))
    }

    /// A part of a form, whose bytes are an [`Incoming`] too.
    pub(crate) fn part(field: Field<'a>, bound: Bound) -> Self {
        Self(Source::Part(Box::new(field), Room::of(bound)))
    }

    /// The next piece; none at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        match &mut self.0 {
            Source::Body(incoming) => Ok(incoming.next().await.transpose()?),
            Source::Part(field, room) => {
                let piece = field.chunk().await.map_err(|error| of_form(&error))?;
                if let Some(piece) = &piece {
                    room.take(piece.len())?;
                }
                Ok(piece)
            }
        }
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
