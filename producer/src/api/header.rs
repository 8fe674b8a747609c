//! The headers of a submission.

use axum::http::{HeaderMap, header};
use shared::job::JobId;
use shared::message::TRACEPARENT;
use shared::trace::Traceparent;

use crate::accept::Identity;
use crate::idempotency_key::{self, Origin};
use crate::refusal::Refusal;

/// How a submission is known, from its `Idempotency-Key` and its `traceparent`.
pub(super) fn identity(headers: &HeaderMap) -> Result<Identity, Refusal> {
    let key = headers.get(idempotency_key::NAME).map(|key| {
        // What is no text has no visible characters either.
        let key = idempotency_key::check(key.to_str().unwrap_or_default())?;
        Ok::<_, Refusal>(Origin::Http.keep(&key))
    });
    Ok(Identity {
        job: JobId::generate(),
        key: key.transpose()?,
        trace: trace(headers),
    })
}

/// A span of our own in the caller's trace, or in a new one.
pub(super) fn trace(headers: &HeaderMap) -> Traceparent {
    let theirs = headers
        .get(TRACEPARENT)
        .and_then(|trace| trace.to_str().ok());
    let theirs = theirs.and_then(|trace| trace.parse().ok());
    theirs.unwrap_or_else(Traceparent::generate).child()
}

/// The kind of a body, of those that are taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum MediaType {
    Json,
    Lines,
}

/// What the `Content-Type` says; JSON where there is none.
///
/// # Errors
/// [`Refusal::MediaType`] for everything else.
pub(super) fn media_type(headers: &HeaderMap) -> Result<MediaType, Refusal> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Ok(MediaType::Json);
    };
    let value = value.to_str().unwrap_or_default();
    let name = value.split(';').next().unwrap_or_default();
    match name.trim().to_ascii_lowercase().as_str() {
        "application/json" => Ok(MediaType::Json),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Ok(MediaType::Lines),
        json if json.starts_with("application/") && json.ends_with("+json") => Ok(MediaType::Json),
        _ => Err(Refusal::MediaType(
            "the Content-Type is not one that is taken here: application/json, or application/x-ndjson where documents \
             come a line each"
                .to_owned(),
        )),
    }
}

/// Refuses all but JSON, where nothing else is taken.
pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    match media_type(headers)? {
        MediaType::Json => Ok(()),
        MediaType::Lines => Err(Refusal::MediaType(
            "only application/json is taken here; POST /v1/documents/batch takes lines".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(name: &'static str) -> Option<MediaType> {
        let value = (header::CONTENT_TYPE, HeaderValue::from_static(name));
        media_type(&[value].into_iter().collect()).ok()
    }

    #[test]
    fn the_media_type_decides_how_a_body_is_read() {
        assert_eq!(of("application/json; charset=utf-8"), Some(MediaType::Json));
        assert_eq!(of("application/vnd.news+json"), Some(MediaType::Json));
        assert_eq!(of("Application/X-NDJSON"), Some(MediaType::Lines));
        assert_eq!(of("application/jsonl"), Some(MediaType::Lines));
        assert_eq!(of("text/plain"), None);
        assert_eq!(media_type(&HeaderMap::new()).ok(), Some(MediaType::Json));
    }

    #[test]
    fn the_trace_of_the_caller_goes_on() {
        let theirs = Traceparent::generate();
        let value = HeaderValue::from_str(&theirs.to_string()).unwrap();
        let name = axum::http::HeaderName::from_static(TRACEPARENT);
        let headers: HeaderMap = [(name, value)].into_iter().collect();
        let ours = trace(&headers);
        assert_eq!(ours.trace_id(), theirs.trace_id());
        assert_ne!(ours, theirs);
    }
}
