//! What can go wrong with a checkpoint.

use std::time::Duration;

use redis::RedisError;

use crate::job::ChunkId;

/// Why a checkpoint did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL is not one. It may hold a password and is not told.
    #[error("the URL of Redis is not one, as in redis://:password@host:6379")]
    Url(#[source] RedisError),
    /// No answer in time.
    #[error("Redis did not answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// Redis cannot be reached, or refused.
    #[error("Redis cannot be reached, or refused")]
    Redis(#[source] RedisError),
    /// Something else writes to the keys of checkpoints.
    #[error("the checkpoint of chunk {0} was not written by Scutch")]
    Foreign(ChunkId),
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Url(_) | Self::Foreign(_) => false,
            Self::TimedOut(_) | Self::Redis(_) => true,
        }
    }
}
