//! The documents of one chunk: cleaned group by group, with a look in between at whether to go on, and kept on the way.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pipeline::Pipeline;
use shared::checkpoint::Kept;
use shared::failpoint;
use shared::job::{Lease, MAX_CRASHES_OF_A_DOCUMENT};
use shared::payload;
use shared::store::{Granted, Line};
use tokio::time::{Instant, timeout};

use crate::article::Stamp;
use crate::cleaning;
use crate::context::Context;
use crate::dealt::Dealt;
use crate::documents::{self, GROUP};
use crate::held::{Hold, Order};
use crate::insist::{GaveUp, insist};
use crate::threads::{Error, Turn};

/// How far a chunk is.
pub(crate) struct Progress<'a> {
    context: &'a Context,
    hold: &'a Hold,
    granted: &'a Granted,
    lines: Vec<Bytes>,
    dealt: Vec<Option<Dealt>>,
    /// What is not in the checkpoint yet.
    unsaved: Vec<(u32, Bytes)>,
    saved_at: Instant,
}

/// Where the work on a chunk ended.
#[derive(Debug, PartialEq)]
pub(crate) enum End {
    /// Every document is dealt with.
    All,
    /// It is to be given back.
    GiveBack,
    /// The lease is lost.
    LetGo,
    /// It cannot be done.
    Fault(String),
}

/// Longest time between two checkpoints.
const INTERVAL: Duration = Duration::from_secs(2);
/// How long a group that is under way may take when its chunk is to be given back; what it did later is lost.
const PATIENCE: Duration = Duration::from_millis(500);

impl<'a> Progress<'a> {
    /// Where older claims left off.
    ///
    /// # Errors
    /// The [`End`] of a chunk whose documents cannot be read.
    pub(crate) async fn begin(
        context: &'a Context,
        hold: &'a Hold,
        granted: &'a Granted,
        packed: Bytes,
    ) -> Result<Self, End> {
        let unpacked = context.threads.run(Turn::Usual, move || {
            let lines = Bytes::from(payload::unpack(&packed)?);
            let documents = payload::documents(&lines).map(|line| lines.slice_ref(line));
            Ok::<Vec<Bytes>, std::io::Error>(documents.collect())
        });
        let lines = match unpacked.await {
            Ok(Ok(lines)) => lines,
            Ok(Err(error)) => return Err(End::Fault(format!("its payload is damaged: {error}"))),
            Err(Error::Panicked(place)) => return Err(End::Fault(format!("it failed at {place}"))),
            Err(Error::Ended) => return Err(End::LetGo),
        };
        if lines.len() as u64 != granted.documents {
            let (has, says) = (lines.len(), granted.documents);
            return Err(End::Fault(format!(
                "its payload holds {has} documents and not {says}"
            )));
        }
        let mut dealt = vec![None; lines.len()];
        for (index, kept) in context.checkpoints.load(&granted.lease).await {
            if let Some(slot) = dealt.get_mut(index as usize) {
                *slot = Dealt::from_bytes(&kept);
            }
        }
        for index in &granted.poison {
            let index = *index as usize;
            if let (Some(slot), Some(line)) = (dealt.get_mut(index), lines.get(index)) {
                // What is kept came through after all.
                slot.get_or_insert_with(|| Dealt::poison(line, MAX_CRASHES_OF_A_DOCUMENT));
            }
        }
        Ok(Self {
            context,
            hold,
            granted,
            lines,
            dealt,
            unsaved: Vec::new(),
            saved_at: Instant::now(),
        })
    }

    /// Deals with the documents that are left, until all are or it is told to stop.
    pub(crate) async fn run(&mut self) -> End {
        let options = cleaning::with(
            self.context.pipeline.options(),
            &self.granted.options.cleaning,
        );
        let pipeline = Arc::new(self.context.pipeline.with_options(options));
        let stamp = Arc::new(Stamp {
            job_id: self.lease().chunk.job.to_string(),
            batch_id: self.granted.batch_id.clone(),
        });
        let size = if self.granted.is_suspect { 1 } else { GROUP };
        let left: Vec<usize> = (0..self.lines.len())
            .filter(|index| self.dealt[*index].is_none())
            .collect();
        for group in left.chunks(size) {
            let end = match self.hold.order() {
                Order::GoOn => self.group(group, &pipeline, &stamp).await,
                Order::GiveBack => Some(End::GiveBack),
                Order::LetGo => Some(End::LetGo),
            };
            if let Some(end) = end {
                return end;
            }
        }
        // What a worker is lost on from here is no document.
        if self.granted.is_suspect
            && !left.is_empty()
            && let Some(end) = self.announce(None).await
        {
            return end;
        }
        match self.hold.order() {
            Order::GoOn | Order::GiveBack => End::All,
            Order::LetGo => End::LetGo,
        }
    }

    /// Deals with some documents; why it goes no further, if it does not.
    async fn group(
        &mut self,
        group: &[usize],
        pipeline: &Arc<Pipeline>,
        stamp: &Arc<Stamp>,
    ) -> Option<End> {
        if self.granted.is_suspect {
            for index in group {
                let document = u32::try_from(*index).unwrap_or(u32::MAX);
                if let Some(end) = self.announce(Some(document)).await {
                    return Some(end);
                }
            }
        }
        let lines: Vec<Bytes> = group
            .iter()
            .map(|index| self.lines[*index].clone())
            .collect();
        let (pipeline, stamp) = (Arc::clone(pipeline), Arc::clone(stamp));
        let work = self.context.threads.run(Turn::Usual, move || {
            let start = Instant::now();
            let documents = lines.iter().map(|line| Ok(line.as_ref()));
            let outcomes = documents::clean(&pipeline, &stamp, documents);
            let micros = start.elapsed().as_micros() / outcomes.len().max(1) as u128;
            let micros = u64::try_from(micros).unwrap_or(u64::MAX);
            let dealt = outcomes
                .into_iter()
                .map(|outcome| Dealt::new(outcome, micros));
            dealt.collect::<Vec<_>>()
        });
        let mut work = std::pin::pin!(work);
        let done = tokio::select! {
            biased;
            done = &mut work => done,
            () = self.hold.stopped() => match timeout(PATIENCE, &mut work).await {
                Ok(done) => done,
                // The next look at the order says what is to be done.
                Err(_) => return self.stop(),
            },
        };
        match done {
            Ok(dealt) => {
                for (index, dealt) in group.iter().zip(dealt) {
                    let number = u32::try_from(*index).unwrap_or(u32::MAX);
                    self.unsaved.push((number, dealt.to_bytes()));
                    self.dealt[*index] = Some(dealt);
                }
                self.save_if_due().await
            }
            Err(Error::Panicked(place)) => Some(End::Fault(format!("it failed at {place}"))),
            Err(Error::Ended) => Some(End::LetGo),
        }
    }

    fn stop(&self) -> Option<End> {
        match self.hold.order() {
            // What was wanted is not wanted any more; this group has to be done again.
            Order::GoOn | Order::GiveBack => Some(End::GiveBack),
            Order::LetGo => Some(End::LetGo),
        }
    }

    /// Tells which document is tried next, should the worker be lost on it; or that none is.
    async fn announce(&self, document: Option<u32>) -> Option<End> {
        let told = insist(
            "telling which document is tried",
            &self.context.lost,
            || self.context.store.trying(self.lease(), document),
        );
        match told.await {
            Ok(true) => None,
            Ok(false) | Err(GaveUp::Stopped) => Some(End::LetGo),
            Err(GaveUp::Refused(error)) => Some(End::Fault(error.to_string())),
        }
    }

    async fn save_if_due(&mut self) -> Option<End> {
        let interval = self.granted.options.checkpoint_interval as usize;
        let is_due = self.granted.is_suspect
            || self.unsaved.len() >= interval
            || self.saved_at.elapsed() >= INTERVAL;
        // What is all done is about to be reported.
        let is_last = self.dealt.iter().all(Option::is_some) && !self.granted.is_suspect;
        if is_due && !is_last {
            return self.save().await;
        }
        None
    }

    /// Keeps what is done; why the work goes no further, if it does not.
    pub(crate) async fn save(&mut self) -> Option<End> {
        if self.unsaved.is_empty() {
            return None;
        }
        self.saved_at = Instant::now();
        match self
            .context
            .checkpoints
            .save(self.lease(), &self.unsaved)
            .await
        {
            Some(Kept::Yes) => {
                self.unsaved.clear();
                failpoint::crash("worker.checkpointed");
            }
            Some(Kept::Stale) => return Some(End::LetGo),
            None => {}
        }
        None
    }

    /// What became of each document, once all are dealt with.
    pub(crate) fn dealt(&self) -> impl Iterator<Item = &Dealt> {
        self.dealt.iter().flatten()
    }

    /// The documents that came through.
    pub(crate) fn lines(&self) -> Vec<Line> {
        (0..)
            .zip(self.dealt())
            .filter_map(|(document, dealt)| {
                let json = dealt.result.as_ref().ok()?.clone();
                Some(Line { document, json })
            })
            .collect()
    }

    fn lease(&self) -> &'a Lease {
        &self.granted.lease
    }
}
