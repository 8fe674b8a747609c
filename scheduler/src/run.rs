//! What a scheduler is made of, and its life.

use std::sync::Arc;
use std::time::Duration;

use shared::broker::Broker;
use shared::checkpoint::Checkpoint;
use shared::store::Store;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::events::{EventSinks, Target};
use crate::wait::wait;
use crate::{Settings, dead_letters, leader};

/// A scheduler's parts. Clones are the same scheduler: give one to [`crate::api()`] and one to [`run()`].
#[derive(Clone)]
pub struct Scheduler {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) broker: Broker,
    pub(crate) checkpoint: Checkpoint,
    /// Where events go.
    pub(crate) targets: Arc<[Target]>,
    /// Cancelled when [`run()`] is to stop, so that streams of events end with it.
    pub(crate) ending: CancellationToken,
}

/// Before what ended unasked is started again.
const START_AGAIN: Duration = Duration::from_secs(1);

impl Scheduler {
    /// A scheduler of these parts.
    pub fn new(
        settings: Settings,
        store: Store,
        broker: Broker,
        checkpoint: Checkpoint,
        events: &EventSinks,
    ) -> Self {
        Self {
            settings,
            store,
            broker,
            checkpoint,
            targets: events.targets().into(),
            ending: CancellationToken::new(),
        }
    }
}

/// Keeps jobs moving until `stop`; no server that is away ends it. The tables must be those of this version ([`Store::migrate`]).
///
/// | work | how often | whose |
/// |---|---|---|
/// | publish chunks that wait for it, retries included | `tick_ms`, at once while there are more | the leader's |
/// | rescue chunks of lost workers | 1 s | the leader's |
/// | publish again what the broker lost | 10 s | the leader's |
/// | discard the checkpoints of ended jobs | 15 s | the leader's |
/// | throw away what is over its time | 60 s | the leader's |
/// | deliver events, to each sink by itself | 0.2 s, at once while there are more | the leader's |
/// | keep dead letters | as they come | everybody's: each message goes to one |
///
/// When `stop` is cancelled, streams of events that [`crate::api()`] serves end too.
pub async fn run(scheduler: Scheduler, stop: CancellationToken) {
    let mut tasks = JoinSet::new();
    let (ending, stopped) = (scheduler.ending.clone(), stop.clone());
    tasks.spawn(async move {
        stopped.cancelled().await;
        ending.cancel();
    });
    let part = scheduler.clone();
    tasks.spawn(keep_running("dead letters", stop.clone(), move |stop| {
        dead_letters::consume(part.clone(), stop)
    }));
    tasks.spawn(keep_running("leading", stop.clone(), move |stop| {
        leader::lead(scheduler.clone(), stop)
    }));
    while tasks.join_next().await.is_some() {}
}

/// Runs a task until `stop`, and starts it again should it panic: a fault in one must not silently end it for good.
pub(crate) async fn keep_running<F>(
    name: &'static str,
    stop: CancellationToken,
    task: impl Fn(CancellationToken) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    while !stop.is_cancelled() {
        let mut one = JoinSet::new();
        one.spawn(task(stop.clone()));
        if let Some(Err(error)) = one.join_next().await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "{name} ended unasked"
            );
        }
        if !wait(START_AGAIN, &stop).await {
            return;
        }
    }
}
