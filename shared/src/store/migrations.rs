//! Brings the tables of a database to this version: forward only, and not where a newer program was here before.

use rusqlite::Connection;

use super::Error;

mod postgres {
    refinery::embed_migrations!("src/store/migrations/postgres");
}

mod articles {
    refinery::embed_migrations!("src/store/migrations/articles");
}

mod sqlite {
    refinery::embed_migrations!("src/store/migrations/sqlite");
}

/// Any number that no one else locks in this database.
const LOCK: i64 = 0x5c07_c401;

/// Where it is noted how far the table of the articles is, which may be in another database than the others.
const ARTICLES_HISTORY: &str = "processed_articles_schema_history";

/// Migrates the service's own database, the table of the articles included.
pub(super) async fn migrate_postgres(client: &mut tokio_postgres::Client) -> Result<(), Error> {
    migrate(client, postgres::migrations::runner()).await?;
    migrate_articles(client).await
}

/// Migrates the table of the articles alone.
pub(super) async fn migrate_articles(client: &mut tokio_postgres::Client) -> Result<(), Error> {
    let mut runner = articles::migrations::runner();
    runner.set_migration_table_name(ARTICLES_HISTORY);
    migrate(client, runner).await
}

/// Programs that start together take turns.
async fn migrate(
    client: &mut tokio_postgres::Client,
    runner: refinery::Runner,
) -> Result<(), Error> {
    let failed = |source| Error::Postgres {
        doing: "locking the migrations".to_owned(),
        source,
    };
    client
        .execute("SELECT pg_advisory_lock($1)", &[&LOCK])
        .await
        .map_err(failed)?;
    let migrated = runner.run_async(client).await;
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
