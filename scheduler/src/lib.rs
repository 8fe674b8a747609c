//! Keeps the truth about jobs: their API, the outbox relay, retries, lost workers, dead letters.
//!
//! [`api()`] serves at every scheduler; [`run()`] does in the background what keeps jobs moving. Several schedulers may run: most of
//! the background work is only the leader's (see the table at [`run()`]).

mod api;
mod dead_letters;
mod ended;
mod events;
mod leader;
mod outage;
mod reaper;
mod reconciler;
mod relay;
mod run;
mod settings;
#[cfg(test)]
mod tests;
mod upkeep;
mod wait;

pub use api::{api, openapi};
pub use events::{EventSinks, Settings as EventSettings};
pub use run::{Scheduler, run};
pub use settings::Settings;
