//! Events to a stream of Redis: each an entry of flat fields, the event's attributes and `data` as JSON text.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Pipeline};
use serde::Deserialize;
use shared::event::{CloudEvent, DATA_CONTENT_TYPE};
use shared::job::Event;
use shared::secret::Secret;
use tokio::time::timeout;

use super::sink::SendError;

const DEADLINE: Duration = Duration::from_secs(10);

/// Whether, where to, and which events.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Whether events are sent.
    pub enabled: bool,
    /// `redis://user:password@host:6379`; without it `redis.url` is used.
    pub url: Option<Secret>,
    /// The stream's key.
    pub stream: String,
    /// About so many entries are kept; the oldest go first.
    pub max_length: u64,
    /// Types of the events that are sent; none is all.
    pub types: Vec<Event>,
}

/// The stream.
pub(crate) struct RedisStreams {
    url: Secret,
    stream: String,
    max_length: u64,
    connection: Option<MultiplexedConnection>,
}

impl RedisStreams {
    pub(crate) fn new(url: &Secret, settings: &Settings) -> Self {
        Self {
            url: url.clone(),
            stream: settings.stream.clone(),
            max_length: settings.max_length,
            connection: None,
        }
    }

    /// All of them or none.
    pub(crate) async fn send(&mut self, events: &[CloudEvent]) -> Result<(), SendError> {
        if events.is_empty() {
            return Ok(());
        }
        // Taken: a connection on which anything failed, or that answers nothing, is not used again.
        let connection = self.connection.take();
        let sent = timeout(DEADLINE, self.add(connection, events)).await;
        let late = || format!("no answer within {} s", DEADLINE.as_secs());
        let sent = sent.map_err(|_| SendError::failed("add events to the Redis stream", late()))?;
        self.connection = Some(sent?);
        Ok(())
    }

    async fn add(
        &self,
        connection: Option<MultiplexedConnection>,
        events: &[CloudEvent],
    ) -> Result<MultiplexedConnection, SendError> {
        let additions = self.additions(events);
        if let Some(mut connection) = connection {
            match additions.exec_async(&mut connection).await {
                Ok(()) => return Ok(connection),
                // It broke, maybe long ago: only its use shows it.
                Err(error) if error.is_io_error() || error.is_unrecoverable_error() => {}
                Err(error) => return Err(refused(error)),
            }
        }
        let mut connection = self.connect().await?;
        let added = additions.exec_async(&mut connection).await;
        added.map_err(refused)?;
        Ok(connection)
    }

    async fn connect(&self) -> Result<MultiplexedConnection, SendError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(DEADLINE))
            .set_response_timeout(Some(DEADLINE));
        let connecting = async {
            let client = Client::open(self.url.expose())?;
            client
                .get_multiplexed_async_connection_with_config(&config)
                .await
        };
        let failed = |error| SendError::failed("connect to Redis", error);
        connecting.await.map_err(failed)
    }

    /// In one transaction: were one refused and a later one taken, the job's events would be out of order for good. The stream never
    /// expires, since that would take unread events and the consumers' groups with it.
    fn additions(&self, events: &[CloudEvent]) -> Pipeline {
        let mut pipeline = Pipeline::with_capacity(events.len());
        pipeline.atomic();
        for event in events {
            let command = pipeline.cmd("XADD").arg(&self.stream);
            command.arg("MAXLEN").arg("~").arg(self.max_length).arg("*");
            for (name, value) in event.attributes() {
                command.arg(name).arg(value);
            }
            command.arg("datacontenttype").arg(DATA_CONTENT_TYPE);
            command.arg("data").arg(event.data.to_string()).ignore();
        }
        pipeline
    }
}

fn refused(error: redis::RedisError) -> SendError {
    SendError::failed("add events to the Redis stream", error)
}
