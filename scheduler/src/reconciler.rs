//! Chunks that the broker should have and has not.
//!
//! The store knows which chunks were published and claimed by nobody; the broker knows how many messages wait. When a queue was
//! deleted, or a broker came back without its data, the store counts more than wait, and the oldest of them are published again.
//!
//! Only sums are compared, so it errs to either side, and neither does harm. Deliveries that a worker has taken and not yet
//! claimed are not counted as waiting: where a chunk was published long enough ago, as many of the oldest are then published twice,
//! and the second delivery is refused at its claim. Messages that nobody needs any more are counted: they hide as many lost ones,
//! until they are taken from the queue. All that were published count, however young, since the messages of all of them wait.

use std::collections::HashMap;
use std::time::Duration;

use shared::{broker, store};
use tokio_util::sync::CancellationToken;

use crate::Scheduler;
use crate::outage::Outage;
use crate::wait::wait;

const EVERY: Duration = Duration::from_secs(10);

/// Why store and broker could not be compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The broker failed.
    #[error(transparent)]
    Broker(#[from] broker::Error),
}

/// Has what the broker lost published again, until `stop`.
pub(crate) async fn reconcile_ever(scheduler: Scheduler, stop: CancellationToken) {
    let mut outage = Outage::of("comparing the store with the broker");
    while wait(EVERY, &stop).await {
        if let Some(again @ 1..) = outage.note(reconcile(&scheduler).await) {
            tracing::warn!(
                chunks = again,
                "the broker lost chunks; they are published again"
            );
        }
    }
}

/// How many chunks the broker had lost; they wait to be published again now.
pub(crate) async fn reconcile(scheduler: &Scheduler) -> Result<u64, Error> {
    let Scheduler { store, broker, .. } = scheduler;
    let age = scheduler.settings.unclaimed();
    let mut unclaimed = HashMap::new();
    for (queue, count) in store.unclaimed().await? {
        // Suspects of all priorities share a queue.
        *unclaimed.entry(queue).or_insert(0) += count;
    }
    let mut again = 0;
    for (queue, count) in unclaimed {
        let waiting = broker.depth(&queue).await?.messages;
        let missing: u64 = u64::saturating_sub(count, waiting);
        if missing > 0 {
            again += store.publish_again(&queue, age, missing).await?;
        }
    }
    Ok(again)
}
