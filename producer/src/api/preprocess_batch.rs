//! POST /v1/preprocess/batch.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Deserialize;
use shared::http::{Problem, Query};
use utoipa::IntoParams;

use super::documents_batch::body_bound;
use super::header;
use super::schema::{ArticlesRequest, SubmissionAnswers};
use crate::Producer;
use crate::accept::Accepted;
use crate::form::{Form, Partial};
use crate::refusal::Refusal;
use crate::upload::Upload;

/// The query of a batch of articles.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ArticlesQuery {
    /// Take the good documents where others are bad, and report those.
    #[serde(default)]
    partial: bool,
}

/// Make a job of 1 to 1,000 articles
///
/// The form of the earlier API; `POST /v1/documents/batch` takes more.
#[utoipa::path(
    post,
    path = "/v1/preprocess/batch",
    tag = "documents",
    params(
        ArticlesQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible characters. The same submission under the \
          same key makes one job, however often it is sent."),
        ("traceparent" = Option<String>, Header, description = "W3C trace context; the job goes on with its trace.")
    ),
    request_body(content = ArticlesRequest),
    responses(SubmissionAnswers)
)]
pub(super) async fn preprocess_batch(
    State(producer): State<Producer>,
    Query(query): Query<ArticlesQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Accepted, Problem> {
    Ok(take(&producer, query, &headers, body).await?)
}

async fn take(
    producer: &Producer,
    query: ArticlesQuery,
    headers: &HeaderMap,
    body: Body,
) -> Result<Accepted, Refusal> {
    header::require_json(headers)?;
    let identity = header::identity(headers)?;
    let admission = producer.admit().await?;
    let partial = Partial::from(query.partial);
    let upload = Upload::body(body, body_bound(producer));
    let mut judged = upload
        .judge_json(Form::Articles, partial, admission.clone())
        .await?;
    producer.accept(&mut judged, &identity).await
}
