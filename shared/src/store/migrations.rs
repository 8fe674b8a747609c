//! Brings the tables of a database to this version: forward only, and not where a newer program was here before.

use rusqlite::Connection;

use super::Error;

mod postgres {
    refinery::embed_migrations!("src/store/migrations/postgres");
}

mod sqlite {
    refinery::embed_migrations!("src/store/migrations/sqlite");
}

/// Any number that no one else locks in this database.
const LOCK: i64 = 0x5c07_c401;

/// Migrates PostgreSQL. Programs that start together take turns.
pub(super) async fn migrate_postgres(client: &mut tokio_postgres::Client) -> Result<(), Error> {
    let failed = |source| Error::Postgres {
        doing: "locking the migrations".to_owned(),
        source,
    };
    client
        .execute("SELECT pg_advisory_lock($1)", &[&LOCK])
        .await
        .map_err(failed)?;
    let migrated = postgres::migrations::runner().run_async(client).await;
    client
        .execute("SELECT pg_advisory_unlock($1)", &[&LOCK])
        .await
        .map_err(failed)?;
    migrated
        .map(|_| ())
        .map_err(|error| Error::Migrate(Box::new(error)))
}

/// Migrates SQLite, whose only user we are.
pub(super) fn migrate_sqlite(connection: &mut Connection) -> Result<(), Error> {
    sqlite::migrations::runner()
        .run(connection)
        .map(|_| ())
        .map_err(|error| Error::Migrate(Box::new(error)))
}
