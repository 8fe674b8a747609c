//! What is set about a worker.

use std::thread::available_parallelism;
use std::time::Duration;

use serde::Deserialize;

/// The section `worker` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Chunks worked on at a time, each on a thread of its own; 0: one for each core.
    pub slots: usize,
    /// How long chunks may go on when the worker is to stop, in seconds; then they are given back.
    pub drain_s: u64,
    /// Seconds between two heartbeats.
    pub heartbeat_s: u64,
    /// Seconds without an answer to a heartbeat after which the worker writes nothing more. Must be less than the silence after
    /// which the scheduler gives a worker up for lost.
    pub fence_s: u64,
    /// First wait before a chunk that failed is tried again, in milliseconds; doubles with each attempt.
    pub retry_base_ms: u64,
    /// Whether it answers questions that somebody waits for beside its chunks.
    pub accepts_preprocess: bool,
}

impl Settings {
    /// Chunks worked on at a time, at least 1.
    pub fn slots(&self) -> usize {
        match self.slots {
            0 => available_parallelism().map_or(1, usize::from),
            slots => slots,
        }
    }

    pub(crate) fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_s)
    }

    pub(crate) fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_s.max(1))
    }

    pub(crate) fn fence(&self) -> Duration {
        Duration::from_secs(self.fence_s.max(1))
    }

    pub(crate) fn retry_base(&self) -> Duration {
        Duration::from_millis(self.retry_base_ms)
    }
}
