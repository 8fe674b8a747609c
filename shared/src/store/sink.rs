//! How far receivers of events have come, and what is still to be delivered to them.

mod undelivered;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::job::{from_json, to_json};
use super::tx::Tx;
use super::value::{Row, Value};
use super::{Error, Store, sql};
use crate::event::{Gap, Position};

pub use self::undelivered::{Backlog, Batch, MOST_COUNTED, Undelivered};

/// A receiver that was never seen gets what happened in the last hour: what happened while the service was first started, but not a
/// month of jobs that nobody waits for.
const FIRST: Duration = Duration::from_secs(60 * 60);

/// A receiver of events.
#[derive(Debug, Clone, PartialEq)]
pub struct SinkRecord {
    /// What it is called.
    pub name: String,
    /// How far it has come.
    pub position: Position,
    /// Events that were delivered to it.
    pub delivered: u64,
    /// When one was delivered last.
    pub delivered_at: Option<Timestamp>,
    /// Since when nothing can be delivered.
    pub failing_since: Option<Timestamp>,
    /// Why not, for a person.
    pub error: Option<String>,
    /// When it asked for no more.
    pub disabled_at: Option<Timestamp>,
}

impl Store {
    /// Where a receiver stands; one that was never seen begins with the last hour.
    ///
    /// One that asked for no more is asked again once its `address` is another.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_sink(&self, name: &str, address: &str) -> Result<SinkRecord, Error> {
        let mut tx = self.begin().await?;
        let beginning = beginning(&mut tx).await?;
        let new = [name.into(), address.into(), beginning.seq.into(), gaps(&[])];
        tx.execute(sql::INSERT_SINK, &new).await?;
        let moved = [address.into(), name.into()];
        tx.execute(sql::MOVE_SINK, &moved).await?;
        let row = tx.first(sql::SINK, &[name.into()]).await?;
        tx.commit().await?;
        let new = SinkRecord::new(name, beginning);
        row.map_or(Ok(new), |row| read(name, &row))
    }

    /// Where a receiver stands, or would begin.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sink(&self, name: &str) -> Result<SinkRecord, Error> {
        let mut tx = self.begin().await?;
        let record = match tx.first(sql::SINK, &[name.into()]).await? {
            Some(row) => read(name, &row)?,
            None => SinkRecord::new(name, beginning(&mut tx).await?),
        };
        tx.commit().await?;
        Ok(record)
    }

    /// Notes that a receiver, which stood as `record` says, has come to `position`, with `count` events more.
    ///
    /// Whether it did: not where somebody else has delivered to it meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delivered(
        &self,
        record: &mut SinkRecord,
        position: &Position,
        count: u64,
    ) -> Result<bool, Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let delivered = record.delivered + count;
        let delivered_at = match count {
            0 => record.delivered_at,
            _ => Some(now),
        };
        let values = [
            position.seq.into(),
            to_json(&position.gaps),
            delivered.into(),
            delivered_at.into(),
            record.name.as_str().into(),
            record.position.seq.into(),
            record.delivered.into(),
        ];
        let changed = tx.execute(sql::DELIVERED, &values).await?;
        tx.commit().await?;
        if changed > 0 {
            record.position = position.clone();
            (record.delivered, record.delivered_at) = (delivered, delivered_at);
            (record.failing_since, record.error) = (None, None);
        }
        Ok(changed > 0)
    }

    /// Notes why nothing can be delivered to a receiver, which stood as `record` says.
    ///
    /// Whether it did: not where somebody else has delivered to it meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sink_failed(&self, record: &mut SinkRecord, error: &str) -> Result<bool, Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let values = [
            now.into(),
            error.into(),
            record.name.as_str().into(),
            record.position.seq.into(),
            record.delivered.into(),
        ];
        let changed = tx.execute(sql::SINK_FAILED, &values).await?;
        tx.commit().await?;
        if changed > 0 {
            record.failing_since.get_or_insert(now);
            record.error = Some(error.to_owned());
        }
        Ok(changed > 0)
    }

    /// Notes that a receiver asked for no more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn disable_sink(&self, name: &str, error: &str) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        let now = tx.now().await?;
        let values = [now.into(), error.into(), name.into()];
        tx.execute(sql::DISABLE_SINK, &values).await?;
        tx.commit().await
    }
}

impl SinkRecord {
    fn new(name: &str, position: Position) -> Self {
        Self {
            name: name.to_owned(),
            position,
            delivered: 0,
            delivered_at: None,
            failing_since: None,
            error: None,
            disabled_at: None,
        }
    }
}

/// Where a receiver begins that was never seen: behind the last event that is older than an hour.
async fn beginning(tx: &mut Tx) -> Result<Position, Error> {
    let before = tx.now().await?.checked_sub(FIRST).unwrap_or(Timestamp::MIN);
    let row = tx.first(sql::LAST_EVENT_BEFORE, &[before.into()]).await?;
    let seq = row.map_or(Ok(0), |row| row.get(0))?;
    Ok(Position::behind(seq))
}

fn gaps(gaps: &[Gap]) -> Value {
    to_json(&gaps)
}

fn read(name: &str, row: &Row) -> Result<SinkRecord, Error> {
    let gaps: Json = row.get(1)?;
    Ok(SinkRecord {
        name: name.to_owned(),
        position: Position {
            seq: row.get(0)?,
            gaps: from_json(1, gaps)?,
        },
        delivered: row.get(2)?,
        delivered_at: row.get(3)?,
        failing_since: row.get(4)?,
        error: row.get(5)?,
        disabled_at: row.get(6)?,
    })
}

#[cfg(test)]
mod tests;
