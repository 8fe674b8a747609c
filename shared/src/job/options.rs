//! What a submission may ask for beside its documents.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::state::words;

words! {
    /// Where cleaned documents go.
    Backend {
        /// A file of JSON lines for each job.
        Jsonl = "jsonl",
        /// A Parquet file for each job.
        Parquet = "parquet",
        /// Rows of the table `processed_articles`.
        Postgresql = "postgresql",
        /// Documents of an index of Elasticsearch or OpenSearch.
        Elasticsearch = "elasticsearch",
    }
}

impl Backend {
    /// Whether its output is a file, made from the parts of all chunks when the documents are dealt with.
    pub fn is_file(self) -> bool {
        match self {
            Self::Jsonl | Self::Parquet => true,
            Self::Postgresql | Self::Elasticsearch => false,
        }
    }
}

/// Documents between two checkpoints where a submission does not say.
pub const CHECKPOINT_INTERVAL: u32 = 10;

/// What one job asks for; kept with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// Steps switched on or off for this job.
    #[serde(default)]
    pub cleaning: CleaningConfig,
    /// Where its documents go; never empty.
    pub backends: Vec<Backend>,
    /// Documents between two checkpoints, 1 to 1,000.
    pub checkpoint_interval: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cleaning: CleaningConfig::default(),
            backends: vec![Backend::Jsonl],
            checkpoint_interval: CHECKPOINT_INTERVAL,
        }
    }
}

impl Options {
    /// Whether the job writes files, so that their parts are to be joined.
    pub fn writes_files(&self) -> bool {
        self.backends.iter().any(|backend| backend.is_file())
    }
}

/// Cleaning steps for one submission; what is absent or null is as the worker's configuration has it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CleaningConfig {
    /// HTML becomes text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove_html_tags: Option<bool>,
    /// White space is tidied; paragraphs stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalize_whitespace: Option<bool>,
    /// Mojibake is repaired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix_encoding: Option<bool>,
    /// Space before commas and the like goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalize_punctuation: Option<bool>,
    /// Units are written in one way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standardize_units: Option<bool>,
    /// Amounts of money are written in one way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standardize_currency: Option<bool>,
    /// Misspelt words are corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_typo_correction: Option<bool>,
    /// Shorter words are not corrected, in letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typo_min_length: Option<u32>,
    /// Longer words are not corrected, in letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typo_max_length: Option<u32>,
    /// Names are kept from correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typo_use_ner: Option<bool>,
    /// How sure a correction must be, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typo_confidence: Option<f32>,
}

/// What upstream wants to find again at the job; passed through.
pub type Metadata = Map<String, Value>;
