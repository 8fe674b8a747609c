//! The arguments of the commands that run a service: `up`, `producer`, `scheduler`, `worker`.

use std::path::PathBuf;

use clap::Args;

use crate::config::Flag;

/// Run the whole service in one process.
#[derive(Debug, Args)]
#[command(
    after_help = "Needs no server: jobs are kept in an SQLite database in the data folder, their files below it. After a crash or a
kill its jobs go on with the next start. With broker.url and database.url set it works on those servers instead.

Example:
  scutch up &
  scutch batch submit -f articles.jsonl --wait"
)]
pub(crate) struct Up {
    /// Where it keeps jobs and files [default: scutch-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) listen: Listen,
}

/// Run one role of the service.
#[derive(Debug, Args)]
#[command(
    after_help = "A role by itself works on servers that it shares with the others: broker.url (RabbitMQ), database.url (PostgreSQL) and,
for checkpoints, redis.url; as in SCUTCH__BROKER__URL=amqp://… SCUTCH__DATABASE__URL=postgres://…"
)]
pub(crate) struct Alone {
    #[command(flatten)]
    pub(crate) listen: Listen,
}

/// Where it answers.
#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// Where it answers over HTTP, ADDRESS:PORT; port 0 is any that is free [default: http.listen; a worker: nowhere]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
}

impl Listen {
    fn flag(&self) -> Option<Flag> {
        self.listen.as_ref().map(|listen| Flag {
            key: "http.listen".to_owned(),
            value: listen.clone(),
            name: "--listen".to_owned(),
        })
    }
}

impl Up {
    /// The settings that its flags stand for.
    pub(crate) fn flags(&self) -> Vec<Flag> {
        let data = self.data.as_ref().map(|data| Flag {
            key: "data.folder".to_owned(),
            value: data.display().to_string(),
            name: "--data".to_owned(),
        });
        self.listen.flag().into_iter().chain(data).collect()
    }
}

impl Alone {
    /// The settings that its flags stand for.
    pub(crate) fn flags(&self) -> Vec<Flag> {
        self.listen.flag().into_iter().collect()
    }
}
