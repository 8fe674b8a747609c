//! What is sent.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;

/// A message, as the roles see it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// What the body is, with its version: `scutch.work.v1`. The AMQP property `type`.
    pub kind: String,
    /// Its own id. The AMQP property `message_id`.
    pub id: String,
    /// Texts beside the body.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Bytes,
    /// How long it is worth delivering; for ever where not said.
    pub expiration: Option<Duration>,
}

/// Shows no text of the body, so that it may be logged.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("kind", &self.kind)
            .field("id", &self.id)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .field("expiration", &self.expiration)
            .finish()
    }
}

/// Where an answer is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyTo {
    /// Who asked.
    pub(super) address: String,
    /// Which question.
    pub(super) correlation: String,
}
