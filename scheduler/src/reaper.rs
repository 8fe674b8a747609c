//! Workers that are lost: what they held is given to others.

use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use crate::Scheduler;
use crate::outage::Outage;
use crate::wait::wait;

const EVERY: Duration = Duration::from_secs(1);
/// Two heartbeats of a worker.
const TO_BE_HEARD: Duration = Duration::from_secs(10);

/// A round that comes so much too late was kept from coming.
const FROZEN: Duration = Duration::from_secs(6);

/// Rescues the chunks of workers that were not heard of for too long, until `stop`.
///
/// While the database is away, or this process is frozen with the workers beside it, none can be heard. Afterwards each has the time of
/// two heartbeats to say that it lives; else an outage longer than the time-out would cost all workers at once.
pub(crate) async fn reap(scheduler: Scheduler, stop: CancellationToken) {
    let store = &scheduler.store;
    let silence = scheduler.settings.worker_timeout();
    let mut outage = Outage::of("looking for lost workers");
    // The wall clock: the other one stands still while a machine sleeps.
    let mut before = SystemTime::now();
    while wait(EVERY, &stop).await {
        if before.elapsed().unwrap_or_default() > FROZEN && !wait(TO_BE_HEARD, &stop).await {
            return;
        }
        // After that wait, which would else pass for another freeze.
        before = SystemTime::now();
        match outage.note(store.reap(silence).await) {
            Some((0, 0)) => {}
            Some((lost, rescued)) => {
                tracing::warn!(
                    workers.lost = lost,
                    chunks.rescued = rescued,
                    "workers were lost"
                );
            }
            None => {
                while store.check().await.is_err() {
                    if !wait(EVERY, &stop).await {
                        return;
                    }
                }
                if !wait(TO_BE_HEARD, &stop).await {
                    return;
                }
                before = SystemTime::now();
            }
        }
    }
}
