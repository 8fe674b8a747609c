//! Checkpoints in Redis: one hash for each chunk, with the field `epoch` and one field for each document.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue, RedisResult};
use tracing::warn;

use super::{Error, Kept, Settings};
use crate::job::{ChunkId, Epoch, JobId, Lease};

/// Keeps results unless a newer claim has written.
///
/// KEYS: the chunk. ARGV: epoch, time to live in seconds, then index and result of each document. Lua has only doubles, which
/// are exact for the first 2^53 claims of a chunk. It is sent each time (EVAL): its length is nothing beside that of results,
/// and Redis knows it again.
const SAVE: &str = "\
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if epoch and tonumber(epoch) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1";

/// How many keys one command may name: Redis does nothing else meanwhile.
const KEYS_PER_COMMAND: usize = 500;

/// Results of unfinished chunks in Redis. Clones share a connection.
#[derive(Clone)]
pub struct RedisCheckpoint {
    client: Client,
    ttl: Duration,
    timeout: Duration,
    connection: Arc<Mutex<Option<ConnectionManager>>>,
}

impl RedisCheckpoint {
    pub(super) fn open(url: &str, settings: &Settings) -> Result<Self, Error> {
        Ok(Self {
            client: Client::open(url).map_err(Error::Url)?,
            ttl: settings.ttl(),
            timeout: settings.timeout(),
            connection: Arc::default(),
        })
    }

    pub(super) async fn load(&self, lease: &Lease) -> Result<BTreeMap<u32, Bytes>, Error> {
        let mut command = redis::cmd("HGETALL");
        command.arg(key(lease.chunk));
        match self.ask(&command).await {
            Ok(fields) => results(lease, fields),
            Err(error) => {
                let (chunk, error) = (lease.chunk, &error as &(dyn std::error::Error + 'static));
                warn!(job.id = %chunk.job, error, "going without the checkpoint of chunk {}", chunk.index);
                Ok(BTreeMap::new())
            }
        }
    }

    pub(super) async fn save(
        &self,
        lease: &Lease,
        results: &[(u32, Bytes)],
    ) -> Result<Kept, Error> {
        let mut command = redis::cmd("EVAL");
        command.arg(SAVE).arg(1).arg(key(lease.chunk));
        command.arg(lease.epoch.0).arg(self.ttl.as_secs());
        for (index, result) in results {
            command.arg(index).arg(&result[..]);
        }
        let is_kept = self.ask(&command).await?;
        Ok(if is_kept { Kept::Yes } else { Kept::Stale })
    }

    pub(super) async fn discard(&self, chunks: &[ChunkId]) -> Result<(), Error> {
        let mut command = redis::cmd("UNLINK");
        for &chunk in chunks {
            command.arg(key(chunk));
        }
        self.ask(&command).await
    }

    pub(super) async fn discard_job(&self, job: JobId, chunks: u32) -> Result<(), Error> {
        let chunks: Vec<ChunkId> = (0..chunks).map(|index| ChunkId { job, index }).collect();
        for some in chunks.chunks(KEYS_PER_COMMAND) {
            self.discard(some).await?;
        }
        Ok(())
    }

    pub(super) async fn check(&self) -> Result<(), Error> {
        self.ask(&redis::cmd("PING")).await
    }

    /// The answer to a command, within the time-out. Commands here may run twice: the second time they change nothing.
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        let answer = async {
            let first = command.query_async(&mut self.connection()?).await;
            match first {
                // The connection broke, maybe long ago: only its use shows it. The manager makes another meanwhile.
                Err(error) if error.is_io_error() || error.is_unrecoverable_error() => {
                    command.query_async(&mut self.connection()?).await
                }
                Ok(_) | Err(_) => first,
            }
        };
        match tokio::time::timeout(self.timeout, answer).await {
            Ok(answer) => answer.map_err(Error::Redis),
            Err(_) => {
                // A connection whose other end is gone without a word would stay silent for a quarter of an hour.
                *self.slot() = None;
                Err(Error::TimedOut(self.timeout))
            }
        }
    }

    /// The connection that all clones share. What it does in the background belongs to the runtime that first asks.
    fn connection(&self) -> RedisResult<ConnectionManager> {
        let mut slot = self.slot();
        if let Some(connection) = &*slot {
            return Ok(connection.clone());
        }
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(self.timeout))
            // Both are seen to by the caller, who knows how much time is left.
            .set_number_of_retries(0)
            .set_response_timeout(None);
        let connection = ConnectionManager::new_lazy_with_config(self.client.clone(), config)?;
        Ok(slot.insert(connection).clone())
    }

    fn slot(&self) -> MutexGuard<'_, Option<ConnectionManager>> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RedisCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the client: it knows the password.
        f.debug_struct("RedisCheckpoint")
            .field("ttl", &self.ttl)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

fn key(chunk: ChunkId) -> String {
    format!("scutch:{}:ck:{}", chunk.job, chunk.index)
}

/// What a chunk's hash has for this claim.
fn results(lease: &Lease, fields: Vec<(String, Bytes)>) -> Result<BTreeMap<u32, Bytes>, Error> {
    let foreign = || Error::Foreign(lease.chunk);
    let mut epoch = None;
    let mut results = BTreeMap::new();
    for (name, value) in fields {
        if name == "epoch" {
            let text = std::str::from_utf8(&value).map_err(|_| foreign())?;
            epoch = Some(Epoch(text.parse().map_err(|_| foreign())?));
        } else {
            results.insert(name.parse().map_err(|_| foreign())?, value);
        }
    }
    match epoch {
        Some(epoch) if epoch > lease.epoch => Ok(BTreeMap::new()),
        Some(_) => Ok(results),
        None if results.is_empty() => Ok(results),
        None => Err(foreign()),
    }
}
