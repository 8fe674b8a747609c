//! The worker on the embedded database, the broker of this process and a pipeline without model.

mod backends;
mod house;
mod jobs;
mod losses;
mod questions;
