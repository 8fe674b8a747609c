//! The service through its public API, on both stacks: all in one process, and its roles on real servers.

mod outages;
pub(crate) mod scenarios;
mod stopping;
mod submissions;
