//! Where the index is, and how it is spoken to.

use std::path::PathBuf;

use serde::Deserialize;
use shared::secret::Secret;

/// The section `output.elasticsearch` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `https://user:password@host:9200/prefix` of Elasticsearch 7, 8, 9 or OpenSearch; none for no such output. A secret.
    pub url: Option<Secret>,
    /// The index, or an alias with one index to write to; made when it is missing.
    pub index: String,
    /// Who we are, if `url` does not say so.
    pub username: Option<String>,
    /// The password of `username`. A secret.
    pub password: Option<Secret>,
    /// An API key as the cluster gave it out, encoded, instead of a user. A secret.
    pub api_key: Option<Secret>,
    /// Certificates (PEM) that are trusted besides those of the system.
    pub ca_file: Option<PathBuf>,
    /// Most documents in a request, 1 to 500.
    pub bulk_items: usize,
    /// Most bytes in a request; a document that is larger goes alone.
    pub bulk_bytes: usize,
    /// How long a request may take, its answer included.
    pub timeout_ms: u64,
}
