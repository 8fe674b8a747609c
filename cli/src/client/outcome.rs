//! The exit statuses, as the help documents them.

use std::process::ExitCode;

use shared::job::JobStatus;

use super::answer::Job;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All of it.
    Done,
    /// The job failed, or a part of its documents did.
    Failures,
    /// It could not be done.
    NotDone,
    /// The job was cancelled.
    Cancelled,
    /// There is no such job or dead letter.
    NoSuch,
    /// Not in the state it is in.
    Conflict,
    /// Ctrl-C, with 128 + SIGINT as shells have it.
    Interrupted,
}

impl Outcome {
    /// The exit status.
    pub(super) fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::Failures => 1,
            Self::NotDone => 2,
            Self::Cancelled => 3,
            Self::NoSuch => 4,
            Self::Conflict => 5,
            Self::Interrupted => 130,
        })
    }

    /// What a job has come to, once it has ended.
    pub(super) fn of(job: &Job) -> Option<Self> {
        match job.status {
            JobStatus::Queued | JobStatus::Running | JobStatus::Paused => None,
            JobStatus::Completed if job.failed_documents + job.rejected_documents == 0 => {
                Some(Self::Done)
            }
            JobStatus::Completed | JobStatus::Failed => Some(Self::Failures),
            JobStatus::Cancelled => Some(Self::Cancelled),
        }
    }
}
