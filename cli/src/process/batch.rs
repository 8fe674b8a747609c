//! Lines on their way to the workers, and the bound on how many bytes may be under way.

use std::sync::{Condvar, Mutex, PoisonError};

use super::input::Position;

/// Documents of one batch at most.
pub(super) const MAX_DOCUMENTS: usize = 64;
/// Bytes of input in one batch, beyond which it is closed.
pub(super) const MAX_BYTES: usize = 256 * 1024;
/// Bytes of input under way at most, from reading to writing. A document is held about six times on its way (its line, its
/// texts, its output), so this bounds memory to a few hundred megabytes whatever comes in.
pub(super) const MAX_BYTES_UNDER_WAY: usize = 48 * 1024 * 1024;

/// Some lines of the input, in order.
#[derive(Default)]
pub(super) struct Batch {
    /// Batches are numbered from 0 without gaps.
    pub(super) number: u64,
    /// The bytes of all lines.
    pub(super) bytes: Vec<u8>,
    /// The lines that hold something.
    pub(super) lines: Vec<BatchLine>,
    /// How far the input is read behind this batch.
    pub(super) end: Position,
    /// What the batch takes of the bound.
    pub(super) weight: usize,
}

/// One line of a batch.
pub(super) struct BatchLine {
    /// Where it is in the batch's bytes; empty for one that was too long.
    pub(super) range: std::ops::Range<usize>,
    /// Its length where it was too long to be kept.
    pub(super) too_long: Option<u64>,
    /// How far the input is read behind this line; its `line` is the line's number.
    pub(super) end: Position,
}

impl Batch {
    /// Whether it takes no more lines.
    pub(super) fn is_full(&self) -> bool {
        self.lines.len() >= MAX_DOCUMENTS || self.bytes.len() >= MAX_BYTES
    }
}

/// Counts what is under way and makes the reader wait while it is too much.
#[derive(Default)]
pub(super) struct UnderWay {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    bytes: usize,
    batches: usize,
    is_closed: bool,
}

impl UnderWay {
    /// Waits until `weight` more bytes fit, or nothing is under way; `false` when the run was stopped meanwhile.
    pub(super) fn enter(&self, weight: usize) -> bool {
        let mut state = self.lock();
        while !state.is_closed && state.batches > 0 && state.bytes + weight > MAX_BYTES_UNDER_WAY {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.is_closed {
            return false;
        }
        state.bytes += weight;
        state.batches += 1;
        true
    }

    /// A batch is written.
    pub(super) fn leave(&self, weight: usize) {
        let mut state = self.lock();
        state.bytes -= weight;
        state.batches -= 1;
        drop(state);
        self.changed.notify_all();
    }

    /// Nothing enters any more.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    /// Batches under way.
    pub(super) fn batches(&self) -> usize {
        self.lock().batches
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
