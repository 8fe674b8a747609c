//! What is over its time is thrown away.

use std::time::Duration;

use shared::store::Pruned;
use tokio_util::sync::CancellationToken;

use crate::Scheduler;
use crate::outage::Outage;
use crate::wait::wait;

/// A scheduler that has just started has more urgent things to do.
const FIRST: Duration = Duration::from_secs(5);
const EVERY: Duration = Duration::from_secs(60);

/// Throws away what is over its time, until `stop`.
pub(crate) async fn prune(scheduler: Scheduler, stop: CancellationToken) {
    let keep = scheduler.settings.retention();
    let mut outage = Outage::of("throwing away what is over its time");
    let mut pause = FIRST;
    while wait(pause, &stop).await {
        pause = EVERY;
        let mut sum = Pruned::default();
        while !stop.is_cancelled() {
            match outage.note(scheduler.store.prune(keep).await) {
                Some(pruned) if pruned != Pruned::default() => {
                    sum.payloads += pruned.payloads;
                    sum.jobs += pruned.jobs;
                    sum.dead_letters += pruned.dead_letters;
                    sum.workers += pruned.workers;
                }
                Some(_) | None => break,
            }
        }
        if sum != Pruned::default() {
            let Pruned {
                payloads,
                jobs,
                dead_letters,
                workers,
            } = sum;
            tracing::info!(
                payloads,
                jobs,
                dead_letters,
                workers,
                "threw away what was over its time"
            );
        }
    }
}
