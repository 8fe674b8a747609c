//! Checkpoints in the memory of this process.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::Kept;
use crate::job::{ChunkId, Epoch, JobId, Lease};

/// How long results are kept where nobody has said it.
pub(super) const A_DAY: Duration = Duration::from_hours(24);

/// Results of unfinished chunks in this process. Clones share them.
#[derive(Debug, Clone)]
pub struct MemoryCheckpoint {
    ttl: Duration,
    chunks: Arc<Mutex<HashMap<ChunkId, Chunk>>>,
}

/// What is kept of one chunk.
#[derive(Debug)]
struct Chunk {
    /// The newest claim that has written.
    epoch: Epoch,
    results: BTreeMap<u32, Bytes>,
    /// When the last results came.
    saved: Instant,
}

impl MemoryCheckpoint {
    /// An empty one, which keeps results this long after the last of their chunk.
    pub(super) fn new(ttl: Duration) -> Self {
        Self {
            ttl,
            chunks: Arc::default(),
        }
    }

    pub(super) fn load(&self, lease: &Lease) -> BTreeMap<u32, Bytes> {
        self.load_at(lease, Instant::now())
    }

    fn load_at(&self, lease: &Lease, now: Instant) -> BTreeMap<u32, Bytes> {
        let chunks = self.chunks();
        let kept = chunks.get(&lease.chunk);
        kept.filter(|kept| self.is_alive(kept, now) && kept.epoch <= lease.epoch)
            .map(|kept| kept.results.clone())
            .unwrap_or_default()
    }

    pub(super) fn save(&self, lease: &Lease, results: &[(u32, Bytes)]) -> Kept {
        self.save_at(lease, results, Instant::now())
    }

    fn save_at(&self, lease: &Lease, results: &[(u32, Bytes)], now: Instant) -> Kept {
        let mut chunks = self.chunks();
        // All chunks, and not this one alone: nobody may ever ask for one that was lost. Few are open at a time.
        chunks.retain(|_, kept| self.is_alive(kept, now));
        let kept = chunks.entry(lease.chunk).or_insert_with(|| Chunk {
            epoch: lease.epoch,
            results: BTreeMap::new(),
            saved: now,
        });
        if kept.epoch > lease.epoch {
            return Kept::Stale;
        }
        kept.epoch = lease.epoch;
        kept.saved = now;
        kept.results.extend(results.iter().cloned());
        Kept::Yes
    }

    pub(super) fn discard(&self, chunk: ChunkId) {
        self.chunks().remove(&chunk);
    }

    pub(super) fn discard_job(&self, job: JobId) {
        self.chunks().retain(|chunk, _| chunk.job != job);
    }

    fn is_alive(&self, kept: &Chunk, now: Instant) -> bool {
        now.duration_since(kept.saved) < self.ttl
    }

    /// A thread that panicked while it held the lock left a map that is whole: each change of it is one call.
    fn chunks(&self) -> MutexGuard<'_, HashMap<ChunkId, Chunk>> {
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::WorkerId;

    const TTL: Duration = Duration::from_secs(60);

    fn lease(job: JobId, index: u32, epoch: i64) -> Lease {
        Lease {
            chunk: ChunkId { job, index },
            epoch: Epoch(epoch),
            worker: WorkerId::generate(),
        }
    }

    fn result(index: u32) -> (u32, Bytes) {
        (index, Bytes::from(format!("document {index}")))
    }

    #[test]
    fn results_end_when_their_time_has_come() {
        let (memory, lease) = (MemoryCheckpoint::new(TTL), lease(JobId::generate(), 0, 1));
        let start = Instant::now();
        memory.save_at(&lease, &[result(1)], start);
        let just_before = start + TTL - Duration::from_nanos(1);
        assert_eq!(memory.load_at(&lease, just_before).len(), 1);
        assert!(memory.load_at(&lease, start + TTL).is_empty());
    }

    #[test]
    fn each_save_gives_the_whole_chunk_new_time() {
        let (memory, lease) = (MemoryCheckpoint::new(TTL), lease(JobId::generate(), 0, 1));
        let start = Instant::now();
        memory.save_at(&lease, &[result(1)], start);
        memory.save_at(&lease, &[result(2)], start + TTL / 2);
        let kept = memory.load_at(&lease, start + TTL);
        assert_eq!(kept, BTreeMap::from([result(1), result(2)]));
        assert!(memory.load_at(&lease, start + TTL * 3 / 2).is_empty());
    }

    #[test]
    fn a_save_frees_chunks_whose_time_is_over() {
        let (memory, job) = (MemoryCheckpoint::new(TTL), JobId::generate());
        let start = Instant::now();
        memory.save_at(&lease(job, 0, 1), &[result(1)], start);
        memory.save_at(&lease(job, 1, 1), &[result(1)], start + TTL);
        assert_eq!(memory.chunks().len(), 1);
    }

    #[test]
    fn an_old_claim_may_write_once_more_when_the_newer_one_is_forgotten() {
        let (memory, job) = (MemoryCheckpoint::new(TTL), JobId::generate());
        let (old, new) = (lease(job, 0, 1), lease(job, 0, 2));
        let start = Instant::now();
        memory.save_at(&new, &[result(1)], start);
        assert_eq!(memory.save_at(&old, &[result(2)], start), Kept::Stale);
        assert_eq!(memory.save_at(&old, &[result(2)], start + TTL), Kept::Yes);
        // Which harms nobody: the store refuses what an old claim reports.
        assert_eq!(
            memory.load_at(&new, start + TTL),
            BTreeMap::from([result(2)])
        );
    }

    #[test]
    fn clones_share_what_is_kept() {
        let (memory, lease) = (MemoryCheckpoint::new(TTL), lease(JobId::generate(), 0, 1));
        memory.clone().save(&lease, &[result(1)]);
        assert_eq!(memory.load(&lease), BTreeMap::from([result(1)]));
    }
}
