//! Tells the outside what happens to jobs: a relay for each sink, from the table of events.
//!
//! A sink that is away keeps its place there ([`shared::event::Position`]) and holds up neither the others nor a job.

mod kafka;
mod nats;
mod pace;
mod rabbitmq;
mod redis_streams;
mod relay;
mod settings;
mod sink;
mod target;
mod webhook;

pub(crate) use relay::relay;
pub use settings::{EventSinks, Settings};
pub(crate) use target::Target;
