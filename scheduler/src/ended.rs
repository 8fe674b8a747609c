//! Checkpoints of jobs that have ended.

use std::collections::HashSet;
use std::time::Duration;

use shared::job::{JobId, JobStatus};
use shared::store::{self, Filter};
use tokio_util::sync::CancellationToken;

use crate::Scheduler;
use crate::outage::Outage;
use crate::wait::wait;

const EVERY: Duration = Duration::from_secs(15);
/// Of each final state so many of the newest jobs are looked at.
const NEWEST: u32 = 100;

/// Discards the checkpoints of the newest jobs that have ended, until `stop`.
///
/// A worker discards that of a chunk it has done; what is left over is of chunks that were cancelled or given up. A job that is
/// missed here, because a hundred younger ones ended before it, loses its checkpoints when their time to live is over.
pub(crate) async fn discard_checkpoints(scheduler: Scheduler, stop: CancellationToken) {
    let mut store_outage = Outage::of("looking for ended jobs");
    let mut outage = Outage::of("discarding the checkpoints of ended jobs");
    let mut done: HashSet<JobId> = HashSet::new();
    while wait(EVERY, &stop).await {
        let Some(ended) = store_outage.note(newest_ended(&scheduler).await) else {
            continue;
        };
        done.retain(|job| ended.iter().any(|(id, _)| id == job));
        for (job, chunks) in ended {
            if done.contains(&job) {
                continue;
            }
            let discarded = scheduler.checkpoint.discard_job(job, chunks).await;
            if outage.note(discarded).is_none() || stop.is_cancelled() {
                break;
            }
            done.insert(job);
        }
    }
}

/// Jobs that have ended, with how many chunks each has.
async fn newest_ended(scheduler: &Scheduler) -> Result<Vec<(JobId, u32)>, store::Error> {
    let mut ended = Vec::new();
    for status in JobStatus::ALL.iter().filter(|status| status.is_terminal()) {
        let filter = Filter {
            status: Some(*status),
            limit: NEWEST,
            ..Filter::default()
        };
        let (jobs, _) = scheduler.store.jobs(&filter).await?;
        ended.extend(jobs.iter().map(|record| (record.id, record.chunks)));
    }
    Ok(ended)
}
