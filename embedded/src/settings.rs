//! What is set of all roles together.

use serde::Deserialize;
use shared::{broker, checkpoint, store};

/// The sections of the configuration that the roles read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the roles answer.
    pub http: Http,
    /// What carries messages.
    pub broker: broker::Settings,
    /// Where the truth about jobs is kept.
    pub database: store::Settings,
    /// Where results of unfinished chunks are kept.
    pub redis: checkpoint::Settings,
    /// The producer.
    pub producer: producer::Settings,
    /// The scheduler.
    pub scheduler: scheduler::Settings,
    /// The worker.
    pub worker: worker::Settings,
    /// Where cleaned documents go.
    pub output: worker::OutputSettings,
    /// Who is told what happens to jobs.
    pub events: scheduler::EventSettings,
}

/// Where the roles answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address and port, `127.0.0.1:8000`; port 0 is any that is free.
    pub listen: String,
}
