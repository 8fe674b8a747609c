//! What a job's files are.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use shared::job::{Backend, JobId};

/// How JSON lines are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// As they are.
    #[default]
    None,
    /// Under zstd: about a third of the size on news.
    Zstd,
}

/// A kind of file that a job's parts become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// A JSON object a line.
    Jsonl,
    /// A row an article.
    Parquet,
}

impl Format {
    /// The formats among backends, in their order.
    pub(crate) fn of(backends: &[Backend]) -> Vec<Self> {
        let format = |backend: &Backend| match backend {
            Backend::Jsonl => Some(Self::Jsonl),
            Backend::Parquet => Some(Self::Parquet),
            Backend::Postgresql | Backend::Elasticsearch => None,
        };
        backends.iter().filter_map(format).collect()
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
        }
    }

    fn extension(self, compression: Compression) -> &'static str {
        match (self, compression) {
            (Self::Jsonl, Compression::None) => "jsonl",
            (Self::Jsonl, Compression::Zstd) => "jsonl.zst",
            (Self::Parquet, Compression::None | Compression::Zstd) => "parquet",
        }
    }
}

/// The name of a job's file.
pub(super) fn file(
    job: JobId,
    created_at: Timestamp,
    format: Format,
    compression: Compression,
) -> String {
    let date = TimeZone::UTC.to_datetime(created_at).date();
    let extension = format.extension(compression);
    format!("processed_articles_{date}_{job}.{extension}")
}

/// The names of all files that a job may have, whatever was set when it ran.
pub(super) fn all_files(job: JobId, created_at: Timestamp) -> [String; 3] {
    [
        (Format::Jsonl, Compression::None),
        (Format::Jsonl, Compression::Zstd),
        (Format::Parquet, Compression::None),
    ]
    .map(|(format, compression)| file(job, created_at, format, compression))
}
