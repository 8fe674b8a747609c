//! Where cleaned documents go: files, rows, documents of an index.
//!
//! The files ([`files`]) are made of parts, one a chunk. The rows of the service's own database are written in the transaction that
//! completes the chunk. A backend of its own ([`Storage::bring`]) is given each chunk's documents before the chunk is completed;
//! where it does not take them they stay in the chunk's part, and a chunk of the kind `deliver` brings them later.

mod breaker;
mod elasticsearch;
mod files;
mod rows;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use shared::article::{Problem, ProblemKind, document_id};
use shared::chain::chain;
use shared::job::{Backend, Epoch};
use shared::store::{Failure, Line};
use tokio::time::timeout;

use self::breaker::Breaker;
use self::elasticsearch::Elasticsearch;
use self::rows::Rows;

#[cfg(test)]
pub(crate) use self::elasticsearch::Fake;
pub(crate) use self::files::{Error, Files, Format, Joined};
pub use self::settings::{OpenError, Settings};

/// Everything that a worker writes to. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    pub(crate) files: Files,
    backends: Arc<Backends>,
}

struct Backends {
    rows: Rows,
    elasticsearch: Option<Elasticsearch>,
    breaker_of_rows: Breaker,
    breaker_of_elasticsearch: Breaker,
}

/// How long a backend may take over one batch, all its tries included; then it is tried again later.
const LIMIT: Duration = Duration::from_secs(20);

/// Cleaned documents of one chunk on their way to a backend.
#[derive(Debug, Clone)]
pub(crate) struct Batch<'a> {
    /// When the job was accepted: a later job's version of a document wins.
    pub(crate) created_at: Timestamp,
    /// The claim of the chunk in which they were cleaned: within a job a later claim's version wins.
    pub(crate) epoch: Epoch,
    /// Each a cleaned article as one JSON object.
    pub(crate) lines: &'a [Bytes],
}

/// A document that a backend will never take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefusedDocument {
    /// Its index in the batch.
    pub(crate) index: usize,
    /// Why, for a person, without the document's text.
    pub(crate) reason: String,
}

/// What became of a batch at a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Brought {
    /// It has them all, but for those that it will never take.
    Taken(Vec<RefusedDocument>),
    /// It did not take them, for this reason; they are to be brought again.
    Behind(String),
}

impl Storage {
    /// What the settings name; files go to `default_folder` where they name no other place. `has_database`: the service's own
    /// database is PostgreSQL, which the rows can go to.
    ///
    /// # Errors
    /// When a setting cannot be.
    pub fn open(
        settings: &Settings,
        default_folder: Option<&str>,
        has_database: bool,
    ) -> Result<Self, OpenError> {
        let place = settings.folder.as_deref().or(default_folder);
        Ok(Self {
            files: Files::open(place.ok_or(OpenError::NoFolder)?, settings.compression)?,
            backends: Arc::new(Backends {
                rows: Rows::open(&settings.postgresql, has_database)
                    .map_err(|_| OpenError::Rows)?,
                elasticsearch: Elasticsearch::open(&settings.elasticsearch)?,
                breaker_of_rows: Breaker::default(),
                breaker_of_elasticsearch: Breaker::default(),
            }),
        })
    }

    /// Whether the backend's rows belong into the transaction that completes their chunk.
    pub(crate) fn is_own_database(&self, backend: Backend) -> bool {
        backend == Backend::Postgresql && matches!(self.backends.rows, Rows::Own)
    }

    /// Why a backend would not be tried now, if so.
    pub(crate) fn refusal(&self, backend: Backend) -> Option<String> {
        self.breaker(backend).refusal()
    }

    fn breaker(&self, backend: Backend) -> &Breaker {
        match backend {
            Backend::Elasticsearch => &self.backends.breaker_of_elasticsearch,
            Backend::Postgresql | Backend::Jsonl | Backend::Parquet => {
                &self.backends.breaker_of_rows
            }
        }
    }

    /// Brings documents to a backend that is neither files nor the service's own database.
    pub(crate) async fn bring(&self, backend: Backend, batch: &Batch<'_>) -> Brought {
        let breaker = self.breaker(backend);
        if let Err(reason) = breaker.ask() {
            return Brought::Behind(reason);
        }
        let written = timeout(LIMIT, self.backends.write(backend, batch));
        let late = || format!("it did not answer within {} s", LIMIT.as_secs());
        match written.await.unwrap_or_else(|_| Err(late())) {
            Ok(refused) => {
                if breaker.succeed() {
                    tracing::info!("{backend} takes documents again");
                }
                Brought::Taken(refused)
            }
            Err(reason) => {
                if breaker.fail(&reason) {
                    tracing::warn!("{backend} takes no documents; they are kept for it: {reason}");
                }
                Brought::Behind(reason)
            }
        }
    }
}

impl Backends {
    async fn write(
        &self,
        backend: Backend,
        batch: &Batch<'_>,
    ) -> Result<Vec<RefusedDocument>, String> {
        match (backend, &self.elasticsearch) {
            (Backend::Elasticsearch, Some(elasticsearch)) => {
                let written = elasticsearch.write(batch).await;
                written.map_err(|trouble| chain(&trouble))
            }
            (Backend::Elasticsearch, None) => {
                Err("output.elasticsearch.url is not set at this worker".to_owned())
            }
            (Backend::Postgresql, _) => self.rows.write(batch).await,
            (Backend::Jsonl | Backend::Parquet, _) => Ok(Vec::new()),
        }
    }
}

impl RefusedDocument {
    /// As a failure of the chunk whose `lines` were brought.
    pub(crate) fn into_failure(self, backend: Backend, chunk: u32, lines: &[Line]) -> Failure {
        let line = lines.get(self.index);
        Failure {
            chunk: Some(chunk),
            document: line.map_or(self.index as u64, |line| line.document),
            document_id: line.and_then(|line| document_id(&line.json)),
            problem: Problem {
                kind: ProblemKind::RefusedByBackend,
                field: None,
                reason: self.reason,
            },
            backend: Some(backend),
        }
    }
}
