//! Which queue the next chunk is taken from: by weight, so that none starves, and an empty one gives its turn away.
//!
//! Stride scheduling: each queue stands somewhere on a road and moves on by its stride when something is taken from it; the one
//! that is furthest behind goes first. A queue that was empty starts from where the others are, so it saves up no turns.

use shared::broker::Queue;
use shared::job::Priority;

/// A queue of chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    High,
    Normal,
    Low,
    Quarantine,
}

impl Lane {
    pub(crate) const ALL: [Self; 4] = [Self::High, Self::Normal, Self::Low, Self::Quarantine];

    /// The queue at the broker.
    pub(crate) fn queue(self) -> Queue {
        match self {
            Self::High => Queue::Work(Priority::High),
            Self::Normal => Queue::Work(Priority::Normal),
            Self::Low => Queue::Work(Priority::Low),
            Self::Quarantine => Queue::Quarantine,
        }
    }

    /// Deliveries that may wait here, for so many slots. Of suspects only one at a time is in the house.
    pub(crate) fn prefetch(self, slots: usize) -> u16 {
        let prefetch = match self {
            Self::High | Self::Normal => slots.saturating_mul(2),
            Self::Low => slots,
            Self::Quarantine => 1,
        };
        u16::try_from(prefetch.max(1)).unwrap_or(u16::MAX)
    }

    /// Six over the weight: 6, 3, 1 and 1.
    fn stride(self) -> u64 {
        match self {
            Self::High => 1,
            Self::Normal => 2,
            Self::Low | Self::Quarantine => 6,
        }
    }
}

/// Where the queues stand.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    places: [u64; Lane::ALL.len()],
    /// Where the one stood that was taken from last.
    front: u64,
}

impl Turns {
    /// The queues in the order in which they are to be tried now.
    pub(crate) fn order(&self) -> [Lane; Lane::ALL.len()] {
        let mut lanes = Lane::ALL;
        lanes.sort_by_key(|lane| self.place(*lane));
        lanes
    }

    /// Something was taken from the queue.
    pub(crate) fn taken(&mut self, lane: Lane) {
        self.front = self.front.max(self.place(lane));
        self.places[lane as usize] = self.front + lane.stride();
    }

    fn place(&self, lane: Lane) -> u64 {
        self.places[lane as usize].max(self.front)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often each queue was taken from in so many turns, when only `filled` ones hold anything.
    fn taken(turns: &mut Turns, filled: &[Lane], times: usize) -> [usize; 4] {
        let mut counts = [0; 4];
        for _ in 0..times {
            let next = turns.order().into_iter().find(|lane| filled.contains(lane));
            let next = next.unwrap();
            turns.taken(next);
            counts[next as usize] += 1;
        }
        counts
    }

    #[test]
    fn full_queues_are_taken_from_by_weight() {
        let counts = taken(&mut Turns::default(), &Lane::ALL, 1100);
        for (count, expected) in counts.into_iter().zip([600, 300, 100, 100]) {
            assert!(usize::abs_diff(count, expected) <= 4, "{counts:?}");
        }
    }

    #[test]
    fn an_empty_queue_gives_its_turn_away() {
        let counts = taken(&mut Turns::default(), &[Lane::Low], 10);
        assert_eq!(counts, [0, 0, 10, 0]);
        let counts = taken(&mut Turns::default(), &[Lane::High, Lane::Low], 700);
        assert!(
            usize::abs_diff(counts[Lane::Low as usize], 100) <= 2,
            "{counts:?}"
        );
    }

    #[test]
    fn a_queue_that_was_empty_saves_up_no_turns() {
        let mut turns = Turns::default();
        taken(&mut turns, &[Lane::Normal], 1000);
        let counts = taken(&mut turns, &[Lane::High, Lane::Normal], 90);
        assert!(
            usize::abs_diff(counts[Lane::Normal as usize], 30) <= 2,
            "{counts:?}"
        );
    }

    #[test]
    fn none_waits_longer_than_its_stride() {
        let mut turns = Turns::default();
        let mut since = 0;
        for _ in 0..1000 {
            let next = turns.order()[0];
            turns.taken(next);
            since = if next == Lane::Low { 0 } else { since + 1 };
            assert!(since <= 12);
        }
    }
}
