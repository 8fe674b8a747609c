//! Delivers events to one sink.
//!
//! At least once: what is delivered is noted afterwards, and what was not noted is delivered again, under the same ids.

use std::time::Duration;

use shared::chain::chain;
use shared::event::{CloudEvent, Position, Reading, Stamp};
use shared::failpoint;
use shared::store::{self, Batch, SinkRecord, Store};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::pace::{News, Pace};
use super::sink::{SendError, Sink};
use super::target::Target;
use crate::outage::Outage;
use crate::wait::wait;

/// While the database fails.
const STORE_AGAIN: Duration = Duration::from_secs(1);
/// What is under way when we are to stop may still be answered.
const GRACE: Duration = Duration::from_secs(2);
/// Where events are only passed over, that is noted each so many, or so much later. What is not noted is read again, and delivered
/// where its type is wanted by then.
const NOTE_EACH: i64 = 1_000;
const NOTE_AFTER: Duration = Duration::from_secs(60);
/// Of an error so many characters are kept.
const ERROR_LENGTH: usize = 300;

/// Delivers what happens, from where the sink stands, until `stop`.
pub(crate) async fn relay(store: Store, target: Target, stop: CancellationToken) {
    let mut storing = Outage::of("the relay of events to a sink");
    let address = target.address();
    let record = loop {
        let opened = store.open_sink(target.name, &address).await;
        let opened = opened.map_err(|source| Trouble::reading(&target, source));
        if let Some(record) = storing.note(opened) {
            break record;
        }
        if !wait(STORE_AGAIN, &stop).await {
            return;
        }
    };
    if record.disabled_at.is_some() {
        tracing::warn!(
            sink = target.name,
            "the receiver answered 410 Gone once: no events are sent until another address is configured"
        );
        return stop.cancelled().await;
    }
    let mut relay = Relay::new(store, target, record);
    while !stop.is_cancelled() {
        let pause = match storing.note(Box::pin(relay.turn(&stop)).await) {
            Some(Turn::Wait(pause)) => pause,
            Some(Turn::Ended) => {
                stop.cancelled().await;
                break;
            }
            None => STORE_AGAIN,
        };
        if !pause.is_zero() {
            wait(pause, &stop).await;
        }
    }
    relay.end().await;
}

/// What the database could not do for a sink.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("cannot read the events for the sink {sink}")]
    Reading {
        sink: &'static str,
        source: store::Error,
    },
    #[error("cannot note how far the sink {sink} has come")]
    Noting {
        sink: &'static str,
        source: store::Error,
    },
}

impl Trouble {
    fn reading(target: &Target, source: store::Error) -> Self {
        let sink = target.name;
        Self::Reading { sink, source }
    }
}

struct Relay {
    store: Store,
    target: Target,
    sink: Sink,
    /// What the database knows.
    record: SinkRecord,
    /// Where the sink is, which may be further.
    position: Position,
    /// Events that were delivered since it was noted.
    unnoted: u64,
    /// When the database was told last.
    noted_at: Instant,
    pace: Pace,
    /// Whether the log has a failure whose end it does not have.
    is_told: bool,
}

enum Turn {
    /// Before the next; zero where there is more.
    Wait(Duration),
    /// There is no next.
    Ended,
}

impl Relay {
    fn new(store: Store, target: Target, record: SinkRecord) -> Self {
        Self {
            sink: target.sink(),
            position: record.position.clone(),
            target,
            store,
            record,
            unnoted: 0,
            noted_at: Instant::now(),
            pace: Pace::default(),
            is_told: false,
        }
    }

    /// Reads some events, delivers those that are wanted, and notes how far that came.
    async fn turn(&mut self, stop: &CancellationToken) -> Result<Turn, Trouble> {
        let limit = self.sink.batch();
        let batch = self.store.undelivered(&self.position, limit).await;
        let batch = batch.map_err(|source| Trouble::reading(&self.target, source))?;
        let (wanted, mut taken) = (self.wanted(&batch), 0);
        let outcome = tokio::select! {
            outcome = self.sink.send(&wanted, &mut taken) => Some(outcome),
            () = async { stop.cancelled().await; sleep(GRACE).await } => None,
        };
        if taken > 0 {
            failpoint::crash("scheduler.told");
        }
        self.advance(&batch, taken);
        // What was taken by then is noted at the end.
        let Some(outcome) = outcome else {
            return Ok(Turn::Ended);
        };
        let noted = self.conclude(&batch, taken, outcome).await;
        let sink = self.target.name;
        noted.map_err(|source| Trouble::Noting { sink, source })
    }

    async fn conclude(
        &mut self,
        batch: &Batch,
        taken: usize,
        outcome: Result<(), SendError>,
    ) -> Result<Turn, store::Error> {
        match outcome {
            Ok(()) => {
                let pause = self.pace.after_success(News {
                    is_cut: batch.reading == Reading::Cut,
                    // What fills a gap is late already.
                    is_near: !batch.events.is_empty() || !self.position.gaps.is_empty(),
                });
                self.note_success().await?;
                Ok(Turn::Wait(pause))
            }
            Err(SendError::Gone) => {
                self.note().await?;
                self.disable(&SendError::Gone).await?;
                Ok(Turn::Ended)
            }
            Err(error @ (SendError::Failed { .. } | SendError::Later { .. })) => {
                let pause = self.pace.after_failure(&error, taken);
                self.note_failure(&error).await?;
                Ok(Turn::Wait(pause))
            }
        }
    }

    fn wanted(&self, batch: &Batch) -> Vec<CloudEvent> {
        let wanted = (batch.events.iter()).filter(|event| self.target.wants(event.event));
        wanted.map(|event| event.cloud.clone()).collect()
    }

    /// Moves on behind what was taken of the wanted, and what nobody wants behind that.
    fn advance(&mut self, batch: &Batch, taken: usize) {
        let mut wanted = 0;
        let is_done = |event: &&store::Undelivered| {
            wanted += usize::from(self.target.wants(event.event));
            wanted <= taken
        };
        let done: Vec<Stamp> = (batch.events.iter().take_while(is_done))
            .map(|event| event.stamp)
            .collect();
        let reading = match done.len() == batch.events.len() {
            true => batch.reading,
            false => Reading::Cut,
        };
        self.position = self.position.after(&done, reading, batch.now);
        self.unnoted += taken as u64;
    }

    async fn note_success(&mut self) -> Result<(), store::Error> {
        if self.is_told {
            tracing::info!(sink = self.target.name, "events are delivered again");
        }
        self.is_told = false;
        let passed = self.passed();
        let is_late = passed > 0 && self.noted_at.elapsed() >= NOTE_AFTER;
        let is_over = self.record.failing_since.is_some();
        if self.unnoted > 0 || passed >= NOTE_EACH || is_late || is_over {
            self.note().await?;
        }
        Ok(())
    }

    /// How far the sink is ahead of what the database knows.
    fn passed(&self) -> i64 {
        self.position.seq - self.record.position.seq
    }

    /// Notes what is not, for who goes on after us. What fails here is only repeated.
    async fn end(&mut self) {
        if self.unnoted == 0 && self.passed() == 0 {
            return;
        }
        let sink = self.target.name;
        match timeout(GRACE, self.note()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(sink, error, "how far the sink has come is not noted");
            }
            Err(_) => tracing::warn!(sink, "how far the sink has come is not noted in time"),
        }
    }

    /// Writes down how far the sink has come. Where somebody else did so meanwhile, which happens when the leadership changes, we go on
    /// from there.
    async fn note(&mut self) -> Result<(), store::Error> {
        let (record, count) = (&mut self.record, self.unnoted);
        if !(self.store)
            .delivered(record, &self.position, count)
            .await?
        {
            self.follow().await?;
        }
        self.unnoted = 0;
        self.noted_at = Instant::now();
        Ok(())
    }

    /// Goes on from where somebody else has come.
    async fn follow(&mut self) -> Result<(), store::Error> {
        self.record = self.store.sink(self.target.name).await?;
        self.position = self.record.position.clone();
        Ok(())
    }

    async fn note_failure(&mut self, error: &SendError) -> Result<(), store::Error> {
        if !self.is_told {
            let error: &(dyn std::error::Error + 'static) = error;
            tracing::warn!(
                sink = self.target.name,
                error,
                "events cannot be delivered; they are kept and sent again until it works"
            );
        }
        self.is_told = true;
        // First, since that ends what failed before.
        if self.unnoted > 0 || self.passed() > 0 {
            self.note().await?;
        }
        let text: String = chain(error).chars().take(ERROR_LENGTH).collect();
        let record = &mut self.record;
        let is_known = record.failing_since.is_some() && record.error.as_ref() == Some(&text);
        if !is_known && !self.store.sink_failed(record, &text).await? {
            self.follow().await?;
        }
        Ok(())
    }

    async fn disable(&self, error: &SendError) -> Result<(), store::Error> {
        let name = self.target.name;
        self.store.disable_sink(name, &chain(error)).await?;
        tracing::warn!(
            sink = name,
            "the receiver answered 410 Gone: no events are sent until another address is configured"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests;
