//! How fast a job gets on, by what was seen of it lately.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::process::grouped;

/// Chunks end in bursts: over less than this the speed would jump.
const WINDOW: Duration = Duration::from_secs(15);
/// Before this nothing is said.
const SETTLED: Duration = Duration::from_secs(1);

/// What was seen lately.
#[derive(Debug, Default)]
pub(super) struct Pace {
    seen: VecDeque<(Instant, u64)>,
}

impl Pace {
    /// Notes that so many documents are done.
    pub(super) fn note(&mut self, now: Instant, done: u64) {
        self.seen.push_back((now, done));
        while self.seen.len() > 2 && self.seen.get(1).is_some_and(|(at, _)| now - *at >= WINDOW) {
            self.seen.pop_front();
        }
    }

    /// Forgets all, as when the job rests.
    pub(super) fn rest(&mut self) {
        self.seen.clear();
    }

    /// Documents a second, once that can be told.
    pub(super) fn per_second(&self) -> Option<f64> {
        let (first, last) = (self.seen.front()?, self.seen.back()?);
        let took = last.0 - first.0;
        let done = last.1.saturating_sub(first.1);
        (took >= SETTLED && done > 0).then(|| done as f64 / took.as_secs_f64())
    }

    /// How long so many more documents take at this speed.
    pub(super) fn left(&self, documents: u64) -> Option<Duration> {
        let seconds = documents as f64 / self.per_second()?;
        Some(Duration::from_secs_f64(seconds.min(1e9)))
    }
}

/// A number of things a second: "4.2" where they are few, else "3,345".
pub(super) fn rate(per_second: f64) -> String {
    if per_second < 10.0 {
        format!("{per_second:.1}")
    } else {
        grouped(per_second.round() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_is_that_of_the_last_seconds() {
        let start = Instant::now();
        let mut pace = Pace::default();
        pace.note(start, 0);
        assert_eq!(pace.per_second(), None);
        for second in 1..=60 {
            pace.note(start + Duration::from_secs(second), second * 10);
        }
        for second in 61..=90 {
            pace.note(
                start + Duration::from_secs(second),
                600 + (second - 60) * 100,
            );
        }
        assert_eq!(pace.per_second(), Some(100.0));
        assert_eq!(pace.left(450), Some(Duration::from_millis(4500)));
        pace.rest();
        assert_eq!(pace.left(1), None);
    }
}
