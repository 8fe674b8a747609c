//! A worker's life: registered, at work, drained; or lost.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use pipeline::Pipeline;
use shared::broker::Broker;
use shared::checkpoint::Checkpoint;
use shared::job::WorkerId;
use shared::store::{self, NewWorker, Store};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::checkpoints::Checkpoints;
use crate::context::Context;
use crate::heart::Heart;
use crate::held::Held;
use crate::insist::{GaveUp, insist};
use crate::intake::{take, tell};
use crate::storage::Storage;
use crate::threads::Threads;
use crate::{Settings, hints, preprocess, sweeper};
use shared::chain::chain;

/// What a worker works with.
#[derive(Clone)]
pub struct Worker {
    /// What is set.
    pub settings: Settings,
    /// The truth about jobs.
    pub store: Store,
    /// The same, for the heartbeat alone, whose connections nothing else may hold up: with PostgreSQL another pool.
    pub heartbeat_store: Store,
    /// What brings the chunks.
    pub broker: Broker,
    /// Where results of unfinished chunks are kept.
    pub checkpoint: Checkpoint,
    /// What cleans.
    pub pipeline: Pipeline,
    /// Where cleaned documents go.
    pub storage: Storage,
    /// Whether each cleaned document is told to the outside.
    pub tells_documents: bool,
}

/// Why a worker ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It was given up for lost, or nobody answered its heartbeats: others do its work. A new one may be started.
    #[error("the worker was given up for lost")]
    Lost,
    /// The database does not take it.
    #[error("the database does not take the worker")]
    Register(#[source] store::Error),
    /// The system gives no thread.
    #[error("cannot start the worker's threads")]
    Threads(#[source] io::Error),
}

impl Error {
    /// Whether a new worker may do better.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Lost => true,
            Self::Register(_) | Self::Threads(_) => false,
        }
    }
}

/// Time to give back what is not finished when the time to finish it is over.
const GIVE_BACK: Duration = Duration::from_secs(4);
/// Longest wait to say goodbye.
const GOODBYE: Duration = Duration::from_secs(3);

/// Works until `stop`, and then until what is in hand is finished or given back. Must be called within a Tokio runtime.
///
/// # Errors
/// [`Error::Lost`] when it was given up for lost; it has stopped then and written nothing since. [`Error::Register`],
/// [`Error::Threads`].
pub async fn run(worker: Worker, stop: CancellationToken) -> Result<(), Error> {
    let slots = worker.settings.slots();
    let new = introduction(&worker, slots);
    let registered = insist("registering the worker", &stop, || {
        worker.store.register(&new)
    });
    match registered.await {
        Ok(()) => {}
        Err(GaveUp::Stopped) => return Ok(()),
        Err(GaveUp::Refused(error)) => return Err(Error::Register(error)),
    }
    tracing::info!(worker.id = %new.id, slots, device = new.device, "the worker takes chunks");
    let (held, lost) = (Held::default(), CancellationToken::new());
    // Not a child: `stop` may be cancelled, and draining begins at once, but never the other way round.
    let draining = stop.child_token();
    let heart = Heart {
        store: worker.heartbeat_store,
        worker: new.id,
        period: worker.settings.heartbeat(),
        fence: worker.settings.fence(),
        held: held.clone(),
        draining: draining.clone(),
        lost: lost.clone(),
    };
    let threads = Threads::start(slots).map_err(Error::Threads)?;
    let heart = heart.start().map_err(Error::Threads)?;
    let context = Arc::new(Context {
        id: new.id,
        retry_base: worker.settings.retry_base(),
        store: worker.store,
        broker: worker.broker,
        checkpoints: Checkpoints::new(worker.checkpoint),
        pipeline: worker.pipeline,
        storage: worker.storage,
        tells_documents: worker.tells_documents,
        threads,
        held,
        draining,
        lost,
    });
    let outcome = tokio::select! {
        biased;
        () = context.lost.cancelled() => Err(Error::Lost),
        () = work(&context, &worker.settings, slots) => Ok(()),
    };
    heart.stop().await;
    if outcome.is_ok() {
        goodbye(&context).await;
    }
    outcome
}

fn introduction(worker: &Worker, slots: usize) -> NewWorker {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname");
    let model = worker.pipeline.model();
    NewWorker {
        id: WorkerId::generate(),
        host: host.map_or_else(|_| "unknown".to_owned(), |host| host.trim().to_owned()),
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        device: model.map_or_else(|| "cpu".to_owned(), |model| model.device().to_string()),
        slots: u32::try_from(slots).unwrap_or(u32::MAX),
    }
}

/// Takes chunks until the stop, and then sees them off.
async fn work(context: &Arc<Context>, settings: &Settings, slots: usize) {
    // Dropped on the way, as when the worker is lost, they end all tasks.
    let (mut chunks, mut others) = (JoinSet::new(), JoinSet::new());
    let (broker, held) = (context.broker.clone(), context.held.clone());
    // Until all is given back: a job that is paused while the worker drains need not be finished.
    let drained = CancellationToken::new();
    let _drained = drained.clone().drop_guard();
    others.spawn(hints::hear(broker, context.id, held, drained.clone()));
    others.spawn(sweeper::sweep(Arc::clone(context)));
    if settings.accepts_preprocess {
        others.spawn(preprocess::listen(Arc::clone(context), slots));
    }
    take(context, slots, &mut chunks).await;
    context.draining.cancel();
    tracing::info!(chunks = chunks.len(), "the worker drains");
    if timeout(settings.drain(), all(&mut chunks)).await.is_err() {
        context.held.hurry();
        if timeout(GIVE_BACK, all(&mut chunks)).await.is_err() {
            tracing::warn!(chunks = chunks.len(), "not all chunks could be given back");
        }
    }
    drained.cancel();
    if timeout(GIVE_BACK, all(&mut others)).await.is_err() {
        tracing::warn!("not all questions could be answered");
    }
    chunks.shutdown().await;
    others.shutdown().await;
}

/// Returns when all tasks have ended.
async fn all(tasks: &mut JoinSet<()>) {
    while let Some(ended) = tasks.join_next().await {
        tell(&ended);
    }
}

async fn goodbye(context: &Context) {
    match timeout(GOODBYE, context.store.deregister(context.id)).await {
        Ok(Ok(())) => tracing::info!(worker.id = %context.id, "the worker has ended"),
        Ok(Err(error)) => {
            tracing::warn!(error = %chain(&error), "ended without the database knowing");
        }
        Err(_) => tracing::warn!("ended without the database knowing"),
    }
}
