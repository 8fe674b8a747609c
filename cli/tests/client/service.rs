//! A service in the test's own process.

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use shared::http::Problem;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The id of the job that most tests are about.
pub(crate) const JOB: &str = "0193d2a0-0000-7000-8000-000000000001";

/// A service; gone once it is dropped.
pub(crate) struct Service {
    pub(crate) url: String,
    _tasks: JoinSet<()>,
}

impl Service {
    /// Serves these routes on a free port.
    pub(crate) async fn start(routes: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { url, _tasks: tasks }
    }
}

/// A job as `GET /v1/jobs/{id}` answers it.
pub(crate) fn job(status: &str, processed: u64, failed: u64, total: u64) -> Value {
    json!({
        "job_id": JOB, "batch_id": "news-1", "status": status, "desired": "run",
        "progress_percent": (processed + failed) as f64 * 100.0 / total as f64,
        "total_documents": total, "processed_documents": processed, "failed_documents": failed,
        "rejected_documents": 0, "priority": "normal", "run_at": null,
        "created_at": "2026-11-26T23:00:09.5Z", "started_at": "2026-11-26T23:00:10Z",
        "paused_at": null, "resumed_at": null, "completed_at": null,
        "updated_at": "2026-11-26T23:00:11Z", "error_message": null, "metadata": {},
        "statistics": {"entities": 12, "chunks": {"ready": 1, "leased": 2, "done": 3, "dead": 0, "cancelled": 0}},
        "output_files": [], "version": 7
    })
}

/// A JSON answer.
pub(crate) fn answer(status: StatusCode, body: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, body.to_string()).into_response()
}

/// 404 in the words of the service.
pub(crate) fn no_such_job() -> Response {
    Problem::not_found(format!("there is no job {JOB}")).into_response()
}
