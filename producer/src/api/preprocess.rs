//! POST /v1/preprocess.

use std::error::Error;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::value::RawValue;
use shared::article::{self, CleanedArticle, ProblemKind, Refused};
use shared::broker::CallError;
use shared::http::{ErrorEntry, Problem};
use shared::job::CleaningConfig;
use shared::message::{Answer, Request};

use super::documents_batch::body_bound;
use super::header;
use super::schema::{ArticleRequest, PreprocessAnswers};
use crate::Producer;
use crate::form::Numbering;
use crate::gate::Admission;
use crate::incoming::Bound;
use crate::intake;
use crate::judge::{Members, set};
use crate::lines::{Line, MAX_DOCUMENT_BYTES};
use crate::options::{ARTICLE_NAMES, Requested};
use crate::refusal::{Refusal, Unfit, about};
use crate::rejections::Rejections;
use crate::upload::Upload;

/// When to ask again where no worker is there.
const RETRY: Duration = Duration::from_secs(5);

/// The longest document with its options, in bytes.
const ONE_DOCUMENT: usize = MAX_DOCUMENT_BYTES + 64 * 1024;

/// Documents up to so many bytes may wait for a worker in any number.
const SHORT: usize = 256 * 1024;

/// Clean one document now
///
/// Waits for a worker, and keeps nothing: no job is made.
#[utoipa::path(
    post,
    path = "/v1/preprocess",
    tag = "documents",
    params(("traceparent" = Option<String>, Header, description = "W3C trace context.")),
    request_body(content = ArticleRequest),
    responses(PreprocessAnswers)
)]
pub(super) async fn preprocess(
    State(producer): State<Producer>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<CleanedArticle>, Problem> {
    let admission = producer.admit_one().map_err(Problem::from)?;
    let question = read(&producer, &headers, body, admission.clone()).await?;
    // A long document keeps its place until it is answered: many of them that wait would fill the memory.
    let _kept = (question.article.get().len() > SHORT).then_some(admission);
    ask(&producer, &question).await.map(Json)
}

async fn read(
    producer: &Producer,
    headers: &HeaderMap,
    body: Body,
    admission: Admission,
) -> Result<Request, Refusal> {
    header::require_json(headers)?;
    let body = Upload::body(body, bound(producer)).collect().await?;
    // The admission lasts as long as this takes, also when the caller goes away.
    let judge = tokio::task::spawn_blocking(move || {
        let judged = judge(&body);
        drop(admission);
        judged
    });
    let (article, cleaning) = judge.await.map_err(Refusal::Fault)??;
    Ok(Request {
        article,
        cleaning,
        trace: Some(header::trace(headers)),
    })
}

/// How long a body with one document may be.
fn bound(producer: &Producer) -> Bound {
    let bound = body_bound(producer);
    if bound.limit <= ONE_DOCUMENT {
        return bound;
    }
    Bound {
        limit: ONE_DOCUMENT,
        setting: "fixed where it is one document",
        ..bound
    }
}

fn judge(body: &[u8]) -> Result<(Box<RawValue>, CleaningConfig), Refusal> {
    let mut requested = Requested::default();
    let mut problems = Vec::new();
    let members = Members::read(body, "article", &ARTICLE_NAMES, &mut problems)?;
    for (name, value) in members.options {
        problems.extend(
            set(&mut requested, &name, value)
                .err()
                .map(|problem| *problem),
        );
    }
    if !requested.backends.is_empty() {
        let reason = "nothing is kept here; POST /v1/preprocess/batch does that";
        problems.push(*about("persist_to_backends", "invalid_value", reason));
    }
    match members.list {
        None => problems.push(*about(
            "article",
            "missing_field",
            "required, and not there",
        )),
        Some(article) => match intake::article(Line::Whole(article.get().as_bytes())) {
            Ok(_) if problems.is_empty() => return Ok((article.to_owned(), requested.cleaning)),
            Ok(_) => {}
            Err(refused) => problems.extend(entries(*refused)),
        },
    }
    Err(unfit(problems))
}

/// The document's problems; it is the only one, so they carry no index.
fn entries(refused: Refused) -> Vec<ErrorEntry> {
    let mut rejections = Rejections::new(Numbering::Index);
    rejections.add(0, refused);
    let listed = rejections.listed().iter().cloned();
    listed
        .map(|entry| ErrorEntry {
            index: None,
            ..entry
        })
        .collect()
}

fn unfit(entries: Vec<ErrorEntry>) -> Refusal {
    Refusal::Unfit(Box::new(Unfit {
        detail: "the document cannot be cleaned as it was sent; see errors".to_owned(),
        count: entries.len() as u64,
        entries,
    }))
}

async fn ask(producer: &Producer, question: &Request) -> Result<CleanedArticle, Problem> {
    let deadline = producer.settings.preprocess_timeout();
    let answer = producer
        .broker
        .call(question.to_message(deadline), deadline)
        .await
        .map_err(|error| unanswered(&error, deadline))?;
    match Answer::from_message(&answer) {
        Ok(Answer::Cleaned(cleaned)) => Ok(*cleaned),
        Ok(Answer::Failed(problem)) => Err(failed(problem)),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn Error,
                "cannot read a worker's answer"
            );
            Err(Problem::internal(
                "the worker's answer cannot be read; is it of another version?",
            ))
        }
    }
}

fn failed(problem: article::Problem) -> Problem {
    if problem.kind == ProblemKind::Internal {
        tracing::error!(reason = %problem.reason, "a worker failed on a document");
        return Problem::internal(problem.reason);
    }
    let refused = Refused {
        document_id: None,
        first: problem,
        others: Vec::new(),
    };
    unfit(entries(refused)).into()
}

fn unanswered(error: &CallError, deadline: Duration) -> Problem {
    match error {
        CallError::NoConsumer => Problem::unavailable("no worker is there; try again soon", RETRY),
        CallError::TimedOut => Problem::timed_out(format!(
            "no worker answered within {} ms; POST /v1/preprocess/batch does not wait",
            deadline.as_millis()
        )),
        CallError::Unavailable { source } => {
            tracing::warn!(error = source as &dyn Error, "cannot ask a worker");
            Problem::unavailable("workers cannot be asked now; try again soon", RETRY)
        }
    }
}
