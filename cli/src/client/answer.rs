//! What the service answers, as far as it is shown to people.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use shared::http::ErrorEntry;
use shared::job::{Desired, JobStatus, Priority};

/// A job.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Job {
    pub(super) job_id: String,
    pub(super) batch_id: Option<String>,
    pub(super) status: JobStatus,
    pub(super) desired: Desired,
    pub(super) progress_percent: f64,
    pub(super) total_documents: u64,
    pub(super) processed_documents: u64,
    pub(super) failed_documents: u64,
    #[serde(default)]
    pub(super) rejected_documents: u64,
    pub(super) priority: Priority,
    pub(super) run_at: Option<String>,
    pub(super) created_at: String,
    pub(super) started_at: Option<String>,
    pub(super) paused_at: Option<String>,
    pub(super) resumed_at: Option<String>,
    pub(super) completed_at: Option<String>,
    pub(super) error_message: Option<String>,
    #[serde(default)]
    pub(super) metadata: Map<String, Value>,
    #[serde(default)]
    pub(super) statistics: Map<String, Value>,
    #[serde(default)]
    pub(super) output_files: Vec<String>,
    #[serde(default)]
    pub(super) backends: BTreeMap<String, Backend>,
}

/// How far a backend of a job is.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Backend {
    pub(super) state: String,
    pub(super) accepted: u64,
    #[serde(default)]
    pub(super) refused: u64,
    #[serde(default)]
    pub(super) behind: u64,
    pub(super) error: Option<String>,
}

impl Job {
    /// What it is, with what it is about to become.
    pub(super) fn state(&self) -> &'static str {
        if self.status.is_terminal() {
            return self.status.as_str();
        }
        match self.desired {
            Desired::Cancel => "cancelling",
            Desired::Pause if self.status != JobStatus::Paused => "pausing",
            Desired::Run | Desired::Pause => self.status.as_str(),
        }
    }

    /// Documents dealt with.
    pub(super) fn done(&self) -> u64 {
        self.processed_documents + self.failed_documents
    }

    /// Progress in whole percent, rounded down so that 100 means all.
    pub(super) fn percent(&self) -> u64 {
        self.progress_percent as u64
    }
}

/// A part of the jobs.
#[derive(Debug, Deserialize)]
pub(super) struct Jobs {
    pub(super) jobs: Vec<Job>,
    pub(super) total_count: u64,
}

/// A submission that became a job.
#[derive(Debug, Deserialize)]
pub(super) struct Accepted {
    pub(super) job_id: String,
    pub(super) total_documents: u64,
    #[serde(default)]
    pub(super) rejected_documents: u64,
    /// The first of those refused.
    #[serde(default)]
    pub(super) rejected: Vec<ErrorEntry>,
}

/// The answer to pause, resume and cancel.
#[derive(Debug, Deserialize)]
pub(super) struct Commanded {
    pub(super) job_id: String,
    pub(super) message: String,
}

/// A part of the documents of a job that failed.
#[derive(Debug, Deserialize)]
pub(super) struct Failures {
    pub(super) failures: Vec<Failure>,
    pub(super) total_count: u64,
}

/// A document that failed.
#[derive(Debug, Deserialize)]
pub(super) struct Failure {
    pub(super) chunk: Option<u64>,
    pub(super) document: u64,
    pub(super) document_id: Option<String>,
    pub(super) kind: String,
    pub(super) field: Option<String>,
    pub(super) reason: String,
    pub(super) backend: Option<String>,
}

/// A part of what was given up.
#[derive(Debug, Deserialize)]
pub(super) struct DeadLetters {
    pub(super) dead_letters: Vec<DeadLetter>,
    pub(super) total_count: u64,
}

/// A chunk or a message that was given up.
#[derive(Debug, Deserialize)]
pub(super) struct DeadLetter {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) job_id: Option<String>,
    pub(super) chunk: Option<u64>,
    pub(super) queue: Option<String>,
    pub(super) message_kind: Option<String>,
    pub(super) message_id: Option<String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) reason: String,
    #[serde(default)]
    pub(super) documents: u64,
    #[serde(default)]
    pub(super) bytes: u64,
    pub(super) created_at: String,
    pub(super) replayed_at: Option<String>,
    pub(super) replayed_as: Option<String>,
}

/// What replaying came to.
#[derive(Debug, Deserialize)]
pub(super) struct Replayed {
    pub(super) job_id: Option<String>,
    pub(super) message: String,
}

/// All receivers of events.
#[derive(Debug, Deserialize)]
pub(super) struct Sinks {
    pub(super) sinks: Vec<Sink>,
}

/// A receiver of events.
#[derive(Debug, Deserialize)]
pub(super) struct Sink {
    pub(super) name: String,
    pub(super) state: String,
    pub(super) backlog: u64,
    pub(super) delivered: u64,
    pub(super) delivered_at: Option<String>,
    pub(super) error: Option<String>,
}

/// All workers that are known.
#[derive(Debug, Deserialize)]
pub(super) struct Workers {
    pub(super) workers: Vec<Worker>,
}

/// A worker.
#[derive(Debug, Deserialize)]
pub(super) struct Worker {
    pub(super) worker_id: String,
    pub(super) host: String,
    pub(super) pid: u64,
    pub(super) version: String,
    pub(super) device: String,
    pub(super) slots: u64,
    pub(super) state: String,
    pub(super) busy: u64,
    pub(super) seen_at: String,
}
