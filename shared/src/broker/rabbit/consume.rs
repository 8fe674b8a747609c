//! Consuming: a task for each queue subscribes to it, and subscribes anew whatever ended the last subscription.

use std::fmt;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::super::backoff::Backoff;
use super::super::delivery::{Delivery, Unacked};
use super::super::{Error, Queue};
use super::link::Link;
use super::subscription::{End, Subscription};

/// What it takes to consume a queue.
pub(super) struct Consumer {
    pub(super) link: Arc<Link>,
    pub(super) queue: Queue,
    pub(super) prefetch: u16,
    pub(super) closed: CancellationToken,
}

impl Consumer {
    pub(super) fn start(self, stop: &CancellationToken, tasks: &TaskTracker) -> Deliveries {
        let stop = stop.child_token();
        let (outbox, inbox) = mpsc::channel(1);
        let deliveries = Deliveries {
            inbox,
            closed: self.closed.clone(),
            _stop_on_drop: stop.clone().drop_guard(),
            stop: stop.clone(),
        };
        tasks.spawn(async move {
            let closed = self.closed.clone();
            tokio::select! {
                () = closed.cancelled() => {}
                () = self.supervise(outbox, stop) => {}
            }
        });
        deliveries
    }

    async fn supervise(self, outbox: mpsc::Sender<Delivery>, stop: CancellationToken) {
        let mut backoff = Backoff::default();
        let queue = self.queue.name();
        loop {
            let subscribed = tokio::select! {
                () = stop.cancelled() => return,
                subscribed = self.subscribe() => subscribed,
            };
            let ended = match subscribed {
                Ok(subscription) => {
                    backoff.succeed();
                    debug!(queue, "consuming");
                    subscription.run(&outbox, &stop).await
                }
                Err(error) => Err(error),
            };
            match ended {
                Ok(End::Stopped) | Err(Error::Closed) => return,
                Ok(End::Cancelled) => warn!(queue, "the server ended the consumption"),
                Ok(End::Idle) => continue,
                Err(error) => warn!(
                    queue,
                    error = &error as &dyn std::error::Error,
                    "the consumption broke"
                ),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(backoff.fail()) => {}
            }
        }
    }

    async fn subscribe(&self) -> Result<Subscription, Error> {
        let connection = self.link.wait().await?;
        Subscription::open(&connection, self.queue, self.prefetch).await
    }
}

/// The deliveries of one queue.
pub(in super::super) struct Deliveries {
    inbox: mpsc::Receiver<Delivery>,
    stop: CancellationToken,
    closed: CancellationToken,
    _stop_on_drop: DropGuard,
}

impl Deliveries {
    pub(in super::super) async fn next(&mut self) -> Option<Delivery> {
        loop {
            let delivery = tokio::select! {
                biased;
                () = self.stop.cancelled() => None,
                () = self.closed.cancelled() => None,
                delivery = self.inbox.recv() => delivery,
            };
            match delivery {
                // It waited here while its channel was lost: it comes again.
                Some(delivery) if is_stale(&delivery) => {}
                Some(delivery) => return Some(delivery),
                None => {
                    self.inbox.close();
                    while self.inbox.try_recv().is_ok() {}
                    return None;
                }
            }
        }
    }
}

fn is_stale(delivery: &Delivery) -> bool {
    match &delivery.unacked {
        Unacked::Rabbit(unacked) => !unacked.is_usable(),
        Unacked::Memory(_) => false,
    }
}

impl fmt::Debug for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deliveries").finish_non_exhaustive()
    }
}
