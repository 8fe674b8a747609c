//! Which documents of a job failed, and why.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::article::ProblemKind;
use shared::http::{Problem, Query};
use shared::job::{Backend, JobId};
use shared::store::Failure;
use utoipa::ToSchema;

use super::Api;
use super::answers::{BadRequest, Internal, NotFound, Unavailable, failed, no_such_job};
use super::id::Id;
use super::paging::{self, Page, Paging};

/// A document that did not come through.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FailureView {
    /// The chunk it was in; null: it was refused when it was submitted.
    chunk: Option<u32>,
    /// Its index in the chunk from 0; of a refused one its index in the submission, or its line from 1.
    document: u64,
    /// Its id, where it could be read.
    document_id: Option<String>,
    /// The kind of problem, for counting.
    #[schema(value_type = String, example = "missing_field")]
    kind: ProblemKind,
    /// The field it is about, if it is about one.
    field: Option<String>,
    /// What is wrong.
    reason: String,
    /// The backend that refused it, where the document itself came through; it is in the others.
    backend: Option<Backend>,
}

/// A page of failures.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FailureList {
    /// In the order of the documents, refused ones first.
    failures: Vec<FailureView>,
    /// How many there are on all pages.
    total_count: u64,
    /// The longest that this page could be.
    limit: u32,
    /// How many are left out before it.
    offset: u64,
}

impl From<Failure> for FailureView {
    fn from(failure: Failure) -> Self {
        Self {
            chunk: failure.chunk,
            document: failure.document,
            document_id: failure.document_id,
            kind: failure.problem.kind,
            field: failure.problem.field,
            reason: failure.problem.reason,
            backend: failure.backend,
        }
    }
}

/// Each document of a job that failed or was refused, with its reason; `limit` is 1 to 1,000, and 100 where it is not said.
#[utoipa::path(
    get,
    path = "/v1/jobs/{job_id}/failures",
    tag = "jobs",
    params(("job_id" = Uuid, Path, description = "The job."), Paging),
    responses(
        (status = 200, description = "A page of failures.", body = FailureList, example = json!({
            "failures": [{
                "chunk": null,
                "document": 3,
                "document_id": "wires-0004",
                "kind": "missing_field",
                "field": "text",
                "reason": "is required",
                "backend": null
            }],
            "total_count": 1,
            "limit": 100,
            "offset": 0
        })),
        BadRequest, NotFound, Internal, Unavailable
    )
)]
pub(super) async fn failures(
    State(api): State<Api>,
    Id(id): Id<JobId>,
    Query(paging): Query<Paging>,
) -> Result<Json<FailureList>, Problem> {
    let Page { limit, offset } = paging.page(paging::LONG)?;
    let store = &api.scheduler.store;
    if store.job(id).await.map_err(failed)?.is_none() {
        return Err(no_such_job(id));
    }
    let (failures, total_count) = store.failures(id, limit, offset).await.map_err(failed)?;
    Ok(Json(FailureList {
        failures: failures.into_iter().map(FailureView::from).collect(),
        total_count,
        limit,
        offset,
    }))
}
