//! How far a receiver has come in the events, and what it must ask for again.
//!
//! Events are numbered when they are inserted, but transactions commit in any order: when event 8 is seen, 7 may still be under way
//! in another transaction. A receiver that went by its last number alone would never see it. So a position remembers the numbers
//! that were missing, its gaps, and asks for them again until they are old enough that their transaction must have ended: a number
//! also goes unused where a transaction was rolled back, or an event was there already.
//!
//! What a job's events are in order by: each is inserted while the job's row is locked. So when one is visible, those before it are,
//! as long as events behind the position are read first and gaps afterwards, from the highest to the lowest.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// After so long a gap stays one.
///
/// What bounds a transaction: each statement, and each pause between two, may take `database.timeout_ms`, 2 minutes at most, and the
/// few statements behind the one that inserts an event are all that come between a number and its commit.
pub const FINAL_AFTER: Duration = Duration::from_secs(30 * 60);
/// So many gaps are remembered, the newest. What is under way is seconds old: more would have to appear within these.
const MOST_GAPS: usize = 1_000;

/// A number whose event was not there when later ones were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(i64, i64)", try_from = "(i64, i64)")]
pub struct Gap {
    /// The number.
    pub seq: i64,
    /// When the event behind the gap happened, by the database's clock: the number was given out before.
    pub since: Timestamp,
}

/// Number and time of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Its number.
    pub seq: i64,
    /// When it happened.
    pub time: Timestamp,
}

/// Whether there was more to read than was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Nothing more: a number that was asked for and did not come is not there.
    Whole,
    /// Something was left for the next time.
    Cut,
}

/// How far a receiver has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// The highest number that was delivered or passed over.
    pub seq: i64,
    /// Numbers below it that may still come, ascending.
    pub gaps: Vec<Gap>,
}

impl From<Gap> for (i64, i64) {
    fn from(gap: Gap) -> Self {
        (gap.seq, gap.since.as_microsecond())
    }
}

impl TryFrom<(i64, i64)> for Gap {
    type Error = jiff::Error;

    fn try_from((seq, since): (i64, i64)) -> Result<Self, jiff::Error> {
        let since = Timestamp::from_microsecond(since)?;
        Ok(Self { seq, since })
    }
}

impl Position {
    /// Behind this number, without gaps.
    pub fn behind(seq: i64) -> Self {
        Self {
            seq,
            gaps: Vec::new(),
        }
    }

    /// The position after `events`, ascending, which were read from here, all or the first of them. `now` is the database's time
    /// before the reading.
    pub fn after(&self, events: &[Stamp], reading: Reading, now: Timestamp) -> Self {
        let comes = |gap: &&Gap| {
            let is_there = events.binary_search_by_key(&gap.seq, |event| event.seq);
            is_there.is_err() && (reading == Reading::Cut || !is_final(gap.since, now))
        };
        let mut gaps: Vec<Gap> = self.gaps.iter().filter(comes).copied().collect();
        let mut seq = self.seq;
        for event in events.iter().filter(|event| event.seq > self.seq) {
            if !is_final(event.time, now) {
                let missing = seq + 1..event.seq;
                // A number that leaps ahead leaves more than anybody could ask for.
                let newest = missing.start.max(missing.end - MOST_GAPS as i64);
                let since = event.time;
                gaps.extend((newest..missing.end).map(|seq| Gap { seq, since }));
            }
            seq = event.seq;
        }
        gaps.drain(..gaps.len().saturating_sub(MOST_GAPS));
        Self { seq, gaps }
    }
}

fn is_final(since: Timestamp, now: Timestamp) -> bool {
    // Negative where a clock went back: that makes nothing final.
    let age = Duration::try_from(now.duration_since(since));
    age.is_ok_and(|age| age >= FINAL_AFTER)
}

/// The first `limit` of two readings, in order.
pub(crate) fn first<T>(
    behind: Vec<T>,
    gaps: Vec<T>,
    limit: usize,
    seq: impl Fn(&T) -> i64,
) -> (Vec<T>, Reading) {
    let mut events = gaps;
    events.extend(behind);
    events.sort_by_key(seq);
    // Of those behind the position no more than `limit` were asked for: as many may stand for more.
    let reading = match events.len() < limit {
        true => Reading::Whole,
        false => Reading::Cut,
    };
    events.truncate(limit);
    (events, reading)
}

#[cfg(test)]
mod tests;
