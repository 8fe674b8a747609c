//! Where the broker is.

use std::fmt;

use serde::Deserialize;

/// Which broker to use and how long to wait for it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `amqp://user:password@host:5672/vhost`, or `amqps` for TLS; none for queues in this process. A secret.
    pub url: Option<String>,
    /// How long a publish may take, connecting included.
    pub confirm_timeout_ms: u64,
    /// After twice this time without a sign of life a connection is taken for dead.
    pub heartbeat_s: u64,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("url", &self.url.as_ref().map(|_| "(secret)"))
            .field("confirm_timeout_ms", &self.confirm_timeout_ms)
            .field("heartbeat_s", &self.heartbeat_s)
            .finish()
    }
}
