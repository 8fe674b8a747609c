//! Opens the store.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use rusqlite::Connection;
use tokio::sync::Mutex;
use tokio_postgres::NoTls;

use super::tx::Tx;
use super::{Error, Settings, migrations};

/// The truth about jobs. Cheap to clone.
#[derive(Clone)]
pub enum Store {
    /// PostgreSQL, for many processes.
    Postgres(Postgres),
    /// SQLite, for this process alone.
    Sqlite(Sqlite),
}

/// A pool of connections.
#[derive(Clone)]
pub struct Postgres {
    pub(super) pool: Pool,
    pub(super) limit: Duration,
}

/// The one connection, and the lock that keeps others away.
#[derive(Clone)]
pub struct Sqlite {
    connection: Arc<Mutex<Connection>>,
    _lock: Arc<File>,
}

/// Longest wait for a connection to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest wait for a row that somebody else has locked.
const LOCK: Duration = Duration::from_secs(5);

impl Store {
    /// PostgreSQL at `settings.url`. Makes no connection: a role starts while its database is away.
    ///
    /// # Errors
    /// [`Error::Url`].
    pub fn postgres(url: &str, settings: &Settings) -> Result<Self, Error> {
        let limit = settings.timeout();
        let mut config: tokio_postgres::Config =
            url.parse().map_err(|error| Error::Url(Box::new(error)))?;
        // The server gives up first, so that its answer and not our patience says what was wrong.
        let statement = limit.saturating_sub(Duration::from_secs(1)).max(limit / 2);
        let options = [
            config.get_options().map(str::to_owned),
            Some(format!("-c statement_timeout={}", statement.as_millis())),
            Some(format!(
                "-c lock_timeout={}",
                LOCK.min(statement).as_millis()
            )),
            Some(format!(
                "-c idle_in_transaction_session_timeout={}",
                limit.as_millis()
            )),
            // Of the server's own side of the connection: a client that vanished must not keep its locks for hours.
            Some(
                "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
                    .to_owned(),
            ),
        ];
        config
            .options(options.into_iter().flatten().collect::<Vec<_>>().join(" "))
            .connect_timeout(CONNECT)
            .keepalives_idle(Duration::from_secs(10))
            .tcp_user_timeout(limit);
        if config.get_application_name().is_none() {
            config.application_name("scutch");
        }
        let manager = Manager::from_config(
            config,
            NoTls,
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let pool = Pool::builder(manager)
            .max_size(settings.pool)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(CONNECT),
                create: Some(CONNECT),
                recycle: Some(CONNECT),
            })
            .build()
            .map_err(|error| Error::Connect(Box::new(error)))?;
        Ok(Self::Postgres(Postgres { pool, limit }))
    }

    /// SQLite in `folder`, which is made where it is not there, migrated to this version.
    ///
    /// # Errors
    /// [`Error::InUse`] when another process has the folder; [`Error::File`], [`Error::Sqlite`], [`Error::Migrate`].
    pub fn sqlite(folder: &Path) -> Result<Self, Error> {
        let file = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::File { path, source }
        };
        fs::create_dir_all(folder).map_err(file(folder))?;
        let lock_path = folder.join("lock");
        let lock = File::create(&lock_path).map_err(file(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(Error::InUse {
                    path: folder.to_owned(),
                });
            }
            Err(fs::TryLockError::Error(source)) => return Err(file(&lock_path)(source)),
        }
        let failed = |source| Error::Sqlite {
            doing: "opening it".to_owned(),
            source,
        };
        let mut connection = Connection::open(folder.join("scutch.sqlite")).map_err(failed)?;
        // FULL: what was answered with 202 is there after a power cut too.
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
            )
            .map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(64);
        migrations::migrate_sqlite(&mut connection)?;
        Ok(Self::Sqlite(Sqlite {
            connection: Arc::new(Mutex::new(connection)),
            _lock: Arc::new(lock),
        }))
    }

    /// Brings the tables to this version. SQLite's are already.
    ///
    /// # Errors
    /// [`Error::Migrate`] when it cannot be done, as where the database is newer than this program; [`Error::Connect`].
    pub async fn migrate(&self) -> Result<(), Error> {
        match self {
            Self::Postgres(postgres) => {
                // Not back to the pool: should this be given up, its lock goes with it.
                let mut client = Object::take(postgres.client().await?);
                migrations::migrate_postgres(&mut client).await
            }
            Self::Sqlite(_) => Ok(()),
        }
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        tx.now().await?;
        tx.commit().await
    }

    pub(super) async fn begin(&self) -> Result<Tx, Error> {
        match self {
            Self::Postgres(postgres) => {
                Tx::postgres(postgres.client().await?, postgres.limit).await
            }
            Self::Sqlite(sqlite) => {
                Tx::sqlite(Arc::clone(&sqlite.connection).lock_owned().await).await
            }
        }
    }
}

impl Postgres {
    pub(super) async fn client(&self) -> Result<deadpool_postgres::Object, Error> {
        self.pool
            .get()
            .await
            .map_err(|error| Error::Connect(Box::new(error)))
    }
}
