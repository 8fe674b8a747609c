//! Publishing, each message with its own confirmation.

use std::sync::{Arc, Mutex, PoisonError};

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation};
use tokio::sync::Semaphore;

use super::super::Error;
use super::link::Link;

/// How many messages may be in flight: one for each channel.
const MOST_LANES: usize = 256;

/// Channels for publishing, each with one message in flight.
///
/// RabbitMQ returns what it cannot route just before it confirms it, and may confirm several messages of a channel at once. lapin
/// gives a returned message to whichever of them it looks at first: on a shared channel a lost message could pass for a routed one.
pub(super) struct Lanes {
    link: Arc<Link>,
    idle: Mutex<Vec<Channel>>,
    free: Semaphore,
}

/// What happens to a message that no queue takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Routing {
    Mandatory,
    Optional,
}

/// A message on its way.
pub(super) struct Parcel<'a> {
    pub(super) exchange: &'a str,
    pub(super) key: &'a str,
    pub(super) routing: Routing,
    pub(super) properties: BasicProperties,
    pub(super) body: &'a [u8],
}

impl Lanes {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self {
            link,
            idle: Mutex::default(),
            free: Semaphore::new(MOST_LANES),
        }
    }

    /// Returns once the broker has confirmed the message.
    pub(super) async fn send(&self, parcel: &Parcel<'_>) -> Result<(), Error> {
        let _lane = self.free.acquire().await.map_err(|_| Error::Closed)?;
        let channel = self.take().await?;
        let confirmation = publish(&channel, parcel)
            .await
            .map_err(|source| Error::Amqp {
                doing: "publish",
                source,
            })?;
        // Given back only here: a channel on which something failed, or timed out, is closed by its drop.
        self.lock().push(channel);
        match confirmation {
            Confirmation::Ack(None) | Confirmation::NotRequested => Ok(()),
            Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_)) => Err(Error::Unroutable {
                queue: parcel.key.to_owned(),
            }),
            Confirmation::Nack(None) => Err(Error::Rejected {
                queue: parcel.key.to_owned(),
            }),
        }
    }

    /// A channel without a message in flight.
    async fn take(&self) -> Result<Channel, Error> {
        let connection = self.link.get().await?;
        // lapin keeps whatever is published meanwhile in memory.
        if connection.status().blocked() {
            return Err(Error::Blocked);
        }
        while let Some(channel) = self.pop() {
            if channel.status().connected() {
                return Ok(channel);
            }
        }
        let open = async {
            let channel = connection.create_channel().await?;
            channel
                .confirm_select(ConfirmSelectOptions::default())
                .await?;
            Ok(channel)
        };
        open.await.map_err(|source| Error::Amqp {
            doing: "open a channel",
            source,
        })
    }

    fn pop(&self) -> Option<Channel> {
        self.lock().pop()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Channel>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of every channel.
    pub(super) fn close(&self) {
        self.free.close();
        self.lock().clear();
    }
}

async fn publish(channel: &Channel, parcel: &Parcel<'_>) -> Result<Confirmation, lapin::Error> {
    let options = BasicPublishOptions {
        mandatory: parcel.routing == Routing::Mandatory,
        ..BasicPublishOptions::default()
    };
    channel
        .basic_publish(
            parcel.exchange.into(),
            parcel.key.into(),
            options,
            parcel.body,
            parcel.properties.clone(),
        )
        .await?
        .await
}
