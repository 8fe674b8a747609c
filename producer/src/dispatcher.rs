//! Brings the first chunks of a job to the broker without holding its submission up.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use shared::broker::Broker;
use shared::dispatch::{WINDOW, dispatch};
use shared::job::JobId;
use shared::store::Store;
use tokio::task::JoinSet;

/// One job's turn takes no longer than this; the scheduler's relay brings what is left.
const LIMIT: Duration = Duration::from_secs(2);
/// Turns at a time. Beyond it the broker is slow, and the relay will do.
const MAX_TURNS: usize = 64;

/// The turns under way; they end when it is dropped.
pub(crate) struct Dispatcher {
    store: Store,
    broker: Broker,
    turns: Mutex<JoinSet<()>>,
}

impl Dispatcher {
    pub(crate) fn new(store: Store, broker: Broker) -> Self {
        Self {
            store,
            broker,
            turns: Mutex::new(JoinSet::new()),
        }
    }

    /// Begins a turn for a job and returns at once.
    pub(crate) fn begin(&self, job: JobId) {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        while turns.try_join_next().is_some() {}
        if turns.len() < MAX_TURNS {
            turns.spawn(turn(self.store.clone(), self.broker.clone(), job));
        }
    }

    /// Returns once the turns under way are over, which they are soon.
    pub(crate) async fn finish(&self) {
        let mut turns = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *turns)
        };
        while turns.join_next().await.is_some() {}
    }
}

async fn turn(store: Store, broker: Broker, job: JobId) {
    match tokio::time::timeout(LIMIT, dispatch(&store, &broker, Some(job), WINDOW)).await {
        Ok(Ok(dispatched)) => {
            let published = dispatched.published;
            tracing::debug!(job.id = %job, published, "published chunks of job {job}");
        }
        Ok(Err(error)) => tracing::warn!(
            job.id = %job, error = &error as &dyn std::error::Error,
            "cannot publish chunks of job {job}; the relay will"
        ),
        Err(_) => tracing::warn!(
            job.id = %job, limit_ms = LIMIT.as_millis() as u64,
            "publishing chunks of job {job} takes long; the relay goes on"
        ),
    }
}
