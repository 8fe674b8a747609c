//! Removes the parts of jobs that have ended, which nobody joins or delivers any more.

use std::sync::Arc;
use std::time::Duration;

use shared::chain::chain;
use shared::job::JobStatus;
use tokio::time::{MissedTickBehavior, interval};

use crate::context::Context;

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
            _ = rounds.tick() => {}
        }
        // A round in a bucket whose server does not answer must not hold up the draining.
        tokio::select! {
            () = context.draining.cancelled() => return,
            () = round(&context) => {}
        }
    }
}

async fn round(context: &Context) {
    let files = &context.storage.files;
    let jobs = match files.jobs().await {
        Ok(jobs) => jobs,
        Err(error) => {
            tracing::warn!(error = %chain(&error), "cannot look for parts of ended jobs");
            return;
        }
    };
    for job in jobs {
        let removed = match context.store.job(job).await {
            Ok(Some(record)) if record.job.status == JobStatus::Cancelled => {
                files.forget_all(job, record.created_at).await
            }
            Ok(Some(record)) if record.job.status.is_terminal() => files.forget(job).await,
            Ok(Some(_)) => Ok(()),
            Ok(None) => match files.age(job).await {
                Ok(Some(age)) if age >= UNKNOWN => files.forget(job).await,
                Ok(_) => Ok(()),
                Err(error) => Err(error),
            },
            // The next round asks again.
            Err(error) => {
                tracing::debug!(error = %chain(&error), "cannot ask for jobs that have ended");
                return;
            }
        };
        if let Err(error) = removed {
            tracing::warn!(job.id = %job, error = %chain(&error), "cannot remove parts");
        }
    }
}
