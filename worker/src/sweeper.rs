//! Removes the parts of jobs that have ended, which nobody joins any more.

use std::sync::Arc;
use std::time::Duration;

use shared::job::JobStatus;
use tokio::time::{MissedTickBehavior, interval};

use crate::chunk::on_disk;
use crate::context::Context;
use crate::output::Output;
use shared::chain::chain;

/// Time between two rounds; the first is at the start.
const PERIOD: Duration = Duration::from_secs(60);
/// A job that is not known, as one of another database, is left alone for so long.
const UNKNOWN: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Sweeps until the worker drains.
pub(crate) async fn sweep(context: Arc<Context>) {
    let mut rounds = interval(PERIOD);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = context.draining.cancelled() => return,
            _ = rounds.tick() => round(&context).await,
        }
    }
}

async fn round(context: &Context) {
    let jobs = match on_disk(context, |output| output.jobs()).await {
        Ok(jobs) => jobs,
        Err(error) => {
            tracing::warn!(error = %chain(&error), "cannot look for parts of ended jobs");
            return;
        }
    };
    for (job, age) in jobs {
        let (is_over, cancelled) = match context.store.job(job).await {
            Ok(Some(record)) => {
                let is_cancelled = record.job.status == JobStatus::Cancelled;
                let status = record.job.status;
                (
                    status.is_terminal(),
                    is_cancelled.then_some(record.created_at),
                )
            }
            Ok(None) => (age >= UNKNOWN, None),
            // The next round asks again.
            Err(error) => {
                tracing::debug!(error = %chain(&error), "cannot ask for jobs that have ended");
                return;
            }
        };
        let forget = move |output: &Output| match cancelled {
            Some(created_at) => output.forget_all(job, created_at),
            None => output.forget(job),
        };
        if is_over && let Err(error) = on_disk(context, forget).await {
            tracing::warn!(job.id = %job, error = %chain(&error), "cannot remove parts");
        }
    }
}
