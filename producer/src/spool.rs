//! Keeps packed chunks until all of a submission is judged: in memory while they are few, else in an unnamed file.

use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};

use bytes::Bytes;
use shared::store::NewChunk;
use tempfile::SpooledTempFile;

/// What is kept in memory, in bytes.
const IN_MEMORY: usize = 8 * 1024 * 1024;

/// Chunks in order. Each is its number of documents, its length, and itself.
pub(crate) struct Spool(SpooledTempFile);

impl Spool {
    pub(crate) fn new() -> Self {
        Self(SpooledTempFile::new(IN_MEMORY))
    }

    /// Adds a chunk.
    pub(crate) fn push(&mut self, chunk: &NewChunk) -> io::Result<()> {
        let length = u32::try_from(chunk.payload.len()).map_err(io::Error::other)?;
        self.0.write_all(&chunk.documents.to_le_bytes())?;
        self.0.write_all(&length.to_le_bytes())?;
        self.0.write_all(&chunk.payload)
    }

    /// The chunks from the first on, each read when it is asked for.
    pub(crate) fn chunks(
        &mut self,
    ) -> io::Result<impl Iterator<Item = io::Result<NewChunk>> + Send + '_> {
        self.0.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::new(&mut self.0);
        Ok(std::iter::from_fn(move || read(&mut reader).transpose()))
    }
}

fn read(reader: &mut impl Read) -> io::Result<Option<NewChunk>> {
    let mut documents = [0; 8];
    match reader.read_exact(&mut documents) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut length = [0; 4];
    reader.read_exact(&mut length)?;
    let mut payload = vec![0; u32::from_le_bytes(length) as usize];
    reader.read_exact(&mut payload)?;
    Ok(Some(NewChunk {
        documents: u64::from_le_bytes(documents),
        payload: Bytes::from(payload),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_come_out_as_often_as_they_are_asked_for_also_from_a_file() {
        let mut spool = Spool::new();
        let payload = Bytes::from(vec![b'a'; 1024 * 1024]);
        for documents in 0..10 {
            let payload = payload.clone();
            spool.push(&NewChunk { documents, payload }).unwrap();
        }
        for _ in 0..2 {
            let chunks: Vec<NewChunk> = spool.chunks().unwrap().map(Result::unwrap).collect();
            let counts: Vec<u64> = chunks.iter().map(|chunk| chunk.documents).collect();
            assert_eq!(counts, (0..10).collect::<Vec<u64>>());
            assert!(chunks.iter().all(|chunk| chunk.payload == payload));
        }
    }
}
