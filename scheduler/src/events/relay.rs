//! Delivers events to one sink.
//!
//! At least once: what is delivered is noted afterwards, and what was not noted is delivered again, under the same ids.

use std::time::Duration;

use shared::chain::chain;
use shared::event::{CloudEvent, Position, Reading, Stamp};
use shared::store::{self, Batch, SinkRecord, Store};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::sink::{SendError, Sent, Sink};
use super::target::Target;
use crate::outage::Outage;
use crate::wait::{jittered, wait};

/// Between two looks for events while there are none.
const IDLE: Duration = Duration::from_millis(200);
/// While the database fails.
const STORE_AGAIN: Duration = Duration::from_secs(1);
/// Waits after the first failure of a sink in a row, and at most.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// What is under way when we are to stop may still be answered.
const GRACE: Duration = Duration::from_secs(2);
/// Where events are only passed over, that is noted each so many: a repeat costs nothing but the reading.
const NOTE_EACH: i64 = 1_000;
/// Of an error so many characters are kept.
const ERROR_LENGTH: usize = 300;

/// Delivers what happens, from where the sink stands, until `stop`.
pub(crate) async fn relay(store: Store, target: Target, stop: CancellationToken) {
    let mut storing = Outage::of("reading events to deliver");
    let address = target.address();
    let record = loop {
        let opened = store.open_sink(target.name, &address).await;
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
    let mut relay = Relay {
        sink: target.sink(),
        position: record.position.clone(),
        target,
        store,
        record,
        unnoted: 0,
        failures: 0,
    };
    while !stop.is_cancelled() {
        let pause = match storing.note(Box::pin(relay.turn(&stop)).await) {
            Some(Turn::Wait(pause)) => pause,
            Some(Turn::Ended) => return stop.cancelled().await,
            None => STORE_AGAIN,
        };
        if !pause.is_zero() {
            wait(pause, &stop).await;
        }
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
    /// In a row.
    failures: u32,
}

enum Turn {
    /// Before the next; zero where there is more.
    Wait(Duration),
    /// There is no next.
    Ended,
}

impl Relay {
    /// Reads some events, delivers those that are wanted, and notes how far that came.
    async fn turn(&mut self, stop: &CancellationToken) -> Result<Turn, store::Error> {
        let batch = (self.store)
            .undelivered(&self.position, self.sink.batch())
            .await?;
        let wanted = self.wanted(&batch);
        let sent = tokio::select! {
            sent = self.sink.send(&wanted) => sent,
            () = async { stop.cancelled().await; sleep(GRACE).await } => return Ok(Turn::Ended),
        };
        self.advance(&batch, &sent);
        match sent.outcome {
            Ok(()) => {
                self.note_success().await?;
                Ok(Turn::Wait(match batch.reading {
                    Reading::Cut => Duration::ZERO,
                    Reading::Whole => IDLE,
                }))
            }
            Err(SendError::Gone) => {
                self.note().await?;
                self.disable(&SendError::Gone).await?;
                Ok(Turn::Ended)
            }
            Err(error @ (SendError::Failed { .. } | SendError::Later { .. })) => {
                let pause = self.pause(&error);
                self.note_failure(&error, &batch).await?;
                Ok(Turn::Wait(pause))
            }
        }
    }

    fn wanted(&self, batch: &Batch) -> Vec<CloudEvent> {
        let wanted = (batch.events.iter()).filter(|event| self.target.wants(event.event));
        wanted.map(|event| event.cloud.clone()).collect()
    }

    /// Moves on behind what was taken, and what nobody wants behind that.
    fn advance(&mut self, batch: &Batch, sent: &Sent) {
        let mut wanted = 0;
        let is_done = |event: &&store::Undelivered| {
            wanted += usize::from(self.target.wants(event.event));
            wanted <= sent.taken
        };
        let done: Vec<Stamp> = (batch.events.iter().take_while(is_done))
            .map(|event| event.stamp)
            .collect();
        let reading = match done.len() == batch.events.len() {
            true => batch.reading,
            false => Reading::Cut,
        };
        self.position = self.position.after(&done, reading, batch.now);
        self.unnoted += sent.taken as u64;
    }

    async fn note_success(&mut self) -> Result<(), store::Error> {
        if self.failures > 0 {
            tracing::info!(sink = self.target.name, "events are delivered again");
        }
        self.failures = 0;
        let passed = self.position.seq - self.record.position.seq;
        if self.unnoted > 0 || passed >= NOTE_EACH || self.record.failing_since.is_some() {
            self.note().await?;
        }
        Ok(())
    }

    /// Writes down how far the sink has come. Where somebody else did so meanwhile, which happens when the leadership changes, we go on
    /// from there.
    async fn note(&mut self) -> Result<(), store::Error> {
        let (record, count) = (&mut self.record, self.unnoted);
        if !(self.store)
            .delivered(record, &self.position, count)
            .await?
        {
            self.record = self.store.sink(self.target.name).await?;
            self.position = self.record.position.clone();
        }
        self.unnoted = 0;
        Ok(())
    }

    /// How long to leave the sink alone.
    fn pause(&mut self, error: &SendError) -> Duration {
        let backoff = backoff(self.failures);
        self.failures += 1;
        match error {
            SendError::Later { after, .. } => backoff.max(*after),
            SendError::Failed { .. } | SendError::Gone => backoff,
        }
    }

    async fn note_failure(&mut self, error: &SendError, batch: &Batch) -> Result<(), store::Error> {
        if self.failures == 1 {
            let error: &(dyn std::error::Error + 'static) = error;
            tracing::warn!(
                sink = self.target.name,
                error,
                "events cannot be delivered; they are kept and sent again until it works"
            );
        }
        if self.unnoted > 0 {
            self.note().await?;
        }
        let text: String = chain(error).chars().take(ERROR_LENGTH).collect();
        if self.record.failing_since.is_none() || self.record.error.as_ref() != Some(&text) {
            self.store.sink_failed(self.target.name, &text).await?;
            self.record.failing_since.get_or_insert(batch.now);
            self.record.error = Some(text);
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

/// After so many failures before.
fn backoff(failures: u32) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(failures));
    jittered(doubled.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute() {
        for (failures, seconds) in [(0, 1), (1, 2), (5, 32), (6, 60), (1_000, 60)] {
            let middle = Duration::from_secs(seconds);
            let wait = backoff(failures);
            assert!((middle / 2..=middle * 3 / 2).contains(&wait), "{wait:?}");
        }
    }
}
