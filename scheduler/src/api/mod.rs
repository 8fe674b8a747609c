//! The HTTP API of jobs: what they are doing, telling them what to do, what failed, and who works.

mod answers;
mod command;
mod dead_letter;
mod events;
mod failure;
mod id;
mod job;
mod list;
mod paging;
mod replay;
mod sinks;
mod statistics;
mod worker;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, patch, post};
use tokio::sync::Semaphore;
use utoipa::OpenApi;

use crate::Scheduler;

/// Streams of events that are served at a time.
const MAX_STREAMS: usize = 256;

/// What handlers know.
#[derive(Clone)]
struct Api {
    scheduler: Scheduler,
    /// One permit for each further stream of events.
    streams: Arc<Semaphore>,
}

#[derive(OpenApi)]
#[openapi(
    paths(
        job::job,
        job::job_status,
        job::preprocess_status,
        list::jobs,
        command::pause,
        command::resume,
        command::cancel,
        events::events,
        failure::failures,
        dead_letter::dead_letters,
        dead_letter::dead_letter,
        dead_letter::discard,
        replay::replay,
        worker::workers,
        sinks::sinks,
    ),
    components(schemas(shared::http::Problem, events::JobEventView)),
    tags(
        (name = "jobs", description = "What jobs are doing, and telling them what to do."),
        (name = "dead letters", description = "What was given up: inspect, replay, discard."),
        (name = "workers", description = "Who works."),
        (name = "sinks", description = "Who is told of events."),
    )
)]
struct Document;

/// The routes of the API and their OpenAPI document. Streams of events end when [`crate::run()`] of the same scheduler stops.
pub fn api(scheduler: Scheduler) -> (Router, utoipa::openapi::OpenApi) {
    let routes = Router::new()
        .route("/v1/jobs", get(list::jobs))
        .route("/v1/jobs/{job_id}", get(job::job).delete(command::cancel))
        .route("/v1/jobs/{job_id}/status", get(job::job_status))
        .route(
            "/v1/preprocess/status/{job_id}",
            get(job::preprocess_status),
        )
        .route("/v1/jobs/{job_id}/pause", patch(command::pause))
        .route("/v1/jobs/{job_id}/resume", patch(command::resume))
        .route("/v1/jobs/{job_id}/events", get(events::events))
        .route("/v1/jobs/{job_id}/failures", get(failure::failures))
        .route("/v1/dead-letters", get(dead_letter::dead_letters))
        .route(
            "/v1/dead-letters/{dead_letter_id}",
            get(dead_letter::dead_letter).delete(dead_letter::discard),
        )
        .route(
            "/v1/dead-letters/{dead_letter_id}/replay",
            post(replay::replay),
        )
        .route("/v1/workers", get(worker::workers))
        .route("/v1/sinks", get(sinks::sinks))
        .with_state(Api {
            scheduler,
            streams: Arc::new(Semaphore::new(MAX_STREAMS)),
        });
    (routes, Document::openapi())
}

/// The OpenAPI document alone: it needs no servers.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
