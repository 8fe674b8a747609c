//! Doing again what was given up.
//!
//! A chunk becomes a new job of its documents: its old job has ended, or will, and counts them as failed. A message goes back into
//! its queue.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use shared::broker::{Message, Queue};
use shared::dispatch::{self, dispatch};
use shared::http::Problem;
use shared::job::{JobId, Options, Priority};
use shared::payload;
use shared::store::{
    DeadLetter, DeadLetterKind, JobRecord, NewChunk, NewJob, Replay, ReplayError, Submission,
};
use shared::trace::Traceparent;
use tokio::time::timeout;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Api;
use super::answers::{
    BadRequest, Conflict, Internal, NotFound, Unavailable, failed, no_such_letter,
};
use super::id::Id;
use crate::dead_letters::revived;

/// The relay publishes what is not published by then.
const DISPATCH_LIMIT: Duration = Duration::from_secs(2);
/// How long a message may take into its queue.
const PUBLISH_LIMIT: Duration = Duration::from_secs(10);
/// When to ask again while the broker takes nothing.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What a replay brought about.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReplayAnswer {
    /// `accepted`.
    status: &'static str,
    /// The new job; null where a message went back into its queue.
    job_id: Option<JobId>,
    /// Documents in that job.
    total_documents: u64,
    /// For people.
    message: String,
}

/// Does again what was given up: a chunk as a new job of its documents, a message by putting it back into its queue.
#[utoipa::path(
    post,
    path = "/v1/dead-letters/{dead_letter_id}/replay",
    tag = "dead letters",
    params(("dead_letter_id" = Uuid, Path, description = "The dead letter.")),
    responses(
        (status = 202, description = "It is done again.", body = ReplayAnswer, example = json!({
            "status": "accepted",
            "job_id": "0199c6b0-02a4-7f6e-a1c9-8e6d4b20d001",
            "total_documents": 64,
            "message": "64 documents are job 0199c6b0-02a4-7f6e-a1c9-8e6d4b20d001"
        })),
        BadRequest, NotFound, Conflict, Internal, Unavailable
    )
)]
pub(super) async fn replay(
    State(api): State<Api>,
    Id(id): Id<Uuid>,
) -> Result<(StatusCode, Json<ReplayAnswer>), Problem> {
    let replay = api.scheduler.store.replay(id).await;
    let replay = replay.map_err(|error| match error {
        ReplayError::NoSuchLetter(id) => no_such_letter(id),
        ReplayError::Replayed(Some(job)) => Problem::conflict(format!(
            "the dead letter was replayed already, as job {job}"
        )),
        ReplayError::Replayed(None) => Problem::conflict(
            "the dead letter was replayed already: its message went back into its queue",
        ),
        ReplayError::Store(error) => failed(error),
    })?;
    let answer = match replay.letter.kind {
        DeadLetterKind::Chunk => as_a_job(&api, replay).await?,
        DeadLetterKind::Message => into_its_queue(&api, replay).await?,
    };
    tracing::info!(dead_letter.id = %id, "dead letter {id} is replayed: {}", answer.message);
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

async fn as_a_job(api: &Api, Replay { letter, body }: Replay) -> Result<ReplayAnswer, Problem> {
    let store = &api.scheduler.store;
    if !holds_documents(&body, letter.documents) {
        return Err(Problem::conflict(
            "its documents were not kept whole; there is nothing to replay",
        ));
    }
    let original = match letter.job {
        Some(job) => store.job(job).await.map_err(failed)?,
        None => None,
    };
    let chunk = NewChunk {
        documents: letter.documents,
        payload: body,
    };
    let new = new_job(&letter, original);
    let submitted = store.submit(&new, std::iter::once(Ok(chunk))).await;
    let record = match submitted.map_err(failed)? {
        // Repeated: it was taken in before, and whoever did could not note it.
        Submission::New(record) | Submission::Repeated(record) => record,
        Submission::KeyReused(job) => {
            return Err(Problem::conflict(format!(
                "job {job} was submitted with the key of this replay"
            )));
        }
    };
    store
        .replayed(letter.id, Some(record.id))
        .await
        .map_err(failed)?;
    publish_at_once(api, record.id).await;
    let (job, total) = (record.id, record.job.total);
    let documents = match total {
        1 => "1 document is".to_owned(),
        total => format!("{total} documents are"),
    };
    Ok(ReplayAnswer {
        status: "accepted",
        job_id: Some(job),
        total_documents: total,
        message: format!("{documents} job {job}"),
    })
}

/// Whether so many documents are in it.
fn holds_documents(packed: &[u8], documents: u64) -> bool {
    documents > 0
        && payload::unpack(packed)
            .is_ok_and(|lines| payload::documents(&lines).count() as u64 == documents)
}

/// A job of the documents of a dead chunk, that asks for what its job asked for, where that is still known.
fn new_job(letter: &DeadLetter, original: Option<JobRecord>) -> NewJob {
    let key = format!("replay:{}", letter.id);
    let mut new = NewJob {
        id: JobId::generate(),
        idempotency: Some((key.clone(), key)),
        batch_id: None,
        priority: Priority::Normal,
        run_at: None,
        options: Options::default(),
        metadata: serde_json::Map::new(),
        trace: None,
        rejected: Vec::new(),
    };
    if let Some(original) = original {
        new.batch_id = original.batch_id;
        new.priority = original.priority;
        new.options = original.options;
        new.metadata = original.metadata;
        new.trace = original.trace.map(Traceparent::child);
    }
    let replay_of = serde_json::json!(letter.job);
    new.metadata.insert("replay_of".to_owned(), replay_of);
    new
}

/// Saves the wait for the relay's next turn; what fails here is the relay's to do.
async fn publish_at_once(api: &Api, job: JobId) {
    let (store, broker) = (&api.scheduler.store, &api.scheduler.broker);
    let published = dispatch(store, broker, Some(job), dispatch::WINDOW);
    if let Ok(Err(error)) = timeout(DISPATCH_LIMIT, published).await {
        let error: &(dyn std::error::Error + 'static) = &error;
        tracing::warn!(error, job.id = %job, "the relay publishes what is replayed");
    }
}

async fn into_its_queue(
    api: &Api,
    Replay { letter, body }: Replay,
) -> Result<ReplayAnswer, Problem> {
    let name = letter.queue.unwrap_or_default();
    let queue = queue_named(&name).ok_or_else(|| {
        Problem::conflict(
            "the queue it was in is not known, or nobody waits for its messages any more",
        )
    })?;
    let message = Message {
        body,
        ..revived(
            letter.message_kind.unwrap_or_default(),
            letter.message_id.unwrap_or_default(),
            letter.headers,
        )
    };
    let scheduler = &api.scheduler;
    let doing = "putting a message back";
    let published = timeout(PUBLISH_LIMIT, scheduler.broker.publish(&queue, message)).await;
    published
        .unwrap_or(Err(shared::broker::Error::TimedOut { doing }))
        .map_err(|error| {
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::warn!(error, dead_letter.id = %letter.id, "cannot replay a dead letter");
            Problem::unavailable("the broker did not take the message", RETRY_AFTER)
        })?;
    scheduler
        .store
        .replayed(letter.id, None)
        .await
        .map_err(failed)?;
    Ok(ReplayAnswer {
        status: "accepted",
        job_id: None,
        total_documents: 0,
        message: format!("the message is in {name} again"),
    })
}

/// The queue of this name, if what is in it does not depend on who waited for it.
fn queue_named(name: &str) -> Option<Queue> {
    let work = Priority::ALL.iter().copied().map(Queue::Work);
    work.chain([Queue::Quarantine, Queue::Submit])
        .find(|queue| queue.name() == name)
}
