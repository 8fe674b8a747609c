//! What events say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::job::JobId;

/// A job's numbers at the time of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Numbers {
    /// The job.
    #[schemars(with = "String", extend("format" = "uuid"))]
    pub job_id: JobId,
    /// The batch it belongs to, as its submission named it.
    pub batch_id: Option<String>,
    /// Documents that came through until now.
    pub documents_processed: u64,
    /// Documents that failed until now.
    pub documents_failed: u64,
    /// Documents that were accepted.
    pub documents_total: u64,
}

/// The first of the job's documents are worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Started {
    /// The job's numbers.
    #[serde(flatten)]
    pub numbers: Numbers,
    /// Documents between two checkpoints: so many at most are cleaned again after a loss.
    pub checkpoint_interval: u32,
}

/// Another percent of the job's documents is dealt with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    /// The job's numbers.
    #[serde(flatten)]
    pub numbers: Numbers,
    /// Documents dealt with, in percent of all; 100 means all.
    #[schemars(range(min = 0, max = 100))]
    pub progress_percent: f64,
}

/// The job rests by command: none of its documents is worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Paused {
    /// The job's numbers.
    #[serde(flatten)]
    pub numbers: Numbers,
}

/// The job goes on by command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resumed {
    /// The job's numbers.
    #[serde(flatten)]
    pub numbers: Numbers,
}

/// The job is done, and all its outputs are visible. Its last event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Completed {
    /// The job's numbers.
    #[serde(flatten)]
    pub numbers: Numbers,
    /// From the job's start to its end, in milliseconds.
    pub processing_time_ms: i64,
    /// Names of the job's files in the folder or bucket of outputs.
    pub output_files: Vec<String>,
}

/// The job ended, and not one document came through. Its last event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failed {
    /// The job's numbers.
    #[serde(flatten)]
    pub numbers: Numbers,
    /// Why, for a person.
    pub error_message: Option<String>,
}

/// The job was ended by command; it leaves no file. Its last event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cancelled {
    /// The job's numbers.
    #[serde(flatten)]
    pub numbers: Numbers,
}

/// Documents of the job were cleaned: those that came through of one chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cleaned {
    /// The job's numbers, these documents among them.
    #[serde(flatten)]
    pub numbers: Numbers,
    /// The documents.
    pub documents: Vec<CleanedDocument>,
}

/// A document that was cleaned, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CleanedDocument {
    /// Its id, as it was submitted.
    pub document_id: String,
    /// Its language, ISO 639-1, where it could be told.
    pub language: Option<String>,
    /// Words of the cleaned text.
    pub word_count: u64,
    /// Entities that were found in it.
    pub entities: u64,
    /// Words of it that were corrected.
    pub corrections: u64,
}
