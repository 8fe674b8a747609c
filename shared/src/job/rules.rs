//! Who moves a job and its chunks on, and when: the only place that decides.
//!
//! Pure: a store locks and reads a job and a chunk, asks here, and writes what comes back in the same transaction. Commands of
//! people may be refused. Reports of workers never are: late and repeated ones change nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::backend::{deliver, files_succeed, take};
use super::settle::settle;
use super::{
    Backend, Chunk, ChunkKind, ChunkState, Desired, Event, Job, JobStatus, Join, Lease, Taken,
    WorkerId,
};

/// A chunk that fails so often for a fault of ours is given up.
pub const MAX_ATTEMPTS: u32 = 5;
/// Workers that may be lost on a chunk while no single document is being tried, before it is given up.
pub const MAX_CRASHES: u32 = 5;
/// Workers that may be lost on one document tried by itself, one after the other, before it alone fails.
///
/// A document that kills is tried so often and no more. One that does not is also being tried when workers are killed for a reason of
/// their own, and must not be taken for one that does. How often that happens was simulated, for all workers being killed every 1 to 10 s
/// for five minutes, noticed after 6 s, and documents of 20 ms: with two losses one storm in seven failed a document (without
/// checkpoints two in five), with three not one in 400 (one). Documents of 300 ms are too slow for such a storm: one in four. What is
/// slower still would need each document in a process of its own.
pub const MAX_CRASHES_OF_A_DOCUMENT: u32 = 3;

/// What a decision changes beside the job and the chunk themselves; carried out in order, after both are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Tell the outside, with the job's counts as they are now.
    Event(Event),
    /// Open chunks are cancelled.
    CancelOpenChunks,
    /// The chunk that joins the parts is made.
    InsertJoin,
    /// A chunk is made that brings the documents of this one to a backend.
    InsertDelivery {
        /// Where to.
        backend: Backend,
        /// How many there are.
        documents: u64,
        /// Not before.
        due: Timestamp,
    },
    /// The chunk's documents failed for this reason, and it is kept among the dead letters.
    Bury {
        /// How many there are.
        documents: u64,
        /// For a person.
        reason: String,
    },
}

/// What becomes of a job and one of its chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The job as it is to be.
    pub job: Job,
    /// The chunk as it is to be.
    pub chunk: Chunk,
    /// What else.
    pub effects: Vec<Effect>,
}

/// Why a chunk may not be worked on. The message that led to it has done its work and is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It, or its job, is over.
    Closed,
    /// Somebody else works on it.
    Leased,
    /// Its job is to rest.
    Paused,
    /// Its job is to end.
    Cancelled,
    /// It waits for its next attempt, or its job for its start.
    NotDue,
    /// The worker that asks was given up for lost.
    WorkerLost,
}

/// What becomes of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "it lives for one decision")]
pub enum Claim {
    /// The worker has the lease, of the epoch in the chunk.
    Granted(Change),
    /// It has not. The chunk is as given here: published anew when its time comes, since its message is used up.
    Refused(Refused, Chunk),
}

/// May `worker` work on the chunk?
pub fn claim(job: &Job, chunk: &Chunk, worker: WorkerId, is_alive: bool, now: Timestamp) -> Claim {
    let again = |why, at| {
        let mut chunk = chunk.clone();
        chunk.publish_at = chunk.publish_at.or(Some(at));
        Claim::Refused(why, chunk)
    };
    match chunk.state {
        ChunkState::Leased => return Claim::Refused(Refused::Leased, chunk.clone()),
        ChunkState::Done | ChunkState::Dead | ChunkState::Cancelled => {
            return Claim::Refused(Refused::Closed, chunk.clone());
        }
        ChunkState::Ready => {}
    }
    match job.desired {
        _ if job.status.is_terminal() => {
            return Claim::Refused(Refused::Closed, chunk.clone());
        }
        Desired::Run => {}
        Desired::Pause => return again(Refused::Paused, now),
        Desired::Cancel => return again(Refused::Cancelled, now),
    }
    if let Some(due) = chunk.run_at.filter(|due| *due > now) {
        return again(Refused::NotDue, due);
    }
    if !is_alive {
        return again(Refused::WorkerLost, now);
    }
    let (mut job, mut chunk, mut effects) = (job.clone(), chunk.clone(), Vec::new());
    chunk.state = ChunkState::Leased;
    chunk.epoch.0 += 1;
    chunk.worker = Some(worker);
    chunk.run_at = None;
    chunk.publish_at = None;
    job.leases += 1;
    if job.started_at.is_none() {
        job.started_at = Some(now);
        effects.push(Effect::Event(Event::Started));
    }
    job.status = JobStatus::Running;
    Claim::Granted(Change {
        job,
        chunk,
        effects,
    })
}

/// Whether the lease is the one in force.
fn holds(chunk: &Chunk, lease: &Lease) -> bool {
    chunk.state == ChunkState::Leased
        && chunk.epoch == lease.epoch
        && chunk.worker == Some(lease.worker)
}

/// What becomes of a report that a chunk is done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "it lives for one decision")]
pub enum Completion {
    /// It is.
    Done(Change),
    /// The lease is no longer in force: whoever holds it now does the work, or did.
    Stale,
    /// Documents or backends are missing from the report, or too many: a fault of the worker, which must give the chunk back.
    Miscounted,
}

/// What the holder of a lease says it has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// Documents that came through; of a delivery, that the backend took.
    pub processed: u64,
    /// Documents that failed; of a delivery, that the backend refused.
    pub failed: u64,
    /// How each backend took the documents that came through, beside those whose output is files; empty where none came through.
    pub taken: BTreeMap<Backend, Taken>,
}

/// The holder of the lease says that the chunk is done.
pub fn complete(
    job: &Job,
    chunk: &Chunk,
    lease: &Lease,
    done: &Done,
    now: Timestamp,
) -> Completion {
    if !holds(chunk, lease) {
        return Completion::Stale;
    }
    let (processed, failed) = (done.processed, done.failed);
    if processed + failed != chunk.documents || !names_backends(job, chunk, done) {
        return Completion::Miscounted;
    }
    let (mut job, mut chunk, mut effects) = (job.clone(), chunk.clone(), Vec::new());
    chunk.trying = None;
    let before = job.progress_percent() as u64;
    chunk.state = ChunkState::Done;
    chunk.worker = None;
    chunk.processed = processed;
    chunk.failed = failed;
    job.leases -= 1;
    job.open_chunks -= 1;
    job.error = None;
    match chunk.kind {
        ChunkKind::Documents => {
            job.processed += processed;
            job.failed += failed;
            if job.progress_percent() as u64 > before {
                effects.push(Effect::Event(Event::Progress));
            }
            effects.extend(take(&mut job, processed, &done.taken, now));
        }
        ChunkKind::Join => {
            job.join = Join::Done;
            files_succeed(&mut job);
        }
        ChunkKind::Deliver => deliver(&mut job, &chunk, processed, failed),
    }
    effects.extend(settle(&mut job, now));
    Completion::Done(Change {
        job,
        chunk,
        effects,
    })
}

/// Whether the report says of each backend how it took the documents.
fn names_backends(job: &Job, chunk: &Chunk, done: &Done) -> bool {
    let is_due = chunk.kind == ChunkKind::Documents && done.processed > 0;
    let due = job.backends.keys().filter(|backend| !backend.is_file());
    done.taken.keys().eq(due.filter(|_| is_due))
}

/// Why the holder of a lease gives it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Release {
    /// Its job is to rest or to end, or the worker stops: nothing is wrong, and no attempt is spent.
    Unfinished,
    /// Something outside is wrong (a full disk, a server that is away): again later, however often.
    Environment {
        /// How long to wait.
        wait: Duration,
        /// For a person.
        reason: String,
    },
    /// The work itself failed: again later, but not for ever.
    Fault {
        /// How long to wait.
        wait: Duration,
        /// For a person.
        reason: String,
    },
}

/// The holder of the lease gives the chunk back; nothing when the lease is no longer in force.
pub fn release(
    job: &Job,
    chunk: &Chunk,
    lease: &Lease,
    why: &Release,
    now: Timestamp,
) -> Option<Change> {
    if !holds(chunk, lease) {
        return None;
    }
    let (mut job, mut chunk, mut effects) = (job.clone(), chunk.clone(), Vec::new());
    job.leases -= 1;
    chunk.worker = None;
    chunk.trying = None;
    chunk.state = ChunkState::Ready;
    chunk.publish_at = Some(now);
    match why {
        Release::Unfinished => {}
        Release::Fault { reason, .. }
            if chunk.attempts + 1 >= MAX_ATTEMPTS && chunk.kind == ChunkKind::Documents =>
        {
            chunk.attempts += 1;
            bury(&mut job, &mut chunk, &mut effects, reason.clone());
        }
        Release::Environment { wait, reason } | Release::Fault { wait, reason } => {
            chunk.attempts += 1;
            let due = now.checked_add(*wait).unwrap_or(now);
            chunk.run_at = Some(due);
            chunk.publish_at = Some(due);
            for (backend, progress) in &mut job.backends {
                let is_about_it = match chunk.delivery {
                    Some(delivery) => delivery.backend == *backend,
                    // The worker could not keep them.
                    None => backend.is_file() && matches!(why, Release::Environment { .. }),
                };
                if is_about_it {
                    progress.error = Some(reason.clone());
                }
            }
            job.error = Some(reason.clone());
        }
    }
    effects.extend(settle(&mut job, now));
    Some(Change {
        job,
        chunk,
        effects,
    })
}

/// The worker that held the lease is lost; nothing when the lease is no longer in force.
pub fn rescue(job: &Job, chunk: &Chunk, lease: &Lease, now: Timestamp) -> Option<Change> {
    if !holds(chunk, lease) {
        return None;
    }
    let (mut job, mut chunk, mut effects) = (job.clone(), chunk.clone(), Vec::new());
    job.leases -= 1;
    chunk.worker = None;
    chunk.state = ChunkState::Ready;
    chunk.publish_at = Some(now);
    match chunk.trying.take() {
        Some(document) => *chunk.losses.entry(document).or_default() += 1,
        None => chunk.crashes += 1,
    }
    if chunk.crashes >= MAX_CRASHES && chunk.kind == ChunkKind::Documents {
        let reason = format!("{} workers were lost on its chunk", chunk.crashes);
        bury(&mut job, &mut chunk, &mut effects, reason);
    }
    effects.extend(settle(&mut job, now));
    Some(Change {
        job,
        chunk,
        effects,
    })
}

/// A chunk is given up with all its documents.
fn bury(job: &mut Job, chunk: &mut Chunk, effects: &mut Vec<Effect>, reason: String) {
    chunk.state = ChunkState::Dead;
    chunk.publish_at = None;
    chunk.failed = chunk.documents;
    job.failed += chunk.documents;
    job.open_chunks -= 1;
    effects.push(Effect::Bury {
        documents: chunk.documents,
        reason,
    });
}

/// The holder of the lease is about to try one document by itself, or has tried all; nothing when the lease is no longer in force.
///
/// Told for suspect chunks only, so that it is known which document a worker was lost on.
pub fn trying(chunk: &Chunk, lease: &Lease, document: Option<u32>) -> Option<Chunk> {
    if !holds(chunk, lease) {
        return None;
    }
    let mut chunk = chunk.clone();
    if chunk.trying != document
        && let Some(survived) = chunk.trying
    {
        // Workers that were lost on it before were not lost for it.
        chunk.losses.remove(&survived);
    }
    chunk.trying = document;
    Some(chunk)
}
