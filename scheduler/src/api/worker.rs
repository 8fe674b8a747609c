//! Who works.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::http::Problem;
use shared::job::WorkerId;
use shared::store::{WorkerRecord, WorkerState};
use utoipa::ToSchema;

use super::Api;
use super::answers::{Internal, Unavailable, failed};

/// So many are told of at most, those that started last.
const NEWEST: u32 = 1_000;

/// A worker.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorkerView {
    /// Its id, a new one at each start.
    worker_id: WorkerId,
    /// The machine.
    host: String,
    /// The process there.
    pid: u32,
    /// The program's version.
    version: String,
    /// What its model computes on.
    device: String,
    /// Chunks it works on at a time.
    slots: u32,
    /// What it is known to be.
    state: WorkerState,
    /// Chunks it works on.
    busy: u32,
    /// When it started.
    #[schema(format = DateTime)]
    started_at: String,
    /// When it was heard of last.
    #[schema(format = DateTime)]
    seen_at: String,
}

/// Workers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorkerList {
    /// The newest first, at most a thousand.
    workers: Vec<WorkerView>,
}

impl From<WorkerRecord> for WorkerView {
    fn from(record: WorkerRecord) -> Self {
        Self {
            worker_id: record.worker.id,
            host: record.worker.host,
            pid: record.worker.pid,
            version: record.worker.version,
            device: record.worker.device,
            slots: record.worker.slots,
            state: record.state,
            busy: record.busy,
            started_at: record.started_at.to_string(),
            seen_at: record.seen_at.to_string(),
        }
    }
}

/// Workers that are there, and those of the last day that are not any more.
#[utoipa::path(
    get,
    path = "/v1/workers",
    tag = "workers",
    responses(
        (status = 200, description = "The workers.", body = WorkerList, example = json!({
            "workers": [{
                "worker_id": "0199c6a7-90b1-7d0e-b7de-0a4c6d1f9001",
                "host": "node-1",
                "pid": 4711,
                "version": "0.1.0",
                "device": "cpu",
                "slots": 2,
                "state": "active",
                "busy": 1,
                "started_at": "2025-10-09T07:58:12.000000Z",
                "seen_at": "2025-10-09T08:15:33.000000Z"
            }]
        })),
        Internal, Unavailable
    )
)]
pub(super) async fn workers(State(api): State<Api>) -> Result<Json<WorkerList>, Problem> {
    let workers = api.scheduler.store.workers(NEWEST).await.map_err(failed)?;
    Ok(Json(WorkerList {
        workers: workers.into_iter().map(WorkerView::from).collect(),
    }))
}
