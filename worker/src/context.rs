//! What everything a worker does at a time has in common.

use std::time::Duration;

use pipeline::Pipeline;
use shared::broker::{Broker, Delivery};
use shared::chance::chance;
use shared::job::{JobId, JobStatus, Lease, Release, WorkerId};
use shared::store::Store;
use tokio_util::sync::CancellationToken;

use crate::checkpoints::Checkpoints;
use crate::held::Held;
use crate::insist::{GaveUp, insist};
use crate::retry;
use crate::storage::Storage;
use crate::threads::Threads;
use shared::chain::chain;

/// Longest wait before a chunk that failed is tried again.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 60);
/// Longest wait before a backend that was away is given what is kept for it.
const LONGEST_WAIT_OF_DELIVERY: Duration = Duration::from_secs(60);

/// One life of a worker, under one id.
pub(crate) struct Context {
    pub(crate) id: WorkerId,
    pub(crate) retry_base: Duration,
    pub(crate) store: Store,
    pub(crate) broker: Broker,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) pipeline: Pipeline,
    pub(crate) storage: Storage,
    /// Whether each cleaned document is told to the outside.
    pub(crate) tells_documents: bool,
    pub(crate) threads: Threads,
    pub(crate) held: Held,
    /// Nothing new is taken.
    pub(crate) draining: CancellationToken,
    /// Nothing is written any more.
    pub(crate) lost: CancellationToken,
}

impl Context {
    /// How long a chunk that failed so often before is to wait.
    pub(crate) fn wait(&self, attempts: u32) -> Duration {
        retry::wait(self.retry_base, attempts, LONGEST_WAIT, chance())
    }

    /// How long a delivery that failed so often before is to wait: not as long as other work, which it holds up less.
    pub(crate) fn wait_of_delivery(&self, attempts: u32) -> Duration {
        retry::wait(
            self.retry_base,
            attempts,
            LONGEST_WAIT_OF_DELIVERY,
            chance(),
        )
    }

    /// Removes the parts of a job that has ended; until then somebody may need them. Those of a cancelled one are left to the sweeper,
    /// who finds by them which jobs' files are to be removed.
    pub(crate) async fn forget_if_ended(&self, job: JobId, status: Option<JobStatus>) {
        if !matches!(status, Some(JobStatus::Completed | JobStatus::Failed)) {
            return;
        }
        if let Err(error) = self.storage.files.forget(job).await {
            tracing::debug!(error = %chain(&error), "the sweeper removes the parts");
        }
    }

    /// Gives a chunk back. Where that cannot be done, the heartbeat finds the lease and gives it back.
    pub(crate) async fn give_back(&self, lease: &Lease, why: &Release) {
        match why {
            Release::Unfinished => tracing::debug!(chunk = %lease.chunk, "given back"),
            Release::Environment { wait, reason } | Release::Fault { wait, reason } => {
                let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                tracing::warn!(chunk = %lease.chunk, wait_ms, "to be tried again: {reason}");
            }
        }
        self.release(lease, why).await;
    }

    /// The same, told by nobody: of what is tried for ever.
    pub(crate) async fn release(&self, lease: &Lease, why: &Release) {
        let released = insist("giving a chunk back", &self.lost, || {
            self.store.release(lease, why)
        });
        if let Err(GaveUp::Refused(error)) = released.await {
            tracing::error!(chunk = %lease.chunk, error = %chain(&error), "cannot give a chunk back");
        }
    }
}

/// Takes a message out of its queue, whose work is done. Where that fails it comes again, and its claim is refused.
pub(crate) async fn acknowledge(delivery: Delivery) {
    if let Err(error) = delivery.ack().await {
        tracing::debug!(error = %chain(&error), "not acknowledged; it will come again");
    }
}
