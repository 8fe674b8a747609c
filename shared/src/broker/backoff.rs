//! How long to wait before trying again.

use std::time::Duration;

use crate::chance::chance;

/// The wait after the first failure, before jitter.
const FIRST: Duration = Duration::from_millis(200);
/// The longest wait, before jitter.
const LONGEST: Duration = Duration::from_secs(5);

/// Counts failures in a row.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Another failure: how long to wait now.
    pub(super) fn fail(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        delay(self.failures, chance())
    }

    /// It works again.
    pub(super) fn succeed(&mut self) {
        self.failures = 0;
    }
}

/// Doubles from 0.2 s to 5 s, times a factor from 0.5 to 1 chosen by `unit` (from 0 to 1): a whole fleet that lost its broker at
/// one moment must not come back at one moment.
fn delay(failures: u32, unit: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let whole = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    whole.mul_f64(0.5 + unit / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_seconds() {
        let waits: Vec<u64> = (1..=7)
            .map(|n| u64::try_from(delay(n, 1.0).as_millis()).unwrap())
            .collect();
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 5000, 5000]);
        assert_eq!(delay(u32::MAX, 1.0), LONGEST);
    }

    #[test]
    fn jitter_takes_at_most_half() {
        assert_eq!(delay(1, 0.0), FIRST / 2);
        let mut backoff = Backoff::default();
        for _ in 0..100 {
            assert!((FIRST / 2..=LONGEST).contains(&backoff.fail()));
        }
        backoff.succeed();
        assert!(backoff.fail() <= FIRST);
    }
}
