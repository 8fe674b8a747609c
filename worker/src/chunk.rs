//! One delivery's way: read, claimed, worked on, reported, acknowledged.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use shared::broker::{Delivery, Queue};
use shared::chain::chain;
use shared::failpoint;
use shared::job::{Backend, ChunkKind, Completion, JobStatus, Lease, Refused, Release, Taken};
use shared::message::{FIRST_QUEUE, REASON, Unreadable, Work};
use shared::store::{Granted, Line, Report};
use shared::trace::Traceparent;
use tokio::time::sleep;
use tracing::Instrument;

use crate::cleaned::cleaned;
use crate::context::{Context, acknowledge};
use crate::held::{Hold, Order};
use crate::insist::{GaveUp, insist};
use crate::progress::{End, Progress};
use crate::storage::{Batch, Brought, RefusedDocument};
use crate::{deliver, join};

/// Deals with a delivery. Dropped on the way, as when the worker is lost, it has written nothing that counts.
pub(crate) async fn deal(context: Arc<Context>, delivery: Delivery) {
    let work = match Work::from_message(&delivery.message) {
        Ok(work) => work,
        Err(error) => return park(&context, delivery, &error).await,
    };
    let span = tracing::info_span!(
        "chunk",
        job.id = %work.chunk.job,
        chunk = work.chunk.index,
        trace.id = work.trace.map(Traceparent::trace_id),
    );
    claim(&context, delivery, work).instrument(span).await;
}

/// Claims a chunk and works on it.
async fn claim(context: &Context, delivery: Delivery, work: Work) {
    let hold = context.held.enter(work.chunk);
    // Not after a stop: what is not begun goes back at once.
    let claimed = insist("claiming a chunk", &context.draining, || {
        let wants_payload = work.payload.is_none();
        context.store.claim(work.chunk, context.id, wants_payload)
    });
    match claimed.await {
        Ok(Ok(granted)) => {
            hold.granted(granted.lease.epoch);
            match granted.kind {
                ChunkKind::Documents => documents(context, &hold, granted, work.payload).await,
                ChunkKind::Join => join::join(context, &hold, &granted).await,
                ChunkKind::Deliver => deliver::deliver(context, &hold, &granted).await,
            }
        }
        Ok(Err(Refused::WorkerLost)) => return context.lost.cancel(),
        Ok(Err(
            refused @ (Refused::Closed
            | Refused::Leased
            | Refused::Paused
            | Refused::Cancelled
            | Refused::NotDue),
        )) => tracing::debug!(chunk = %work.chunk, ?refused, "not to be worked on"),
        Err(GaveUp::Stopped) => return,
        // The chunk is published again when nobody claims it for long.
        Err(GaveUp::Refused(error)) => {
            tracing::error!(chunk = %work.chunk, error = %chain(&error), "cannot claim a chunk");
        }
    }
    acknowledge(delivery).await;
}

/// Puts a message that cannot be read where a person finds it.
async fn park(context: &Context, delivery: Delivery, why: &Unreadable) {
    tracing::warn!(error = %why, queue = %delivery.queue.name(), "parked a message");
    let mut message = delivery.message.clone();
    let headers = [
        (REASON, why.to_string()),
        (FIRST_QUEUE, delivery.queue.name()),
    ];
    message
        .headers
        .extend(headers.map(|(name, value)| (name.to_owned(), value)));
    let mut attempts = 0;
    while let Err(error) = context.broker.publish(&Queue::Dead, message.clone()).await {
        tracing::debug!(error = %chain(&error), "cannot park a message yet");
        tokio::select! {
            // It goes back to its queue, and another worker parks it.
            () = context.draining.cancelled() => return,
            () = sleep(context.wait(attempts)) => attempts += 1,
        }
    }
    acknowledge(delivery).await;
}

/// Cleans the documents of a chunk that is claimed, and reports or gives back.
pub(crate) async fn documents(
    context: &Context,
    hold: &Hold,
    mut granted: Granted,
    inline: Option<Bytes>,
) {
    let Some(packed) = inline.or_else(|| granted.payload.take()) else {
        let reason = "its documents are no longer kept".to_owned();
        return fault(context, &granted, reason).await;
    };
    let mut progress = match Progress::begin(context, hold, &granted, packed).await {
        Ok(progress) => progress,
        Err(End::Fault(reason)) => return fault(context, &granted, reason).await,
        Err(End::All | End::GiveBack | End::LetGo) => return,
    };
    match progress.run().await {
        End::All => {
            failpoint::crash("worker.inferred");
            finish(context, hold, &granted, &mut progress).await;
        }
        End::GiveBack => {
            progress.save().await;
            context
                .give_back(&granted.lease, &Release::Unfinished)
                .await;
        }
        End::LetGo => tracing::info!(chunk = %granted.lease.chunk, "let go of a lost lease"),
        End::Fault(reason) => {
            progress.save().await;
            fault(context, &granted, reason).await;
        }
    }
}

async fn fault(context: &Context, granted: &Granted, reason: String) {
    let wait = context.wait(granted.attempts);
    let why = Release::Fault { wait, reason };
    context.give_back(&granted.lease, &why).await;
}

/// Writes the part, brings the documents to the job's backends, and reports.
async fn finish(context: &Context, hold: &Hold, granted: &Granted, progress: &mut Progress<'_>) {
    let lease = &granted.lease;
    let mut report = report(lease, progress);
    let lines = progress.lines();
    let written = if lines.is_empty() {
        Ok(())
    } else {
        write(context, hold, granted, &lines, &mut report).await
    };
    if let Err(reason) = written {
        // What is kept is not cleaned again.
        progress.save().await;
        let wait = context.wait(granted.attempts);
        let why = Release::Environment { wait, reason };
        return context.give_back(lease, &why).await;
    }
    failpoint::crash("worker.written");
    if hold.order() == Order::LetGo {
        return remove_part(context, lease, report.part).await;
    }
    match complete(context, granted, &report).await {
        Reported::Counts(status) => {
            context.checkpoints.discard(lease.chunk).await;
            context.forget_if_ended(lease.chunk.job, status).await;
        }
        Reported::CountsNot => remove_part(context, lease, report.part).await,
        // The part stays: it may count. If not, it goes with its job.
        Reported::Unknown => {}
    }
}

fn report(lease: &Lease, progress: &Progress<'_>) -> Report {
    let mut report = Report::default();
    let (mut entities, mut corrections, mut micros) = (0, 0, 0_u64);
    for (document, dealt) in (0..).zip(progress.dealt()) {
        entities += dealt.counts.entities;
        corrections += dealt.counts.corrections;
        micros = micros.saturating_add(dealt.counts.micros);
        match &dealt.result {
            Ok(_) => report.processed += 1,
            Err(failed) => {
                let failure = failed.clone().into_failure(lease.chunk.index, document);
                report.failures.push(failure);
            }
        }
    }
    report.statistics = BTreeMap::from([
        ("entities".to_owned(), entities),
        ("corrections".to_owned(), corrections),
        ("processing_ms".to_owned(), micros.div_ceil(1000)),
    ]);
    report
}

/// Brings the documents that came through to the backends of their job, and keeps them in a part where the job writes files or a backend
/// does not take them; the report says what became of it. Else why they could not be kept, for a person.
async fn write(
    context: &Context,
    hold: &Hold,
    granted: &Granted,
    lines: &[Line],
    report: &mut Report,
) -> Result<(), String> {
    let lease = &granted.lease;
    let files = &context.storage.files;
    let texts: Vec<Bytes> = lines.iter().map(|line| line.json.clone()).collect();
    let batch = Batch {
        created_at: granted.created_at,
        epoch: lease.epoch,
        lines: &texts,
    };
    let others = granted.options.backends.iter().copied();
    let bring = others
        .filter(|backend| !backend.is_file() && !context.storage.is_own_database(*backend))
        .map(|backend| {
            let batch = &batch;
            async move {
                // It would be given up, were enough workers lost on it while a backend does not answer.
                if granted.is_suspect {
                    let later = "after the loss of a worker it is brought later".to_owned();
                    return (backend, Brought::Behind(later));
                }
                let brought = tokio::select! {
                    brought = context.storage.bring(backend, batch) => brought,
                    // Nobody is kept waiting for a backend that does not answer.
                    () = hold.stopped() => Brought::Behind("there was no time to wait for it".to_owned()),
                };
                (backend, brought)
            }
        });
    for (backend, brought) in join_all(bring).await {
        let taken = match brought {
            Brought::Taken(refused) => Taken::Accepted {
                refused: note_refused(report, backend, lease.chunk.index, lines, refused),
            },
            Brought::Behind(reason) => Taken::Behind {
                wait: context.wait_of_delivery(0),
                reason: format!("{backend}: {reason}"),
            },
        };
        report.taken.insert(backend, taken);
    }
    let is_behind = |taken: &Taken| matches!(taken, Taken::Behind { .. });
    // Only now: that files cannot be written keeps nothing from the others.
    if granted.options.writes_files() || report.taken.values().any(is_behind) {
        let part = files.write_part(lease, &texts).await;
        report.part = Some(part.map_err(|error| chain(&error))?);
    }
    if granted.options.backends.contains(&Backend::Postgresql)
        && context.storage.is_own_database(Backend::Postgresql)
    {
        report.articles = lines.to_vec();
    }
    if context.tells_documents {
        report.cleaned = lines
            .iter()
            .filter_map(|line| cleaned(&line.json))
            .collect();
    }
    Ok(())
}

/// Adds what a backend refused to the failures; how many there are.
pub(crate) fn note_refused(
    report: &mut Report,
    backend: Backend,
    chunk: u32,
    lines: &[Line],
    refused: Vec<RefusedDocument>,
) -> u64 {
    let count = refused.len() as u64;
    let failures = refused
        .into_iter()
        .map(|refused| refused.into_failure(backend, chunk, lines));
    report.failures.extend(failures);
    count
}

async fn remove_part(context: &Context, lease: &Lease, part: Option<String>) {
    let Some(part) = part else { return };
    let files = &context.storage.files;
    if let Err(error) = files.remove_part(lease.chunk.job, &part).await {
        tracing::debug!(error = %chain(&error), "a part that does not count stays until its job ends");
    }
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reported {
    /// The chunk is done, by this report; its job is now in this state, where that is known.
    Counts(Option<JobStatus>),
    /// It changed nothing.
    CountsNot,
    /// Nobody answered.
    Unknown,
}

/// Reports a chunk as done. A report that cannot count, for a fault of ours, gives the chunk back.
pub(crate) async fn complete(context: &Context, granted: &Granted, report: &Report) -> Reported {
    let lease = &granted.lease;
    let completed = insist("reporting a chunk", &context.lost, || {
        context.store.complete(lease, report)
    });
    match completed.await {
        Ok(Completion::Done(change)) => {
            failpoint::crash("worker.completed");
            Reported::Counts(Some(change.job.status))
        }
        Ok(Completion::Stale) => stale(context, lease, report).await,
        Ok(Completion::Miscounted) => {
            let reason = "its report counts documents that it does not have".to_owned();
            fault(context, granted, reason).await;
            Reported::CountsNot
        }
        Err(GaveUp::Stopped) => Reported::Unknown,
        Err(GaveUp::Refused(error)) => {
            fault(context, granted, chain(&error)).await;
            Reported::Unknown
        }
    }
}

/// A lease that is over may be so by this very report, whose first answer was lost: its part tells.
async fn stale(context: &Context, lease: &Lease, report: &Report) -> Reported {
    tracing::info!(chunk = %lease.chunk, epoch = %lease.epoch, "reported when the lease was over");
    let Some(name) = &report.part else {
        return Reported::CountsNot;
    };
    let parts = insist("asking for the parts of a job", &context.lost, || {
        context.store.parts(lease.chunk.job)
    });
    match parts.await {
        Ok(parts) if parts.iter().any(|part| part.name == *name) => Reported::Counts(None),
        Ok(_) => Reported::CountsNot,
        Err(GaveUp::Stopped) => Reported::Unknown,
        Err(GaveUp::Refused(error)) => {
            tracing::warn!(error = %chain(&error), "cannot ask for the parts of a job");
            Reported::Unknown
        }
    }
}
