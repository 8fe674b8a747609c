//! Errors in one line.

use std::error::Error;
use std::iter::successors;

/// An error with its sources.
pub fn chain(error: &dyn Error) -> String {
    let sources = successors(error.source(), |&error| error.source());
    sources.fold(error.to_string(), |text, source| {
        format!("{text}: {source}")
    })
}
