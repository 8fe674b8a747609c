//! What carries messages between the roles: [`Broker`], RabbitMQ or a part of this process.
//!
//! | object | kind | for |
//! |---|---|---|
//! | `scutch.work` -> `scutch.work.{high,normal,low,quarantine}` | topic exchange, quorum queues | chunks |
//! | `scutch.dlx` -> `scutch.dead` | fanout exchange, quorum queue | what was delivered too often |
//! | `scutch.submit` -> `scutch.submit` | topic exchange bound with `#`, quorum queue | jobs by AMQP, whatever their routing key |
//! | `scutch.preprocess` | classic queue with a time to live | questions that somebody waits for |
//! | `scutch.control` -> `scutch.control.<worker>` | topic exchange bound with `#`, a queue for each worker | hints |
//!
//! Delivery is at least once: a publish that failed or timed out may still have happened.

mod backoff;
mod delivery;
mod error;
mod memory;
mod message;
mod queue;
mod rabbit;
mod settings;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use delivery::{Deliveries, Delivery};
pub use error::{CallError, Error};
pub use memory::Memory;
pub use message::{Message, ReplyTo};
pub use queue::{Depth, Queue};
pub use rabbit::Rabbit;
pub use settings::Settings;

/// A handle on what carries messages. Clones share everything.
#[derive(Debug, Clone)]
pub enum Broker {
    /// A RabbitMQ server.
    Rabbit(Rabbit),
    /// Queues in this process, gone with it.
    Memory(Memory),
}

impl Broker {
    /// A broker as the settings say; fails only on a malformed URL.
    ///
    /// Waits for no connection, so that a role starts while RabbitMQ is down: connections are made, and remade, when they are
    /// needed. `name` is how RabbitMQ lists them.
    pub fn open(settings: &Settings, name: &str) -> Result<Self, Error> {
        match &settings.url {
            Some(url) => Ok(Self::Rabbit(Rabbit::open(url.expose(), settings, name)?)),
            None => Ok(Self::memory()),
        }
    }

    /// A broker of its own in this process.
    pub fn memory() -> Self {
        Self::Memory(Memory::new())
    }

    /// Returns once the message is in the queue: on disk and confirmed, where the broker is RabbitMQ.
    pub async fn publish(&self, to: &Queue, message: Message) -> Result<(), Error> {
        match self {
            Self::Rabbit(rabbit) => rabbit.publish(to, &message).await,
            Self::Memory(memory) => memory.publish(to, message),
        }
    }

    /// Tells every worker that listens; that none does is no error.
    pub async fn publish_control(&self, message: Message) -> Result<(), Error> {
        match self {
            Self::Rabbit(rabbit) => rabbit.publish_control(&message).await,
            Self::Memory(memory) => memory.publish_control(&message),
        }
    }

    /// Deliveries of a queue until `stop` is cancelled, with at most `prefetch` of them unacknowledged.
    ///
    /// Lost connections and deleted queues are made anew meanwhile. Must be called within a Tokio runtime.
    pub fn consume(&self, queue: Queue, prefetch: u16, stop: CancellationToken) -> Deliveries {
        match self {
            Self::Rabbit(rabbit) => rabbit.consume(queue, prefetch, &stop).into(),
            Self::Memory(memory) => memory.consume(queue, prefetch, &stop).into(),
        }
    }

    /// The answer to a question put into [`Queue::Preprocess`].
    pub async fn call(&self, message: Message, deadline: Duration) -> Result<Message, CallError> {
        match self {
            Self::Rabbit(rabbit) => rabbit.call(message, deadline).await,
            Self::Memory(memory) => memory.call(message, deadline).await,
        }
    }

    /// Answers a delivery that came by [`call`](Self::call); that the caller is gone is no error.
    pub async fn reply(&self, to: &ReplyTo, message: Message) -> Result<(), Error> {
        match self {
            Self::Rabbit(rabbit) => rabbit.reply(to, &message).await,
            Self::Memory(memory) => memory.reply(to, message),
        }
    }

    /// How much waits in the queue and how many consume it.
    pub async fn depth(&self, queue: &Queue) -> Result<Depth, Error> {
        match self {
            Self::Rabbit(rabbit) => rabbit.depth(queue).await,
            Self::Memory(memory) => memory.depth(queue),
        }
    }

    /// Whether a publish would be taken now; tries to connect until the deadline.
    pub async fn check(&self, deadline: Duration) -> Result<(), Error> {
        match self {
            Self::Rabbit(rabbit) => rabbit.check(deadline).await,
            Self::Memory(memory) => memory.check(),
        }
    }

    /// Ends every consumption and closes the connections; what is unacknowledged goes back to its queue.
    pub async fn close(&self) {
        match self {
            Self::Rabbit(rabbit) => rabbit.close().await,
            Self::Memory(memory) => memory.close(),
        }
    }
}
