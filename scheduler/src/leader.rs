//! What only one of several schedulers need do.

use std::time::Duration;

use shared::store::Leadership;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::outage::Outage;
use crate::run::keep_running;
use crate::wait::{jittered, wait};
use crate::{Scheduler, ended, events, reaper, reconciler, relay, upkeep};

/// Between two tries to become the leader.
const SEEK: Duration = Duration::from_secs(3);
/// How often the leader looks whether it still is.
const CHECK: Duration = Duration::from_secs(3);
/// What is under way at the end of a term has this long to come to an end of its own.
const GRACE: Duration = Duration::from_secs(5);

/// Does the leader's work whenever it is the leader, until `stop`.
pub(crate) async fn lead(scheduler: Scheduler, stop: CancellationToken) {
    let mut outage = Outage::of("asking who leads");
    while !stop.is_cancelled() {
        if let Some(Some(leadership)) = outage.note(scheduler.store.lead().await) {
            tracing::info!("leads the schedulers");
            serve_a_term(&scheduler, &leadership, &stop).await;
            tracing::info!("no longer leads the schedulers");
        }
        wait(jittered(SEEK), &stop).await;
    }
}

/// Ends when we are to stop, when the leadership is lost, or when one of the tasks ended by a fault: all start anew then.
async fn serve_a_term(scheduler: &Scheduler, leadership: &Leadership, stop: &CancellationToken) {
    let over = stop.child_token();
    let mut tasks = JoinSet::new();
    tasks.spawn(relay::relay(scheduler.clone(), over.clone()));
    tasks.spawn(reaper::reap(scheduler.clone(), over.clone()));
    tasks.spawn(reconciler::reconcile_ever(scheduler.clone(), over.clone()));
    tasks.spawn(ended::discard_checkpoints(scheduler.clone(), over.clone()));
    tasks.spawn(upkeep::prune(scheduler.clone(), over.clone()));
    for target in scheduler.targets.iter() {
        let (store, target) = (scheduler.store.clone(), target.clone());
        // A fault in one starts that one again, and no other.
        tasks.spawn(keep_running(target.name, over.clone(), move |over| {
            events::relay(store.clone(), target.clone(), over)
        }));
    }
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = tasks.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(error = &error as &dyn std::error::Error, "a task of the leader ended unasked");
                }
                break;
            }
            is_held = async { sleep(CHECK).await; leadership.is_held().await } => if !is_held {
                break;
            },
        }
    }
    over.cancel();
    let ended = timeout(GRACE, async { while tasks.join_next().await.is_some() {} }).await;
    if ended.is_err() {
        tasks.shutdown().await;
    }
}
