//! The truth about jobs, in PostgreSQL or, for one process, in SQLite.
//!
//! Every method is one transaction: it locks and reads (job before chunk), asks the rules of [`crate::job`], and writes what they
//! say. Both databases run the same code with the same statements (`sql`); only opening, locking and the clock differ.

mod articles;
mod chunk;
mod control;
mod dead_letter;
mod error;
mod event;
mod failure;
mod job;
mod leader;
mod lease;
mod migrations;
mod open;
mod outbox;
mod settings;
mod sink;
mod sql;
mod submit;
mod tx;
mod upkeep;
mod value;
mod worker;

pub use articles::{Articles, Line, RefusedArticle};
pub use control::CommandError;
pub use dead_letter::{DeadLetter, DeadLetterKind, DeadMessage, Replay, ReplayError};
pub use error::Error;
pub use event::JobEvent;
pub use failure::Failure;
pub use job::{Filter, JobRecord};
pub use leader::Leadership;
pub use lease::{Granted, Part, Report, ToDeliver};
pub use open::Store;
pub use outbox::Outgoing;
pub use settings::Settings;
pub use sink::{Backlog, Batch, MOST_COUNTED, SinkRecord, Undelivered};
pub use submit::{NewChunk, NewJob, Submission};
pub use upkeep::{Pruned, Retention};
pub use worker::{NewWorker, Pulse, Standing, WorkerRecord, WorkerState};
