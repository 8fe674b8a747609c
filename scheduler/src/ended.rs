//! Checkpoints of jobs that have ended.

use std::collections::HashSet;
use std::time::Duration;

use shared::job::JobId;
use tokio_util::sync::CancellationToken;

use crate::Scheduler;
use crate::outage::Outage;
use crate::wait::wait;

const EVERY: Duration = Duration::from_secs(15);
/// Jobs that ended longer ago were seen to, by this leader or the one before.
const WITHIN: Duration = Duration::from_mins(10);
/// Jobs in one round.
const LIMIT: u32 = 10_000;

/// Discards the checkpoints of jobs that have ended, until `stop`.
///
/// A worker discards that of a chunk it has done; what is left over is of chunks that were cancelled or given up. Those of a job that is
/// missed here, because nobody led for ten minutes, go when their time to live is over.
pub(crate) async fn discard_checkpoints(scheduler: Scheduler, stop: CancellationToken) {
    let mut store_outage = Outage::of("looking for ended jobs");
    let mut outage = Outage::of("discarding the checkpoints of ended jobs");
    let mut done: HashSet<JobId> = HashSet::new();
    while wait(EVERY, &stop).await {
        let ended = scheduler.store.ended_within(WITHIN, LIMIT).await;
        let Some(ended) = store_outage.note(ended) else {
            continue;
        };
        let now: HashSet<JobId> = ended.iter().map(|(job, _)| *job).collect();
        done.retain(|job| now.contains(job));
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
