//! What is in hand, and what its work is told: go on, give back, let go.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::job::{ChunkId, Desired, Epoch, JobId};
use shared::store::Standing;
use tokio::sync::watch;

/// What the work on a chunk is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Go on.
    GoOn,
    /// Keep what is done and give the chunk back.
    GiveBack,
    /// The lease is somebody else's, or nobody's: write nothing more.
    LetGo,
}

/// All chunks in hand. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    next: u64,
    holds: HashMap<u64, Entry>,
    /// What is wanted of the jobs of these chunks, where it was heard.
    wishes: HashMap<JobId, Wish>,
    is_hurried: bool,
}

#[derive(Debug)]
struct Entry {
    chunk: ChunkId,
    /// None until the claim is granted.
    epoch: Option<Epoch>,
    is_lost: bool,
    order: watch::Sender<Order>,
}

#[derive(Debug, Clone, Copy)]
struct Wish {
    desired: Desired,
    version: i64,
}

/// One chunk in hand, until it is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    held: Held,
    number: u64,
    order: watch::Receiver<Order>,
}

/// What a chunk's work is told, of all that is known.
fn order(is_lost: bool, is_hurried: bool, desired: Desired) -> Order {
    match desired {
        _ if is_lost => Order::LetGo,
        _ if is_hurried => Order::GiveBack,
        Desired::Run => Order::GoOn,
        Desired::Pause | Desired::Cancel => Order::GiveBack,
    }
}

impl Held {
    /// Takes a chunk in hand. Before its claim, so that no hint about its job is missed.
    pub(crate) fn enter(&self, chunk: ChunkId) -> Hold {
        let (sender, receiver) = watch::channel(Order::GoOn);
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        state.holds.insert(
            number,
            Entry {
                chunk,
                epoch: None,
                is_lost: false,
                order: sender,
            },
        );
        state.tell();
        drop(state);
        Hold {
            held: self.clone(),
            number,
            order: receiver,
        }
    }

    /// Hears what is wanted of a job; an older version than known is ignored.
    pub(crate) fn hear(&self, job: JobId, desired: Desired, version: i64) {
        let mut state = self.lock();
        if !state.holds.values().any(|entry| entry.chunk.job == job) {
            return;
        }
        let known = state.wishes.get(&job);
        if known.is_none_or(|known| known.version < version) {
            state.wishes.insert(job, Wish { desired, version });
            state.tell();
        }
    }

    /// Has everything given back, now and from now on.
    pub(crate) fn hurry(&self) {
        let mut state = self.lock();
        state.is_hurried = true;
        state.tell();
    }

    /// How many chunks are in hand.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.lock().holds.len()).unwrap_or(u32::MAX)
    }

    /// The leases in hand.
    pub(crate) fn leases(&self) -> Vec<(ChunkId, Epoch)> {
        let state = self.lock();
        let lease = |entry: &Entry| entry.epoch.map(|epoch| (entry.chunk, epoch));
        state.holds.values().filter_map(lease).collect()
    }

    /// Compares with the leases in force, as read after `before` was: what was in hand before and is not in force is let go. The
    /// leases in force that nobody here works on, as where the answer to a claim was lost.
    pub(crate) fn compare(
        &self,
        before: &[(ChunkId, Epoch)],
        standings: &[Standing],
    ) -> Vec<(ChunkId, Epoch)> {
        let mut state = self.lock();
        let in_force: Vec<_> = standings.iter().map(|s| (s.chunk, s.epoch)).collect();
        for entry in state.holds.values_mut() {
            let lease = entry.epoch.map(|epoch| (entry.chunk, epoch));
            entry.is_lost |=
                lease.is_some_and(|lease| before.contains(&lease) && !in_force.contains(&lease));
        }
        state.tell();
        let is_in_hand = |(chunk, epoch): &(ChunkId, Epoch)| {
            let mut holds = state.holds.values().filter(|entry| entry.chunk == *chunk);
            // Whose claim is under way may be about to hear that it is granted.
            holds.any(|entry| entry.epoch.is_none_or(|held| held == *epoch))
        };
        in_force
            .into_iter()
            .filter(|lease| !is_in_hand(lease))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Tells each chunk's work what has changed for it.
    fn tell(&mut self) {
        for entry in self.holds.values() {
            let wish = self.wishes.get(&entry.chunk.job);
            let desired = wish.map_or(Desired::Run, |wish| wish.desired);
            let now = order(entry.is_lost, self.is_hurried, desired);
            entry
                .order
                .send_if_modified(|told| std::mem::replace(told, now) != now);
        }
    }
}

impl Hold {
    /// The claim is granted.
    pub(crate) fn granted(&self, epoch: Epoch) {
        if let Some(entry) = self.held.lock().holds.get_mut(&self.number) {
            entry.epoch = Some(epoch);
        }
    }

    /// What its work is told now.
    pub(crate) fn order(&self) -> Order {
        *self.order.borrow()
    }

    /// Returns once its work is not to go on.
    pub(crate) async fn stopped(&self) {
        let mut order = self.order.clone();
        // The sender is in the map as long as this is; were it gone, there would be nothing to go on for.
        drop(order.wait_for(|order| *order != Order::GoOn).await);
    }

    /// Looks at what its work is told, from elsewhere.
    pub(crate) fn watch(&self) -> watch::Receiver<Order> {
        self.order.clone()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut state = self.held.lock();
        if let Some(entry) = state.holds.remove(&self.number) {
            let job = entry.chunk.job;
            if !state.holds.values().any(|entry| entry.chunk.job == job) {
                state.wishes.remove(&job);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(index: u32) -> ChunkId {
        ChunkId {
            job: JobId(uuid::Uuid::nil()),
            index,
        }
    }

    fn standing(index: u32, epoch: i64) -> Standing {
        Standing {
            chunk: chunk(index),
            epoch: Epoch(epoch),
            desired: Desired::Run,
            version: 1,
        }
    }

    #[test]
    fn the_newest_wish_counts_whatever_the_order_of_the_hints() {
        let held = Held::default();
        let hold = held.enter(chunk(0));
        let job = chunk(0).job;
        held.hear(job, Desired::Pause, 2);
        assert_eq!(hold.order(), Order::GiveBack);
        held.hear(job, Desired::Run, 3);
        held.hear(job, Desired::Pause, 2);
        assert_eq!(hold.order(), Order::GoOn);
        held.hear(JobId::generate(), Desired::Cancel, 9);
        assert_eq!(hold.order(), Order::GoOn);
    }

    #[test]
    fn a_wish_is_forgotten_with_the_last_chunk_of_its_job() {
        let held = Held::default();
        let hold = held.enter(chunk(0));
        held.hear(chunk(0).job, Desired::Pause, 2);
        let other = held.enter(chunk(1));
        assert_eq!(other.order(), Order::GiveBack);
        drop((hold, other));
        assert_eq!(held.enter(chunk(0)).order(), Order::GoOn);
    }

    #[test]
    fn a_lease_that_is_no_longer_in_force_is_let_go() {
        let held = Held::default();
        let (old, new) = (held.enter(chunk(0)), held.enter(chunk(1)));
        old.granted(Epoch(1));
        let before = held.leases();
        // Claimed after the question was put: its absence says nothing.
        new.granted(Epoch(1));
        assert!(held.compare(&before, &[]).is_empty());
        assert_eq!((old.order(), new.order()), (Order::LetGo, Order::GoOn));
    }

    #[test]
    fn a_lease_that_nobody_works_on_is_found() {
        let held = Held::default();
        let (held_one, claiming) = (held.enter(chunk(0)), held.enter(chunk(1)));
        held_one.granted(Epoch(2));
        let standings = [
            standing(0, 2),
            standing(1, 7),
            standing(2, 3),
            standing(0, 1),
        ];
        let orphans = held.compare(&held.leases(), &standings);
        assert_eq!(orphans, [(chunk(2), Epoch(3)), (chunk(0), Epoch(1))]);
        drop(claiming);
    }

    #[test]
    fn hurry_gives_back_what_comes_later_too() {
        let held = Held::default();
        let hold = held.enter(chunk(0));
        held.hurry();
        assert_eq!(hold.order(), Order::GiveBack);
        assert_eq!(held.enter(chunk(1)).order(), Order::GiveBack);
        assert_eq!(held.len(), 1);
    }
}
