//! What the outside is told of jobs.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::job::to_json;
use super::tx::Tx;
use super::value::{Row, Value};
use super::{Error, JobRecord, Store, sql};
use crate::event::{
    Cancelled, Cleaned, CleanedDocument, Completed, Failed, Numbers, Paused, Progress, Resumed,
    Started,
};
use crate::job::{Event, JobId};

/// Something that happened to a job.
#[derive(Debug, Clone, PartialEq)]
pub struct JobEvent {
    /// Grows from event to event.
    pub seq: i64,
    /// The same for each repeat of the same event.
    pub id: String,
    /// What.
    pub event: Event,
    /// When.
    pub time: Timestamp,
    /// The job's numbers at that time.
    pub data: Json,
}

impl Store {
    /// Events of a job behind `seq` (0: all), in order, `limit` at most.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn events(&self, job: JobId, seq: i64, limit: u32) -> Result<Vec<JobEvent>, Error> {
        let mut tx = self.begin().await?;
        let rows = tx
            .query(sql::EVENTS, &[job.into(), seq.into(), limit.into()])
            .await?;
        tx.commit().await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<JobEvent, Error> {
    Ok(JobEvent {
        seq: row.get(0)?,
        id: row.get(1)?,
        event: row.parsed(2)?,
        time: row.get(3)?,
        data: row.get(4)?,
    })
}

/// Adds an event with the job's numbers as they are now.
pub(super) async fn insert(
    tx: &mut Tx,
    record: &JobRecord,
    event: Event,
    now: Timestamp,
) -> Result<(), Error> {
    // What happens once has one id for ever; what may happen again is told apart by the job's version.
    let once = format!("{}:{event}", record.id);
    let again = || format!("{once}:{}", record.version + 1);
    let id = match event {
        Event::Started | Event::Completed | Event::Failed | Event::Cancelled => once,
        Event::Progress | Event::Paused | Event::Resumed => again(),
        // Told by `insert_cleaned`, which knows the documents.
        Event::Cleaned => return Ok(()),
    };
    write(tx, record, event, id, data(record, event, now), now).await
}

/// Adds what became of the documents of a chunk that came through: one event for all of them.
///
/// Belongs into the transaction that completes the chunk, while the job's row is locked, and behind the change of the job's numbers,
/// which it tells.
pub(super) async fn insert_cleaned(
    tx: &mut Tx,
    record: &JobRecord,
    chunk: u32,
    documents: &[CleanedDocument],
    now: Timestamp,
) -> Result<(), Error> {
    if documents.is_empty() {
        return Ok(());
    }
    let id = format!("{}:{}:{chunk}", record.id, Event::Cleaned);
    let data = to_json(&Cleaned {
        numbers: numbers(record),
        documents: documents.to_vec(),
    });
    write(tx, record, Event::Cleaned, id, data, now).await
}

async fn write(
    tx: &mut Tx,
    record: &JobRecord,
    event: Event,
    id: String,
    data: Value,
    now: Timestamp,
) -> Result<(), Error> {
    let values = [
        id.into(),
        record.id.into(),
        event.as_str().into(),
        now.into(),
        data,
    ];
    tx.execute(sql::INSERT_EVENT, &values).await?;
    Ok(())
}

fn numbers(record: &JobRecord) -> Numbers {
    let job = &record.job;
    Numbers {
        job_id: record.id,
        batch_id: record.batch_id.clone(),
        documents_processed: job.processed,
        documents_failed: job.failed,
        documents_total: job.total,
    }
}

fn data(record: &JobRecord, event: Event, now: Timestamp) -> Value {
    let (job, numbers) = (&record.job, numbers(record));
    match event {
        Event::Started => to_json(&Started {
            numbers,
            checkpoint_interval: record.options.checkpoint_interval,
        }),
        Event::Progress => to_json(&Progress {
            numbers,
            progress_percent: job.progress_percent(),
        }),
        Event::Paused => to_json(&Paused { numbers }),
        Event::Resumed => to_json(&Resumed { numbers }),
        Event::Completed => {
            let began = job.started_at.unwrap_or(record.created_at);
            to_json(&Completed {
                numbers,
                processing_time_ms: now.as_millisecond() - began.as_millisecond(),
                output_files: record.output_files.clone(),
            })
        }
        Event::Failed => to_json(&Failed {
            numbers,
            error_message: job.error.clone(),
        }),
        Event::Cancelled | Event::Cleaned => to_json(&Cancelled { numbers }),
    }
}
