//! Receives the events over HTTP and looks, in the moment it is told of an end, whether what it is told is so.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::time::sleep;
use tokio_postgres::NoTls;

/// How it takes what it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Takes,
    /// 503.
    Fails,
    /// 429, to come again after a second.
    Refuses,
    /// After so many milliseconds.
    Slow(u64),
    /// Answers when its manner is another one.
    Hangs,
    /// Takes, and answers nothing but a broken connection every second time.
    Forgets,
}

/// An event that was taken.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) event: String,
    pub(crate) job: String,
    /// What was not there in that moment, of what a completed job should have.
    pub(crate) missing: Option<String>,
}

/// A running receiver.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    inner: Arc<Inner>,
}

struct Inner {
    database: String,
    manner: Mutex<Manner>,
    told: Mutex<Vec<Told>>,
}

impl Receiver {
    /// One that looks for rows in this database.
    pub(crate) fn start(database: &str, runtime: &Handle) -> Self {
        let listener = runtime.block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0)));
        let listener = listener.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            database: database.to_owned(),
            manner: Mutex::new(Manner::Takes),
            told: Mutex::default(),
        });
        let site = Router::new()
            .route("/", post(receive))
            .with_state(Arc::clone(&inner));
        runtime.spawn(async move { axum::serve(listener, site).await });
        Self { url, inner }
    }

    pub(crate) fn set(&self, manner: Manner) {
        *lock(&self.inner.manner) = manner;
    }

    /// What it was told of a job, in order, repetitions included.
    pub(crate) fn told_of(&self, job: &str) -> Vec<Told> {
        let told = lock(&self.inner.told);
        told.iter()
            .filter(|told| told.job == job)
            .cloned()
            .collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn receive(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> Response {
    while *lock(&inner.manner) == Manner::Hangs {
        sleep(Duration::from_millis(50)).await;
    }
    let manner = *lock(&inner.manner);
    match manner {
        Manner::Takes | Manner::Hangs | Manner::Forgets => {}
        Manner::Fails => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Manner::Refuses => {
            return (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "1")]).into_response();
        }
        Manner::Slow(milliseconds) => sleep(Duration::from_millis(milliseconds)).await,
    }
    let header = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let data: Value = serde_json::from_slice(&body).unwrap_or_default();
    let event = header("ce-type");
    let event = event.rsplit('.').next().unwrap_or_default().to_owned();
    let missing = match event.as_str() {
        "completed" => missing(&inner.database, &data).await,
        _ => None,
    };
    let count = {
        let mut told = lock(&inner.told);
        told.push(Told {
            id: header("ce-id"),
            event,
            job: header("ce-subject").trim_start_matches("job/").to_owned(),
            missing,
        });
        told.len()
    };
    if manner == Manner::Forgets && count % 2 == 0 {
        // Ends the task of this connection, and so the connection; unlike a panic it is told to nobody.
        std::panic::resume_unwind(Box::new("the answer is lost"));
    }
    StatusCode::OK.into_response()
}

/// What is not there of what the event says.
async fn missing(database: &str, data: &Value) -> Option<String> {
    let expected = data["documents_processed"].as_u64()?;
    let mut lines = 0;
    for file in data["output_files"].as_array()? {
        match tokio::fs::read(Path::new(file.as_str()?)).await {
            Ok(bytes) => lines += bytes.iter().filter(|byte| **byte == b'\n').count() as u64,
            Err(error) => return Some(format!("{file}: {error}")),
        }
    }
    if lines != expected {
        return Some(format!("{lines} lines of {expected}"));
    }
    let job = data["job_id"].as_str()?;
    // A database that is away is what some scenarios are about; the end looks again.
    let (client, connection) = tokio_postgres::connect(database, NoTls).await.ok()?;
    tokio::spawn(connection);
    // Rows, and those that the database refused.
    let count = "SELECT (SELECT count(*) FROM processed_articles WHERE job_id = $1::text::uuid) \
         + (SELECT count(*) FROM failures WHERE job_id = $1::text::uuid AND backend = 'postgresql')";
    let rows: i64 = client.query_one(count, &[&job]).await.ok()?.get(0);
    (rows != i64::try_from(expected).ok()?).then(|| format!("{rows} rows of {expected}"))
}
