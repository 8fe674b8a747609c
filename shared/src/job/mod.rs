//! Jobs and their chunks: what they are called, in which states they can be, and the rules that move them on.
//!
//! | chunk | becomes | when | who |
//! |---|---|---|---|
//! | ready | leased | its job is to run, it is due, the worker is alive | worker: [`claim`] |
//! | leased | done | the holder reports every document | worker: [`complete`] |
//! | leased | ready | the holder gives it back: at once, or after a wait | worker: [`release`] |
//! | leased | ready | the holder is lost | scheduler: [`rescue`] |
//! | leased | dead | it failed, or cost workers, too often | [`release`], [`rescue`] |
//! | ready | cancelled | its job ends by command | [`command()`], or whoever closes the last lease |
//!
//! | job | becomes | when |
//! |---|---|---|
//! | queued | running | first claim |
//! | queued, running | paused | it is to rest and no lease is left |
//! | paused | queued, running | it is to go on |
//! | queued, running, paused | cancelled | it is to end and no lease is left |
//! | running | completed | nothing is open, a document came through, the files are joined, and every backend has everything |
//! | running | failed | nothing is open and no document came through |

mod backend;
mod command;
mod event;
mod facts;
mod id;
mod options;
mod rules;
mod settle;
mod state;
#[cfg(test)]
mod tests;

pub use backend::{BackendProgress, BackendState, Taken};
pub use command::{Command, Conflict, command};
pub use event::Event;
pub use facts::{Chunk, Delivery, Job, Join, percent};
pub use id::{ChunkId, Epoch, JobId, Lease, WorkerId};
pub use options::{Backend, CHECKPOINT_INTERVAL, CleaningConfig, Metadata, Options};
pub use rules::{
    Change, Claim, Completion, Done, Effect, MAX_ATTEMPTS, MAX_CRASHES, MAX_CRASHES_OF_A_DOCUMENT,
    Refused, Release, claim, complete, release, rescue, trying,
};
pub(crate) use state::words as state_words;
pub use state::{ChunkKind, ChunkState, Desired, JobStatus, Priority, UnknownWord};
