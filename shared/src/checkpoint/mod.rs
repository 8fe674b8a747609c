//! What a worker has already cleaned of a chunk, kept so that the next worker need not clean it again should this one be lost.
//!
//! A checkpoint is a hint: it may be gone at any moment, and without it work is only done twice. What is true is in the store.
//! The one promise is that an older claim never writes over a newer one.

mod error;
mod memory;
mod redis;
mod settings;

use std::collections::BTreeMap;

use bytes::Bytes;

pub use self::error::Error;
pub use self::memory::MemoryCheckpoint;
pub use self::redis::RedisCheckpoint;
pub use self::settings::Settings;
use crate::job::{ChunkId, JobId, Lease};

/// Where results of unfinished chunks are kept. Clones are handles of the same place.
#[derive(Debug, Clone)]
pub enum Checkpoint {
    /// For workers on many machines.
    Redis(RedisCheckpoint),
    /// For workers of this process.
    Memory(MemoryCheckpoint),
}

/// What became of results that were to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// They are kept, with those from before.
    Yes,
    /// They are not: a newer claim has written, and this one has lost its chunk.
    Stale,
}

impl Checkpoint {
    /// The checkpoint that the settings ask for; connects at its first use.
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        Ok(match &settings.url {
            Some(url) => Self::Redis(RedisCheckpoint::open(url.expose(), settings)?),
            None => Self::Memory(MemoryCheckpoint::new(settings.ttl())),
        })
    }

    /// An empty one in this process, which keeps results for a day.
    pub fn memory() -> Self {
        Self::Memory(MemoryCheckpoint::new(memory::A_DAY))
    }

    /// The results kept for a chunk by this claim or by older ones, by the index of their document.
    ///
    /// Empty when there are none, when a newer claim has written, and when Redis does not answer, which is logged: whoever asks
    /// does all the work then, and nothing is wrong.
    pub async fn load(&self, lease: &Lease) -> Result<BTreeMap<u32, Bytes>, Error> {
        match self {
            Self::Redis(redis) => redis.load(lease).await,
            Self::Memory(memory) => Ok(memory.load(lease)),
        }
    }

    /// Adds results, each with the index of its document, and keeps all of the chunk for the time to live from now on.
    pub async fn save(&self, lease: &Lease, results: &[(u32, Bytes)]) -> Result<Kept, Error> {
        match self {
            Self::Redis(redis) => redis.save(lease, results).await,
            Self::Memory(memory) => Ok(memory.save(lease, results)),
        }
    }

    /// Forgets a chunk.
    pub async fn discard(&self, chunk: ChunkId) -> Result<(), Error> {
        match self {
            Self::Redis(redis) => redis.discard(&[chunk]).await,
            Self::Memory(memory) => {
                memory.discard(chunk);
                Ok(())
            }
        }
    }

    /// Forgets all chunks of a job, which are this many.
    pub async fn discard_job(&self, job: JobId, chunks: u32) -> Result<(), Error> {
        match self {
            Self::Redis(redis) => redis.discard_job(job, chunks).await,
            Self::Memory(memory) => {
                memory.discard_job(job);
                Ok(())
            }
        }
    }

    /// Whether it answers.
    pub async fn check(&self) -> Result<(), Error> {
        match self {
            Self::Redis(redis) => redis.check().await,
            Self::Memory(_) => Ok(()),
        }
    }
}
