//! The heartbeat: says that the worker is alive, hears what is wanted of its jobs, and fences the worker off when nobody answers.
//!
//! On a thread and a runtime of its own, so that nothing the worker does can hold it up.

use std::io;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use shared::job::{ChunkId, Epoch, Lease, Release, WorkerId};
use shared::store::{Pulse, Store};
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::held::Held;
use shared::chain::chain;

/// What the heart needs.
pub(crate) struct Heart {
    /// A store of its own: its connections belong to its runtime.
    pub(crate) store: Store,
    /// Whose it is.
    pub(crate) worker: WorkerId,
    /// Time between two beats.
    pub(crate) period: Duration,
    /// Time without an answer after which the worker is lost.
    pub(crate) fence: Duration,
    /// What the worker has in hand.
    pub(crate) held: Held,
    /// Whether the worker takes nothing new.
    pub(crate) draining: CancellationToken,
    /// Cancelled by the heart when the worker is lost.
    pub(crate) lost: CancellationToken,
}

/// A heart that beats, until it is dropped.
pub(crate) struct Beating {
    stop: CancellationToken,
    ended: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

/// Longest wait for the heart's end: a beat that is under way may be waiting for the database.
const END: Duration = Duration::from_secs(5);
/// Wait before the next beat when one had no answer.
const SOON: Duration = Duration::from_secs(1);

impl Heart {
    /// Starts to beat.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(self) -> io::Result<Beating> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let stop = CancellationToken::new();
        let ended = CancellationToken::new();
        let (until, guard) = (stop.clone(), ended.clone().drop_guard());
        let thread = thread::Builder::new()
            .name("heart".to_owned())
            .spawn(move || {
                let _ended = guard;
                // A panic here must not leave a worker that nobody fences off.
                let lost = self.lost.clone().drop_guard();
                runtime.block_on(self.beat(&until));
                if until.is_cancelled() {
                    lost.disarm();
                }
            })?;
        Ok(Beating {
            stop,
            ended,
            thread: Some(thread),
        })
    }

    async fn beat(&self, stop: &CancellationToken) {
        let mut answered = Instant::now();
        let mut is_away = false;
        loop {
            let begun = Instant::now();
            let before = self.held.leases();
            let is_draining = self.draining.is_cancelled();
            let left = self.fence.saturating_sub(answered.elapsed());
            let beat = self
                .store
                .heartbeat(self.worker, self.held.len(), is_draining);
            match timeout(left, beat).await {
                Ok(Ok(Pulse::Alive(standings))) => {
                    answered = begun;
                    is_away = false;
                    for standing in &standings {
                        let job = standing.chunk.job;
                        self.held.hear(job, standing.desired, standing.version);
                    }
                    let orphans = self.held.compare(&before, &standings);
                    // What is left of them, the next beat finds again.
                    drop(timeout(self.period, self.give_back(orphans)).await);
                }
                Ok(Ok(Pulse::Lost)) => {
                    tracing::error!(worker.id = %self.worker, "given up for lost");
                    return;
                }
                Ok(Err(error)) if !is_away => {
                    is_away = true;
                    tracing::warn!(error = %chain(&error), "no answer to the heartbeat");
                }
                Ok(Err(_)) | Err(_) => {}
            }
            if answered.elapsed() >= self.fence {
                tracing::error!(
                    worker.id = %self.worker,
                    silence_s = answered.elapsed().as_secs(),
                    "no answer to any heartbeat: others take over"
                );
                return;
            }
            let pause = if answered == begun {
                self.period.saturating_sub(begun.elapsed())
            } else {
                SOON
            };
            // The fence is looked at in time, however long the period.
            let pause = pause.min(self.fence.saturating_sub(answered.elapsed()));
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
            }
        }
    }

    /// Gives back leases that were granted without our hearing of it.
    async fn give_back(&self, orphans: Vec<(ChunkId, Epoch)>) {
        for (chunk, epoch) in orphans {
            let lease = Lease {
                chunk,
                epoch,
                worker: self.worker,
            };
            match self.store.release(&lease, &Release::Unfinished).await {
                Ok(true) => {
                    tracing::warn!(%chunk, %epoch, "gave back a lease that nobody worked on")
                }
                Ok(false) => {}
                Err(error) => tracing::debug!(error = %chain(&error), "cannot give back a lease"),
            }
        }
    }
}

impl Beating {
    /// Returns when it beats no more, or after a few seconds.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        if timeout(END, self.ended.cancelled()).await.is_ok()
            && let Some(thread) = self.thread.take()
        {
            // It is over, and a panic was told by its hook.
            drop(thread.join());
        }
    }
}

impl Drop for Beating {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
