//! What every sink has in common.

use std::error::Error;
use std::time::Duration;

use shared::event::CloudEvent;

use super::kafka::Kafka;
use super::nats::Nats;
use super::rabbitmq::RabbitMq;
use super::redis_streams::RedisStreams;
use super::webhook::Webhook;

/// Why events could not be delivered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// The sink is away or refused them: all are sent again later. Those before the one that failed may have been taken.
    #[error("cannot {doing}")]
    Failed {
        /// What was tried, without secrets.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The same, and the sink said when to come again.
    #[error("cannot {doing}")]
    Later {
        /// What was tried, without secrets.
        doing: &'static str,
        /// Not before.
        after: Duration,
        /// Why it failed.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The sink wants no events any more.
    #[error("the receiver answered 410 Gone")]
    Gone,
}

impl SendError {
    pub(crate) fn failed(
        doing: &'static str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Failed {
            doing,
            source: source.into(),
        }
    }
}

/// A receiver of events. Each connects when there is something to send, and anew at the next try when that failed.
pub(crate) enum Sink {
    Redis(RedisStreams),
    Webhook(Box<Webhook>),
    Kafka(Box<Kafka>),
    Nats(Box<Nats>),
    Rabbit(Box<RabbitMq>),
}

impl Sink {
    /// How many events are read for it at a time. One that takes them one by one gets fewer: how far it has come is noted more often.
    pub(crate) fn batch(&self) -> u32 {
        match self {
            Self::Redis(_) | Self::Kafka(_) | Self::Nats(_) | Self::Rabbit(_) => 100,
            Self::Webhook(_) => 10,
        }
    }

    /// In order; each taken event is kept by the receiver.
    ///
    /// `taken` is how many of the first were for certain, also where this fails or is dropped.
    pub(crate) async fn send(
        &mut self,
        events: &[CloudEvent],
        taken: &mut usize,
    ) -> Result<(), SendError> {
        match self {
            Self::Redis(sink) => {
                Box::pin(sink.send(events)).await?;
                *taken = events.len();
            }
            Self::Kafka(sink) => Box::pin(sink.send(events, taken)).await?,
            Self::Nats(sink) => Box::pin(sink.send(events, taken)).await?,
            Self::Webhook(sink) => {
                for event in events {
                    Box::pin(sink.send(event)).await?;
                    *taken += 1;
                }
            }
            Self::Rabbit(sink) => {
                for event in events {
                    Box::pin(sink.send(event)).await?;
                    *taken += 1;
                }
            }
        }
        Ok(())
    }
}

/// TLS needs a provider of cryptography in the process; another one that is there already will do.
pub(crate) fn install_cryptography() {
    drop(rustls::crypto::ring::default_provider().install_default());
}
