//! What people may ask of a job.

use jiff::Timestamp;

use super::settle::settle;
use super::state::words;
use super::{Desired, Effect, Event, Job, JobStatus};

words! {
    /// A command of a person.
    Command {
        /// Come to rest; nothing is lost.
        Pause = "pause",
        /// Go on.
        Resume = "resume",
        /// End for good.
        Cancel = "cancel",
    }
}

/// Why a command is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The job is over.
    #[error("the job is {0}; a job that has ended stays as it is")]
    Ended(JobStatus),
    /// The job is being cancelled.
    #[error("the job is being cancelled; that cannot be taken back")]
    Cancelling,
}

/// The job after the command, and what follows. Asking twice is fine.
///
/// # Errors
/// [`Conflict`] when the job is over or ending.
pub fn command(
    job: &Job,
    command: Command,
    now: Timestamp,
) -> Result<(Job, Vec<Effect>), Conflict> {
    let mut job = job.clone();
    match (command, job.status) {
        (Command::Cancel, JobStatus::Cancelled) => return Ok((job, Vec::new())),
        (_, ended @ (JobStatus::Completed | JobStatus::Failed | JobStatus::Cancelled)) => {
            return Err(Conflict::Ended(ended));
        }
        (_, JobStatus::Queued | JobStatus::Running | JobStatus::Paused) => {}
    }
    let mut effects = Vec::new();
    match (command, job.desired) {
        (Command::Pause | Command::Resume, Desired::Cancel) => return Err(Conflict::Cancelling),
        (Command::Pause, Desired::Run | Desired::Pause) => job.desired = Desired::Pause,
        (Command::Cancel, Desired::Run | Desired::Pause | Desired::Cancel) => {
            job.desired = Desired::Cancel;
        }
        (Command::Resume, Desired::Run | Desired::Pause) => {
            job.desired = Desired::Run;
            if job.status == JobStatus::Paused {
                job.resumed_at = Some(now);
                job.status = match job.started_at {
                    Some(_) => JobStatus::Running,
                    None => JobStatus::Queued,
                };
                effects.push(Effect::Event(Event::Resumed));
            }
        }
    }
    effects.extend(settle(&mut job, now));
    Ok((job, effects))
}
