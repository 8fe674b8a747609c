//! Whether a submission may be read now.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::store::Store;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::refusal::Refusal;

/// An answer of the database about its outbox is good for so long.
const FRESH: Duration = Duration::from_secs(1);

/// Keeps submissions out while too many are read already, or while the broker does not take what was accepted before.
pub(crate) struct Gate {
    uploads: Arc<Semaphore>,
    max_lag: Duration,
    seen: Mutex<Option<(Instant, Duration)>>,
}

/// The right to have one submission or document read and kept, until its last clone is dropped.
#[derive(Clone)]
pub(crate) struct Admission {
    _permit: Arc<OwnedSemaphorePermit>,
}

impl Gate {
    pub(crate) fn new(max_uploads: usize, max_lag: Duration) -> Self {
        Self {
            uploads: Arc::new(Semaphore::new(max_uploads.min(Semaphore::MAX_PERMITS))),
            max_lag,
            seen: Mutex::new(None),
        }
    }

    /// A place among those who are read; at once or not at all.
    pub(crate) fn admit(&self) -> Result<Admission, Refusal> {
        let permit = Arc::clone(&self.uploads).try_acquire_owned();
        let permit = permit.map_err(|_| Refusal::Busy)?;
        Ok(Admission {
            _permit: Arc::new(permit),
        })
    }

    /// Refuses while chunks have waited too long for the broker.
    pub(crate) async fn check_outbox(&self, store: &Store) -> Result<(), Refusal> {
        let lag = match self.fresh() {
            Some(lag) => lag,
            None => {
                let lag = store.outbox_lag().await?.unwrap_or_default();
                *self.seen.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some((Instant::now(), lag));
                lag
            }
        };
        if lag > self.max_lag {
            return Err(Refusal::Lagging { lag });
        }
        Ok(())
    }

    fn fresh(&self) -> Option<Duration> {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.filter(|(at, _)| at.elapsed() < FRESH)
            .map(|(_, lag)| lag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_once_its_last_holder_is_gone() {
        let gate = Gate::new(1, Duration::from_secs(1));
        let first = gate.admit().unwrap_or_else(|_| panic!("refused"));
        let shared = first.clone();
        drop(first);
        assert!(matches!(gate.admit(), Err(Refusal::Busy)));
        drop(shared);
        assert!(gate.admit().is_ok());
    }
}
