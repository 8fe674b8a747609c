//! What the outside is told of jobs.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::tx::Tx;
use super::value::Row;
use super::{Error, JobRecord, Store, sql};
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
    let id = match event {
        Event::Started | Event::Completed | Event::Failed | Event::Cancelled => {
            format!("{}:{event}", record.id)
        }
        Event::Progress | Event::Paused | Event::Resumed => {
            format!("{}:{event}:{}", record.id, record.version + 1)
        }
    };
    tx.execute(
        sql::INSERT_EVENT,
        &[
            id.into(),
            record.id.into(),
            event.as_str().into(),
            now.into(),
            data(record, event, now).into(),
        ],
    )
    .await?;
    Ok(())
}

fn data(record: &JobRecord, event: Event, now: Timestamp) -> Json {
    let job = &record.job;
    let mut data = json!({
        "job_id": record.id,
        "batch_id": record.batch_id,
        "documents_processed": job.processed,
        "documents_failed": job.failed,
        "documents_total": job.total,
    });
    match event {
        Event::Started => data["checkpoint_interval"] = record.options.checkpoint_interval.into(),
        Event::Progress => data["progress_percent"] = job.progress_percent().into(),
        Event::Completed => {
            let began = job.started_at.unwrap_or(record.created_at);
            let took = now.as_millisecond() - began.as_millisecond();
            data["processing_time_ms"] = took.into();
            data["output_files"] = json!(record.output_files);
        }
        Event::Failed => data["error_message"] = json!(job.error),
        Event::Paused | Event::Resumed | Event::Cancelled => {}
    }
    data
}
