//! Throws away what nobody needs any more.

use std::time::Duration;

use jiff::Timestamp;

use super::value::Row;
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
    /// Throws away what is over its time; a bounded lot at a time, so call it again while anything was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prune(&self, keep: Retention) -> Result<Pruned, Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let before = |age: Duration| now.checked_sub(age).unwrap_or(Timestamp::MIN);
        let rows = tx
            .query(sql::ENDED_WITH_PAYLOADS, &[before(keep.payloads).into()])
            .await?;
        let ended = rows
            .iter()
            .map(|row: &Row| row.get::<JobId>(0))
            .collect::<Result<Vec<_>, _>>()?;
        for job in &ended {
            tx.execute(sql::PRUNE_PAYLOADS, &[(*job).into()]).await?;
            tx.execute(sql::PAYLOADS_PRUNED, &[true.into(), (*job).into()])
                .await?;
        }
        let mut drop_before =
            async |statement, age| tx.execute(statement, &[before(age).into()]).await;
        let pruned = Pruned {
            payloads: ended.len() as u64,
            jobs: drop_before(sql::PRUNE_JOBS, keep.jobs).await?,
            dead_letters: drop_before(sql::PRUNE_DEAD_LETTERS, keep.dead_letters).await?,
            workers: drop_before(sql::PRUNE_WORKERS, keep.workers).await?,
        };
        tx.commit().await?;
        Ok(pruned)
    }
}
