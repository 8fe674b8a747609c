//! Which of several schedulers does what only one need do.

use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Object};

use super::tx::within;
use super::{Error, Store};

/// Any number that no one else locks in this database.
const LOCK: i64 = 0x5c07_c402;

/// The right to do a leader's work, as long as it is held. Two may believe that they have it for a moment, when a connection breaks;
/// what a leader does is right even then, only done twice.
pub enum Leadership {
    /// A session of PostgreSQL that holds an advisory lock
    /// (<https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS>). The pool counts it no longer, or one of a
    /// single connection would be empty. Dropped, it is closed, and the lock goes with the session.
    Postgres(Box<ClientWrapper>, Duration),
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
                match try_lock(&client, postgres.limit).await {
                    Ok(true) => {
                        let client = Box::new(Object::take(client));
                        Ok(Some(Leadership::Postgres(client, postgres.limit)))
                    }
                    Ok(false) => Ok(None),
                    Err(error) => {
                        // The lock may have been granted all the same: it must not go back to the pool.
                        drop(Object::take(client));
                        Err(error)
                    }
                }
            }
        }
    }
}

/// Whether the session has the lock now. A leader that is frozen or cut off loses it with its session: it asks every few seconds
/// whether it still leads, and a session that is silent for longer is ended by the server.
async fn try_lock(client: &Object, limit: Duration) -> Result<bool, Error> {
    let sql = "SELECT pg_try_advisory_lock($1)";
    let row = within(limit, sql, client.query_one(sql, &[&LOCK])).await?;
    let is_granted = row.get(0);
    if is_granted {
        let sql = "SET idle_session_timeout = '15s'";
        within(limit, sql, client.batch_execute(sql)).await?;
    }
    Ok(is_granted)
}

impl Leadership {
    /// Whether it is still held.
    pub async fn is_held(&self) -> bool {
        match self {
            Self::Sqlite => true,
            Self::Postgres(client, limit) => {
                let sql = "SELECT 1";
                within(*limit, sql, client.query_one(sql, &[]))
                    .await
                    .is_ok()
            }
        }
    }
}
