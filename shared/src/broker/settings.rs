//! Where the broker is.

use serde::Deserialize;

use crate::secret::Secret;

/// Which broker to use and how long to wait for it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `amqp://user:password@host:5672/vhost`, or `amqps` for TLS; none for queues in this process. A secret.
    pub url: Option<Secret>,
    /// How long a publish may take, connecting included.
    pub confirm_timeout_ms: u64,
    /// After twice this time without a sign of life a connection is taken for dead.
    pub heartbeat_s: u64,
}
