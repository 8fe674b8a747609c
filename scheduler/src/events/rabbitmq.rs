//! Events to an exchange of RabbitMQ, in structured mode
//! (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md>).
//!
//! One at a time, each confirmed before the next: were one refused and a later one taken, as by a full queue, the job's events would
//! be out of order for good.

use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions};
use lapin::types::FieldTable;
use lapin::uri::AMQPUri;
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, ErrorKind,
    ExchangeKind,
};
use serde::Deserialize;
use shared::event::{CloudEvent, STRUCTURED_CONTENT_TYPE};
use shared::job::Event;
use shared::secret::Secret;
use tokio::time::timeout;

use super::sink::{SendError, install_cryptography};

const DEADLINE: Duration = Duration::from_secs(10);
/// Without it an address that answers nothing holds a thread of lapin's for minutes.
const CONNECT_MS: u64 = 5_000;
const HEARTBEAT_S: u16 = 10;
const PERSISTENT: u8 = 2;
/// <https://www.rabbitmq.com/amqp-0-9-1-reference#constants>
const NOT_FOUND: u16 = 404;

/// Whether, where to, and which events.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Whether events are sent.
    pub enabled: bool,
    /// `amqp://user:password@host:5672/vhost`, or `amqps` for TLS; without it `broker.url` is used.
    pub url: Option<Secret>,
    /// The topic exchange; made, durable, where it is not there.
    pub exchange: String,
    /// The routing key of all events.
    pub routing_key: String,
    /// Types of the events that are sent; none is all.
    pub types: Vec<Event>,
}

/// The exchange.
pub(crate) struct RabbitMq {
    url: Secret,
    exchange: String,
    routing_key: String,
    link: Option<Link>,
}

/// A connection with a channel that confirms, and on which the exchange is declared.
struct Link {
    connection: Connection,
    channel: Channel,
}

impl RabbitMq {
    pub(crate) fn new(url: &Secret, settings: &Settings) -> Self {
        Self {
            url: url.clone(),
            exchange: settings.exchange.clone(),
            routing_key: settings.routing_key.clone(),
            link: None,
        }
    }

    /// Returns once the broker has confirmed it.
    pub(crate) async fn send(&mut self, event: &CloudEvent) -> Result<(), SendError> {
        // Taken: a link on which anything failed, or that answers nothing, is not used again.
        let link = self.link.take();
        let sent = timeout(DEADLINE, Box::pin(self.publish(link, event))).await;
        let late = || format!("no confirmation within {} s", DEADLINE.as_secs());
        let sent = sent.map_err(|_| SendError::failed("publish an event to RabbitMQ", late()))?;
        self.link = Some(sent?);
        Ok(())
    }

    async fn publish(&self, link: Option<Link>, event: &CloudEvent) -> Result<Link, SendError> {
        let link = match link.filter(Link::is_well) {
            Some(link) => link,
            None => self.connect().await?,
        };
        // lapin keeps whatever is published meanwhile in memory.
        if link.connection.status().blocked() {
            let alarm = "RabbitMQ takes nothing in: it is short of memory or disk";
            return Err(SendError::failed("publish an event to RabbitMQ", alarm));
        }
        let properties = BasicProperties::default()
            .with_content_type(STRUCTURED_CONTENT_TYPE.into())
            .with_delivery_mode(PERSISTENT)
            .with_message_id(event.id.as_str().into())
            .with_type(event.kind.as_str().into());
        let body = event.structured().to_string();
        let published = async {
            let confirming = link.channel.basic_publish(
                self.exchange.as_str().into(),
                self.routing_key.as_str().into(),
                BasicPublishOptions::default(),
                body.as_bytes(),
                properties,
            );
            confirming.await?.await
        };
        let failed = |error| SendError::failed("publish an event to RabbitMQ", error);
        match published.await.map_err(failed)? {
            Confirmation::Ack(_) | Confirmation::NotRequested => Ok(link),
            Confirmation::Nack(_) => Err(SendError::failed(
                "publish an event to RabbitMQ",
                "a queue that is bound to the exchange refused it, as a full one does",
            )),
        }
    }

    async fn connect(&self) -> Result<Link, SendError> {
        install_cryptography();
        // Why it is none is not told: the reason may quote the address, which may hold a password.
        let mut uri: AMQPUri = self.url.expose().parse().map_err(|_| {
            let expected = "the URL is not one, as in amqp://user:password@host:5672/vhost";
            SendError::failed("connect to RabbitMQ", expected)
        })?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT_S);
        uri.query.connection_timeout.get_or_insert(CONNECT_MS);
        let connecting = async {
            let properties =
                ConnectionProperties::default().with_connection_name("scutch events".into());
            let connection = Connection::connect_uri(uri, properties).await?;
            let channel = self.declared(&connection).await?;
            channel
                .confirm_select(ConfirmSelectOptions::default())
                .await?;
            Ok(Link {
                connection,
                channel,
            })
        };
        let failed = |error: lapin::Error| SendError::failed("connect to RabbitMQ", error);
        connecting.await.map_err(failed)
    }

    /// A channel, with the exchange there. A user who may only publish may look whether it is, which needs no permission
    /// (<https://www.rabbitmq.com/docs/access-control#authorisation>), but not make it.
    async fn declared(&self, connection: &Connection) -> Result<Channel, lapin::Error> {
        let channel = connection.create_channel().await?;
        match self.declare(&channel, Declaring::Passively).await {
            Ok(()) => return Ok(channel),
            // The refusal has closed the channel.
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(error),
        }
        let channel = connection.create_channel().await?;
        self.declare(&channel, Declaring::Actively).await?;
        Ok(channel)
    }

    async fn declare(&self, channel: &Channel, declaring: Declaring) -> Result<(), lapin::Error> {
        let options = ExchangeDeclareOptions {
            durable: true,
            passive: declaring == Declaring::Passively,
            ..ExchangeDeclareOptions::default()
        };
        let exchange = self.exchange.as_str().into();
        let arguments = FieldTable::default();
        (channel.exchange_declare(exchange, ExchangeKind::Topic, options, arguments)).await
    }
}

/// Whether the exchange is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Declaring {
    /// Only where it is there.
    Passively,
    Actively,
}

fn is_missing(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(error) if error.get_id() == NOT_FOUND)
}

impl Link {
    fn is_well(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }
}
