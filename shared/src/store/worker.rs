//! Workers: who is there, who is lost, and what is wanted of the jobs they hold.

use std::time::Duration;

use jiff::Timestamp;

use super::value::Row;
use super::{Error, Store, sql};
use crate::failpoint;
use crate::job::state_words as words;
use crate::job::{ChunkId, Desired, Epoch, Lease, WorkerId};

words! {
    /// What a worker is known to be.
    WorkerState {
        /// It takes chunks.
        Active = "active",
        /// It finishes what it has and takes nothing new.
        Draining = "draining",
        /// It was not heard of for too long; what it reports now counts for nothing.
        Lost = "lost",
        /// It ended in order.
        Gone = "gone",
    }
}

/// A worker that starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWorker {
    /// Its id.
    pub id: WorkerId,
    /// The machine.
    pub host: String,
    /// The process there.
    pub pid: u32,
    /// The program's version.
    pub version: String,
    /// What its model computes on.
    pub device: String,
    /// Chunks it works on at a time.
    pub slots: u32,
}

/// A worker as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerRecord {
    /// What it said of itself.
    pub worker: NewWorker,
    /// What it is known to be.
    pub state: WorkerState,
    /// Chunks it works on.
    pub busy: u32,
    /// When it started.
    pub started_at: Timestamp,
    /// When it was heard of last.
    pub seen_at: Timestamp,
}

/// The answer to a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pulse {
    /// It counts as alive and holds these leases.
    Alive(Vec<Standing>),
    /// It was given up for lost. Its leases are, or will be, somebody else's.
    Lost,
}

/// A lease in force, and what is wanted of its job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The chunk.
    pub chunk: ChunkId,
    /// The claim.
    pub epoch: Epoch,
    /// What is wanted of the job.
    pub desired: Desired,
    /// The job's version.
    pub version: i64,
}

impl Store {
    /// Notes a worker that starts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn register(&self, worker: &NewWorker) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let parameters = [
            worker.id.into(),
            worker.host.as_str().into(),
            worker.pid.into(),
            worker.version.as_str().into(),
            worker.device.as_str().into(),
            worker.slots.into(),
            now.into(),
        ];
        tx.execute(sql::INSERT_WORKER, &parameters).await?;
        tx.commit().await
    }

    /// A worker is alive and works on `busy` chunks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn heartbeat(
        &self,
        worker: WorkerId,
        busy: u32,
        is_draining: bool,
    ) -> Result<Pulse, Error> {
        let state = if is_draining {
            WorkerState::Draining
        } else {
            WorkerState::Active
        };
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let parameters = [
            now.into(),
            busy.into(),
            state.as_str().into(),
            worker.into(),
        ];
        if tx.execute(sql::BEAT, &parameters).await? == 0 {
            tx.commit().await?;
            return Ok(Pulse::Lost);
        }
        let rows = tx.query(sql::STANDINGS, &[worker.into()]).await?;
        tx.commit().await?;
        let standing = |row: &Row| {
            Ok(Standing {
                chunk: chunk_id(row)?,
                epoch: Epoch(row.get(2)?),
                desired: row.parsed(3)?,
                version: row.get(4)?,
            })
        };
        let standings = rows.iter().map(standing).collect::<Result<_, Error>>()?;
        Ok(Pulse::Alive(standings))
    }

    /// A worker ends in order; leases that it still held are rescued.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deregister(&self, worker: WorkerId) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        tx.execute(sql::END_WORKER, &[now.into(), worker.into()])
            .await?;
        tx.commit().await
    }

    /// Gives up for lost the workers that were not heard of for `silence`, and rescues what they held; how many of each.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reap(&self, silence: Duration) -> Result<(u64, u64), Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let before = now.checked_sub(silence).unwrap_or(now);
        let lost = tx.execute(sql::LOSE_WORKERS, &[before.into()]).await?;
        let rows = tx.query(sql::LEASES_OF_THE_LOST, &[]).await?;
        tx.commit().await?;
        if !rows.is_empty() {
            failpoint::crash("scheduler.rescuing");
        }
        let mut rescued = 0;
        for row in &rows {
            let lease = Lease {
                chunk: chunk_id(row)?,
                epoch: Epoch(row.get(2)?),
                worker: row.get(3)?,
            };
            match self.rescue(&lease).await {
                Ok(is_rescued) => rescued += u64::from(is_rescued),
                // The others are not to wait for it; it comes again next time.
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, chunk = %lease.chunk, "cannot rescue a chunk");
                }
            }
        }
        Ok((lost, rescued))
    }

    /// Takes note that this process, which alone uses the store and its broker, has started anew: all workers of before are lost,
    /// and so is what was with the broker.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn restarted(&self) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        tx.execute(sql::LOSE_WORKERS, &[Timestamp::MAX.into()])
            .await?;
        tx.execute(sql::PUBLISH_ALL_AGAIN, &[now.into()]).await?;
        tx.commit().await
    }

    /// The workers that were started last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn workers(&self, limit: u32) -> Result<Vec<WorkerRecord>, Error> {
        let mut tx = self.begin().await?;
        let rows = tx.query(sql::WORKERS, &[limit.into()]).await?;
        tx.commit().await?;
        rows.iter().map(read).collect()
    }

    /// Chunks that the active workers together work on at a time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn slots(&self) -> Result<u32, Error> {
        let mut tx = self.begin().await?;
        let rows = tx.query(sql::SLOTS, &[]).await?;
        tx.commit().await?;
        rows.iter().map(|row| row.get::<u32>(0)).sum()
    }
}

fn chunk_id(row: &Row) -> Result<ChunkId, Error> {
    Ok(ChunkId {
        job: row.get(0)?,
        index: row.get(1)?,
    })
}

fn read(row: &Row) -> Result<WorkerRecord, Error> {
    Ok(WorkerRecord {
        worker: NewWorker {
            id: row.get(0)?,
            host: row.get(1)?,
            pid: row.get(2)?,
            version: row.get(3)?,
            device: row.get(4)?,
            slots: row.get(5)?,
        },
        state: row.parsed(6)?,
        busy: row.get(7)?,
        started_at: row.get(8)?,
        seen_at: row.get(9)?,
    })
}
