//! What tests of the whole stand on: the command, a running service, its clients, and what must be true of a job in the end.

#![expect(
    clippy::unwrap_used,
    reason = "only tests use it: what goes wrong ends them, and they say why"
)]

pub mod client;
pub mod documents;
pub mod elasticsearch;
pub mod oracle;
pub mod python;
pub mod redis;
pub mod role;
pub mod scutch;
pub mod stack;
