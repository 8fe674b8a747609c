//! `X-Request-ID` and `X-Process-Time` on every answer; a [`Problem`] for every error, also for a handler that panics.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use uuid::Uuid;

use super::Problem;

/// The caller's name for the request, or ours.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Seconds from the request to its answer, with microseconds.
pub const PROCESS_TIME: HeaderName = HeaderName::from_static("x-process-time");

/// Longest request id that is taken from a caller.
const MAX_REQUEST_ID: usize = 128;

/// What the request is called; handlers take it as an extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

/// Middleware: names the request, times it, and logs it once with its outcome. An error that is not told as a problem becomes
/// one, and so does a panic.
pub async fn stamp(mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let id = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|id| id.to_str().ok())
        .filter(|id| !id.is_empty() && id.len() <= MAX_REQUEST_ID)
        .map_or_else(|| Uuid::now_v7().to_string(), str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());

    // Nothing of the request is used after a panic, and what its handler shares with others is behind locks.
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answered.unwrap_or_else(|_| {
        tracing::error!(request_id = %id, "answering {method} {path} panicked");
        Problem::internal("answering the request failed, a fault of this program").into_response()
    });
    if let Some(problem) = problem(&mut response) {
        response = told(problem, &id, &response);
    }
    let took = start.elapsed();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    if let Ok(value) = HeaderValue::from_str(&format!("{:.6}", took.as_secs_f64())) {
        headers.insert(PROCESS_TIME, value);
    }
    let status = response.status().as_u16();
    let took_ms = took.as_millis() as u64;
    if status >= 500 {
        tracing::warn!(request_id = %id, status, took_ms, "{method} {path}");
    } else {
        tracing::debug!(request_id = %id, status, took_ms, "{method} {path}");
    }
    response
}

/// The problem that an answer is, or has to become.
fn problem(response: &mut Response) -> Option<Problem> {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return Some(problem);
    }
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    (is_error && !is_json(response)).then(|| unexplained(status))
}

/// Whether the answer says in JSON what it is: a problem, or what a role made on purpose, as its health.
fn is_json(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let name = kind.split(';').next().unwrap_or_default().trim();
    name.eq_ignore_ascii_case("application/json")
        || name.eq_ignore_ascii_case("application/problem+json")
}

/// The problem of which only the status is known. What else was answered is not repeated: it may quote what was sent.
fn unexplained(status: StatusCode) -> Problem {
    let name = match status {
        StatusCode::BAD_REQUEST => "bad-request",
        StatusCode::NOT_FOUND => "not-found",
        StatusCode::METHOD_NOT_ALLOWED => "method-not-allowed",
        StatusCode::PAYLOAD_TOO_LARGE => "too-large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported-media-type",
        StatusCode::UNPROCESSABLE_ENTITY => "unprocessable",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        StatusCode::GATEWAY_TIMEOUT => "timed-out",
        status if status.is_server_error() => "internal",
        _ => "refused",
    };
    let title = status.canonical_reason().unwrap_or("Error");
    let detail = format!(
        "the request was answered with {} {title}; nothing more is known",
        status.as_u16()
    );
    Problem::new(status, name, detail)
}

/// The problem as an answer, with the request's id and with those headers of `earlier` that are not about its body.
fn told(problem: Problem, id: &str, earlier: &Response) -> Response {
    let named = Problem {
        request_id: Some(id.to_owned()),
        ..problem
    };
    let mut response = named.into_response();
    for (name, value) in earlier.headers() {
        let is_about_body =
            name.as_str().starts_with("content-") || *name == header::TRANSFER_ENCODING;
        if !is_about_body {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}
