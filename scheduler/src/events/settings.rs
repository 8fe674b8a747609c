//! What is set about events.

use serde::Deserialize;
use shared::secret::Secret;

use super::{kafka, nats, rabbitmq, redis_streams, webhook};

/// The section `events` of the configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Whether cleaned documents are told of too, those of a chunk in one event. Workers go by it.
    pub documents: bool,
    /// A stream of Redis.
    pub redis_streams: redis_streams::Settings,
    /// An HTTP address.
    pub webhook: webhook::Settings,
    /// A topic of Kafka.
    pub kafka: kafka::Settings,
    /// A subject of NATS.
    pub nats: nats::Settings,
    /// An exchange of RabbitMQ.
    pub rabbitmq: rabbitmq::Settings,
}

/// Where events go: what is set, and the servers that the service has anyway.
#[derive(Debug, Clone, PartialEq)]
pub struct EventSinks {
    /// What is set.
    pub settings: Settings,
    /// The Redis of checkpoints, for a stream that names none of its own.
    pub redis_url: Option<Secret>,
    /// The broker of work, for an exchange that names none of its own.
    pub broker_url: Option<Secret>,
}
