//! Throws away what nobody needs any more.

use std::time::Duration;

use jiff::Timestamp;

use super::{Error, Store, sql};
use crate::job::JobId;

/// How long what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Documents as they came in, after their job's end.
    pub payloads: Duration,
    /// Jobs with their failures and events, after their end.
    pub jobs: Duration,
    /// Dead letters.
    pub dead_letters: Duration,
    /// Workers that are gone.
    pub workers: Duration,
}

/// What was thrown away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Jobs whose payloads are gone.
    pub payloads: u64,
    /// Jobs that are gone.
    pub jobs: u64,
    /// Dead letters that are gone.
    pub dead_letters: u64,
    /// Workers that are forgotten.
    pub workers: u64,
}

impl Store {
    /// Throws away what is over its time; a bounded lot at a time, so call it again while anything was. Each kind, and each job, in a
    /// transaction of its own: what takes too long for one keeps nothing else from going.
    ///
    /// # Errors
    /// When the database fails; what was thrown away until then is.
    pub async fn prune(&self, keep: Retention) -> Result<Pruned, Error> {
        let mut pruned = Pruned {
            dead_letters: self
                .drop_before(sql::PRUNE_DEAD_LETTERS, keep.dead_letters)
                .await?,
            workers: self.drop_before(sql::PRUNE_WORKERS, keep.workers).await?,
            ..Pruned::default()
        };
        for job in self
            .ended_before(sql::ENDED_WITH_PAYLOADS, keep.payloads)
            .await?
        {
            let mut tx = self.begin().await?;
            tx.execute(sql::PRUNE_PAYLOADS, &[job.into()]).await?;
            tx.execute(sql::PAYLOADS_PRUNED, &[true.into(), job.into()])
                .await?;
            tx.commit().await?;
            pruned.payloads += 1;
        }
        for job in self.ended_before(sql::ENDED_BEFORE, keep.jobs).await? {
            let mut tx = self.begin().await?;
            pruned.jobs += tx.execute(sql::DELETE_JOB, &[job.into()]).await?;
            tx.commit().await?;
        }
        Ok(pruned)
    }

    /// Jobs that ended within `age`, with the number of their chunks, the first to end first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ended_within(
        &self,
        age: Duration,
        limit: u32,
    ) -> Result<Vec<(JobId, u32)>, Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let since = now.checked_sub(age).unwrap_or(Timestamp::MIN);
        let rows = tx
            .query(sql::ENDED_SINCE, &[since.into(), limit.into()])
            .await?;
        tx.commit().await?;
        rows.iter()
            .map(|row| Ok((row.get(0)?, row.get(1)?)))
            .collect()
    }

    async fn drop_before(&self, statement: &str, age: Duration) -> Result<u64, Error> {
        let mut tx = self.begin().await?;
        let before = tx.now().await?.checked_sub(age).unwrap_or(Timestamp::MIN);
        let dropped = tx.execute(statement, &[before.into()]).await?;
        tx.commit().await?;
        Ok(dropped)
    }

    async fn ended_before(&self, statement: &str, age: Duration) -> Result<Vec<JobId>, Error> {
        let mut tx = self.begin().await?;
        let before = tx.now().await?.checked_sub(age).unwrap_or(Timestamp::MIN);
        let rows = tx.query(statement, &[before.into()]).await?;
        tx.commit().await?;
        rows.iter().map(|row| row.get(0)).collect()
    }
}
