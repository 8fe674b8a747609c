//! Events to NATS, kept by a stream of `JetStream`, as the `CloudEvents` binding says: structured, the only mode it knows
//! (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/nats-protocol-binding.md>).

mod address;
mod message;
mod stream;

use std::time::Duration;

use serde::Deserialize;
use shared::event::CloudEvent;
use shared::job::Event;
use shared::secret::Secret;

use super::sink::SendError;
use stream::Stream;

/// Of each step, so that a slow server gets on: longer than one takes that is well. The relay sends again later.
const DEADLINE: Duration = Duration::from_secs(10);

/// Where to, and which events.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `nats://` or, with TLS, `tls://`; several servers of a cluster are separated by commas. It may hold `user:password@` or
    /// `token@`, with special characters percent-encoded.
    pub url: Option<Secret>,
    /// Where no stream covers it, one named `SCUTCH_EVENTS` is created, or gets it beside its other subjects.
    pub subject: String,
    /// Types of the events that are sent.
    pub types: Vec<Event>,
}

/// The stream, connected to when there is something to send.
pub(crate) struct Nats {
    settings: Settings,
    deadline: Duration,
    stream: Option<Stream>,
}

impl Nats {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            deadline: DEADLINE,
            stream: None,
        }
    }

    /// All of them, in order; `taken` is how many the stream has stored.
    pub(crate) async fn send(
        &mut self,
        events: &[CloudEvent],
        taken: &mut usize,
    ) -> Result<(), SendError> {
        if events.is_empty() {
            return Ok(());
        }
        // Taken, not borrowed: whatever goes wrong, also if this future is dropped, the next one connects anew.
        let connected = self.stream.take();
        let delivery = deliver(&self.settings, self.deadline, connected, events, taken);
        self.stream = Some(Box::pin(delivery).await?);
        Ok(())
    }
}

/// On a connection that was used before if that still works: that the server was restarted since is no failure. What it had
/// stored already, it recognises.
async fn deliver(
    settings: &Settings,
    deadline: Duration,
    connected: Option<Stream>,
    events: &[CloudEvent],
    taken: &mut usize,
) -> Result<Stream, SendError> {
    if let Some(stream) = connected
        && stream.publish(events, taken).await.is_ok()
    {
        return Ok(stream);
    }
    let stream = Stream::open(settings, deadline).await?;
    stream.publish(events, taken).await?;
    Ok(stream)
}

#[cfg(test)]
mod tests;
