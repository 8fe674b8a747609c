//! What is removed when a job has ended.

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

    /// The jobs of which there are parts.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub(crate) async fn jobs(&self) -> Result<Vec<JobId>, Error> {
        if let Some(folder) = self.folder.clone() {
            return blocking(move || folder.jobs()).await;
        }
        let prefix = self.all_parts();
        let listed = self.store.list_with_delimiter(Some(&prefix)).await;
        let listed = listed.map_err(self.storage("list", &prefix))?;
        let jobs = listed.common_prefixes.iter();
        Ok(jobs.filter_map(|folder| job(&prefix, folder)).collect())
    }

    /// For how long nothing was added to a job's parts; nothing where there are none.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub(crate) async fn age(&self, job: JobId) -> Result<Option<Duration>, Error> {
        if let Some(folder) = self.folder.clone() {
            return blocking(move || Ok(folder.age(job))).await;
        }
        let (prefix, now) = (self.parts(job), Timestamp::now());
        let parts: Vec<ObjectMeta> = self
            .store
            .list(Some(&prefix))
            .try_collect()
            .await
            .map_err(self.storage("list", &prefix))?;
        let age = |part: &ObjectMeta| Duration::try_from(now.duration_since(changed(part)));
        Ok(parts.iter().filter_map(|part| age(part).ok()).min())
    }

    /// Removes what may be gone already.
    pub(super) async fn remove(&self, doing: &'static str, path: &Path) -> Result<(), Error> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.storage(doing, path)(error)),
        }
    }
}

/// Whose parts are in a folder.
fn job(prefix: &Path, folder: &Path) -> Option<JobId> {
    let job = folder.prefix_match(prefix)?.next()?;
    job.as_ref().parse().ok()
}

fn changed(part: &ObjectMeta) -> Timestamp {
    Timestamp::from_second(part.last_modified.timestamp()).unwrap_or_default()
}
