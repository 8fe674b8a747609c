//! Jobs as rows.

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use super::tx::Tx;
use super::value::{Row, Value};
use super::{Error, Store, sql};
use crate::job::{ChunkState, Job, JobId, JobStatus, Metadata, Options, Priority};
use crate::trace::Traceparent;

/// A job with all that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRecord {
    /// The job.
    pub id: JobId,
    /// The batch it belongs to.
    pub batch_id: Option<String>,
    /// What the rules look at.
    pub job: Job,
    /// Grows with each change.
    pub version: i64,
    /// Which of the work goes first.
    pub priority: Priority,
    /// Not to start before.
    pub run_at: Option<Timestamp>,
    /// What was asked for.
    pub options: Options,
    /// What upstream wants to find again.
    pub metadata: Metadata,
    /// The submission's trace.
    pub trace: Option<Traceparent>,
    /// Documents of the submission that were refused.
    pub rejected: u64,
    /// Chunks, the one that joins included once it is there.
    pub chunks: u32,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// Sums over its chunks: entities, corrections, milliseconds of work.
    pub statistics: Map<String, Json>,
    /// Names of its files, once they are visible.
    pub output_files: Vec<String>,
}

/// Which jobs a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those in this state.
    pub status: Option<JobStatus>,
    /// Only those of this batch.
    pub batch_id: Option<String>,
    /// How many at most.
    pub limit: u32,
    /// How many of the newest to leave out.
    pub offset: u64,
}

impl Store {
    /// A job, if there is one of this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job(&self, id: JobId) -> Result<Option<JobRecord>, Error> {
        let mut tx = self.begin().await?;
        let row = tx.first(sql::JOB, &[id.into()]).await?;
        tx.commit().await?;
        row.map(|row| read(&row)).transpose()
    }

    /// Jobs, the newest first, and how many there are in all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn jobs(&self, filter: &Filter) -> Result<(Vec<JobRecord>, u64), Error> {
        let which = Which::of(filter);
        let mut tx = self.begin().await?;
        let count = which.ask(&mut tx, sql::COUNT_JOBS, &[]).await?;
        let total: u64 = count.first().map_or(Ok(0), |row| row.get(0))?;
        let mut rows = Vec::new();
        if filter.offset < total {
            // Counted from the other end.
            let behind = total - 1 - filter.offset;
            let (statement, left_out) = if filter.offset <= behind {
                (sql::NTH_NEWEST_JOB, filter.offset)
            } else {
                (sql::NTH_OLDEST_JOB, behind)
            };
            let first = which.ask(&mut tx, statement, &[left_out.into()]).await?;
            if let Some(first) = first.first() {
                let (at, id): (Timestamp, JobId) = (first.get(0)?, first.get(1)?);
                let page = [at.into(), id.into(), filter.limit.into()];
                rows = which.ask(&mut tx, sql::JOBS_FROM, &page).await?;
            }
        }
        tx.commit().await?;
        Ok((rows.iter().map(read).collect::<Result<_, _>>()?, total))
    }

    /// How many chunks of a job are in which state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn chunk_states(&self, id: JobId) -> Result<Vec<(ChunkState, u64)>, Error> {
        let mut tx = self.begin().await?;
        let rows = tx.query(sql::STATES, &[id.into()]).await?;
        tx.commit().await?;
        let pair = |row: &Row| Ok((row.parsed(0)?, row.get(1)?));
        rows.iter().map(pair).collect()
    }
}

/// The jobs of a list, as a condition of SQL with its parameters.
///
/// It names only columns that are filtered by, so that the database sees which index begins with them, whatever the parameters.
struct Which {
    condition: String,
    parameters: Vec<Value>,
}

impl Which {
    fn of(filter: &Filter) -> Self {
        let columns = [
            ("status", filter.status.map(|status| status.as_str().into())),
            ("batch_id", filter.batch_id.clone().map(Value::from)),
        ];
        let mut which = Self {
            condition: "TRUE".to_owned(),
            parameters: Vec::new(),
        };
        for (column, value) in columns {
            if let Some(value) = value {
                which.parameters.push(value);
                let number = which.parameters.len();
                which.condition += &format!(" AND {column} = ${number}");
            }
        }
        which
    }

    /// The rows that a statement with `{which}` answers, with these further parameters.
    async fn ask(
        &self,
        tx: &mut Tx,
        statement: &str,
        further: &[Value],
    ) -> Result<Vec<Row>, Error> {
        let mut sql = statement.replace("{which}", &self.condition);
        for (index, name) in ["{a}", "{b}", "{c}"].iter().enumerate() {
            sql = sql.replace(name, &format!("${}", self.parameters.len() + index + 1));
        }
        tx.query(&sql, &[&self.parameters, further].concat()).await
    }
}

/// Locks a job and reads it.
pub(super) async fn lock(tx: &mut Tx, id: JobId) -> Result<Option<JobRecord>, Error> {
    let row = tx.first(sql::LOCK_JOB, &[id.into()]).await?;
    row.map(|row| read(&row)).transpose()
}

/// A row of the statement's job columns.
pub(super) fn read(row: &Row) -> Result<JobRecord, Error> {
    let options: Json = row.get(7)?;
    let metadata: Json = row.get(8)?;
    let trace: Option<String> = row.get(9)?;
    let statistics: Json = row.get(25)?;
    let output_files: Json = row.get(26)?;
    Ok(JobRecord {
        id: row.get(0)?,
        batch_id: row.get(1)?,
        version: row.get(4)?,
        priority: row.parsed(5)?,
        run_at: row.get(6)?,
        options: from_json(7, options)?,
        metadata: from_json(8, metadata)?,
        trace: trace.and_then(|trace| trace.parse().ok()),
        rejected: row.get(13)?,
        chunks: row.get(14)?,
        created_at: row.get(18)?,
        updated_at: row.get(19)?,
        statistics: from_json(25, statistics)?,
        output_files: from_json(26, output_files)?,
        job: Job {
            status: row.parsed(2)?,
            desired: row.parsed(3)?,
            total: row.get(10)?,
            processed: row.get(11)?,
            failed: row.get(12)?,
            open_chunks: row.get(15)?,
            leases: row.get(16)?,
            deliveries: row.get(27)?,
            backends: from_json(28, row.get(28)?)?,
            join: row.parsed(17)?,
            started_at: row.get(20)?,
            paused_at: row.get(21)?,
            resumed_at: row.get(22)?,
            completed_at: row.get(23)?,
            error: row.get(24)?,
        },
    })
}

/// A value that was kept as JSON in a column.
pub(super) fn from_json<T: serde::de::DeserializeOwned>(
    column: usize,
    json: Json,
) -> Result<T, Error> {
    serde_json::from_value(json).map_err(|source| Error::Value {
        column,
        source: Box::new(source),
    })
}

/// A value as JSON for a column. What we keep has only string keys, so it cannot fail.
pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Value {
    Value::Json(serde_json::to_value(value).unwrap_or_default())
}

/// Writes what may have changed.
pub(super) async fn write(tx: &mut Tx, record: &JobRecord, now: Timestamp) -> Result<(), Error> {
    let job = &record.job;
    tx.execute(
        sql::UPDATE_JOB,
        &[
            job.status.as_str().into(),
            job.desired.as_str().into(),
            (record.version + 1).into(),
            job.processed.into(),
            job.failed.into(),
            record.chunks.into(),
            job.open_chunks.into(),
            job.leases.into(),
            job.join.as_str().into(),
            now.into(),
            job.started_at.into(),
            job.paused_at.into(),
            job.resumed_at.into(),
            job.completed_at.into(),
            job.error.clone().into(),
            to_json(&record.statistics),
            to_json(&record.output_files),
            job.deliveries.into(),
            to_json(&job.backends),
            record.id.into(),
        ],
    )
    .await?;
    Ok(())
}
