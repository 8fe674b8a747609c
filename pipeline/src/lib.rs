//! The text pipeline of Scutch: from the raw text of an article to a clean one, and what was found in it.
//!
//! Synchronous; the steps are pure: no network, no files, no clock (a model's files are read, and its work is timed). One [`Pipeline`] serves all threads:
//! [`prepare`](Pipeline::prepare) runs the steps that need no understanding (each in its own module, in the order of
//! `steps`), [`read`](Pipeline::read) finds what the text names, [`finish`](Pipeline::finish) corrects words and draws up the
//! result. Offsets inside this crate are bytes; [`CodePoints`] turns them into what readers of the output count.

mod code_points;
mod control;
mod currency;
mod encoding;
pub mod entity;
mod html;
pub mod language;
pub mod model;
mod number;
mod options;
pub mod panics;
mod pipeline;
mod repeats;
mod small_words;
mod spacing;
mod steps;
pub mod temporal;
pub mod typo;
mod typography;
mod units;
mod whitespace;

pub use code_points::CodePoints;
pub use options::Options;
pub use pipeline::{Cleaned, Correction, Pipeline, Reading, Suspicion};
