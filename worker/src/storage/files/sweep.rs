//! What is removed when a job has ended.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStoreExt};
use shared::job::JobId;

use super::{Error, Files, blocking, format};

impl Files {
    /// Removes all parts of a job.
    ///
    /// # Errors
    /// [`Error::Storage`]; none when they are gone already.
    pub(crate) async fn forget(&self, job: JobId) -> Result<(), Error> {
        if let Some(folder) = self.folder.clone() {
            return blocking(move || folder.forget(job)).await;
        }
        let prefix = self.parts(job);
        let parts = self.store.list(Some(&prefix));
        let parts = parts.map_ok(|part| part.location).boxed();
        let removed = self
            .store
            .delete_stream(parts)
            .try_for_each(|_| async { Ok(()) });
        match removed.await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.storage("remove the parts", &prefix)(error)),
        }
    }

    /// Removes all parts of a job that was cancelled, and its files: a join that did not hear of it in time may have shown them.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub(crate) async fn forget_all(&self, job: JobId, created_at: Timestamp) -> Result<(), Error> {
        // As long as there are parts this is tried again; when there are none, nobody shows a file any more.
        self.remove_files(job, created_at).await?;
        self.forget(job).await?;
        self.remove_files(job, created_at).await
    }

    async fn remove_files(&self, job: JobId, created_at: Timestamp) -> Result<(), Error> {
        for name in format::all_files(job, created_at) {
            self.remove("remove the file of a cancelled job", &self.path(&name))
                .await?;
        }
        Ok(())
    }

    /// The jobs of which there are parts, and for how long nothing was added to them.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub(crate) async fn jobs(&self) -> Result<Vec<(JobId, Duration)>, Error> {
        if let Some(folder) = self.folder.clone() {
            return blocking(move || folder.jobs()).await;
        }
        let (prefix, now) = (self.all_parts(), Timestamp::now());
        let mut youngest = HashMap::new();
        let mut parts = self.store.list(Some(&prefix));
        loop {
            let next = parts.try_next().await;
            let Some(part) = next.map_err(self.storage("list", &prefix))? else {
                return Ok(youngest.into_iter().collect());
            };
            let Some(job) = job(&prefix, &part) else {
                continue;
            };
            let age = Duration::try_from(now.duration_since(changed(&part))).unwrap_or_default();
            let youngest = youngest.entry(job).or_insert(age);
            *youngest = age.min(*youngest);
        }
    }

    /// Removes what may be gone already.
    pub(super) async fn remove(&self, doing: &'static str, path: &Path) -> Result<(), Error> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.storage(doing, path)(error)),
        }
    }
}

/// Whose part it is.
fn job(prefix: &Path, part: &ObjectMeta) -> Option<JobId> {
    let job = part.location.prefix_match(prefix)?.next()?;
    job.as_ref().parse().ok()
}

fn changed(part: &ObjectMeta) -> Timestamp {
    Timestamp::from_second(part.last_modified.timestamp()).unwrap_or_default()
}
