//! Takes deliveries, each queue in its turn, as slots come free.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::select_all;
use shared::broker::{Broker, Deliveries, Delivery};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::chunk;
use crate::context::Context;
use crate::turns::{Lane, Turns};

/// Puts deliveries to work in `tasks`, `slots` at a time, until the worker drains or the broker is closed.
pub(crate) async fn take(context: &Arc<Context>, slots: usize, tasks: &mut JoinSet<()>) {
    let stop = context.draining.clone();
    let mut lanes = Lanes::open(&context.broker, slots, &stop);
    let mut turns = Turns::default();
    let free = Arc::new(Semaphore::new(slots));
    loop {
        let slot = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            slot = Arc::clone(&free).acquire_owned() => slot,
        };
        // Nobody closes the semaphore.
        let Ok(slot) = slot else { return };
        let next = loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(ended) = tasks.join_next() => tell(&ended),
                next = lanes.next(&turns) => break next,
            }
        };
        let Some((lane, delivery)) = next else { return };
        turns.taken(lane);
        let context = Arc::clone(context);
        tasks.spawn(async move {
            chunk::deal(context, delivery).await;
            drop(slot);
        });
    }
}

/// Logs a task that panicked. Its lease is found by the heartbeat.
pub(crate) fn tell(ended: &Result<(), JoinError>) {
    if ended.as_ref().is_err_and(JoinError::is_panic) {
        tracing::error!("the work on a chunk panicked");
    }
}

/// The queues that chunks come from.
struct Lanes(Vec<(Lane, Deliveries)>);

impl Lanes {
    fn open(broker: &Broker, slots: usize, stop: &CancellationToken) -> Self {
        let open = |lane: Lane| {
            let prefetch = lane.prefetch(slots);
            (lane, broker.consume(lane.queue(), prefetch, stop.clone()))
        };
        Self(Lane::ALL.map(open).into())
    }

    /// The next delivery: of those that are there the one whose turn it is. None when there will be none.
    async fn next(&mut self, turns: &Turns) -> Option<(Lane, Delivery)> {
        let order = turns.order();
        let place = |lane: Lane| order.iter().position(|ordered| *ordered == lane);
        self.0.sort_by_key(|(lane, _)| place(*lane));
        while !self.0.is_empty() {
            let waiting = self.0.iter_mut().map(|(lane, deliveries)| {
                let lane = *lane;
                async move { (lane, deliveries.next().await) }.boxed()
            });
            // Polls in order, so that the first that has something wins.
            let ((lane, delivery), ..) = select_all(waiting).await;
            match delivery {
                Some(delivery) => return Some((lane, delivery)),
                None => self.0.retain(|(other, _)| *other != lane),
            }
        }
        None
    }
}
