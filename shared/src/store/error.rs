//! Why the store cannot do something.

use std::io;
use std::time::Duration;

/// Why the store cannot do something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL is not one. It may hold a password and is not told.
    #[error(
        "database.url is not a PostgreSQL URL, as in postgres://user:password@host:5432/scutch"
    )]
    Url(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No connection could be had.
    #[error("cannot connect to the database")]
    Connect(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A file or folder of the embedded database cannot be used.
    #[error("cannot use the database {}", path.display())]
    File {
        /// Which.
        path: std::path::PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another process has it.
    #[error("{} is in use by another scutch; stop that one, or name another --data", path.display())]
    InUse {
        /// The data folder.
        path: std::path::PathBuf,
    },
    /// PostgreSQL refused, or the connection broke.
    #[error("the database failed while {doing}")]
    Postgres {
        /// The statement's first words.
        doing: String,
        /// Why.
        source: tokio_postgres::Error,
    },
    /// SQLite refused.
    #[error("the database failed while {doing}")]
    Sqlite {
        /// The statement's first words.
        doing: String,
        /// Why.
        source: rusqlite::Error,
    },
    /// No answer in time.
    #[error("the database did not answer within {} s while {doing}", limit.as_secs())]
    TimedOut {
        /// The statement's first words.
        doing: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The tables could not be brought to this version.
    #[error(
        "cannot bring the database's tables to this version; is the database newer than this program?"
    )]
    Migrate(#[source] Box<refinery::Error>),
    /// A value is not what this version writes.
    #[error(
        "the column {column} holds what this version does not know; was it written by a newer one?"
    )]
    Value {
        /// Its place in the row.
        column: usize,
        /// What is wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A payload that a submission hands over cannot be read.
    #[error("cannot read the submission's chunks")]
    Spool(#[source] io::Error),
}

impl Error {
    /// Whether the same may go well a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect(_) | Self::TimedOut { .. } => true,
            Self::Postgres { source, .. } => match source.code() {
                // Connection trouble, resources, operator's intervention, deadlock, serialisation.
                Some(code) => ["08", "53", "57", "40", "55"]
                    .iter()
                    .any(|class| code.code().starts_with(class)),
                None => true,
            },
            Self::Sqlite { source, .. } => matches!(
                source.sqlite_error_code(),
                Some(
                    rusqlite::ErrorCode::DatabaseBusy
                        | rusqlite::ErrorCode::DatabaseLocked
                        | rusqlite::ErrorCode::DiskFull
                        | rusqlite::ErrorCode::SystemIoFailure
                )
            ),
            Self::Url(_)
            | Self::File { .. }
            | Self::InUse { .. }
            | Self::Migrate(_)
            | Self::Value { .. }
            | Self::Spool(_) => false,
        }
    }
}

/// What a statement does, for a message: its first words, which hold no value.
pub(super) fn doing(sql: &str) -> String {
    sql.split_whitespace().take(4).collect::<Vec<_>>().join(" ")
}
