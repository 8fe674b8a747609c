//! How much is taken in at a time.

use std::time::Duration;

use serde::Deserialize;

/// The section `producer` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Longest body of a request, and of a message that submits, in bytes; 64 MiB.
    pub max_body_bytes: usize,
    /// Longest file of an upload, in bytes; 50 MiB.
    pub max_file_bytes: usize,
    /// How long the answer of a worker is waited for where one document is cleaned at once, in milliseconds; 30,000.
    pub preprocess_timeout_ms: u64,
    /// While chunks have waited longer than this for the broker, nothing more is taken in, in seconds; 300.
    pub max_outbox_lag_s: u64,
    /// Submissions that are read at a time; 8. One more is told to come again. As many single documents are read beside them.
    pub max_uploads: usize,
}

impl Settings {
    pub(crate) fn preprocess_timeout(&self) -> Duration {
        Duration::from_millis(self.preprocess_timeout_ms)
    }

    pub(crate) fn max_outbox_lag(&self) -> Duration {
        Duration::from_secs(self.max_outbox_lag_s)
    }
}
