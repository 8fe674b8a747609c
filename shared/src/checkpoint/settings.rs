//! What is set about checkpoints.

use std::time::Duration;

use serde::Deserialize;

use crate::secret::Secret;

/// The settings of checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where Redis is, `redis://…`; without it, checkpoints are kept in this process. May hold a password: it does not print.
    pub url: Option<Secret>,
    /// How long results are kept after the last of their chunk was added, in seconds; with 0, not at all.
    pub ttl_s: u64,
    /// How long a call may take, connecting included, in milliseconds.
    pub timeout_ms: u64,
}

impl Settings {
    /// How long results are kept.
    pub(super) fn ttl(&self) -> Duration {
        Duration::from_secs(self.ttl_s)
    }

    /// How long a call may take.
    pub(super) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}
