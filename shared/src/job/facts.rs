//! What the rules look at: the parts of a job and of a chunk that decide what may happen to them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::state::words;
use super::{
    Backend, BackendProgress, ChunkKind, ChunkState, Desired, Epoch, JobStatus,
    MAX_CRASHES_OF_A_DOCUMENT, WorkerId,
};

words! {
    /// Whether and when the parts that the chunks wrote are joined into the job's files.
    Join {
        /// The job writes no files.
        Needless = "needless",
        /// When all documents are dealt with.
        Due = "due",
        /// Its chunk is there.
        Open = "open",
        /// The files are visible.
        Done = "done",
    }
}

/// A job, as far as the rules need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What it is seen to be.
    pub status: JobStatus,
    /// What people want of it.
    pub desired: Desired,
    /// Documents that were accepted.
    pub total: u64,
    /// Documents that came through.
    pub processed: u64,
    /// Documents that failed.
    pub failed: u64,
    /// Chunks on which work may still come.
    pub open_chunks: u64,
    /// Chunks that are worked on.
    pub leases: u64,
    /// Those of the open ones that only deliver.
    pub deliveries: u64,
    /// How far each backend is that the job names.
    pub backends: BTreeMap<Backend, BackendProgress>,
    /// Where the joining of its output stands.
    pub join: Join,
    /// When its first chunk was claimed.
    pub started_at: Option<Timestamp>,
    /// When it came to rest last.
    pub paused_at: Option<Timestamp>,
    /// When it was told to go on last.
    pub resumed_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// Why it failed, or why it does not get on.
    pub error: Option<String>,
}

impl Job {
    /// Documents dealt with, in percent of all, 0 to 100.
    pub fn progress_percent(&self) -> f64 {
        percent(self.processed + self.failed, self.total)
    }
}

/// `part` in percent of `whole`, rounded down to two decimals so that 100 means all; 100 of nothing.
pub fn percent(part: u64, whole: u64) -> f64 {
    match (part.saturating_mul(10_000)).checked_div(whole) {
        Some(hundredths) => hundredths as f64 / 100.0,
        None => 100.0,
    }
}

/// What a chunk delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// Where to.
    pub backend: Backend,
    /// The chunk whose part it is.
    pub source: u32,
}

/// A chunk, as far as the rules need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// What its work is.
    pub kind: ChunkKind,
    /// What it delivers; only of that kind.
    pub delivery: Option<Delivery>,
    /// Where it stands.
    pub state: ChunkState,
    /// The newest claim.
    pub epoch: Epoch,
    /// Who works on it.
    pub worker: Option<WorkerId>,
    /// Documents in it.
    pub documents: u64,
    /// Documents of it that came through.
    pub processed: u64,
    /// Documents of it that failed.
    pub failed: u64,
    /// Times that a worker gave it back as failed.
    pub attempts: u32,
    /// Workers that were lost on it while no single document was being tried.
    pub crashes: u32,
    /// The document that is being tried by itself, by its index in the chunk.
    pub trying: Option<u32>,
    /// Workers that were lost on each document tried by itself, since it came through last.
    pub losses: BTreeMap<u32, u32>,
    /// Not to be claimed before; none: at any time.
    pub run_at: Option<Timestamp>,
    /// To be published at or after; none: the broker has it, or there is nothing to publish.
    pub publish_at: Option<Timestamp>,
}

impl Chunk {
    /// A chunk of documents that nobody has worked on.
    pub fn new(documents: u64, publish_at: Timestamp) -> Self {
        Self {
            kind: ChunkKind::Documents,
            delivery: None,
            state: ChunkState::Ready,
            epoch: Epoch(0),
            worker: None,
            documents,
            processed: 0,
            failed: 0,
            attempts: 0,
            crashes: 0,
            trying: None,
            losses: BTreeMap::new(),
            run_at: None,
            publish_at: Some(publish_at),
        }
    }

    /// A chunk that brings so many documents of another one to a backend, not before `due`.
    pub fn deliver(delivery: Delivery, documents: u64, due: Timestamp) -> Self {
        Self {
            kind: ChunkKind::Deliver,
            delivery: Some(delivery),
            run_at: Some(due),
            ..Self::new(documents, due)
        }
    }

    /// The chunk that joins the parts of the others.
    pub fn join(publish_at: Timestamp) -> Self {
        Self {
            kind: ChunkKind::Join,
            ..Self::new(0, publish_at)
        }
    }

    /// Whether it is worked on by itself, a document at a time: it may be what workers are lost on.
    pub fn is_suspect(&self) -> bool {
        self.crashes > 0
    }

    /// Documents that are not tried any more, since each cost too many workers; by their index in the chunk.
    pub fn poison(&self) -> Vec<u32> {
        let given_up = self
            .losses
            .iter()
            .filter(|(_, lost)| **lost >= MAX_CRASHES_OF_A_DOCUMENT);
        given_up.map(|(document, _)| *document).collect()
    }
}
