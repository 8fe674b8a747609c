//! One of a job's files while it is made: staged among the parts in a folder, uploaded in pieces in a bucket, and shown at the end.

use std::mem;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt};

use super::encoder::Encoder;
use super::{Error, Files};

/// What is uploaded at a time. At least 5 MiB, and all the same but the last, as some buckets want it; 10,000 of them at most.
const PIECE: usize = 8 * 1024 * 1024;

/// A file that nobody sees yet.
pub(super) struct Sink<'a> {
    files: &'a Files,
    encoder: Encoder,
    upload: Box<dyn MultipartUpload>,
    /// Where it is to be seen.
    path: Path,
    /// Where it lies until then, where that is elsewhere.
    staged: Option<Path>,
    pending: Vec<Bytes>,
    pending_bytes: usize,
}

impl<'a> Sink<'a> {
    pub(super) async fn open(
        files: &'a Files,
        encoder: Encoder,
        path: Path,
        staged: Option<Path>,
    ) -> Result<Self, Error> {
        let written = staged.as_ref().unwrap_or(&path);
        let upload = files.store.put_multipart(written).await;
        Ok(Self {
            upload: upload.map_err(files.storage("write", written))?,
            files,
            encoder,
            path,
            staged,
            pending: Vec::new(),
            pending_bytes: 0,
        })
    }

    /// Adds a part.
    pub(super) async fn add(&mut self, part: Bytes, name: &str) -> Result<(), Error> {
        // After an error the sink is only given up.
        let encoder = mem::replace(&mut self.encoder, Encoder::Plain);
        let (encoder, ready) = encoder.add(part, name).await?;
        self.encoder = encoder;
        self.write(ready).await
    }

    /// All its bytes are written; what is left is to show it.
    pub(super) async fn end(&mut self) -> Result<(), Error> {
        let encoder = mem::replace(&mut self.encoder, Encoder::Plain);
        let last = encoder.end().await?;
        self.write(last).await?;
        if !self.pending.is_empty() {
            self.put().await?;
        }
        if self.staged.is_some() {
            self.complete().await?;
        }
        Ok(())
    }

    /// Gives it its name.
    pub(super) async fn show(&mut self) -> Result<(), Error> {
        match &self.staged {
            None => self.complete().await,
            Some(staged) => {
                let shown = self.files.store.rename(staged, &self.path).await;
                shown.map_err(self.files.storage("show", &self.path))
            }
        }
    }

    /// Gives it up. What cannot be removed goes with the job's parts, or by the bucket's own rule for uploads that nobody completes.
    pub(super) async fn abort(mut self) {
        if let Err(error) = self.upload.abort().await {
            let error = self.files.storage("give up", &self.path)(error);
            tracing::debug!(error = %shared::chain::chain(&error), "an unfinished upload stays");
        }
    }

    async fn complete(&mut self) -> Result<(), Error> {
        let completed = self.upload.complete().await;
        let path = self.staged.as_ref().unwrap_or(&self.path);
        completed.map_err(self.files.storage("write", path))?;
        Ok(())
    }

    async fn write(&mut self, mut bytes: Bytes) -> Result<(), Error> {
        while self.pending_bytes + bytes.len() >= PIECE {
            self.push(bytes.split_to(PIECE - self.pending_bytes));
            self.put().await?;
        }
        self.push(bytes);
        Ok(())
    }

    fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.pending_bytes += bytes.len();
            self.pending.push(bytes);
        }
    }

    async fn put(&mut self) -> Result<(), Error> {
        self.pending_bytes = 0;
        let piece = mem::take(&mut self.pending).into_iter().collect();
        let put = self.upload.put_part(piece).await;
        put.map_err(self.files.storage("write", &self.path))
    }
}
