//! Events from outside: what real receivers hold, read by packages that are not ours.

mod all_sinks;
mod captured;
mod consumer;
mod sinks;
mod webhook;

pub(crate) use sinks::{Sink, Sinks};
