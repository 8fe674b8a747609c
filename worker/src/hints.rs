//! Hears what people want of jobs before the next heartbeat would tell.

use shared::broker::{Broker, Queue};
use shared::job::WorkerId;
use shared::message::Control;
use tokio_util::sync::CancellationToken;

use crate::held::Held;
use shared::chain::chain;

/// Hints that may wait to be heard.
const PREFETCH: u16 = 64;

/// Hears hints until `stop`.
pub(crate) async fn hear(broker: Broker, worker: WorkerId, held: Held, stop: CancellationToken) {
    let mut hints = broker.consume(Queue::Control(worker), PREFETCH, stop);
    while let Some(hint) = hints.next().await {
        match Control::from_message(&hint.message) {
            Ok(control) => held.hear(control.job, control.desired, control.version),
            // The heartbeat tells the same.
            Err(error) => tracing::debug!(%error, "a hint cannot be read"),
        }
        if let Err(error) = hint.ack().await {
            tracing::debug!(error = %chain(&error), "a hint was heard and not acknowledged");
        }
    }
}
