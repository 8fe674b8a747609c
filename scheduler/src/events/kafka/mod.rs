//! Events to Kafka, as the `CloudEvents` binding says, in binary mode
//! (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md>).

mod acknowledged;
mod partition;
mod record;
mod tls;
mod topic;

use std::time::Duration;

use serde::Deserialize;
use shared::event::CloudEvent;
use shared::job::Event;

use super::sink::SendError;
use acknowledged::Acknowledged;
use topic::Topic;

/// Of each step, so that a slow cluster gets on: longer than one takes that is well. The relay sends again later.
const DEADLINE: Duration = Duration::from_secs(10);

/// Where to, and which events.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Some of the cluster's brokers, each `host:port`; the others are learnt from them.
    pub brokers: Vec<String>,
    /// Created with one partition if it is missing and the broker allows it.
    pub topic: String,
    /// Whether the brokers speak TLS.
    pub tls: bool,
    /// Types of the events that are sent.
    pub types: Vec<Event>,
}

/// The topic, connected to when there is something to send.
pub(crate) struct Kafka {
    settings: Settings,
    deadline: Duration,
    topic: Option<Topic>,
    /// Of what is sent again, where a partition failed and others did not.
    acknowledged: Acknowledged,
}

impl Kafka {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            deadline: DEADLINE,
            topic: None,
            acknowledged: Acknowledged::default(),
        }
    }

    /// All of them, those of one job in order; `taken` is how many of the first every in-sync replica has.
    pub(crate) async fn send(
        &mut self,
        events: &[CloudEvent],
        taken: &mut usize,
    ) -> Result<(), SendError> {
        if events.is_empty() {
            return Ok(());
        }
        self.acknowledged.forget_all_but(events);
        // Taken, not borrowed: whatever goes wrong, also if this future is dropped, the next one connects anew.
        let connected = self.topic.take();
        let delivered = Box::pin(self.deliver(connected, events)).await;
        *taken = self.acknowledged.leading(events);
        self.topic = Some(delivered?);
        Ok(())
    }

    /// On a connection that was used before if that still works: brokers close those that idle
    /// (<https://kafka.apache.org/documentation/#brokerconfigs_connections.max.idle.ms>), which is no failure.
    async fn deliver(
        &self,
        connected: Option<Topic>,
        events: &[CloudEvent],
    ) -> Result<Topic, SendError> {
        if let Some(topic) = connected
            && topic.produce(events, &self.acknowledged).await.is_ok()
        {
            return Ok(topic);
        }
        let topic = Topic::open(&self.settings, self.deadline).await?;
        topic.produce(events, &self.acknowledged).await?;
        Ok(topic)
    }
}

#[cfg(test)]
mod tests;
