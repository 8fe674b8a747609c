//! One job as it is.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use shared::http::Problem;
use shared::job::{
    Backend, BackendProgress, BackendState, Desired, Job, JobId, JobStatus, Metadata, Priority,
};
use shared::store::JobRecord;
use utoipa::ToSchema;

use super::Api;
use super::answers::{BadRequest, Internal, NotFound, Unavailable, failed, no_such_job};
use super::id::Id;
use super::statistics::Statistics;

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobView {
    /// Its id.
    job_id: JobId,
    /// The batch it belongs to.
    batch_id: Option<String>,
    /// What it is.
    status: JobStatus,
    /// What people want of it; it follows as soon as no chunk is worked on.
    desired: Desired,
    /// Documents dealt with, in percent of all; 100 only when all are.
    progress_percent: f64,
    /// Documents that were accepted.
    total_documents: u64,
    /// Documents that came through.
    processed_documents: u64,
    /// Documents that failed.
    failed_documents: u64,
    /// Documents of the submission that were refused, and are in no other count.
    rejected_documents: u64,
    /// Which of the work goes first.
    priority: Priority,
    /// Not to start before.
    #[schema(value_type = Option<String>, format = DateTime)]
    run_at: Option<String>,
    /// When it was accepted.
    #[schema(format = DateTime)]
    created_at: String,
    /// When its first chunk was claimed.
    #[schema(format = DateTime)]
    started_at: Option<String>,
    /// When it came to rest last.
    #[schema(format = DateTime)]
    paused_at: Option<String>,
    /// When it was told to go on last.
    #[schema(format = DateTime)]
    resumed_at: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    completed_at: Option<String>,
    /// When it changed last.
    #[schema(format = DateTime)]
    updated_at: String,
    /// Why it failed, or why it does not get on.
    error_message: Option<String>,
    /// What upstream wants to find again.
    #[schema(value_type = Object)]
    metadata: Metadata,
    /// Numbers.
    statistics: Statistics,
    /// Names of its files, once they are visible.
    output_files: Vec<String>,
    /// How far each backend is that it names. It is completed only when all have everything.
    #[schema(value_type = std::collections::BTreeMap<String, BackendView>)]
    backends: BTreeMap<Backend, BackendView>,
    /// Grows with each change.
    version: i64,
}

/// How far a backend of a job is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BackendView {
    /// What it is seen to be.
    state: BackendState,
    /// Documents that it has.
    accepted: u64,
    /// Documents that it will never take; each is among the failures.
    refused: u64,
    /// Documents that came through and are kept for it until it takes them.
    behind: u64,
    /// Why it did not take them when it was tried last.
    error: Option<String>,
}

impl BackendView {
    /// All those of a job.
    fn all_of(job: &Job) -> BTreeMap<Backend, Self> {
        let view = |(backend, progress): (&Backend, &BackendProgress)| {
            let view = Self {
                state: job.backend_state(*backend)?,
                accepted: progress.accepted,
                refused: progress.refused,
                behind: progress.behind,
                error: progress.error.clone(),
            };
            Some((*backend, view))
        };
        job.backends.iter().filter_map(view).collect()
    }
}

impl JobView {
    /// A job as it is told.
    pub(super) fn new(record: JobRecord, statistics: Statistics) -> Self {
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let job = record.job;
        Self {
            backends: BackendView::all_of(&job),
            job_id: record.id,
            batch_id: record.batch_id,
            status: job.status,
            desired: job.desired,
            progress_percent: job.progress_percent(),
            total_documents: job.total,
            processed_documents: job.processed,
            failed_documents: job.failed,
            rejected_documents: record.rejected,
            priority: record.priority,
            run_at: time(record.run_at),
            created_at: record.created_at.to_string(),
            started_at: time(job.started_at),
            paused_at: time(job.paused_at),
            resumed_at: time(job.resumed_at),
            completed_at: time(job.completed_at),
            updated_at: record.updated_at.to_string(),
            error_message: job.error,
            metadata: record.metadata,
            statistics,
            output_files: record.output_files,
            version: record.version,
        }
    }
}

/// A job.
#[utoipa::path(
    get,
    path = "/v1/jobs/{job_id}",
    tag = "jobs",
    params(("job_id" = Uuid, Path, description = "The job.")),
    responses(
        (status = 200, description = "The job as it is.", body = JobView, example = json!({
            "job_id": "0199c6a8-6f3e-7c43-9f0e-3f1c2a7be001",
            "batch_id": "2025-10-09-wires",
            "status": "running",
            "desired": "run",
            "progress_percent": 43.38,
            "total_documents": 295,
            "processed_documents": 127,
            "failed_documents": 1,
            "rejected_documents": 0,
            "priority": "normal",
            "run_at": null,
            "created_at": "2025-10-09T08:15:30.123456Z",
            "started_at": "2025-10-09T08:15:30.201337Z",
            "paused_at": null,
            "resumed_at": null,
            "completed_at": null,
            "updated_at": "2025-10-09T08:15:33.761337Z",
            "error_message": null,
            "metadata": {"source": "wires"},
            "statistics": {
                "chunks": {"ready": 2, "leased": 1, "done": 2, "dead": 0, "cancelled": 0},
                "documents_per_second": 35.96,
                "entities": 2211
            },
            "output_files": [],
            "backends": {
                "jsonl": {"state": "writing", "accepted": 127, "refused": 0, "behind": 0, "error": null},
                "elasticsearch": {"state": "behind", "accepted": 63, "refused": 0, "behind": 64,
                    "error": "elasticsearch: cannot reach the server"}
            },
            "version": 5
        })),
        BadRequest, NotFound, Internal, Unavailable
    )
)]
pub(super) async fn job(
    State(api): State<Api>,
    Id(id): Id<JobId>,
) -> Result<Json<JobView>, Problem> {
    let store = &api.scheduler.store;
    let record = store.job(id).await.map_err(failed)?;
    let record = record.ok_or_else(|| no_such_job(id))?;
    let states = store.chunk_states(id).await.map_err(failed)?;
    let statistics = Statistics::of(&record).with_chunks(states);
    Ok(Json(JobView::new(record, statistics)))
}

/// A job; the same as `GET /v1/jobs/{job_id}`.
#[utoipa::path(
    get,
    path = "/v1/jobs/{job_id}/status",
    tag = "jobs",
    params(("job_id" = Uuid, Path, description = "The job.")),
    responses(
        (status = 200, description = "The job as it is.", body = JobView),
        BadRequest, NotFound, Internal, Unavailable
    )
)]
pub(super) async fn job_status(state: State<Api>, id: Id<JobId>) -> Result<Json<JobView>, Problem> {
    job(state, id).await
}

/// A job; the same as `GET /v1/jobs/{job_id}`, under the path it had before.
#[utoipa::path(
    get,
    path = "/v1/preprocess/status/{job_id}",
    tag = "jobs",
    params(("job_id" = Uuid, Path, description = "The job.")),
    responses(
        (status = 200, description = "The job as it is.", body = JobView),
        BadRequest, NotFound, Internal, Unavailable
    )
)]
pub(super) async fn preprocess_status(
    state: State<Api>,
    id: Id<JobId>,
) -> Result<Json<JobView>, Problem> {
    job(state, id).await
}
