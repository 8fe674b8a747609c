//! Which of several schedulers does what only one need do.

use std::time::Duration;

use deadpool_postgres::Object;

use super::error::doing;
use super::{Error, Store};

/// Any number that no one else locks in this database.
const LOCK: i64 = 0x5c07_c402;

/// The right to do a leader's work, as long as it is held. Two may believe that they have it for a moment, when a connection breaks;
/// what a leader does is right even then, only done twice.
pub enum Leadership {
    /// A session of PostgreSQL that holds an advisory lock
    /// (<https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS>).
    Postgres(Option<Box<Object>>, Duration),
    /// The only process there is.
    Sqlite,
}

impl Store {
    /// The leadership, unless someone else has it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lead(&self) -> Result<Option<Leadership>, Error> {
        match self {
            Self::Sqlite(_) => Ok(Some(Leadership::Sqlite)),
            Self::Postgres(postgres) => {
                let client = postgres.client().await?;
                let sql = "SELECT pg_try_advisory_lock($1)";
                let asked = client.query_one(sql, &[&LOCK]);
                let row = within(postgres.limit, sql, asked).await?;
                if row.get(0) {
                    Ok(Some(Leadership::Postgres(
                        Some(Box::new(client)),
                        postgres.limit,
                    )))
                } else {
                    Ok(None)
                }
            }
        }
    }
}

impl Leadership {
    /// Whether it is still held.
    pub async fn is_held(&self) -> bool {
        match self {
            Self::Sqlite | Self::Postgres(None, _) => true,
            Self::Postgres(Some(client), limit) => {
                let sql = "SELECT 1";
                within(*limit, sql, client.query_one(sql, &[]))
                    .await
                    .is_ok()
            }
        }
    }
}

impl Drop for Leadership {
    fn drop(&mut self) {
        match self {
            // Closed, not given back: the lock lives as long as the session.
            Self::Postgres(client, _) => drop(client.take().map(|client| Object::take(*client))),
            Self::Sqlite => {}
        }
    }
}

async fn within<T>(
    limit: Duration,
    sql: &str,
    asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Error> {
    match tokio::time::timeout(limit, asked).await {
        Ok(answer) => answer.map_err(|source| Error::Postgres {
            doing: doing(sql),
            source,
        }),
        Err(_) => Err(Error::TimedOut {
            doing: doing(sql),
            limit,
        }),
    }
}
