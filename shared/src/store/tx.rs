//! A transaction of either database, and statements in it.
//!
//! The statements are the same text for both, in the part of SQL that both have; `{lock}`, `{skip}` and `{now}` stand for what
//! they say differently. Parameters are `$1`, `$2`, … in the order of their first appearance, which is how SQLite numbers them.

use std::time::Duration;

use deadpool_postgres::Object;
use jiff::Timestamp;
use rusqlite::Connection;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::OwnedMutexGuard;

use super::Error;
use super::error::doing;
use super::value::{Row, Value};

/// A transaction. Dropped without [`Tx::commit`], it never was.
pub(super) struct Tx {
    database: Option<Database>,
    limit: Duration,
}

enum Database {
    Postgres(Box<Object>),
    Sqlite(OwnedMutexGuard<Connection>),
}

impl Tx {
    /// Begins one on a connection of a pool.
    pub(super) async fn postgres(client: Object, limit: Duration) -> Result<Self, Error> {
        let mut tx = Self {
            database: Some(Database::Postgres(Box::new(client))),
            limit,
        };
        tx.batch("BEGIN").await?;
        Ok(tx)
    }

    /// Begins one on the only connection, taking the write lock at once.
    pub(super) async fn sqlite(connection: OwnedMutexGuard<Connection>) -> Result<Self, Error> {
        let mut tx = Self {
            database: Some(Database::Sqlite(connection)),
            limit: Duration::MAX,
        };
        tx.batch("BEGIN IMMEDIATE").await?;
        Ok(tx)
    }

    /// Makes all of it true.
    pub(super) async fn commit(self) -> Result<(), Error> {
        self.end("COMMIT").await
    }

    /// Makes none of it true; better than dropping it, which costs the connection.
    pub(super) async fn rollback(self) -> Result<(), Error> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, how: &str) -> Result<(), Error> {
        self.batch(how).await?;
        match self.database.take() {
            // Back to the pool.
            Some(Database::Postgres(client)) => drop(client),
            Some(Database::Sqlite(connection)) => drop(connection),
            None => {}
        }
        Ok(())
    }

    /// Statements without parameters and without rows.
    pub(super) async fn batch(&mut self, sql: &str) -> Result<(), Error> {
        match self.database.as_ref() {
            Some(Database::Postgres(client)) => {
                within(self.limit, sql, client.batch_execute(sql)).await
            }
            Some(Database::Sqlite(connection)) => blocking(|| connection.execute_batch(sql))
                .map_err(|source| Error::Sqlite {
                    doing: doing(sql),
                    source,
                }),
            None => Ok(()),
        }
    }

    /// The rows that a statement answers.
    pub(super) async fn query(
        &mut self,
        statement: &str,
        parameters: &[Value],
    ) -> Result<Vec<Row>, Error> {
        match self.database.as_ref() {
            Some(Database::Postgres(client)) => {
                let sql = for_postgres(statement);
                let asked = async {
                    let prepared = client.prepare_cached(&sql).await?;
                    client.query(&prepared, &as_sql(parameters)).await
                };
                let rows = within(self.limit, &sql, asked).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
            Some(Database::Sqlite(connection)) => {
                let sql = for_sqlite(statement);
                blocking(|| sqlite_rows(connection, &sql, parameters)).map_err(|source| {
                    Error::Sqlite {
                        doing: doing(&sql),
                        source,
                    }
                })
            }
            None => Ok(Vec::new()),
        }
    }

    /// The first row, if there is one.
    pub(super) async fn first(
        &mut self,
        statement: &str,
        parameters: &[Value],
    ) -> Result<Option<Row>, Error> {
        Ok(self.query(statement, parameters).await?.into_iter().next())
    }

    /// How many rows a statement changed.
    pub(super) async fn execute(
        &mut self,
        statement: &str,
        parameters: &[Value],
    ) -> Result<u64, Error> {
        match self.database.as_ref() {
            Some(Database::Postgres(client)) => {
                let sql = for_postgres(statement);
                let asked = async {
                    let prepared = client.prepare_cached(&sql).await?;
                    client.execute(&prepared, &as_sql(parameters)).await
                };
                within(self.limit, &sql, asked).await
            }
            Some(Database::Sqlite(connection)) => {
                let sql = for_sqlite(statement);
                let changed = blocking(|| {
                    let mut prepared = connection.prepare_cached(&sql)?;
                    prepared.execute(rusqlite::params_from_iter(parameters))
                });
                changed
                    .map(|changed| changed as u64)
                    .map_err(|source| Error::Sqlite {
                        doing: doing(&sql),
                        source,
                    })
            }
            None => Ok(0),
        }
    }

    /// The database's clock: of all that work together, only its time counts.
    pub(super) async fn now(&mut self) -> Result<Timestamp, Error> {
        match self.first("SELECT {now}", &[]).await? {
            Some(row) => row.get(0),
            None => Ok(Timestamp::now()),
        }
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        match self.database.take() {
            // Closed, not given back: something may still be under way on it, and the server rolls back what is open.
            Some(Database::Postgres(client)) => drop(Object::take(*client)),
            Some(Database::Sqlite(connection)) => {
                if !connection.is_autocommit()
                    && let Err(error) = connection.execute_batch("ROLLBACK")
                {
                    tracing::warn!(%error, "cannot roll back");
                }
            }
            None => {}
        }
    }
}

fn for_postgres(statement: &str) -> String {
    statement
        .replace("{lock}", "FOR UPDATE")
        .replace("{skip}", "FOR UPDATE SKIP LOCKED")
        .replace("{now}", "clock_timestamp()")
}

fn for_sqlite(statement: &str) -> String {
    statement
        .replace("{lock}", "")
        .replace("{skip}", "")
        .replace("{now}", "CAST(unixepoch('subsec') * 1000000 AS INTEGER)")
}

fn as_sql(parameters: &[Value]) -> Vec<&(dyn tokio_postgres::types::ToSql + Sync)> {
    parameters.iter().map(|value| value as _).collect()
}

fn sqlite_rows(
    connection: &Connection,
    sql: &str,
    parameters: &[Value],
) -> rusqlite::Result<Vec<Row>> {
    let mut prepared = connection.prepare_cached(sql)?;
    let columns = prepared.column_count();
    let mut rows = prepared.query(rusqlite::params_from_iter(parameters))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|column| row.get(column));
        all.push(Row::Sqlite(values.collect::<rusqlite::Result<_>>()?));
    }
    Ok(all)
}

/// SQLite answers on the calling thread: a runtime of several is told, so that it goes on with its other tasks elsewhere.
fn blocking<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        Ok(_) | Err(_) => work(),
    }
}

/// The answer to a statement of PostgreSQL, if it comes within `limit`.
pub(super) async fn within<T>(
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
