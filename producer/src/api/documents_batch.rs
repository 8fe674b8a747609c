//! POST /v1/documents/batch.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Deserialize;
use shared::http::{Problem, Query};
use utoipa::IntoParams;

use super::header::{self, MediaType};
use super::schema::{BatchRequest, SubmissionAnswers};
use crate::Producer;
use crate::accept::Accepted;
use crate::form::{Form, Partial};
use crate::incoming::Bound;
use crate::options::Requested;
use crate::refusal::{Refusal, about};
use crate::upload::Upload;

/// The query of a batch. The options are for bodies of lines only: a JSON body has them inside.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct BatchQuery {
    /// Take the good documents where others are bad, and report those.
    #[serde(default)]
    partial: bool,
    /// Only with lines: as in the JSON body.
    batch_id: Option<String>,
    /// Only with lines: as in the JSON body.
    #[param(value_type = Option<u32>)]
    checkpoint_interval: Option<String>,
    /// Only with lines: backends with commas between.
    #[param(example = "jsonl")]
    persist_to_backends: Option<String>,
    /// Only with lines: as in the JSON body, as JSON text.
    #[param(example = r#"{"enable_typo_correction":false}"#)]
    cleaning_config: Option<String>,
    /// Only with lines: as in the JSON body, as JSON text.
    metadata: Option<String>,
    /// Only with lines: `high`, `normal` or `low`.
    priority: Option<String>,
    /// Only with lines: as in the JSON body.
    run_at: Option<String>,
}

impl BatchQuery {
    /// The options that are given.
    fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("batch_id", &self.batch_id),
            ("checkpoint_interval", &self.checkpoint_interval),
            ("persist_to_backends", &self.persist_to_backends),
            ("cleaning_config", &self.cleaning_config),
            ("metadata", &self.metadata),
            ("priority", &self.priority),
            ("run_at", &self.run_at),
        ];
        all.into_iter()
            .filter_map(|(name, text)| Some((name, text.as_deref()?)))
    }
}

/// Make a job of 1 to 10,000 documents
///
/// The body is a JSON object; or, as `application/x-ndjson`, a document a line, which is judged while it comes, with the options
/// in the query. Every document is checked, and the job is there, in one transaction, before the answer.
#[utoipa::path(
    post,
    path = "/v1/documents/batch",
    tag = "documents",
    params(
        BatchQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters. The same submission under the \
          same key makes one job, however often it is sent."),
        ("traceparent" = Option<String>, Header, description = "W3C trace context; the job goes on with its trace.")
    ),
    request_body(content(
        (BatchRequest = "application/json"),
        (String = "application/x-ndjson", example = "{\"document_id\":\"a-1\",\"text\":\"First.\"}\n{\"document_id\":\"a-2\",\"text\":\"Second.\"}\n"),
    )),
    responses(SubmissionAnswers)
)]
pub(super) async fn documents_batch(
    State(producer): State<Producer>,
    Query(query): Query<BatchQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Accepted, Problem> {
    Ok(take(&producer, query, &headers, body).await?)
}

async fn take(
    producer: &Producer,
    query: BatchQuery,
    headers: &HeaderMap,
    body: Body,
) -> Result<Accepted, Refusal> {
    let media_type = header::media_type(headers)?;
    let identity = header::identity(headers)?;
    let admission = producer.admit().await?;
    let partial = Partial::from(query.partial);
    let upload = Upload::body(body, body_bound(producer));
    let mut judged = match media_type {
        MediaType::Json => {
            if let Some((name, _)) = query.texts().next() {
                let reason = "with a JSON body this belongs into the body, not into the query";
                return Err(Refusal::unfit(about(name, "invalid_value", reason)));
            }
            upload
                .judge_json(Form::Documents, partial, admission.clone())
                .await?
        }
        MediaType::Lines => {
            let received = upload
                .judge_lines(Form::Lines, partial, admission.clone())
                .await?;
            let mut requested = Requested::default();
            let problems = query
                .texts()
                .filter_map(|(name, text)| requested.set_text(name, text).err())
                .map(|problem| *problem)
                .collect();
            received.judge(requested, problems)?
        }
    };
    producer.accept(&mut judged, &identity).await
}

/// How long a body may be.
pub(super) fn body_bound(producer: &Producer) -> Bound {
    Bound {
        what: "the body",
        limit: producer.settings.max_body_bytes,
        setting: "producer.max_body_bytes",
    }
}
