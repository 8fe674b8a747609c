//! The files of jobs, in a folder or a bucket: each chunk writes a part, and the parts are joined into the job's files, each of which
//! is visible whole or not at all.
//!
//! ```text
//! <output>/.parts/<job>/<chunk>.<epoch>                      a part: JSON lines
//! <output>/.parts/<job>/joined.<format>.<epoch>              a job's file while it is written; not in a bucket
//! <output>/processed_articles_<date>_<job>.jsonl             a job's JSON lines, or …
//! <output>/processed_articles_<date>_<job>.jsonl.zst         … under zstd
//! <output>/processed_articles_<date>_<job>.parquet           a job's Parquet file
//! ```
//! No name under `.parts` ends in `.jsonl` or `.parquet`, which readers of the folder look for. In a bucket a file is uploaded in pieces straight
//! to its name, which is there only when the upload is completed.
//!
//! Parts are not compressed: they live for minutes, are read once for each format, and so can be looked at.

mod bucket;
mod encoder;
mod error;
mod folder;
mod format;
mod join;
mod part;
mod rows;
mod sink;
mod sweep;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::path::Path;
use shared::job::JobId;

pub(crate) use error::{Error, OpenError};
pub(crate) use format::{Compression, Format};
pub(crate) use join::Joined;

use error::Reason;
use folder::Folder;

/// Where the files of jobs are.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    store: Arc<dyn ObjectStore>,
    /// What every path within the store begins with.
    prefix: Path,
    /// What comes before the names that others see.
    shown: String,
    /// Where it is a folder of this machine: what a store of objects does not know.
    folder: Option<Arc<Folder>>,
    compression: Compression,
}

const PARTS: &str = ".parts";

impl Files {
    /// The files at a place: a folder, which is made where it is missing, or a bucket, as `s3://bucket/prefix`, `gs://…`, `az://…` or
    /// `abfss://…`. Nothing is connected to. What a bucket needs more, as credentials, comes from the usual variables of its cloud.
    ///
    /// # Errors
    /// When the place is none of these, or the folder cannot be made, or what the environment says of the cloud is not usable.
    pub(crate) fn open(place: &str, compression: Compression) -> Result<Self, OpenError> {
        let Some((scheme, rest)) = place.split_once("://") else {
            // As others can open it, wherever they stand.
            let place = std::path::absolute(place).unwrap_or_else(|_| PathBuf::from(place));
            let shown = place.to_string_lossy().trim_end_matches('/').to_owned();
            let (folder, store) = Folder::open(place)?;
            return Ok(Self {
                store: Arc::new(store),
                prefix: Path::default(),
                shown,
                folder: Some(Arc::new(folder)),
                compression,
            });
        };
        let (store, prefix) = bucket::open(scheme, rest)?;
        Ok(Self {
            store,
            prefix,
            shown: place.trim_end_matches('/').to_owned(),
            folder: None,
            compression,
        })
    }

    /// As others are to open it.
    fn name(&self, path: &Path) -> String {
        let path = path.as_ref().strip_prefix(self.prefix.as_ref());
        let path = path.unwrap_or_default().trim_start_matches('/');
        format!("{}/{path}", self.shown)
    }

    fn path(&self, name: &str) -> Path {
        self.prefix.clone().join(name)
    }

    fn all_parts(&self) -> Path {
        self.path(PARTS)
    }

    fn parts(&self, job: JobId) -> Path {
        self.all_parts().join(job.to_string())
    }

    fn part(&self, job: JobId, name: &str) -> Path {
        self.parts(job).join(name)
    }

    /// Makes an error of what the store says.
    fn storage(
        &self,
        doing: &'static str,
        path: &Path,
    ) -> impl FnOnce(object_store::Error) -> Error + use<> {
        let path = self.name(path);
        move |source| Error::Storage {
            doing,
            path,
            source: Reason::of(&source),
        }
    }
}

/// What `work` returns, done where it may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or(Err(Error::Interrupted))
}
