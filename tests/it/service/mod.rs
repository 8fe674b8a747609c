//! The service through its public API, on both stacks: all in one process, and its roles on real servers.

mod client;
mod oracle;
mod outages;
mod redis;
mod scenarios;
mod stack;
mod submissions;
