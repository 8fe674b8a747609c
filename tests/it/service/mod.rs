//! The service through its public API, on both stacks: all in one process, and its roles on real servers.

pub(crate) mod client;
pub(crate) mod oracle;
mod outages;
mod redis;
pub(crate) mod scenarios;
pub(crate) mod stack;
mod submissions;
