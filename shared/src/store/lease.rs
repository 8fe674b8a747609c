//! Claiming chunks, and giving them back.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value as Json;

use super::articles::{self, Line};
use super::{Error, Failure, JobRecord, Store, chunk, event, failure, job, sql};
use crate::event::CleanedDocument;
use crate::failpoint;
use crate::job::{
    self as rules, Backend, Change, Chunk, ChunkId, ChunkKind, ChunkState, Claim, Completion,
    Delivery, Done, JobId, Lease, Options, Refused, Release, Taken, WorkerId,
};

/// A lease with what its holder needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Granted {
    /// The lease.
    pub lease: Lease,
    /// What the work is.
    pub kind: ChunkKind,
    /// What is to be delivered; only of that kind.
    pub delivery: Option<ToDeliver>,
    /// Documents in the chunk.
    pub documents: u64,
    /// How often it failed before.
    pub attempts: u32,
    /// Whether it is to be worked on a document at a time, each told with [`Store::trying`].
    pub is_suspect: bool,
    /// Documents, by index, that fail without being tried.
    pub poison: Vec<u32>,
    /// Its documents, packed, where they were asked for.
    pub payload: Option<Bytes>,
    /// What the job asks for.
    pub options: Options,
    /// The batch the job belongs to.
    pub batch_id: Option<String>,
    /// When the job was accepted.
    pub created_at: Timestamp,
}

/// What is to be brought to a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToDeliver {
    /// Where to.
    pub backend: Backend,
    /// The part, of the chunk that wrote it.
    pub part: Part,
    /// Documents of that chunk that failed, by index: they are not in the part.
    pub failed: Vec<u64>,
}

/// What the holder of a lease reports when all documents are dealt with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Documents that came through.
    pub processed: u64,
    /// Documents that did not, and those that a backend refused.
    pub failures: Vec<Failure>,
    /// How each backend took what came through, beside those whose output is files; that of [`Report::articles`] is left out.
    pub taken: BTreeMap<Backend, Taken>,
    /// What came through, each a cleaned article as one JSON object, to be kept as rows in the same transaction.
    pub articles: Vec<Line>,
    /// What is told of each document that came through, where that is told at all.
    pub cleaned: Vec<CleanedDocument>,
    /// The name of the part that holds the chunk's output, where the job writes files or a backend is behind.
    pub part: Option<String>,
    /// Names of the job's files, which are visible: from the chunk that joins.
    pub output_files: Vec<String>,
    /// Numbers to be added to the job's.
    pub statistics: BTreeMap<String, u64>,
}

impl Report {
    /// Documents that failed; of a delivery, that its backend refused.
    fn failed(&self, kind: ChunkKind) -> u64 {
        let counts = |failure: &&Failure| match kind {
            ChunkKind::Documents | ChunkKind::Join => failure.backend.is_none(),
            ChunkKind::Deliver => failure.backend.is_some(),
        };
        self.failures.iter().filter(counts).count() as u64
    }
}

/// The output of one chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The chunk.
    pub chunk: u32,
    /// Its name.
    pub name: String,
}

impl Store {
    /// Asks for the lease of a chunk.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim(
        &self,
        id: ChunkId,
        worker: WorkerId,
        wants_payload: bool,
    ) -> Result<Result<Granted, Refused>, Error> {
        let mut tx = self.begin().await?;
        let Some(mut record) = job::lock(&mut tx, id.job).await? else {
            return Ok(Err(Refused::Closed));
        };
        let Some(before) = chunk::lock(&mut tx, id).await? else {
            return Ok(Err(Refused::Closed));
        };
        let now = tx.now().await?;
        let is_alive = tx.first(sql::IS_ALIVE, &[worker.into()]).await?.is_some();
        match rules::claim(&record.job, &before, worker, is_alive, now) {
            Claim::Refused(why, after) => {
                // Also where nothing seems to change: whoever is publishing it right now must not note it as published, since its
                // message is used up.
                if after.state == ChunkState::Ready {
                    chunk::write(&mut tx, id, &after).await?;
                }
                tx.commit().await?;
                Ok(Err(why))
            }
            Claim::Granted(change) => {
                let payload = if wants_payload {
                    let row = tx
                        .first(sql::PAYLOAD, &[id.job.into(), id.index.into()])
                        .await?;
                    row.map_or(Ok(None), |row| row.get(0))?
                } else {
                    None
                };
                let lease = Lease {
                    chunk: id,
                    epoch: change.chunk.epoch,
                    worker,
                };
                let mut granted = granted(lease, &change.chunk, &record, payload);
                if let Some(delivery) = change.chunk.delivery {
                    granted.delivery = to_deliver(&mut tx, id.job, delivery).await?;
                }
                apply(&mut tx, &mut record, id, change, now).await?;
                tx.commit().await?;
                Ok(Ok(granted))
            }
        }
    }

    /// Says which document of a suspect chunk is tried next, or that all have been; `false` when the lease is no longer in force.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trying(&self, lease: &Lease, document: Option<u32>) -> Result<bool, Error> {
        let mut tx = self.begin().await?;
        let Some(before) = chunk::lock(&mut tx, lease.chunk).await? else {
            return Ok(false);
        };
        let Some(after) = rules::trying(&before, lease, document) else {
            tx.commit().await?;
            return Ok(false);
        };
        chunk::write(&mut tx, lease.chunk, &after).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Reports a chunk as done. Anything but [`Completion::Done`] changed nothing.
    ///
    /// # Errors
    /// When the database fails; whether it is done is then not known, and asking again is safe.
    pub async fn complete(&self, lease: &Lease, report: &Report) -> Result<Completion, Error> {
        let id = lease.chunk;
        let mut tx = self.begin().await?;
        // First, since it takes the longest, and nobody else waits for these rows.
        let refused = articles::write(&mut tx, &report.articles, lease.epoch).await?;
        let Some(mut record) = job::lock(&mut tx, id.job).await? else {
            return Ok(Completion::Stale);
        };
        let Some(before) = chunk::lock(&mut tx, id).await? else {
            return Ok(Completion::Stale);
        };
        let now = tx.now().await?;
        let mut done = Done {
            processed: report.processed,
            failed: report.failed(before.kind),
            taken: report.taken.clone(),
        };
        if !report.articles.is_empty() {
            let refused = refused.len() as u64;
            done.taken
                .insert(Backend::Postgresql, Taken::Accepted { refused });
        }
        let decided = rules::complete(&record.job, &before, lease, &done, now);
        let Completion::Done(change) = &decided else {
            // What was written is not to be.
            tx.rollback().await?;
            return Ok(decided);
        };
        failure::insert(&mut tx, id.job, &report.failures).await?;
        let refused: Vec<Failure> = refused
            .into_iter()
            .map(|article| article.into_failure(id.index))
            .collect();
        failure::insert(&mut tx, id.job, &refused).await?;
        if let Some(part) = &report.part {
            let parameters = [part.as_str().into(), id.job.into(), id.index.into()];
            tx.execute(sql::SET_PART, &parameters).await?;
        }
        if change.chunk.kind == ChunkKind::Join {
            record.output_files.clone_from(&report.output_files);
        }
        for (name, value) in &report.statistics {
            let before = record.statistics.get(name).and_then(Json::as_u64);
            let sum = before.unwrap_or(0).saturating_add(*value);
            record.statistics.insert(name.clone(), sum.into());
        }
        record.job = change.job.clone();
        if !report.cleaned.is_empty() {
            event::insert_cleaned(&mut tx, &record, id.index, &report.cleaned, now).await?;
        }
        apply(&mut tx, &mut record, id, change.clone(), now).await?;
        failpoint::crash("worker.uncommitted");
        tx.commit().await?;
        Ok(decided)
    }

    /// Gives a chunk back; `false` when the lease was no longer in force.
    ///
    /// # Errors
    /// When the database fails; asking again is safe.
    pub async fn release(&self, lease: &Lease, why: &Release) -> Result<bool, Error> {
        self.close(lease, |job, chunk, now| {
            rules::release(job, chunk, lease, why, now)
        })
        .await
    }

    /// Takes a chunk back whose worker is lost; `false` when the lease was no longer in force.
    ///
    /// # Errors
    /// When the database fails; asking again is safe.
    pub async fn rescue(&self, lease: &Lease) -> Result<bool, Error> {
        self.close(lease, |job, chunk, now| {
            rules::rescue(job, chunk, lease, now)
        })
        .await
    }

    async fn close(
        &self,
        lease: &Lease,
        decide: impl FnOnce(&rules::Job, &Chunk, Timestamp) -> Option<Change>,
    ) -> Result<bool, Error> {
        let id = lease.chunk;
        let mut tx = self.begin().await?;
        let Some(mut record) = job::lock(&mut tx, id.job).await? else {
            return Ok(false);
        };
        let Some(before) = chunk::lock(&mut tx, id).await? else {
            return Ok(false);
        };
        let now = tx.now().await?;
        let Some(change) = decide(&record.job, &before, now) else {
            tx.commit().await?;
            return Ok(false);
        };
        apply(&mut tx, &mut record, id, change, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Parts of a job's finished chunks, in the order of the chunks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn parts(&self, job: JobId) -> Result<Vec<Part>, Error> {
        let mut tx = self.begin().await?;
        let rows = tx.query(sql::PARTS, &[job.into()]).await?;
        tx.commit().await?;
        let part = |row: &super::value::Row| {
            Ok(Part {
                chunk: row.get(0)?,
                name: row.get(1)?,
            })
        };
        rows.iter().map(part).collect()
    }
}

fn granted(lease: Lease, chunk: &Chunk, record: &JobRecord, payload: Option<Bytes>) -> Granted {
    Granted {
        lease,
        kind: chunk.kind,
        delivery: None,
        documents: chunk.documents,
        attempts: chunk.attempts,
        is_suspect: chunk.is_suspect(),
        poison: chunk.poison(),
        payload,
        options: record.options.clone(),
        batch_id: record.batch_id.clone(),
        created_at: record.created_at,
    }
}

/// What a delivery is about; none where its part is no longer known.
async fn to_deliver(
    tx: &mut super::tx::Tx,
    job: JobId,
    delivery: Delivery,
) -> Result<Option<ToDeliver>, Error> {
    let (backend, chunk) = (delivery.backend, delivery.source);
    let row = tx.first(sql::PART, &[job.into(), chunk.into()]).await?;
    let name: Option<String> = row.map_or(Ok(None), |row| row.get(0))?;
    let failed = tx
        .query(sql::FAILED_OF_A_CHUNK, &[job.into(), chunk.into()])
        .await?;
    let failed: Vec<u64> = failed
        .iter()
        .map(|row| row.get(0))
        .collect::<Result<_, _>>()?;
    Ok(name.map(|name| ToDeliver {
        backend,
        part: Part { chunk, name },
        failed,
    }))
}

async fn apply(
    tx: &mut super::tx::Tx,
    record: &mut JobRecord,
    id: ChunkId,
    change: Change,
    now: Timestamp,
) -> Result<(), Error> {
    record.job = change.job;
    chunk::write(tx, id, &change.chunk).await?;
    chunk::settle(tx, record, Some(id), &change.effects, now).await
}
