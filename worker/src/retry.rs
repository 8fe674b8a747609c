//! How long a chunk that failed waits for its next attempt.

use std::time::Duration;

/// `base` doubled with each attempt before, but no longer than `longest`, spread over half to one and a half of it by `chance` (0 to 1).
///
/// Spread, so that what failed together does not come back together.
pub(crate) fn wait(base: Duration, attempts: u32, longest: Duration, chance: f64) -> Duration {
    let doubled = base
        .saturating_mul(2_u32.saturating_pow(attempts.min(20)))
        .min(longest);
    doubled.mul_f64(0.5 + chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: Duration = Duration::from_secs(600);

    #[test]
    fn it_doubles_with_each_attempt_up_to_the_longest() {
        let base = Duration::from_secs(1);
        for (attempts, seconds) in [
            (0, 1),
            (1, 2),
            (4, 16),
            (9, 512),
            (10, 600),
            (u32::MAX, 600),
        ] {
            assert_eq!(
                wait(base, attempts, MAX, 0.5),
                Duration::from_secs(seconds),
                "{attempts}"
            );
        }
    }

    #[test]
    fn it_is_spread_from_half_to_one_and_a_half() {
        let base = Duration::from_secs(2);
        assert_eq!(wait(base, 0, MAX, 0.0), Duration::from_secs(1));
        assert_eq!(wait(base, 0, MAX, 1.0), Duration::from_secs(3));
        // The longest too: what failed together must not come back together.
        assert_eq!(wait(base, 20, MAX, 0.0), MAX / 2);
    }
}
