//! Refusals as problem documents.

use std::error::Error;
use std::time::Duration;

use axum::http::StatusCode;
use shared::http::Problem;

use crate::refusal::Refusal;

impl From<Refusal> for Problem {
    /// The answer to the caller; faults of ours are logged here.
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::Malformed(_) => Self::bad_request(detail),
            Refusal::MediaType(_) => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                detail,
            ),
            Refusal::Stalled(_) => Self::new(StatusCode::REQUEST_TIMEOUT, "stalled", detail),
            Refusal::TooLarge { .. } => Self::too_large(detail),
            Refusal::Unfit(unfit) => Self {
                error_count: Some(unfit.count),
                ..Self::unprocessable(detail).with_errors(unfit.entries)
            },
            Refusal::KeyReused(_) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                detail,
            ),
            Refusal::Busy => Self::unavailable(detail, Duration::from_secs(1)),
            Refusal::Lagging { .. } => Self::unavailable(detail, Duration::from_secs(10)),
            Refusal::Store(error) => {
                tracing::warn!(error = &error as &dyn Error, "{detail}");
                Self::unavailable(detail, Duration::from_secs(5))
            }
            Refusal::Spool(error) => {
                tracing::error!(error = &error as &dyn Error, "{detail}");
                Self::unavailable(detail, Duration::from_secs(10))
            }
            Refusal::Fault(error) => {
                tracing::error!(error = &error as &dyn Error, "{detail}");
                Self::internal(detail)
            }
        }
    }
}
