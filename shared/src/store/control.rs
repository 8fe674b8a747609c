//! Commands of people.

use super::{Error, JobRecord, Store, chunk, job};
use crate::job::{self as rules, Command, Conflict, JobId};

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no such job.
    #[error("there is no job {0}")]
    NoSuchJob(JobId),
    /// The job is not in a state for it.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Store {
    /// Carries out a command; the job as it is then.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn command(&self, id: JobId, command: Command) -> Result<JobRecord, CommandError> {
        let mut tx = self.begin().await?;
        let Some(mut record) = job::lock(&mut tx, id).await? else {
            return Err(CommandError::NoSuchJob(id));
        };
        let now = tx.now().await?;
        let (after, effects) = rules::command(&record.job, command, now)?;
        if after != record.job {
            record.job = after;
            chunk::settle(&mut tx, &mut record, None, &effects, now).await?;
            record.version += 1;
            record.updated_at = now;
        }
        tx.commit().await?;
        Ok(record)
    }
}
