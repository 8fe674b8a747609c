//! What a model has done.

use std::ops::AddAssign;
use std::time::Duration;

/// Counts since the model was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Calls of [`Model::read`](super::Model::read) that were answered, with readings or an error.
    pub requests: u64,
    /// Texts read.
    pub documents: u64,
    /// Their words.
    pub words: u64,
    /// The pieces of their words, each once.
    pub pieces: u64,
    /// Windows: a long text is read in several, which overlap.
    pub windows: u64,
    /// Batches that went to the device and came back.
    pub batches: u64,
    /// How often the device had no memory for a batch, which was then halved.
    pub halvings: u64,
    /// How long the model was at work, waiting left out.
    pub busy: Duration,
}

impl AddAssign for Statistics {
    fn add_assign(&mut self, more: Self) {
        self.requests += more.requests;
        self.documents += more.documents;
        self.words += more.words;
        self.pieces += more.pieces;
        self.windows += more.windows;
        self.batches += more.batches;
        self.halvings += more.halvings;
        self.busy += more.busy;
    }
}
