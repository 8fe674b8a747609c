//! What we declare at RabbitMQ: the same on 3.10, 3.13 and 4.
//!
//! Properties are queue arguments and not a policy, because a policy cannot be set over AMQP. Declaring is idempotent; a queue
//! that exists with other arguments is an error that a person must solve.

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, ExchangeKind};

use super::super::Queue;

/// Brings the hints for all workers.
pub(super) const CONTROL_EXCHANGE: &str = "scutch.control";
/// Takes what a queue gives up.
const DEAD_EXCHANGE: &str = "scutch.dlx";
/// How often a message is delivered again before it is given up. Must be positive: -1 drops the message at the first redelivery on
/// RabbitMQ 3.10.8, and none at all is no limit there.
pub(in super::super) const DELIVERY_LIMIT: i32 = 20;
/// How long a hint is worth reading, in milliseconds.
const CONTROL_TTL_MS: i32 = 60_000;
/// How long a question may wait when it does not say so itself, in milliseconds.
const PREPROCESS_TTL_MS: i32 = 60_000;

/// An exchange, and with which key one publishes to a queue through it.
pub(super) struct Route {
    pub(super) exchange: &'static str,
    pub(super) key: String,
}

/// How a message gets into a queue.
pub(super) fn route(queue: &Queue) -> Route {
    let (exchange, key) = match queue {
        Queue::Work(priority) => ("scutch.work", priority.to_string()),
        Queue::Quarantine => ("scutch.work", "quarantine".to_owned()),
        Queue::Dead => (DEAD_EXCHANGE, "dead".to_owned()),
        Queue::Submit => ("scutch.submit", "submit".to_owned()),
        // The default exchange brings a message to the queue that its key names.
        Queue::Preprocess | Queue::Control(_) => ("", queue.name()),
    };
    Route { exchange, key }
}

/// Declares everything that outlives its consumers.
pub(super) async fn declare_lasting(channel: &Channel) -> Result<(), lapin::Error> {
    for queue in &Queue::LASTING {
        declare(channel, queue).await?;
    }
    declare_exchange(channel, CONTROL_EXCHANGE, ExchangeKind::Topic).await
}

/// Declares one queue and what brings messages to it.
pub(super) async fn declare(
    channel: &Channel,
    queue: &Queue,
) -> Result<lapin::Queue, lapin::Error> {
    let declared = channel
        .queue_declare(queue.name().into(), options(queue), arguments(queue))
        .await?;
    let (exchange, kind, pattern) = match queue {
        Queue::Work(_) | Queue::Quarantine => {
            let route = route(queue);
            (route.exchange, ExchangeKind::Topic, route.key)
        }
        // A producer may use any routing key.
        Queue::Submit => ("scutch.submit", ExchangeKind::Topic, "#".to_owned()),
        Queue::Control(_) => (CONTROL_EXCHANGE, ExchangeKind::Topic, "#".to_owned()),
        // Dead letters keep the routing key they came with.
        Queue::Dead => (DEAD_EXCHANGE, ExchangeKind::Fanout, String::new()),
        Queue::Preprocess => return Ok(declared),
    };
    declare_exchange(channel, exchange, kind).await?;
    channel
        .queue_bind(
            queue.name().into(),
            exchange.into(),
            pattern.into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await?;
    Ok(declared)
}

async fn declare_exchange(
    channel: &Channel,
    name: &str,
    kind: ExchangeKind,
) -> Result<(), lapin::Error> {
    let options = ExchangeDeclareOptions {
        durable: true,
        ..ExchangeDeclareOptions::default()
    };
    channel
        .exchange_declare(name.into(), kind, options, FieldTable::default())
        .await
}

fn options(queue: &Queue) -> QueueDeclareOptions {
    match queue {
        Queue::Work(_) | Queue::Quarantine | Queue::Dead | Queue::Submit | Queue::Preprocess => {
            QueueDeclareOptions::durable()
        }
        Queue::Control(_) => QueueDeclareOptions::exclusive().auto_delete(),
    }
}

fn arguments(queue: &Queue) -> FieldTable {
    let mut table = FieldTable::default();
    let mut set = |name: &str, value| {
        table.insert(name.into(), value);
    };
    match queue {
        Queue::Work(_) | Queue::Quarantine | Queue::Submit => {
            set("x-queue-type", text("quorum"));
            set("x-delivery-limit", AMQPValue::LongInt(DELIVERY_LIMIT));
            set("x-dead-letter-exchange", text(DEAD_EXCHANGE));
            // https://www.rabbitmq.com/docs/quorum-queues#dead-lettering: at-least-once needs reject-publish.
            set("x-dead-letter-strategy", text("at-least-once"));
            set("x-overflow", text("reject-publish"));
        }
        Queue::Dead => set("x-queue-type", text("quorum")),
        Queue::Preprocess => set("x-message-ttl", AMQPValue::LongInt(PREPROCESS_TTL_MS)),
        Queue::Control(_) => set("x-message-ttl", AMQPValue::LongInt(CONTROL_TTL_MS)),
    }
    table
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}
