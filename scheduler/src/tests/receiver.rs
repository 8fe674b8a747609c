//! A receiver of webhooks.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bytes::Bytes;
use serde_json::Value;
use shared::http;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Notes what it is sent, and answers as it is told.
#[derive(Clone, Default)]
pub(super) struct Receiver {
    notes: Arc<Mutex<Notes>>,
}

#[derive(Default)]
struct Notes {
    requests: Vec<Request>,
    answers: VecDeque<(StatusCode, HeaderMap)>,
    /// Behind these there are no answers.
    is_silent: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) at: Instant,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Receiver {
    /// Answers the next requests so, and those behind with 204.
    pub(super) fn answer(&self, answers: &[(u16, &[(&'static str, &str)])]) {
        let answers = answers.iter().map(|(status, headers)| {
            let header = |(name, value): &(&'static str, &str)| {
                let name = axum::http::HeaderName::from_static(name);
                (name, value.parse().unwrap())
            };
            let status = StatusCode::from_u16(*status).unwrap();
            (status, headers.iter().map(header).collect())
        });
        self.notes.lock().unwrap().answers.extend(answers);
    }

    /// Behind what it was told to answer, it leaves all open.
    pub(super) fn be_silent_then(&self) {
        self.notes.lock().unwrap().is_silent = true;
    }

    /// Serves at `listener` until `stop`.
    pub(super) fn serve(
        &self,
        tasks: &mut JoinSet<()>,
        listener: TcpListener,
        stop: CancellationToken,
    ) {
        let routes = Router::new()
            .route("/{*path}", any(note))
            .with_state(self.clone());
        tasks.spawn(http::serve(listener, routes, stop));
    }

    /// Serves at a new address.
    pub(super) async fn start(
        &self,
        tasks: &mut JoinSet<()>,
        stop: CancellationToken,
    ) -> SocketAddr {
        let (listener, address) = http::bind("127.0.0.1:0").await.unwrap();
        self.serve(tasks, listener, stop);
        address
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.notes.lock().unwrap().requests.clone()
    }

    /// Type and id of what came, the beginning of types left out.
    pub(super) fn events(&self) -> Vec<(String, String)> {
        let requests = self.requests();
        let event = |request: &Request| {
            let kind = request.header("ce-type");
            (
                kind.rsplit('.').next().unwrap().to_owned(),
                request.header("ce-id").to_owned(),
            )
        };
        requests.iter().map(event).collect()
    }
}

async fn note(
    State(receiver): State<Receiver>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (answer, is_silent) = {
        let mut notes = receiver.notes.lock().unwrap();
        notes.requests.push(Request {
            at: Instant::now(),
            path: uri.path().to_owned(),
            headers,
            body,
        });
        (notes.answers.pop_front(), notes.is_silent)
    };
    if answer.is_none() && is_silent {
        std::future::pending::<()>().await;
    }
    answer
        .unwrap_or((StatusCode::NO_CONTENT, HeaderMap::new()))
        .into_response()
}

impl Request {
    #[track_caller]
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    #[track_caller]
    pub(super) fn data(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}
