//! `X-Request-ID` and `X-Process-Time` on every answer.

use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
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

/// Middleware: names the request, times it, and logs it once with its outcome.
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

    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let named = Problem {
            request_id: Some(id.clone()),
            ..problem
        };
        let allow = response.headers().get(axum::http::header::ALLOW).cloned();
        response = named.into_response();
        if let Some(allow) = allow {
            response
                .headers_mut()
                .insert(axum::http::header::ALLOW, allow);
        }
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
