//! Events that are still to be delivered.

use std::time::Duration;

use jiff::Timestamp;

use super::super::tx::Tx;
use super::super::value::{Row, Value};
use super::super::{Error, Store, sql};
use crate::event::{CloudEvent, Position, Reading, Stamp, first};
use crate::job::{Event, JobId};

/// So many events behind a position are looked at for a backlog.
pub const MOST_COUNTED: u32 = 100_000;
/// Gaps that one statement asks for.
const GAPS_AT_ONCE: usize = 100;

/// An event that is to be delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct Undelivered {
    /// Its number and time.
    pub stamp: Stamp,
    /// What happened.
    pub event: Event,
    /// The event as the outside gets it.
    pub cloud: CloudEvent,
}

/// Events that are to be delivered, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The events.
    pub events: Vec<Undelivered>,
    /// Whether there are more.
    pub reading: Reading,
    /// The database's time before they were read.
    pub now: Timestamp,
}

/// Events that a receiver does not have yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many of the next [`MOST_COUNTED`] that happened.
    pub events: u64,
    /// How old the oldest of these is.
    pub age: Duration,
}

impl Store {
    /// The first `limit` events that are not delivered at this position.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undelivered(&self, position: &Position, limit: u32) -> Result<Batch, Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        // First what is behind, then the gaps from the highest down: who sees an event of a job sees its earlier ones later.
        let behind = [position.seq.into(), limit.into()];
        let behind = undelivered(&mut tx, sql::EVENTS_BEHIND, &behind).await?;
        let mut filled = Vec::new();
        for gaps in position.gaps.rchunks(GAPS_AT_ONCE) {
            // No event has the number 0.
            let numbers = gaps.iter().map(|gap| gap.seq).chain(std::iter::repeat(0));
            let numbers: Vec<_> = numbers.take(GAPS_AT_ONCE).map(Value::from).collect();
            filled.extend(undelivered(&mut tx, &events_in_gaps(), &numbers).await?);
        }
        tx.commit().await?;
        let seq = |event: &Undelivered| event.stamp.seq;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (events, reading) = first(behind, filled, limit, seq);
        Ok(Batch {
            events,
            reading,
            now,
        })
    }

    /// How much of these types a receiver at this position does not have yet. Gaps do not count: mostly nothing is there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn backlog(&self, position: &Position, types: &[Event]) -> Result<Backlog, Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let is_wanted = |event: &Event| types.is_empty() || types.contains(event);
        let mut values: Vec<Value> = vec![position.seq.into(), MOST_COUNTED.into()];
        values.extend(Event::ALL.iter().map(|event| {
            let word = is_wanted(event).then_some(event.as_str());
            Value::from(word.unwrap_or_default())
        }));
        let row = tx.first(sql::BACKLOG, &values).await?;
        tx.commit().await?;
        let Some(row) = row else {
            return Ok(Backlog::default());
        };
        let oldest: Option<Timestamp> = row.get(1)?;
        let age = oldest.map(|oldest| now.duration_since(oldest));
        Ok(Backlog {
            events: row.get(0)?,
            age: age.and_then(|age| age.try_into().ok()).unwrap_or_default(),
        })
    }
}

async fn undelivered(
    tx: &mut Tx,
    statement: &str,
    parameters: &[Value],
) -> Result<Vec<Undelivered>, Error> {
    let rows = tx.query(statement, parameters).await?;
    rows.iter().map(read_event).collect()
}

fn read_event(row: &Row) -> Result<Undelivered, Error> {
    let event: Event = row.parsed(2)?;
    let time = row.get(3)?;
    let job: JobId = row.get(5)?;
    Ok(Undelivered {
        stamp: Stamp {
            seq: row.get(0)?,
            time,
        },
        event,
        cloud: CloudEvent {
            id: row.get(1)?,
            kind: event.cloud_type(),
            subject: format!("job/{job}"),
            time,
            traceparent: row.get(6)?,
            data: row.get(4)?,
        },
    })
}

/// The statement that asks for [`GAPS_AT_ONCE`] numbers. Both databases have lists of parameters, but no arrays in common.
fn events_in_gaps() -> String {
    let numbers: Vec<_> = (1..=GAPS_AT_ONCE).map(|n| format!("${n}")).collect();
    sql::EVENTS_IN_GAPS.replace("{numbers}", &numbers.join(", "))
}
