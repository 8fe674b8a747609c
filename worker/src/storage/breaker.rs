//! Leaves a backend alone that did not take what it was given, so that chunks need not wait for it each time.
//!
//! The circuit breaker of M. Nygard, "Release It!": closed while all goes well, open for a while after a failure, then one try
//! decides.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// First time that it stays open; doubles with each failure.
const SHORTEST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(30);

/// The breaker of one backend.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    open: Option<Open>,
}

#[derive(Debug, Clone)]
struct Open {
    until: Instant,
    lasts: Duration,
    /// Whether somebody is trying.
    is_probed: bool,
    /// What the last try met.
    reason: String,
}

impl Breaker {
    /// Whether the backend may be tried; else why not. Of those who ask when its time is over only the first may.
    pub(crate) fn ask(&self) -> Result<(), String> {
        let mut state = self.lock();
        let Some(open) = &mut state.open else {
            return Ok(());
        };
        if Instant::now() < open.until {
            return Err(open.reason.clone());
        }
        open.until = Instant::now() + open.lasts;
        open.is_probed = true;
        Ok(())
    }

    /// Why it would not be tried now, if so.
    pub(crate) fn refusal(&self) -> Option<String> {
        let state = self.lock();
        let open = state.open.as_ref()?;
        (Instant::now() < open.until).then(|| open.reason.clone())
    }

    /// It took what it was given. Whether it had not before.
    pub(crate) fn succeed(&self) -> bool {
        self.lock().open.take().is_some()
    }

    /// It did not. Whether that is news.
    pub(crate) fn fail(&self, reason: &str) -> bool {
        let mut state = self.lock();
        let lasts = match &state.open {
            None => SHORTEST,
            Some(open) if open.is_probed => (open.lasts * 2).min(LONGEST),
            // One of several that were under way when it opened.
            Some(_) => return false,
        };
        let is_news = state.open.is_none();
        state.open = Some(Open {
            until: Instant::now() + lasts,
            lasts,
            is_probed: false,
            reason: reason.to_owned(),
        });
        is_news
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_opens_at_a_failure_and_lets_one_try_when_its_time_is_over() {
        let breaker = Breaker::default();
        assert_eq!(breaker.ask(), Ok(()));
        assert!(breaker.fail("away"));
        assert_eq!(breaker.ask(), Err("away".to_owned()));
        assert_eq!(breaker.refusal(), Some("away".to_owned()));
        assert!(!breaker.fail("away"), "was under way already");
        advance(SHORTEST).await;
        assert_eq!(breaker.ask(), Ok(()));
        assert!(breaker.ask().is_err(), "one is enough");
        assert!(!breaker.fail("still away"));
        advance(SHORTEST).await;
        assert_eq!(breaker.ask(), Err("still away".to_owned()), "twice as long");
        advance(SHORTEST).await;
        assert_eq!(breaker.ask(), Ok(()));
        assert!(breaker.succeed());
        assert_eq!(breaker.ask(), Ok(()));
        assert!(!breaker.succeed());
    }
}
