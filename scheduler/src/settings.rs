//! What is set about the scheduler.

use std::time::Duration;

use serde::Deserialize;
use shared::store::Retention;

/// The section `scheduler` of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How often it is looked what waits to be published, in milliseconds; no more often than every ten.
    pub tick_ms: u64,
    /// A worker that was not heard of for so many seconds is given up for lost.
    pub worker_timeout_s: u64,
    /// A chunk that nobody claimed for so many seconds may have to be published again.
    pub unclaimed_s: u64,
    /// How long documents are kept as they came in after their job's end, in hours.
    pub keep_payloads_h: u64,
    /// How long a job is kept after its end, in days.
    pub keep_jobs_d: u64,
    /// How long dead letters are kept, in days.
    pub keep_dead_letters_d: u64,
}

const SHORTEST_TICK: Duration = Duration::from_millis(10);
const HOUR_S: u64 = 60 * 60;
const DAY_S: u64 = 24 * HOUR_S;
/// Workers that are gone are of interest for a day.
const KEEP_WORKERS: Duration = Duration::from_secs(DAY_S);

impl Settings {
    pub(crate) fn tick(&self) -> Duration {
        Duration::from_millis(self.tick_ms).max(SHORTEST_TICK)
    }

    pub(crate) fn worker_timeout(&self) -> Duration {
        Duration::from_secs(self.worker_timeout_s)
    }

    pub(crate) fn unclaimed(&self) -> Duration {
        Duration::from_secs(self.unclaimed_s)
    }

    pub(crate) fn retention(&self) -> Retention {
        let seconds = |count: u64, unit_s: u64| Duration::from_secs(count.saturating_mul(unit_s));
        Retention {
            payloads: seconds(self.keep_payloads_h, HOUR_S),
            jobs: seconds(self.keep_jobs_d, DAY_S),
            dead_letters: seconds(self.keep_dead_letters_d, DAY_S),
            workers: KEEP_WORKERS,
        }
    }
}
