//! How often a request is made within one call, and how long is waited between.

use std::time::Duration;

use shared::chance::chance;

use super::trouble::Trouble;
use crate::retry;

/// Requests with the same content in one call.
pub(super) const TRIES: u32 = 3;
/// The wait before the second, before jitter.
const FIRST: Duration = Duration::from_millis(200);

/// What came of one try, where a further one may help.
#[derive(Debug)]
pub(super) enum Tried<T> {
    /// It is done.
    Done(T),
    /// It may work the next time; if there is none, this is the trouble.
    Again(Trouble),
}

/// Counts tries that were in vain.
#[derive(Debug, Default)]
pub(super) struct Tries {
    made: u32,
}

impl Tries {
    /// Comes back when it is time for the next try.
    ///
    /// # Errors
    /// The trouble, when there is no further one.
    pub(super) async fn after(&mut self, trouble: Trouble) -> Result<(), Trouble> {
        self.made += 1;
        if self.made >= TRIES {
            return Err(trouble);
        }
        tokio::time::sleep(wait(self.made, chance())).await;
        Ok(())
    }
}

/// Doubles with each try in vain, times a factor from 0.5 to 1.5 chosen by `unit` (from 0 to 1): workers that were sent away at one
/// moment must not come back at one moment.
fn wait(made: u32, unit: f64) -> Duration {
    retry::wait(FIRST, made.saturating_sub(1).min(10), Duration::MAX, unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_are_spread_from_half_to_one_and_a_half() {
        for (made, unit, ms) in [
            (1, 0.5, 200),
            (2, 0.5, 400),
            (1, 0.0, 100),
            (2, 1.0, 600),
            (u32::MAX, 0.5, 204_800),
        ] {
            assert_eq!(wait(made, unit), Duration::from_millis(ms), "{made} {unit}");
        }
    }
}
