//! What `GET /health` answers.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::chain::chain;

/// Longest wait for a part.
pub const DEADLINE: Duration = Duration::from_secs(2);

/// Whether a role can do its work, and what of it can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok`; `degraded` when a part is away without which it still serves; `unavailable`.
    pub status: String,
    /// The program's version.
    pub version: String,
    /// Each part: `broker`, `database`, `cache`, `model`, `device`.
    pub parts: BTreeMap<String, Part>,
}

/// One part of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Part {
    /// Whether it answers.
    pub is_up: bool,
    /// Whether the role is of no use without it.
    pub is_required: bool,
    /// For a person: what it is, or why it does not answer.
    pub detail: String,
}

impl Health {
    /// The health that follows from the parts.
    pub fn of(parts: BTreeMap<String, Part>) -> Self {
        let down = |required| {
            parts
                .values()
                .any(|part| !part.is_up && part.is_required == required)
        };
        let status = match (down(true), down(false)) {
            (true, _) => "unavailable",
            (false, true) => "degraded",
            (false, false) => "ok",
        };
        Self {
            status: status.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            parts,
        }
    }
}

impl IntoResponse for Health {
    fn into_response(self) -> Response {
        let status = if self.status == "unavailable" {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::OK
        };
        (status, Json(self)).into_response()
    }
}

impl Part {
    /// A part that answers.
    pub fn up(detail: impl Into<String>) -> Self {
        Self {
            is_up: true,
            is_required: true,
            detail: detail.into(),
        }
    }

    /// From the outcome of asking it, for which it has two seconds; an error is told with its sources.
    pub async fn asked<E: std::error::Error>(
        answer: impl Future<Output = Result<(), E>>,
        is_required: bool,
    ) -> Self {
        let detail = match timeout(DEADLINE, answer).await {
            Ok(Ok(())) => {
                return Self {
                    is_required,
                    ..Self::up("answers")
                };
            }
            Ok(Err(error)) => chain(&error),
            Err(_) => format!("no answer within {} s", DEADLINE.as_secs()),
        };
        Self {
            is_up: false,
            is_required,
            detail,
        }
    }
}
