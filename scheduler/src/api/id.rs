//! Ids in paths.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use shared::http::Problem;

/// The one id in the path of a request. What is no UUID is answered with 400.
pub(super) struct Id<T>(pub(super) T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|error| Problem::bad_request(error.body_text()))?;
        text.parse().map(Self).map_err(|_| {
            Problem::bad_request(
                "the id in the path must be a UUID, as in 0199c6a8-6f3e-7c43-9f0e-3f1c2a7be001",
            )
        })
    }
}
