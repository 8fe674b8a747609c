//! Chunks as rows, and carrying out what the rules decided about one.

use bytes::Bytes;
use jiff::Timestamp;

use super::job::{from_json, to_json};
use super::tx::Tx;
use super::value::{Row, Value};
use super::{Error, JobRecord, dead_letter, event, job, sql};
use crate::job::{Chunk, ChunkId, Delivery, Effect, Epoch, JobStatus};

/// Locks a chunk, whose job is locked already, and reads it.
pub(super) async fn lock(tx: &mut Tx, id: ChunkId) -> Result<Option<Chunk>, Error> {
    let row = tx
        .first(sql::LOCK_CHUNK, &[id.job.into(), id.index.into()])
        .await?;
    row.map(|row| read(&row)).transpose()
}

fn read(row: &Row) -> Result<Chunk, Error> {
    Ok(Chunk {
        kind: row.parsed(0)?,
        delivery: delivery(row)?,
        state: row.parsed(1)?,
        epoch: Epoch(row.get(2)?),
        worker: row.get(3)?,
        documents: row.get(4)?,
        processed: row.get(5)?,
        failed: row.get(6)?,
        attempts: row.get(7)?,
        crashes: row.get(8)?,
        trying: row.get(9)?,
        losses: from_json(10, row.get(10)?)?,
        run_at: row.get(11)?,
        publish_at: row.get(12)?,
    })
}

fn delivery(row: &Row) -> Result<Option<Delivery>, Error> {
    let (backend, source): (Option<String>, Option<u32>) = (row.get(13)?, row.get(14)?);
    let Some((backend, source)) = backend.zip(source) else {
        return Ok(None);
    };
    let backend = from_json(13, backend.into())?;
    Ok(Some(Delivery { backend, source }))
}

fn values(chunk: &Chunk) -> [Value; 15] {
    [
        chunk.kind.as_str().into(),
        chunk.state.as_str().into(),
        chunk.epoch.into(),
        chunk.worker.into(),
        chunk.documents.into(),
        chunk.processed.into(),
        chunk.failed.into(),
        chunk.attempts.into(),
        chunk.crashes.into(),
        chunk.trying.into(),
        to_json(&chunk.losses),
        chunk.run_at.into(),
        chunk.publish_at.into(),
        chunk.delivery.map(|to| to.backend.as_str()).into(),
        chunk.delivery.map(|to| to.source).into(),
    ]
}

/// Adds a chunk.
pub(super) async fn insert(
    tx: &mut Tx,
    id: ChunkId,
    chunk: &Chunk,
    payload: Option<Bytes>,
) -> Result<(), Error> {
    let mut parameters = vec![id.job.into(), id.index.into(), payload.into()];
    parameters.extend(values(chunk));
    tx.execute(sql::INSERT_CHUNK, &parameters).await?;
    Ok(())
}

/// Writes a chunk as it is to be.
pub(super) async fn write(tx: &mut Tx, id: ChunkId, chunk: &Chunk) -> Result<(), Error> {
    let mut parameters = Vec::from(values(chunk));
    parameters.extend([id.job.into(), id.index.into()]);
    tx.execute(sql::UPDATE_CHUNK, &parameters).await?;
    Ok(())
}

/// Adds a chunk behind the others of its job.
async fn add(tx: &mut Tx, record: &mut JobRecord, chunk: &Chunk) -> Result<(), Error> {
    let id = ChunkId {
        job: record.id,
        index: record.chunks,
    };
    record.chunks += 1;
    insert(tx, id, chunk, None).await
}

/// Writes the job, and carries out what follows for it; `about` is the chunk of which it follows.
pub(super) async fn settle(
    tx: &mut Tx,
    record: &mut JobRecord,
    about: Option<ChunkId>,
    effects: &[Effect],
    now: Timestamp,
) -> Result<(), Error> {
    for effect in effects {
        match effect {
            Effect::CancelOpenChunks => {
                tx.execute(sql::CANCEL_CHUNKS, &[record.id.into()]).await?;
            }
            Effect::InsertJoin => add(tx, record, &Chunk::join(now)).await?,
            Effect::InsertDelivery {
                backend,
                documents,
                due,
            } => {
                if let Some(id) = about {
                    let delivery = Delivery {
                        backend: *backend,
                        source: id.index,
                    };
                    let chunk = Chunk::deliver(delivery, *documents, *due);
                    add(tx, record, &chunk).await?;
                }
            }
            Effect::Event(happened) => event::insert(tx, record, *happened, now).await?,
            Effect::Bury { documents, reason } => {
                if let Some(id) = about {
                    dead_letter::bury(tx, id, *documents, reason, now).await?;
                }
            }
        }
    }
    if record.job.status == JobStatus::Cancelled {
        // They are removed.
        record.output_files.clear();
    }
    job::write(tx, record, now).await
}
