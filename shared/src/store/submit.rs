//! Takes a submission in: a job, its chunks and what was refused of it, all or nothing.

use std::io;

use bytes::Bytes;
use jiff::Timestamp;

use super::job::{read, to_json};
use super::value::Value;
use super::{Error, Failure, JobRecord, Store, chunk, failure, sql};
use crate::job::{
    BackendProgress, Chunk, ChunkId, Desired, JobId, JobStatus, Join, Metadata, Options, Priority,
};
use crate::trace::Traceparent;

/// A job to be taken in.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its id.
    pub id: JobId,
    /// The caller's key and a digest of what was sent under it.
    pub idempotency: Option<(String, String)>,
    /// The batch it belongs to.
    pub batch_id: Option<String>,
    /// Which of the work goes first.
    pub priority: Priority,
    /// Not to start before.
    pub run_at: Option<Timestamp>,
    /// What is asked for.
    pub options: Options,
    /// What upstream wants to find again.
    pub metadata: Metadata,
    /// The submission's trace.
    pub trace: Option<Traceparent>,
    /// Documents that were refused.
    pub rejected: Vec<Failure>,
}

/// Documents that are worked on together.
#[derive(Debug, Clone)]
pub struct NewChunk {
    /// How many.
    pub documents: u64,
    /// The documents, packed ([`crate::payload`]).
    pub payload: Bytes,
}

/// What became of a submission.
#[derive(Debug, Clone, PartialEq)]
pub enum Submission {
    /// It is taken in.
    New(Box<JobRecord>),
    /// The same was taken in before under the same key: this is its job.
    Repeated(Box<JobRecord>),
    /// Something else was taken in before under the same key.
    KeyReused(JobId),
}

impl Store {
    /// Takes a job in with its chunks, which are read one by one.
    ///
    /// # Errors
    /// [`Error::Spool`] when a chunk cannot be read, or when the database fails; nothing was taken in then.
    pub async fn submit(
        &self,
        new: &NewJob,
        chunks: impl Iterator<Item = io::Result<NewChunk>> + Send,
    ) -> Result<Submission, Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let mut record = record(new, now);
        let mut parameters: Vec<Value> = match &new.idempotency {
            Some((key, digest)) => vec![key.clone().into(), digest.clone().into()],
            None => vec![Value::Null, Value::Null],
        };
        parameters.extend(values(&record));
        if tx.execute(sql::INSERT_JOB, &parameters).await? == 0 {
            let (key, digest) = new.idempotency.clone().unwrap_or_default();
            let earlier = tx.first(sql::JOB_OF_A_KEY, &[key.into()]).await?;
            tx.commit().await?;
            let Some(row) = earlier else {
                // It was there and is gone: pruned this very moment. The caller's next try finds nothing in its way.
                return Err(Error::Spool(io::Error::other("the earlier job is gone")));
            };
            let earlier = read(&row)?;
            let same = row.get::<Option<String>>(29)? == Some(digest);
            return Ok(if same {
                Submission::Repeated(Box::new(earlier))
            } else {
                Submission::KeyReused(earlier.id)
            });
        }
        for (index, new) in (0..).zip(chunks) {
            let NewChunk { documents, payload } = new.map_err(Error::Spool)?;
            let id = ChunkId {
                job: record.id,
                index,
            };
            let made = Chunk::new(documents, now);
            chunk::insert(&mut tx, id, &made, Some(payload)).await?;
            record.chunks += 1;
            record.job.total += documents;
            record.job.open_chunks += 1;
        }
        failure::insert(&mut tx, record.id, &new.rejected).await?;
        tx.execute(
            sql::SET_TOTALS,
            &[
                record.job.total.into(),
                record.chunks.into(),
                record.job.open_chunks.into(),
                record.id.into(),
            ],
        )
        .await?;
        tx.commit().await?;
        Ok(Submission::New(Box::new(record)))
    }
}

fn record(new: &NewJob, now: Timestamp) -> JobRecord {
    JobRecord {
        id: new.id,
        batch_id: new.batch_id.clone(),
        version: 1,
        priority: new.priority,
        run_at: new.run_at,
        options: new.options.clone(),
        metadata: new.metadata.clone(),
        trace: new.trace,
        rejected: new.rejected.len() as u64,
        chunks: 0,
        created_at: now,
        updated_at: now,
        statistics: serde_json::Map::new(),
        output_files: Vec::new(),
        job: crate::job::Job {
            status: JobStatus::Queued,
            desired: Desired::Run,
            total: 0,
            processed: 0,
            failed: 0,
            open_chunks: 0,
            leases: 0,
            deliveries: 0,
            backends: new
                .options
                .backends
                .iter()
                .map(|backend| (*backend, BackendProgress::default()))
                .collect(),
            join: if new.options.writes_files() {
                Join::Due
            } else {
                Join::Needless
            },
            started_at: None,
            paused_at: None,
            resumed_at: None,
            completed_at: None,
            error: None,
        },
    }
}

/// In the order of the job columns.
fn values(record: &JobRecord) -> [Value; 29] {
    let job = &record.job;
    [
        record.id.into(),
        record.batch_id.clone().into(),
        job.status.as_str().into(),
        job.desired.as_str().into(),
        record.version.into(),
        record.priority.as_str().into(),
        record.run_at.into(),
        to_json(&record.options),
        to_json(&record.metadata),
        record.trace.map(|trace| trace.to_string()).into(),
        job.total.into(),
        job.processed.into(),
        job.failed.into(),
        record.rejected.into(),
        record.chunks.into(),
        job.open_chunks.into(),
        job.leases.into(),
        job.join.as_str().into(),
        record.created_at.into(),
        record.updated_at.into(),
        job.started_at.into(),
        job.paused_at.into(),
        job.resumed_at.into(),
        job.completed_at.into(),
        job.error.clone().into(),
        to_json(&record.statistics),
        to_json(&record.output_files),
        job.deliveries.into(),
        to_json(&job.backends),
    ]
}
