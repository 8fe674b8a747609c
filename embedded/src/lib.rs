//! Producer, scheduler and worker in one process, on the in-process broker and SQLite or on real servers.
//!
//! Configuration and composition, nothing else: [`run()`] starts the roles that are asked for on the servers that the settings name,
//! and serves their HTTP interfaces together.

mod docs;
mod run;
mod servers;
mod settings;
mod site;

pub use docs::openapi;
pub use producer::Settings as ProducerSettings;
pub use run::{Error, Plan, Role, run};
pub use scheduler::{EventSettings, Settings as SchedulerSettings};
pub use settings::{Http, Settings};
pub use worker::{OutputSettings, Settings as WorkerSettings};
// What `scutch process` cleans documents with: the same code as the workers'.
pub use worker::{article, documents};
