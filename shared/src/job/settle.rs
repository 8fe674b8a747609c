//! What follows for a job when a lease or a chunk of it was closed, or a command was given.

use jiff::Timestamp;

use super::{Desired, Effect, Event, Job, JobStatus, Join};

/// Moves the job on as far as nothing is under way. Called in every transaction that closes a lease or gives a command.
pub(super) fn settle(job: &mut Job, now: Timestamp) -> Vec<Effect> {
    if job.status.is_terminal() {
        return Vec::new();
    }
    let mut effects = join(job);
    if job.leases == 0 {
        effects.extend(move_on(job, now));
    }
    effects
}

/// Has the parts joined once all documents are dealt with, also while backends are behind.
fn join(job: &mut Job) -> Vec<Effect> {
    let is_due = job.join == Join::Due && job.open_chunks == job.deliveries && job.processed > 0;
    if !is_due || job.desired == Desired::Cancel {
        return Vec::new();
    }
    job.join = Join::Open;
    job.open_chunks += 1;
    vec![Effect::InsertJoin]
}

fn move_on(job: &mut Job, now: Timestamp) -> Vec<Effect> {
    match (job.desired, job.open_chunks) {
        // What was asked too late is not done: the files are there.
        (Desired::Run | Desired::Pause | Desired::Cancel, 0) if job.join == Join::Done => {
            end(job, JobStatus::Completed, now)
        }
        (Desired::Cancel, 0) => end(job, JobStatus::Cancelled, now),
        (Desired::Cancel, _) => {
            job.open_chunks = 0;
            job.deliveries = 0;
            let mut effects = vec![Effect::CancelOpenChunks];
            effects.extend(end(job, JobStatus::Cancelled, now));
            effects
        }
        (Desired::Run | Desired::Pause, 0) => all_dealt_with(job, now),
        (Desired::Pause, _) => rest(job, now),
        (Desired::Run, _) => Vec::new(),
    }
}

fn all_dealt_with(job: &mut Job, now: Timestamp) -> Vec<Effect> {
    if job.processed > 0 {
        return end(job, JobStatus::Completed, now);
    }
    job.error = Some(match job.failed {
        1 => "the one document failed".to_owned(),
        failed => format!("all {failed} documents failed"),
    });
    end(job, JobStatus::Failed, now)
}

fn rest(job: &mut Job, now: Timestamp) -> Vec<Effect> {
    if job.status == JobStatus::Paused {
        return Vec::new();
    }
    job.status = JobStatus::Paused;
    job.paused_at = Some(now);
    vec![Effect::Event(Event::Paused)]
}

fn end(job: &mut Job, status: JobStatus, now: Timestamp) -> Vec<Effect> {
    job.status = status;
    job.completed_at = Some(now);
    let event = match status {
        JobStatus::Completed => Event::Completed,
        JobStatus::Failed => Event::Failed,
        JobStatus::Cancelled => Event::Cancelled,
        JobStatus::Queued | JobStatus::Running | JobStatus::Paused => return Vec::new(),
    };
    vec![Effect::Event(event)]
}
