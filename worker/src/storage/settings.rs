//! What is set about the outputs.

use serde::Deserialize;
use shared::job::Backend;
use shared::store;

use super::{elasticsearch, files};

/// The section `output` of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the jobs' files go: a folder, or `s3://bucket/prefix`, `gs://…`, `az://…`; none: `output` in the data folder.
    pub folder: Option<String>,
    /// How the JSONL files are compressed.
    pub compression: files::Compression,
    /// Where rows go; without a URL into the service's own database.
    pub postgresql: store::Settings,
    /// Elasticsearch or OpenSearch.
    pub elasticsearch: elasticsearch::Settings,
}

/// Why nothing can be written.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nobody said where files go.
    #[error("output.folder is not set: it says where the jobs' files go")]
    NoFolder,
    /// The place of the files.
    #[error(transparent)]
    Files(#[from] files::OpenError),
    /// The database of the rows.
    #[error(
        "output.postgresql.url is not a PostgreSQL URL, as in postgres://user:password@host:5432/articles"
    )]
    Rows,
    /// Elasticsearch.
    #[error(transparent)]
    Elasticsearch(#[from] elasticsearch::OpenError),
}

impl Settings {
    /// Backends that no job may name, each with what is missing. `has_database`: the service's own database is PostgreSQL.
    pub fn missing(&self, has_database: bool) -> Vec<(Backend, &'static str)> {
        let mut missing = Vec::new();
        if self.postgresql.url.is_none() && !has_database {
            missing.push((Backend::Postgresql, "output.postgresql.url is not set"));
        }
        if self.elasticsearch.url.is_none() {
            missing.push((
                Backend::Elasticsearch,
                "output.elasticsearch.url is not set",
            ));
        }
        missing
    }
}
