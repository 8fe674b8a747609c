//! Claims chunks, runs the text pipeline, writes the outputs.
//!
//! [`run`] is the role: it takes deliveries from the broker (`intake`, each queue in its turn: `turns`), claims the chunk of each
//! (`chunk`), cleans its documents group by group on threads of its own (`progress`, `threads`) with the code that `scutch
//! process` runs too ([`documents`]), brings them to the job's backends and reports (`storage`). What a backend did not take a chunk of its own brings
//! later (`deliver`), and one joins the parts into the job's files (`join`).
//! A heart on a thread of its own keeps the leases and fences the worker off when it cannot (`heart`, `held`).

pub mod article;
mod checkpoints;
mod chunk;
mod cleaned;
mod cleaning;
mod context;
mod dealt;
mod deliver;
pub mod documents;
mod health;
mod heart;
mod held;
mod hints;
mod insist;
mod intake;
mod join;
mod preprocess;
mod progress;
mod retry;
mod role;
mod settings;
mod storage;
mod sweeper;
#[cfg(test)]
mod tests;
mod threads;
mod turns;

pub use health::health;
pub use role::{Error, Worker, run};
pub use settings::Settings;
pub use storage::{OpenError, Settings as OutputSettings, Storage};
