//! Telling a job what to do.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::broker;
use shared::http::Problem;
use shared::job::{Command, Desired, Job, JobId, JobStatus};
use shared::message::Control;
use shared::store::{CommandError, JobRecord};
use tokio::time::timeout;
use utoipa::ToSchema;

use super::Api;
use super::answers::{BadRequest, Conflict, Internal, NotFound, Unavailable, failed, no_such_job};
use super::id::Id;

/// What the workers are told is only a hint: nobody waits longer for it.
const HINT_LIMIT: Duration = Duration::from_secs(1);

/// What a command brought about.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CommandAnswer {
    /// The job.
    job_id: JobId,
    /// What it is now.
    status: JobStatus,
    /// What is wanted of it now.
    desired: Desired,
    /// The same for people: done, or what is waited for.
    message: String,
}

/// Has a job come to rest: no chunk of it is started any more, and those that are worked on stop between two documents.
#[utoipa::path(
    patch,
    path = "/v1/jobs/{job_id}/pause",
    tag = "jobs",
    params(("job_id" = Uuid, Path, description = "The job.")),
    responses(
        (status = 200, description = "It rests, or will. Asking twice is fine.", body = CommandAnswer, example = json!({
            "job_id": "0199c6a8-6f3e-7c43-9f0e-3f1c2a7be001",
            "status": "running",
            "desired": "pause",
            "message": "pausing: 2 chunks are still worked on"
        })),
        BadRequest, NotFound, Conflict, Internal, Unavailable
    )
)]
pub(super) async fn pause(
    State(api): State<Api>,
    Id(id): Id<JobId>,
) -> Result<Json<CommandAnswer>, Problem> {
    carry_out(&api, id, Command::Pause).await
}

/// Has a job go on.
#[utoipa::path(
    patch,
    path = "/v1/jobs/{job_id}/resume",
    tag = "jobs",
    params(("job_id" = Uuid, Path, description = "The job.")),
    responses(
        (status = 200, description = "It goes on. Asking twice is fine.", body = CommandAnswer, example = json!({
            "job_id": "0199c6a8-6f3e-7c43-9f0e-3f1c2a7be001",
            "status": "running",
            "desired": "run",
            "message": "running"
        })),
        BadRequest, NotFound, Conflict, Internal, Unavailable
    )
)]
pub(super) async fn resume(
    State(api): State<Api>,
    Id(id): Id<JobId>,
) -> Result<Json<CommandAnswer>, Problem> {
    carry_out(&api, id, Command::Resume).await
}

/// Ends a job for good.
#[utoipa::path(
    delete,
    path = "/v1/jobs/{job_id}",
    tag = "jobs",
    params(("job_id" = Uuid, Path, description = "The job.")),
    responses(
        (status = 200, description = "It has ended, or will. Asking twice is fine.", body = CommandAnswer, example = json!({
            "job_id": "0199c6a8-6f3e-7c43-9f0e-3f1c2a7be001",
            "status": "cancelled",
            "desired": "cancel",
            "message": "cancelled"
        })),
        BadRequest, NotFound, Conflict, Internal, Unavailable
    )
)]
pub(super) async fn cancel(
    State(api): State<Api>,
    Id(id): Id<JobId>,
) -> Result<Json<CommandAnswer>, Problem> {
    carry_out(&api, id, Command::Cancel).await
}

async fn carry_out(api: &Api, id: JobId, command: Command) -> Result<Json<CommandAnswer>, Problem> {
    let carried_out = api.scheduler.store.command(id, command).await;
    let record = carried_out.map_err(|error| match error {
        CommandError::NoSuchJob(id) => no_such_job(id),
        CommandError::Conflict(conflict) => Problem::conflict(conflict.to_string()),
        CommandError::Store(error) => failed(error),
    })?;
    let message = message(&record.job);
    tracing::info!(job.id = %id, job.version = record.version, "{command} of job {id}: {message}");
    hint(api, &record).await;
    Ok(Json(CommandAnswer {
        job_id: id,
        status: record.job.status,
        desired: record.job.desired,
        message,
    }))
}

/// Tells the workers; those that miss it learn it at their next heartbeat.
async fn hint(api: &Api, record: &JobRecord) {
    let control = Control {
        job: record.id,
        desired: record.job.desired,
        version: record.version,
    };
    let told = api.scheduler.broker.publish_control(control.to_message());
    let doing = "telling the workers";
    let told = timeout(HINT_LIMIT, told).await;
    if let Err(error) = told.unwrap_or(Err(broker::Error::TimedOut { doing })) {
        let error: &(dyn std::error::Error + 'static) = &error;
        tracing::warn!(error, job.id = %record.id, "workers learn at their next heartbeat what is wanted");
    }
}

/// Where the job stands after a command.
fn message(job: &Job) -> String {
    let still = || match job.leases {
        1 => "1 chunk is still worked on".to_owned(),
        leases => format!("{leases} chunks are still worked on"),
    };
    match (job.status, job.desired) {
        (JobStatus::Queued | JobStatus::Running, Desired::Pause) => {
            format!("pausing: {}", still())
        }
        (JobStatus::Queued | JobStatus::Running | JobStatus::Paused, Desired::Cancel) => {
            format!("cancelling: {}", still())
        }
        (JobStatus::Queued, Desired::Run) => "queued: it starts with its next chunk".to_owned(),
        (JobStatus::Paused, Desired::Run | Desired::Pause)
        | (JobStatus::Running, Desired::Run)
        | (JobStatus::Completed | JobStatus::Failed | JobStatus::Cancelled, _) => {
            job.status.to_string()
        }
    }
}
