//! The parts of a job become its files.

use jiff::Timestamp;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use shared::failpoint;
use shared::job::{JobId, Lease};
use shared::store::Part;

use super::encoder::Encoder;
use super::sink::Sink;
use super::{Error, Files, Format, blocking, format};

/// What became of a job's files.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    /// They are visible, and whole: their paths or URLs, in the order of the formats.
    Visible(Vec<String>),
    /// They were not to be shown any more.
    HeldBack,
}

impl Files {
    /// Joins the parts, in order, into a file of each format, which appears only if `is_wanted` still says so when all are whole.
    /// What is there already is not made again.
    ///
    /// # Errors
    /// [`Error::Missing`] when a part is not there, unless all files are: another one was faster, and has removed the parts.
    /// [`Error::Unreadable`] and [`Error::Encode`] for what may never work, [`Error::Storage`] for what may work later.
    pub(crate) async fn join(
        &self,
        lease: &Lease,
        parts: &[Part],
        created_at: Timestamp,
        formats: &[Format],
        is_wanted: impl Fn() -> bool + Send + Sync,
    ) -> Result<Joined, Error> {
        let job = lease.chunk.job;
        let path = |format: &Format| {
            let name = format::file(job, created_at, *format, self.compression);
            (*format, self.path(&name))
        };
        let files: Vec<(Format, Path)> = formats.iter().map(path).collect();
        let missing = self.missing(&files).await?;
        if !missing.is_empty() {
            match self.make(lease, parts, &missing, &is_wanted).await {
                Ok(true) => {}
                Ok(false) => return Ok(Joined::HeldBack),
                Err(Error::Missing { .. }) if self.missing(&missing).await?.is_empty() => {}
                Err(error) => return Err(error),
            }
        }
        if let Some(folder) = self.folder.clone() {
            // Whoever gave them their names may have ended before these were on disk.
            blocking(move || folder.sync()).await?;
        }
        let names = files.iter().map(|(_, path)| self.name(path));
        Ok(Joined::Visible(names.collect()))
    }

    /// Those that are not there.
    async fn missing(&self, files: &[(Format, Path)]) -> Result<Vec<(Format, Path)>, Error> {
        let mut missing = Vec::new();
        for file in files {
            match self.store.head(&file.1).await {
                Ok(_) => {}
                Err(object_store::Error::NotFound { .. }) => missing.push(file.clone()),
                Err(error) => return Err(self.storage("look for", &file.1)(error)),
            }
        }
        Ok(missing)
    }

    /// Makes the files and shows them; whether they were wanted to the end.
    async fn make(
        &self,
        lease: &Lease,
        parts: &[Part],
        files: &[(Format, Path)],
        is_wanted: &(impl Fn() -> bool + Send + Sync),
    ) -> Result<bool, Error> {
        let mut sinks = Vec::new();
        let mut made = self.begin(lease, files, &mut sinks).await;
        if made.is_ok() {
            made = self
                .fill(lease.chunk.job, parts, &mut sinks, is_wanted)
                .await;
        }
        // Each is looked after alone: what is shown is not given up with those behind it.
        let mut sinks = sinks.into_iter();
        while let Ok(true) = made
            && let Some(mut sink) = sinks.next()
        {
            failpoint::crash("worker.staged");
            made = if is_wanted() {
                sink.show().await.map(|()| true)
            } else {
                Ok(false)
            };
            if !matches!(made, Ok(true)) {
                sink.abort().await;
            }
        }
        for sink in sinks {
            sink.abort().await;
        }
        made
    }

    async fn begin<'a>(
        &'a self,
        lease: &Lease,
        files: &[(Format, Path)],
        sinks: &mut Vec<Sink<'a>>,
    ) -> Result<bool, Error> {
        for (format, path) in files {
            let encoder = Encoder::new(*format, self.compression)?;
            // A folder shows whatever has its name there, a bucket only what is complete.
            let staged = format!("joined.{}.{}", format.word(), lease.epoch);
            let staged = self.part(lease.chunk.job, &staged);
            let staged = self.folder.is_some().then_some(staged);
            sinks.push(Sink::open(self, encoder, path.clone(), staged).await?);
        }
        Ok(true)
    }

    /// Streams the parts into all files; whether these are still wanted.
    async fn fill(
        &self,
        job: JobId,
        parts: &[Part],
        sinks: &mut [Sink<'_>],
        is_wanted: &(impl Fn() -> bool + Send + Sync),
    ) -> Result<bool, Error> {
        for part in parts {
            if !is_wanted() {
                return Ok(false);
            }
            let bytes = self.part_bytes(job, &part.name).await?;
            for sink in sinks.iter_mut() {
                sink.add(bytes.clone(), &part.name).await?;
            }
        }
        for sink in sinks {
            sink.end().await?;
        }
        Ok(true)
    }
}
