//! What was given up. Bodies are never shown, only how long they are.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use shared::http::{Problem, Query};
use shared::job::JobId;
use shared::store::{DeadLetter, DeadLetterKind};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Api;
use super::answers::{BadRequest, Internal, NotFound, Unavailable, failed, no_such_letter};
use super::id::Id;
use super::paging::{self, Page, Paging};

/// Something that was given up.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeadLetterView {
    /// Its id.
    id: Uuid,
    /// What it is.
    kind: DeadLetterKind,
    /// The job of a chunk.
    job_id: Option<JobId>,
    /// The chunk.
    chunk: Option<u32>,
    /// The queue a message was for.
    queue: Option<String>,
    /// What a message says it is.
    message_kind: Option<String>,
    /// The id of a message.
    message_id: Option<String>,
    /// The headers of a message.
    headers: BTreeMap<String, String>,
    /// Why it was given up.
    reason: String,
    /// Documents in it.
    documents: u64,
    /// Bytes of it.
    bytes: u64,
    /// When it was given up.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was replayed.
    #[schema(format = DateTime)]
    replayed_at: Option<String>,
    /// The job it was replayed as.
    replayed_as: Option<JobId>,
}

/// A page of dead letters.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeadLetterList {
    /// The newest first.
    dead_letters: Vec<DeadLetterView>,
    /// How many there are on all pages.
    total_count: u64,
    /// The longest that this page could be.
    limit: u32,
    /// How many are left out before it.
    offset: u64,
}

impl From<DeadLetter> for DeadLetterView {
    fn from(letter: DeadLetter) -> Self {
        Self {
            id: letter.id,
            kind: letter.kind,
            job_id: letter.job,
            chunk: letter.chunk,
            queue: letter.queue,
            message_kind: letter.message_kind,
            message_id: letter.message_id,
            headers: letter.headers,
            reason: letter.reason,
            documents: letter.documents,
            bytes: letter.bytes,
            created_at: letter.created_at.to_string(),
            replayed_at: letter.replayed_at.map(|time| time.to_string()),
            replayed_as: letter.replayed_as,
        }
    }
}

/// What was given up, the newest first; `limit` is 1 to 100, and 20 where it is not said.
#[utoipa::path(
    get,
    path = "/v1/dead-letters",
    tag = "dead letters",
    params(Paging),
    responses(
        (status = 200, description = "A page of dead letters.", body = DeadLetterList, example = json!({
            "dead_letters": [],
            "total_count": 0,
            "limit": 20,
            "offset": 0
        })),
        BadRequest, Internal, Unavailable
    )
)]
pub(super) async fn dead_letters(
    State(api): State<Api>,
    Query(paging): Query<Paging>,
) -> Result<Json<DeadLetterList>, Problem> {
    let Page { limit, offset } = paging.page(paging::SHORT)?;
    let store = &api.scheduler.store;
    let (letters, total_count) = store.dead_letters(limit, offset).await.map_err(failed)?;
    Ok(Json(DeadLetterList {
        dead_letters: letters.into_iter().map(DeadLetterView::from).collect(),
        total_count,
        limit,
        offset,
    }))
}

/// Something that was given up.
#[utoipa::path(
    get,
    path = "/v1/dead-letters/{dead_letter_id}",
    tag = "dead letters",
    params(("dead_letter_id" = Uuid, Path, description = "The dead letter.")),
    responses(
        (status = 200, description = "The dead letter without its body.", body = DeadLetterView, example = json!({
            "id": "0199c6ab-11d2-7a1b-8c55-5d2f7a10c001",
            "kind": "chunk",
            "job_id": "0199c6a8-6f3e-7c43-9f0e-3f1c2a7be001",
            "chunk": 3,
            "queue": null,
            "message_kind": null,
            "message_id": null,
            "headers": {},
            "reason": "5 workers were lost on its chunk",
            "documents": 64,
            "bytes": 48213,
            "created_at": "2025-10-09T08:21:07.000512Z",
            "replayed_at": null,
            "replayed_as": null
        })),
        BadRequest, NotFound, Internal, Unavailable
    )
)]
pub(super) async fn dead_letter(
    State(api): State<Api>,
    Id(id): Id<Uuid>,
) -> Result<Json<DeadLetterView>, Problem> {
    let letter = api.scheduler.store.dead_letter(id).await.map_err(failed)?;
    letter
        .map(|letter| Json(letter.into()))
        .ok_or_else(|| no_such_letter(id))
}

/// Throws a dead letter away.
#[utoipa::path(
    delete,
    path = "/v1/dead-letters/{dead_letter_id}",
    tag = "dead letters",
    params(("dead_letter_id" = Uuid, Path, description = "The dead letter.")),
    responses(
        (status = 204, description = "It is gone."),
        BadRequest, NotFound, Internal, Unavailable
    )
)]
pub(super) async fn discard(
    State(api): State<Api>,
    Id(id): Id<Uuid>,
) -> Result<StatusCode, Problem> {
    let store = &api.scheduler.store;
    if !store.discard_dead_letter(id).await.map_err(failed)? {
        return Err(no_such_letter(id));
    }
    tracing::info!(dead_letter.id = %id, "dead letter {id} was thrown away");
    Ok(StatusCode::NO_CONTENT)
}
