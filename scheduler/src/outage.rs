//! Failures in a row, told once.

use std::error::Error;
use std::time::Instant;

/// Logs the first of failures in a row, and that they are over.
#[derive(Debug)]
pub(crate) struct Outage {
    doing: &'static str,
    since: Option<Instant>,
}

impl Outage {
    /// None yet, of what we are `doing`.
    pub(crate) fn of(doing: &'static str) -> Self {
        Self { doing, since: None }
    }

    /// What came out, if it went well.
    pub(crate) fn note<T, E: Error + 'static>(&mut self, outcome: Result<T, E>) -> Option<T> {
        let doing = self.doing;
        match outcome {
            Ok(value) => {
                if let Some(since) = self.since.take() {
                    let lasted_ms = since.elapsed().as_millis() as u64;
                    tracing::info!(lasted_ms, "{doing} works again");
                }
                Some(value)
            }
            Err(error) => {
                if self.since.is_none() {
                    self.since = Some(Instant::now());
                    let error: &(dyn Error + 'static) = &error;
                    tracing::warn!(error, "{doing} fails; it is tried again until it works");
                }
                None
            }
        }
    }
}
