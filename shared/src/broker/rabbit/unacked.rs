//! The right to acknowledge a delivery of RabbitMQ.

use std::fmt;
use std::time::Duration;

use lapin::options::{BasicAckOptions, BasicNackOptions};
use lapin::{Acker, Channel};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::super::Error;

/// How long an acknowledgement may take to be sent.
const LIMIT: Duration = Duration::from_secs(5);

/// The right to acknowledge, on the channel that delivered and on no other: it is held, so that no other gets its number.
pub(in super::super) struct Unacked {
    acker: Option<Acker>,
    give_back: mpsc::Sender<Acker>,
    _channel: Channel,
}

impl Unacked {
    /// Dropped, it goes to `give_back`.
    pub(super) fn new(acker: Acker, channel: Channel, give_back: mpsc::Sender<Acker>) -> Self {
        Self {
            acker: Some(acker),
            give_back,
            _channel: channel,
        }
    }

    pub(in super::super) async fn ack(mut self) -> Result<(), Error> {
        let acker = self.acker.take().ok_or(Error::Stale)?;
        match timeout(LIMIT, acker.ack(BasicAckOptions::default())).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false) | Err(_)) => Err(Error::Stale),
            Err(_) => Err(Error::TimedOut {
                doing: "acknowledging",
            }),
        }
    }

    /// Whether the channel that delivered is still there.
    pub(super) fn is_usable(&self) -> bool {
        self.acker.as_ref().is_some_and(Acker::usable)
    }
}

impl Drop for Unacked {
    fn drop(&mut self) {
        if let Some(acker) = self.acker.take() {
            // When its subscription is gone, the message goes back with the channel.
            drop(self.give_back.try_send(acker));
        }
    }
}

impl fmt::Debug for Unacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unacked").finish_non_exhaustive()
    }
}

/// Puts the message back into its queue.
pub(super) async fn give_back(acker: &Acker) -> Result<(), Error> {
    let options = BasicNackOptions {
        requeue: true,
        ..BasicNackOptions::default()
    };
    match timeout(LIMIT, acker.nack(options)).await {
        Ok(sent) => sent.map(drop).map_err(|source| Error::Amqp {
            doing: "give a delivery back",
            source,
        }),
        Err(_) => Err(Error::TimedOut {
            doing: "giving a delivery back",
        }),
    }
}
