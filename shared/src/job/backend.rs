//! How far the backends of a job are.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::state::words;
use super::{Backend, Chunk, Effect, Job, Join};

/// How far one backend of a job is. What came through is either accepted, refused or behind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendProgress {
    /// Documents that it has.
    pub accepted: u64,
    /// Documents that it will never take; each is among the failures.
    #[serde(default)]
    pub refused: u64,
    /// Documents that are kept for it until it takes them.
    #[serde(default)]
    pub behind: u64,
    /// Why it did not take them when it was tried last.
    #[serde(default)]
    pub error: Option<String>,
}

/// How a backend took the documents of a chunk that came through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It has them, but for those that it will never take.
    Accepted {
        /// How many those are.
        refused: u64,
    },
    /// It did not, and they are kept for it.
    Behind {
        /// How long to wait before it is tried again.
        wait: Duration,
        /// For a person.
        reason: String,
    },
}

words! {
    /// What a backend of a job is seen to be.
    BackendState {
        /// It has nothing yet.
        Waiting = "waiting",
        /// It takes documents as they come through.
        Writing = "writing",
        /// It did not take documents that came through; they are kept and brought to it.
        Behind = "behind",
        /// It has everything that came through. Files are visible, where anything did.
        Complete = "complete",
        /// The job was cancelled before it had everything.
        Cancelled = "cancelled",
    }
}

impl Job {
    /// What a backend of the job is seen to be; none where the job does not name it.
    pub fn backend_state(&self, backend: Backend) -> Option<BackendState> {
        let progress = self.backends.get(&backend)?;
        let is_dealt_with = self.open_chunks <= self.deliveries + self.open_join();
        let has_all = progress.behind == 0
            && if backend.is_file() {
                self.join == Join::Done || self.status.is_terminal()
            } else {
                is_dealt_with
            };
        let is_cancelled = self.status == super::JobStatus::Cancelled;
        // The files of a cancelled job are removed.
        Some(if is_cancelled && (backend.is_file() || !has_all) {
            BackendState::Cancelled
        } else if has_all {
            BackendState::Complete
        } else if progress.behind > 0 {
            BackendState::Behind
        } else if progress.accepted + progress.refused == 0 {
            BackendState::Waiting
        } else {
            BackendState::Writing
        })
    }

    fn open_join(&self) -> u64 {
        u64::from(self.join == Join::Open)
    }
}

/// Notes how the backends took the documents of a chunk that came through.
pub(super) fn take(
    job: &mut Job,
    processed: u64,
    taken: &BTreeMap<Backend, Taken>,
    now: Timestamp,
) -> Vec<Effect> {
    let mut effects = Vec::new();
    for (backend, progress) in &mut job.backends {
        match taken.get(backend) {
            None if backend.is_file() => {
                progress.accepted += processed;
                progress.error = None;
            }
            // None came through.
            None => {}
            Some(Taken::Accepted { refused }) => {
                let refused = processed.min(*refused);
                progress.refused += refused;
                progress.accepted += processed - refused;
            }
            Some(Taken::Behind { wait, reason }) => {
                progress.behind += processed;
                progress.error = Some(reason.clone());
                job.open_chunks += 1;
                job.deliveries += 1;
                effects.push(Effect::InsertDelivery {
                    backend: *backend,
                    documents: processed,
                    due: now.checked_add(*wait).unwrap_or(now),
                });
            }
        }
    }
    effects
}

/// Notes that the files are visible.
pub(super) fn files_succeed(job: &mut Job) {
    for (_, progress) in job
        .backends
        .iter_mut()
        .filter(|(backend, _)| backend.is_file())
    {
        progress.error = None;
    }
}

/// Notes that a backend took what was kept for it.
pub(super) fn deliver(job: &mut Job, chunk: &Chunk, accepted: u64, refused: u64) {
    job.deliveries -= 1;
    let progress = chunk
        .delivery
        .and_then(|delivery| job.backends.get_mut(&delivery.backend));
    if let Some(progress) = progress {
        progress.accepted += accepted;
        progress.refused += refused;
        progress.behind = progress.behind.saturating_sub(accepted + refused);
        if progress.behind == 0 {
            progress.error = None;
        }
    }
}
