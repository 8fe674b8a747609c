//! Where the truth about jobs is kept.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// The section `database` of the configuration.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `postgres://user:password@host:port/database`; none: an SQLite file in the data folder, for one process.
    pub url: Option<String>,
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

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold a password.
        f.debug_struct("Settings")
            .field("url", &self.url.as_ref().map(|_| "…"))
            .field("pool", &self.pool)
            .field("timeout_ms", &self.timeout_ms)
            .finish()
    }
}
