//! Questions and answers: <https://www.rabbitmq.com/docs/direct-reply-to>.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{BasicConsumeOptions, BasicPublishOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionState, ErrorKind};
use tokio::time::timeout;
use uuid::Uuid;

use super::super::{CallError, Error, Message, Queue};
use super::link::Link;
use super::{topology, wire};

/// Where RabbitMQ brings answers to the channel that asked.
const REPLY_TO: &str = "amq.rabbitmq.reply-to";

/// The answer to a question. Each has a channel of its own, so no answer can come to another question.
pub(super) async fn call(
    link: &Link,
    mut message: Message,
    deadline: Duration,
) -> Result<Message, CallError> {
    // Nobody waits for it any longer.
    message.expiration = Some(deadline);
    let asked = async {
        let connection = link.get().await.map_err(unavailable)?;
        if connection.status().blocked() {
            return Err(unavailable(Error::Blocked));
        }
        ask(&connection, &message).await
    };
    timeout(deadline, asked)
        .await
        .unwrap_or(Err(CallError::TimedOut))
}

async fn ask(connection: &Connection, message: &Message) -> Result<Message, CallError> {
    let correlation = Uuid::now_v7().to_string();
    let properties = wire::properties(message, wire::Storage::Transient)
        .map_err(unavailable)?
        .with_reply_to(REPLY_TO.into())
        .with_correlation_id(correlation.as_str().into());

    let channel = connection.create_channel().await.map_err(failed)?;
    let queue = topology::declare(&channel, &Queue::Preprocess)
        .await
        .map_err(failed)?;
    if queue.consumer_count() == 0 {
        return Err(CallError::NoConsumer);
    }
    let mut answers = listen(&channel).await.map_err(failed)?;
    let sent = channel
        .basic_publish(
            "".into(),
            Queue::Preprocess.name().into(),
            BasicPublishOptions::default(),
            &message.body,
            properties,
        )
        .await;
    drop(sent.map_err(failed)?);
    while let Some(answer) = answers.next().await {
        let answer = answer.map_err(failed)?;
        if answer
            .properties
            .correlation_id()
            .as_ref()
            .is_some_and(|id| id.as_str() == correlation)
        {
            return Ok(wire::message(&answer.properties, answer.data));
        }
    }
    Err(failed(
        ErrorKind::InvalidConnectionState(ConnectionState::Closed).into(),
    ))
}

async fn listen(channel: &Channel) -> Result<lapin::Consumer, lapin::Error> {
    // RabbitMQ takes no acknowledgements here.
    let options = BasicConsumeOptions {
        no_ack: true,
        ..BasicConsumeOptions::default()
    };
    channel
        .basic_consume(REPLY_TO.into(), "".into(), options, FieldTable::default())
        .await
}

fn unavailable(source: Error) -> CallError {
    CallError::Unavailable { source }
}

fn failed(source: lapin::Error) -> CallError {
    unavailable(Error::Amqp {
        doing: "put the question",
        source,
    })
}
