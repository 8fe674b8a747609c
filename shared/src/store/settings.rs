//! Where the truth about jobs is kept.

use std::time::Duration;

use serde::Deserialize;

use crate::secret::Secret;

/// The section `database` of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `postgres://user:password@host:port/database`; none: an SQLite file in the data folder, for one process.
    pub url: Option<Secret>,
    /// Connections at most.
    pub pool: usize,
    /// Longest wait for one statement, in milliseconds; the server ends it a second earlier.
    pub timeout_ms: u64,
}

impl Settings {
    pub(super) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}
