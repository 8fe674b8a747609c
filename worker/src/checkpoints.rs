//! Checkpoints as the worker uses them: where Redis does not answer, it does without for a while.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use shared::checkpoint::{Checkpoint, Error, Kept};
use shared::job::{ChunkId, JobId, Lease};
use tokio::time::Instant;

use shared::chain::chain;

/// Checkpoints that are never waited for twice in a row.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    checkpoint: Checkpoint,
    /// Not asked before.
    rests_until: Mutex<Option<Instant>>,
}

/// How long it is left alone after it failed.
const REST: Duration = Duration::from_secs(5);

impl Checkpoints {
    pub(crate) fn new(checkpoint: Checkpoint) -> Self {
        Self {
            checkpoint,
            rests_until: Mutex::new(None),
        }
    }

    /// What older claims kept of a chunk, by document.
    pub(crate) async fn load(&self, lease: &Lease) -> BTreeMap<u32, Bytes> {
        let kept = self.ask(self.checkpoint.load(lease)).await;
        kept.unwrap_or_default()
    }

    /// Keeps results; none when they could not be kept.
    pub(crate) async fn save(&self, lease: &Lease, results: &[(u32, Bytes)]) -> Option<Kept> {
        self.ask(self.checkpoint.save(lease, results)).await
    }

    /// Forgets a chunk.
    pub(crate) async fn discard(&self, chunk: ChunkId) {
        self.ask(self.checkpoint.discard(chunk)).await;
    }

    /// Forgets all chunks of a job.
    pub(crate) async fn discard_job(&self, job: JobId, chunks: u32) {
        self.ask(self.checkpoint.discard_job(job, chunks)).await;
    }

    async fn ask<T>(&self, asked: impl Future<Output = Result<T, Error>>) -> Option<T> {
        if self.rest().is_some_and(|until| Instant::now() < until) {
            return None;
        }
        match asked.await {
            Ok(answer) => {
                *self.rest() = None;
                Some(answer)
            }
            Err(error) => {
                let failed_before = self.rest().replace(Instant::now() + REST).is_some();
                if !failed_before {
                    tracing::debug!(error = %chain(&error), "going on without checkpoints");
                }
                None
            }
        }
    }

    fn rest(&self) -> MutexGuard<'_, Option<Instant>> {
        self.rests_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
