//! The parts: what each chunk writes.

use bytes::{BufMut, Bytes, BytesMut};
use object_store::ObjectStoreExt;
use shared::job::{JobId, Lease};
use shared::payload::documents;

use super::error::Reason;
use super::{Error, Files, blocking};

impl Files {
    /// Writes the part of a chunk, one line for each document; its name, once nothing can take it away.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub(crate) async fn write_part(&self, lease: &Lease, lines: &[Bytes]) -> Result<String, Error> {
        let job = lease.chunk.job;
        let name = format!("{}.{}", lease.chunk.index, lease.epoch);
        let path = self.part(job, &name);
        let put = self.store.put(&path, whole(lines).into()).await;
        put.map_err(self.storage("write the part", &path))?;
        if let Some(folder) = self.folder.clone() {
            blocking(move || folder.settle(job)).await?;
        }
        Ok(name)
    }

    /// The lines of a part.
    ///
    /// # Errors
    /// [`Error::Missing`] when it is not there, [`Error::Storage`].
    pub(crate) async fn read_part(&self, job: JobId, name: &str) -> Result<Vec<Bytes>, Error> {
        let part = self.part_bytes(job, name).await?;
        Ok(documents(&part).map(|line| part.slice_ref(line)).collect())
    }

    /// A part as it lies.
    pub(super) async fn part_bytes(&self, job: JobId, name: &str) -> Result<Bytes, Error> {
        let path = self.part(job, name);
        let read = async { self.store.get(&path).await?.bytes().await };
        read.await.map_err(|error| {
            let is_not_there = matches!(error, object_store::Error::NotFound { .. });
            if is_not_there && !Reason::of(&error).is_no_bucket() {
                let part = name.to_owned();
                Error::Missing { part }
            } else {
                self.storage("read the part", &path)(error)
            }
        })
    }

    /// Removes a part that does not count.
    ///
    /// # Errors
    /// [`Error::Storage`]; none when it is gone already.
    pub(crate) async fn remove_part(&self, job: JobId, name: &str) -> Result<(), Error> {
        self.remove("remove the part", &self.part(job, name)).await
    }
}

/// The lines in one piece: a file is written with one call then.
fn whole(lines: &[Bytes]) -> Bytes {
    let length = lines.iter().map(|line| line.len() + 1).sum();
    let mut whole = BytesMut::with_capacity(length);
    for line in lines {
        whole.put_slice(line);
        whole.put_u8(b'\n');
    }
    whole.freeze()
}
