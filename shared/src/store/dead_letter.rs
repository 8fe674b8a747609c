//! What was given up: chunks, and messages that could not be read or delivered. Nothing of it is lost.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use super::job::{from_json, to_json};
use super::tx::Tx;
use super::value::{Row, Value};
use super::{Error, Failure, Store, failure, sql};
use crate::article::{Problem, ProblemKind, document_id};
use crate::job::state_words as words;
use crate::job::{ChunkId, JobId};
use crate::payload;

words! {
    /// What was given up.
    DeadLetterKind {
        /// A chunk with all its documents.
        Chunk = "chunk",
        /// A message.
        Message = "message",
    }
}

/// Something that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub kind: DeadLetterKind,
    /// The job of a chunk.
    pub job: Option<JobId>,
    /// The chunk.
    pub chunk: Option<u32>,
    /// The queue a message was for.
    pub queue: Option<String>,
    /// What a message says it is.
    pub message_kind: Option<String>,
    /// The id of a message.
    pub message_id: Option<String>,
    /// The headers of a message.
    pub headers: BTreeMap<String, String>,
    /// Why it was given up.
    pub reason: String,
    /// Documents in it.
    pub documents: u64,
    /// Bytes of it.
    pub bytes: u64,
    /// When it was given up.
    pub created_at: Timestamp,
    /// When it was replayed.
    pub replayed_at: Option<Timestamp>,
    /// The job it was replayed as.
    pub replayed_as: Option<JobId>,
}

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadMessage {
    /// The queue it was for.
    pub queue: Option<String>,
    /// What it says it is.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its headers.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: Bytes,
    /// Why it was given up.
    pub reason: String,
}

/// What is needed to do it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// What was given up.
    pub letter: DeadLetter,
    /// The packed documents of a chunk, or the body of a message.
    pub body: Bytes,
}

/// Why something cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// There is no such dead letter.
    #[error("there is no dead letter {0}")]
    NoSuchLetter(Uuid),
    /// It was done already.
    #[error("the dead letter was replayed already")]
    Replayed(Option<JobId>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Store {
    /// Keeps a message that was given up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_dead_message(&self, message: &DeadMessage) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let letter = DeadLetter {
            id: Uuid::now_v7(),
            kind: DeadLetterKind::Message,
            job: None,
            chunk: None,
            queue: message.queue.clone(),
            message_kind: Some(message.kind.clone()),
            message_id: Some(message.id.clone()),
            headers: message.headers.clone(),
            reason: message.reason.clone(),
            documents: 0,
            bytes: message.body.len() as u64,
            created_at: now,
            replayed_at: None,
            replayed_as: None,
        };
        insert(&mut tx, &letter, message.body.clone()).await?;
        tx.commit().await
    }

    /// Dead letters, the newest first, and how many there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dead_letters(
        &self,
        limit: u32,
        offset: u64,
    ) -> Result<(Vec<DeadLetter>, u64), Error> {
        let mut tx = self.begin().await?;
        let count = tx.first(sql::COUNT_DEAD_LETTERS, &[]).await?;
        let rows = tx
            .query(sql::DEAD_LETTERS, &[limit.into(), offset.into()])
            .await?;
        tx.commit().await?;
        let total = count.map_or(Ok(0), |row| row.get(0))?;
        Ok((rows.iter().map(read).collect::<Result<_, _>>()?, total))
    }

    /// A dead letter, if there is one of this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dead_letter(&self, id: Uuid) -> Result<Option<DeadLetter>, Error> {
        let mut tx = self.begin().await?;
        let row = tx.first(sql::DEAD_LETTER, &[id.into()]).await?;
        tx.commit().await?;
        row.map(|row| read(&row)).transpose()
    }

    /// What a replay needs. Follow it with [`Store::replayed`] once it is done.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub async fn replay(&self, id: Uuid) -> Result<Replay, ReplayError> {
        let mut tx = self.begin().await?;
        let row = tx.first(sql::LOCK_DEAD_LETTER, &[id.into()]).await?;
        tx.commit().await?;
        let Some(row) = row else {
            return Err(ReplayError::NoSuchLetter(id));
        };
        let letter = read(&row)?;
        if letter.replayed_at.is_some() {
            return Err(ReplayError::Replayed(letter.replayed_as));
        }
        Ok(Replay {
            letter,
            body: row.get(14)?,
        })
    }

    /// Notes that a dead letter was replayed, as a job where it was a chunk.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replayed(&self, id: Uuid, job: Option<JobId>) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        tx.execute(sql::REPLAYED, &[now.into(), job.into(), id.into()])
            .await?;
        tx.commit().await
    }

    /// Throws a dead letter away; `false` when there is none of this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn discard_dead_letter(&self, id: Uuid) -> Result<bool, Error> {
        let mut tx = self.begin().await?;
        let gone = tx.execute(sql::DISCARD_DEAD_LETTER, &[id.into()]).await?;
        tx.commit().await?;
        Ok(gone > 0)
    }
}

/// Keeps a chunk that was given up, and has all its documents failed.
pub(super) async fn bury(
    tx: &mut Tx,
    id: ChunkId,
    documents: u64,
    reason: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let row = tx
        .first(sql::PAYLOAD, &[id.job.into(), id.index.into()])
        .await?;
    let packed: Option<Bytes> = row.map_or(Ok(None), |row| row.get(0))?;
    let packed = packed.unwrap_or_default();
    // Each document fails, whether or not it can still be told what it is called.
    let mut ids = document_ids(&packed).unwrap_or_default();
    ids.resize(usize::try_from(documents).unwrap_or(0), None);
    let failures: Vec<Failure> = (0..)
        .zip(&ids)
        .map(|(document, document_id)| Failure {
            backend: None,
            chunk: Some(id.index),
            document,
            document_id: document_id.clone(),
            problem: Problem {
                kind: ProblemKind::Internal,
                field: None,
                reason: reason.to_owned(),
            },
        })
        .collect();
    failure::insert(tx, id.job, &failures).await?;
    let letter = DeadLetter {
        id: Uuid::now_v7(),
        kind: DeadLetterKind::Chunk,
        job: Some(id.job),
        chunk: Some(id.index),
        queue: None,
        message_kind: None,
        message_id: None,
        headers: BTreeMap::new(),
        reason: reason.to_owned(),
        documents: ids.len() as u64,
        bytes: packed.len() as u64,
        created_at: now,
        replayed_at: None,
        replayed_as: None,
    };
    insert(tx, &letter, packed).await
}

/// The ids of packed documents, in order.
fn document_ids(packed: &[u8]) -> std::io::Result<Vec<Option<String>>> {
    if packed.is_empty() {
        return Ok(Vec::new());
    }
    let lines = payload::unpack(packed)?;
    Ok(payload::documents(&lines).map(document_id).collect())
}

async fn insert(tx: &mut Tx, letter: &DeadLetter, body: Bytes) -> Result<(), Error> {
    let parameters = [
        letter.id.into(),
        letter.kind.as_str().into(),
        letter.job.into(),
        letter.chunk.into(),
        letter.queue.clone().into(),
        letter.message_kind.clone().into(),
        letter.message_id.clone().into(),
        to_json(&letter.headers),
        letter.reason.as_str().into(),
        letter.documents.into(),
        Value::Bytes(body),
        letter.created_at.into(),
    ];
    tx.execute(sql::INSERT_DEAD_LETTER, &parameters).await?;
    Ok(())
}

fn read(row: &Row) -> Result<DeadLetter, Error> {
    Ok(DeadLetter {
        id: row.get(0)?,
        kind: row.parsed(1)?,
        job: row.get(2)?,
        chunk: row.get(3)?,
        queue: row.get(4)?,
        message_kind: row.get(5)?,
        message_id: row.get(6)?,
        headers: from_json(7, row.get(7)?)?,
        reason: row.get(8)?,
        documents: row.get(9)?,
        bytes: row.get(10)?,
        created_at: row.get(11)?,
        replayed_at: row.get(12)?,
        replayed_as: row.get(13)?,
    })
}
