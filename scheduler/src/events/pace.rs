//! How long the relay waits between two turns.

use std::time::Duration;

use shared::chance::chance;

use super::sink::SendError;
use crate::wait::jittered;

/// Between two looks for events: at first, and at most after it was quiet for a while.
const IDLE: Duration = Duration::from_millis(200);
const LONGEST_IDLE: Duration = Duration::from_secs(1);
/// Waits after the first failure of a sink in a row, and at most.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What came before the next turn.
pub(super) struct Pace {
    /// In a row, without an event taken between.
    failures: u32,
    /// The next wait where nothing is there.
    idle: Duration,
}

/// What a successful turn found.
pub(super) struct News {
    /// Whether there is more.
    pub(super) is_cut: bool,
    /// Whether events came, or are to be expected any moment.
    pub(super) is_near: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            failures: 0,
            idle: IDLE,
        }
    }
}

impl Pace {
    /// Longer and longer while nothing happens, and none at all where there is more.
    pub(super) fn after_success(&mut self, news: News) -> Duration {
        self.failures = 0;
        if news.is_cut || news.is_near {
            self.idle = IDLE;
        }
        if news.is_cut {
            return Duration::ZERO;
        }
        let pause = self.idle;
        self.idle = (pause * 2).min(LONGEST_IDLE);
        pause
    }

    /// How long to leave a sink alone that took so many before it failed. One that gets on does not wait longer each time for what it
    /// refuses between, and is asked again as early as it says.
    pub(super) fn after_failure(&mut self, error: &SendError, taken: usize) -> Duration {
        self.idle = IDLE;
        if taken > 0 {
            self.failures = 0;
        }
        let backoff = backoff(self.failures);
        self.failures += 1;
        match error {
            SendError::Later { after, .. } if taken > 0 => not_before(*after),
            SendError::Later { after, .. } => backoff.max(not_before(*after)),
            SendError::Failed { .. } | SendError::Gone => backoff,
        }
    }
}

/// After so many failures before.
fn backoff(failures: u32) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(failures));
    jittered(doubled.min(LONGEST_WAIT))
}

/// `after`, up to a tenth later by chance: who comes earlier than asked is refused again.
fn not_before(after: Duration) -> Duration {
    after.mul_f64(1.0 + chance() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn later(seconds: u64) -> SendError {
        SendError::Later {
            doing: "try",
            after: SECOND * seconds as u32,
            source: "it is busy".into(),
        }
    }

    #[test]
    fn waits_double_up_to_a_minute() {
        for (failures, seconds) in [(0, 1), (1, 2), (5, 32), (6, 60), (1_000, 60)] {
            let middle = Duration::from_secs(seconds);
            let wait = backoff(failures);
            assert!((middle / 2..=middle * 3 / 2).contains(&wait), "{wait:?}");
        }
    }

    #[test]
    fn a_sink_that_takes_some_is_asked_again_soon() {
        let mut pace = Pace::default();
        let failed = SendError::failed("try", "it is odd");
        for _ in 0..10 {
            pace.after_failure(&failed, 0);
        }
        assert!(pace.after_failure(&later(0), 0) >= SECOND * 30);
        assert_eq!(pace.after_failure(&later(0), 1), Duration::ZERO);
        for _ in 0..100 {
            let wait = pace.after_failure(&later(2), 1);
            assert!((SECOND * 2..=SECOND * 22 / 10).contains(&wait), "{wait:?}");
        }
        assert!(pace.after_failure(&failed, 1) <= SECOND * 2);
        // A second failure in a row: twice that.
        assert!((SECOND..=SECOND * 3).contains(&pace.after_failure(&failed, 0)));
    }

    #[test]
    fn the_longer_it_is_quiet_the_longer_are_the_waits() {
        let mut pace = Pace::default();
        let mut wait = |is_cut, is_near| {
            let pause = pace.after_success(News { is_cut, is_near });
            pause.as_millis()
        };
        let quiet = [0; 5].map(|_| wait(false, false));
        assert_eq!(quiet, [200, 400, 800, 1_000, 1_000]);
        assert_eq!((wait(false, true), wait(false, false)), (200, 400));
        assert_eq!((wait(true, true), wait(false, false)), (0, 200));
    }
}
