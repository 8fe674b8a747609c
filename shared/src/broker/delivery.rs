//! What is received.

use std::fmt;

use super::{Error, Message, Queue, ReplyTo, memory, rabbit};

/// The deliveries of one queue.
///
/// Dropping it stops the consumption, as its token does: what was not taken by [`next`](Self::next) goes back to the queue, what
/// was taken can still be acknowledged.
#[derive(Debug)]
pub struct Deliveries(Source);

#[derive(Debug)]
enum Source {
    Rabbit(rabbit::Deliveries),
    Memory(memory::Deliveries),
}

impl Deliveries {
    /// The next delivery; none only after the consumption was stopped or the broker closed. Loses nothing when cancelled.
    pub async fn next(&mut self) -> Option<Delivery> {
        match &mut self.0 {
            Source::Rabbit(deliveries) => deliveries.next().await,
            Source::Memory(deliveries) => deliveries.next().await,
        }
    }
}

impl From<rabbit::Deliveries> for Deliveries {
    fn from(deliveries: rabbit::Deliveries) -> Self {
        Self(Source::Rabbit(deliveries))
    }
}

impl From<memory::Deliveries> for Deliveries {
    fn from(deliveries: memory::Deliveries) -> Self {
        Self(Source::Memory(deliveries))
    }
}

/// A message that is ours until it is acknowledged.
///
/// Dropped instead, it goes back to its queue and counts as one more of the 20 deliveries after which RabbitMQ moves it to
/// `scutch.dead`: while something is down, hold it rather than drop it in a loop.
pub struct Delivery {
    /// What was sent.
    pub message: Message,
    /// Where it waited.
    pub queue: Queue,
    /// Whether it was delivered before; then somebody may have worked on it.
    pub is_redelivered: bool,
    /// Where the answer is to go, for a question.
    pub reply_to: Option<ReplyTo>,
    pub(super) unacked: Unacked,
}

/// The right to acknowledge. Gives the message back when dropped.
#[derive(Debug)]
pub(super) enum Unacked {
    Rabbit(rabbit::Unacked),
    Memory(memory::Unacked),
}

impl Delivery {
    /// Takes the message out of its queue for good.
    ///
    /// Only the channel that delivered it can: if that is gone, the answer is [`Error::Stale`], at once.
    pub async fn ack(self) -> Result<(), Error> {
        match self.unacked {
            Unacked::Rabbit(unacked) => unacked.ack().await,
            Unacked::Memory(unacked) => unacked.ack(),
        }
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("id", &self.message.id)
            .field("queue", &self.queue)
            .field("is_redelivered", &self.is_redelivered)
            .finish_non_exhaustive()
    }
}
