//! Puts the answers of the workers back in order, finds duplicates, writes, and keeps the checkpoint.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use embedded::documents::{Document, Outcome};
use shared::article::{Problem, ProblemKind, Refused};

use super::batch::UnderWay;
use super::checkpoint::Checkpoint;
use super::counts::Counts;
use super::progress::Progress;
use super::sink::Sink;
use super::worker::{Answer, ErrorRow, fingerprint};

/// The ids that were seen, as fingerprints: about 20 to 40 bytes a document.
pub(crate) type Seen = HashSet<u128>;

/// Longest time between two checkpoints.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(2);
/// How long answers are waited for after a stop: Ctrl-C must end within a second.
const PATIENCE: Duration = Duration::from_millis(600);

/// What the writer hears.
pub(super) enum Message {
    /// A batch is done.
    Answer(Answer),
    /// The input is read.
    ReadEnd(ReadEnd),
}

/// The end of reading.
pub(super) struct ReadEnd {
    /// How many batches there were.
    pub(super) batches: u64,
    /// Lines read.
    pub(super) line: u64,
    /// Why it ended, if not at the end of the input.
    pub(super) error: Option<io::Error>,
}

/// How a run ended.
pub(super) enum Ending {
    /// The whole input is dealt with.
    Whole { counts: Counts, took: Duration },
    /// By a signal.
    Stopped { counts: Counts },
    /// The input could not be read to its end.
    Unreadable {
        counts: Counts,
        line: u64,
        error: io::Error,
    },
}

/// The writing end of a run.
pub(super) struct Writer {
    pub(super) sink: Sink,
    pub(super) checkpoint: Checkpoint,
    pub(super) seen: Seen,
    pub(super) under_way: Arc<UnderWay>,
    pub(super) progress: Progress,
    /// Documents between two checkpoints.
    pub(super) checkpoint_interval: u64,
}

impl Writer {
    /// Writes until the input is dealt with or `stop` is set.
    pub(super) fn run(mut self, messages: &Receiver<Message>, stop: &AtomicBool) -> Result<Ending> {
        let seconds_before = self.checkpoint.seconds;
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        let mut read_end: Option<ReadEnd> = None;
        let mut stopped_at: Option<Instant> = None;
        let mut saved = (Instant::now(), self.checkpoint.counts.documents());
        let is_whole = loop {
            if read_end.as_ref().is_some_and(|end| end.batches == next)
                && !stop.load(Ordering::Relaxed)
            {
                break true;
            }
            if stop.load(Ordering::Relaxed) {
                self.under_way.close();
                let stopped = stopped_at.get_or_insert_with(Instant::now);
                if self.under_way.batches() == 0 || stopped.elapsed() > PATIENCE {
                    break false;
                }
            }
            match messages.recv_timeout(Duration::from_millis(50)) {
                Ok(Message::Answer(answer)) => _ = waiting.insert(answer.number, answer),
                Ok(Message::ReadEnd(end)) => read_end = Some(end),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break false,
            }
            while let Some(answer) = waiting.remove(&next) {
                let is_cut = answer.end.is_none();
                self.take(answer)?;
                if is_cut {
                    // The rest of this batch was not done: nothing behind it may be written.
                    waiting.clear();
                    break;
                }
                next += 1;
            }
            self.progress.update(&self.checkpoint.counts);
            let documents = self.checkpoint.counts.documents();
            if documents - saved.1 >= self.checkpoint_interval
                || saved.0.elapsed() > CHECKPOINT_EVERY
            {
                self.checkpoint.seconds = seconds_before + self.progress.elapsed().as_secs_f64();
                if documents > saved.1 {
                    self.sink.save(self.checkpoint.clone())?;
                }
                saved = (Instant::now(), documents);
            }
        };
        self.progress.finish();
        let took = self.progress.elapsed();
        self.checkpoint.seconds = seconds_before + took.as_secs_f64();
        self.end(is_whole, read_end, took)
    }

    fn end(mut self, is_whole: bool, read_end: Option<ReadEnd>, took: Duration) -> Result<Ending> {
        if !is_whole {
            self.sink.save(self.checkpoint.clone())?;
            return Ok(Ending::Stopped {
                counts: self.checkpoint.counts,
            });
        }
        if let Some(ReadEnd {
            line,
            error: Some(error),
            ..
        }) = read_end
        {
            self.sink.save(self.checkpoint.clone())?;
            return Ok(Ending::Unreadable {
                counts: self.checkpoint.counts,
                line,
                error,
            });
        }
        if self.checkpoint.counts.documents() == 0 {
            let reason = "the input holds no document".to_owned();
            let first = Problem {
                kind: ProblemKind::Empty,
                field: None,
                reason,
            };
            self.fail(
                0,
                &Refused {
                    document_id: None,
                    first,
                    others: Vec::new(),
                },
            )?;
        }
        let counts = self.checkpoint.counts.clone();
        self.sink.finish(self.checkpoint, counts.cleaned > 0)?;
        Ok(Ending::Whole { counts, took })
    }

    /// Writes what became of the lines of a batch.
    fn take(&mut self, answer: Answer) -> Result<()> {
        for (outcome, end) in answer.outcomes {
            match outcome {
                Outcome::Cleaned(cleaned) => self.keep(end.line, *cleaned)?,
                Outcome::Failed(refused) => {
                    if refused.first.kind == ProblemKind::Internal {
                        // It was a valid document: a second one of its id is a duplicate all the same.
                        self.seen
                            .extend(refused.document_id.as_deref().map(fingerprint));
                    }
                    self.fail(end.line, &refused)?;
                }
            }
            self.checkpoint.input = end;
        }
        if let Some(end) = answer.end {
            self.checkpoint.input = end;
        }
        self.under_way.leave(answer.weight);
        Ok(())
    }

    fn keep(&mut self, line: u64, cleaned: Document) -> Result<()> {
        if !self.seen.insert(fingerprint(&cleaned.document_id)) {
            let first = Problem {
                kind: ProblemKind::DuplicateId,
                field: Some("document_id".to_owned()),
                reason: "an earlier line has the same document_id; only the first is taken"
                    .to_owned(),
            };
            let refused = Refused {
                document_id: Some(cleaned.document_id),
                first,
                others: Vec::new(),
            };
            return self.fail(line, &refused);
        }
        self.sink.write_output(&cleaned.json)?;
        let counts = &mut self.checkpoint.counts;
        counts.cleaned += 1;
        counts.corrections += cleaned.corrections as u64;
        for entity_type in cleaned.entity_types {
            // A type is a new key only a few times, so the owned name is made only then.
            match counts.entities.get_mut(entity_type) {
                Some(count) => *count += 1,
                None => _ = counts.entities.insert(entity_type.to_owned(), 1),
            }
        }
        Ok(())
    }

    fn fail(&mut self, line: u64, refused: &Refused) -> Result<()> {
        let row = serde_json::to_vec(&ErrorRow::new(line, refused))
            .context("cannot write down a failure")?;
        self.sink.write_error(&row)?;
        *self
            .checkpoint
            .counts
            .failed
            .entry(refused.first.kind.to_string())
            .or_default() += 1;
        Ok(())
    }
}
