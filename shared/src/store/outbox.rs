//! What waits to be published. The chunks themselves are the outbox: one that is ready and has a time to be published at is in it.
//!
//! Only so many chunks are with the broker or worked on at a time (the window), shared evenly between the jobs that have any to give,
//! so that long jobs, however many, leave room for a short one that comes later, whatever the order of the queue.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::value::{Row, Value};
use super::{Error, Store, sql};
use crate::broker::Queue;
use crate::job::{ChunkId, Epoch, JobId, Priority};
use crate::message::Work;
use crate::payload::MAX_INLINE_BYTES;
use crate::trace::Traceparent;

/// A chunk to be published now.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Where to.
    pub queue: Queue,
    /// What.
    pub work: Work,
    /// Until when no one else takes it.
    taken_until: Timestamp,
}

/// Chunks of one job that are under way at a time, however many jobs there are: one is worked on while the next waits.
const LEAST_SHARE: u32 = 2;
/// Who has taken chunks to publish has this long, before someone else may take them.
const TAKEN: Duration = Duration::from_secs(10);

impl Store {
    /// Takes chunks to be published, `limit` at most: of `only`, so many that `window` chunks of it are under way; or of all jobs, of each
    /// its share of the window.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_outgoing(
        &self,
        only: Option<JobId>,
        window: u32,
        limit: u32,
    ) -> Result<Vec<Outgoing>, Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let taken_until = now.checked_add(TAKEN).unwrap_or(now);
        let one = only.map(|id| id.to_string());
        let jobs = tx
            .query(
                sql::JOBS_TO_PUBLISH,
                &[now.into(), one.into(), window.into()],
            )
            .await?;
        let mut outgoing = Vec::new();
        let share =
            (window / u32::try_from(jobs.len()).unwrap_or(u32::MAX).max(1)).max(LEAST_SHARE);
        for row in jobs {
            let waiting: WaitingJob = waiting(&row)?;
            let room = u64::from(share).saturating_sub(waiting.under_way);
            let left = (limit as usize).saturating_sub(outgoing.len()) as u64;
            let take = room.min(left);
            if take == 0 {
                continue;
            }
            let chunks = tx
                .query(
                    sql::TAKE_TO_PUBLISH,
                    &[
                        waiting.job.into(),
                        now.into(),
                        take.into(),
                        taken_until.into(),
                        MAX_INLINE_BYTES.into(),
                    ],
                )
                .await?;
            for chunk in &chunks {
                outgoing.push(read(&waiting, chunk, taken_until)?);
            }
        }
        tx.commit().await?;
        Ok(outgoing)
    }

    /// Notes chunks as published: the broker has confirmed them.
    ///
    /// # Errors
    /// When the database fails; they are published again then, which does no harm.
    pub async fn published(&self, outgoing: &[Outgoing]) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        for Outgoing {
            work, taken_until, ..
        } in outgoing
        {
            let parameters = [
                now.into(),
                work.chunk.job.into(),
                work.chunk.index.into(),
                work.epoch.into(),
                (*taken_until).into(),
            ];
            tx.execute(sql::PUBLISHED, &parameters).await?;
        }
        tx.commit().await
    }

    /// How long the chunk that waits longest for the broker has been waiting, of the jobs of which the broker has none though neither a
    /// pause nor a start to come holds them back; none when none waits.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outbox_lag(&self) -> Result<Option<Duration>, Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let rows = tx.query(sql::LONGEST_WAITING, &[now.into()]).await?;
        tx.commit().await?;
        let mut longest = None;
        for row in &rows {
            // It waits since the last of what held it back was over.
            let since: [Option<Timestamp>; 3] = [row.get(0)?, row.get(1)?, row.get(2)?];
            let since = since.into_iter().flatten().max();
            let waited = since
                .map(|since| Duration::try_from(now.duration_since(since)).unwrap_or_default());
            longest = longest.max(waited);
        }
        Ok(longest)
    }

    /// Chunks that were published and are claimed by no one, by queue.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unclaimed(&self) -> Result<Vec<(Queue, u64)>, Error> {
        let mut tx = self.begin().await?;
        let rows = tx.query(sql::COUNT_WITH_THE_BROKER, &[]).await?;
        tx.commit().await?;
        let counted = |row: &Row| {
            let queue = queue(row.parsed(0)?, row.get(1)?);
            Ok((queue, row.get(2)?))
        };
        rows.iter().map(counted).collect()
    }

    /// Has the `limit` oldest of those chunks of a queue published again that were published before `age` ago; how many there were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn publish_again(
        &self,
        queue: &Queue,
        age: Duration,
        limit: u64,
    ) -> Result<u64, Error> {
        let (is_suspect, priority) = match queue {
            Queue::Work(priority) => (false, Some(priority.as_str())),
            Queue::Quarantine => (true, None),
            Queue::Dead | Queue::Submit | Queue::Preprocess | Queue::Control(_) => return Ok(0),
        };
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let before = now.checked_sub(age).unwrap_or(now);
        let parameters = [
            now.into(),
            before.into(),
            is_suspect.into(),
            Value::from(priority),
            limit.into(),
        ];
        let changed = tx.execute(sql::PUBLISH_AGAIN, &parameters).await?;
        tx.commit().await?;
        Ok(changed)
    }
}

struct WaitingJob {
    job: JobId,
    priority: Priority,
    trace: Option<Traceparent>,
    under_way: u64,
}

fn waiting(row: &Row) -> Result<WaitingJob, Error> {
    let trace: Option<String> = row.get(2)?;
    Ok(WaitingJob {
        job: row.get(0)?,
        priority: row.parsed(1)?,
        trace: trace.and_then(|trace| trace.parse().ok()),
        under_way: row.get(3)?,
    })
}

fn read(job: &WaitingJob, row: &Row, taken_until: Timestamp) -> Result<Outgoing, Error> {
    let crashes: u32 = row.get(3)?;
    Ok(Outgoing {
        queue: queue(job.priority, crashes > 0),
        work: Work {
            chunk: ChunkId {
                job: job.job,
                index: row.get(0)?,
            },
            epoch: Epoch(row.get(1)?),
            attempt: row.get(2)?,
            payload: row.get::<Option<Bytes>>(4)?,
            trace: job.trace.map(Traceparent::child),
        },
        taken_until,
    })
}

/// Where chunks of a priority go; suspects go to a queue of their own, whatever their priority.
fn queue(priority: Priority, is_suspect: bool) -> Queue {
    if is_suspect {
        Queue::Quarantine
    } else {
        Queue::Work(priority)
    }
}
