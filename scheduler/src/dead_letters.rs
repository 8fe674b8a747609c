//! Messages that were given up: kept in the store, where people can see and replay them.

use std::time::Duration;

use shared::broker::{Delivery, Message, Queue};
use shared::message::{FIRST_QUEUE, REASON};
use shared::store::DeadMessage;
use tokio_util::sync::CancellationToken;

use crate::Scheduler;
use crate::outage::Outage;
use crate::wait::{jittered, wait};

const PREFETCH: u16 = 8;
const AGAIN: Duration = Duration::from_secs(2);

const LAST_QUEUE: &str = "x-last-death-queue";

/// Keeps what comes into the queue of the dead, until `stop`.
///
/// At every scheduler and not only at the leader: a message is delivered to one of them, and the more there are the less it waits
/// for a new leader. One that ends between commit and acknowledgement keeps it twice.
pub(crate) async fn consume(scheduler: Scheduler, stop: CancellationToken) {
    let mut deliveries = scheduler
        .broker
        .consume(Queue::Dead, PREFETCH, stop.clone());
    let mut outage = Outage::of("keeping dead letters");
    while let Some(delivery) = deliveries.next().await {
        let message = dead_message(&delivery.message);
        // Held while the database is away; given back when we are to stop before.
        while outage
            .note(scheduler.store.keep_dead_message(&message).await)
            .is_none()
        {
            if !wait(jittered(AGAIN), &stop).await {
                return;
            }
        }
        acknowledge(delivery, &message).await;
    }
}

async fn acknowledge(delivery: Delivery, message: &DeadMessage) {
    tracing::warn!(
        message.id,
        message.kind,
        message.queue,
        message.reason,
        "a message was given up"
    );
    if let Err(error) = delivery.ack().await {
        let error: &(dyn std::error::Error + 'static) = &error;
        tracing::warn!(error, message.id, "a dead letter may be kept twice");
    }
}

/// The message as it is kept.
fn dead_message(message: &Message) -> DeadMessage {
    let header = |name: &str| message.headers.get(name).cloned();
    DeadMessage {
        queue: header(FIRST_QUEUE).or_else(|| header(LAST_QUEUE)),
        kind: message.kind.clone(),
        id: message.id.clone(),
        headers: message.headers.clone(),
        body: message.body.clone(),
        reason: header(REASON)
            .unwrap_or_else(|| "delivered too often without being acknowledged".to_owned()),
    }
}

/// The message as it was before it was given up: without the marks of that.
pub(crate) fn revived(
    kind: String,
    id: String,
    headers: impl IntoIterator<Item = (String, String)>,
) -> Message {
    let is_mark = |name: &str| {
        name == REASON
            || name == "x-death"
            || name == "x-delivery-count"
            || name.starts_with("x-first-death-")
            || name.starts_with("x-last-death-")
    };
    Message {
        kind,
        id,
        headers: headers
            .into_iter()
            .filter(|(name, _)| !is_mark(name))
            .collect(),
        ..Message::default()
    }
}
