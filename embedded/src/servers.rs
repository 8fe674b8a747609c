//! The servers that the roles share: real ones, or parts of this process.

use std::path::Path;

use shared::broker::Broker;
use shared::checkpoint::Checkpoint;
use shared::store::{self, Store};

use crate::Settings;
use crate::run::Error;

/// Handles on what the roles share.
#[derive(Clone)]
pub(crate) struct Servers {
    pub(crate) store: Store,
    /// The same, with connections of its own.
    pub(crate) heartbeat_store: Store,
    pub(crate) broker: Broker,
    pub(crate) checkpoint: Checkpoint,
}

impl Servers {
    /// What the settings name; what they do not name is in this process, its files in `data`.
    ///
    /// # Errors
    /// When a URL is none, the data folder cannot be used, or only one of database and broker is named: a database that others see
    /// is of no use without a broker that they see, nor the other way round.
    pub(crate) fn open(settings: &Settings, data: Option<&Path>) -> Result<Self, Error> {
        let database = &settings.database;
        let (store, heartbeat_store) = match (&database.url, &settings.broker.url, data) {
            (Some(url), Some(_), _) => {
                let beats = store::Settings {
                    pool: 1,
                    ..database.clone()
                };
                (
                    Store::postgres(url.expose(), database)?,
                    Store::postgres(url.expose(), &beats)?,
                )
            }
            (None, None, Some(data)) => {
                let store = Store::sqlite(data)?;
                (store.clone(), store)
            }
            (None, None, None) => return Err(Error::NoServers),
            (Some(_), None, _) => {
                return Err(Error::Alone {
                    there: "database.url",
                    missing: "broker.url",
                });
            }
            (None, Some(_), _) => {
                return Err(Error::Alone {
                    there: "broker.url",
                    missing: "database.url",
                });
            }
        };
        Ok(Self {
            store,
            heartbeat_store,
            broker: Broker::open(&settings.broker, "scutch")?,
            checkpoint: Checkpoint::open(&settings.redis)?,
        })
    }
}
