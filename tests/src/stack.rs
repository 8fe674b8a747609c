//! The service as a user runs it: all in one process, or its roles on real servers.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::client::Client;
use crate::role::Role;
use crate::scutch::command;
use testbed::{Server, Servers, fresh_database, fresh_vhost, shared_redis};

/// A time that nothing here should need.
pub const LONG: Duration = Duration::from_secs(60);

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `scutch up`: in-process broker, SQLite.
    Embedded,
    /// `scutch producer`, `scheduler` and `worker` on RabbitMQ, PostgreSQL and Redis.
    Servers,
}

/// Where the servers of a stack are.
#[derive(Debug, Clone)]
struct Addresses {
    broker: String,
    database: String,
    redis: Option<String>,
}

/// A running service; all its processes end when it is dropped.
pub struct Stack {
    pub kind: Kind,
    pub folder: TempDir,
    /// Servers of its own, where the test breaks them.
    pub servers: Option<Servers>,
    addresses: Option<Addresses>,
    settings: Vec<(String, String)>,
    environment: Vec<(String, String)>,
    roles: Vec<Role>,
}

/// What a stack is to be like.
#[derive(Default)]
pub struct Wishes<'a> {
    /// Settings beside the defaults, as `("worker.slots", "1")`.
    pub settings: &'a [(&'a str, &'a str)],
    /// Variables of the environment that are no settings.
    pub environment: &'a [(&'a str, &'a str)],
    /// Whether it has servers of its own, which the test may break.
    pub owns_servers: bool,
    /// Whether it does without Redis.
    pub without_redis: bool,
    /// Whether no worker is started.
    pub without_worker: bool,
}

impl Stack {
    pub fn start(kind: Kind, wishes: &Wishes<'_>) -> Self {
        let servers = (kind == Kind::Servers && wishes.owns_servers)
            .then(|| Servers::start(&[Server::Rabbit, Server::Postgres, Server::Redis]));
        let addresses = match (kind, &servers) {
            (Kind::Embedded, _) => None,
            (Kind::Servers, Some(own)) => Some(Addresses {
                broker: own.amqp_url().to_owned(),
                database: own.postgres_url().to_owned(),
                redis: Some(own.redis_url().to_owned()),
            }),
            (Kind::Servers, None) => Some(Addresses {
                broker: fresh_vhost(),
                database: fresh_database(),
                redis: Some(shared_redis().to_owned()),
            }),
        };
        let addresses = addresses.map(|addresses| Addresses {
            redis: addresses.redis.filter(|_| !wishes.without_redis),
            ..addresses
        });
        // Faster than a person would want it, so that tests need not wait; the order of the times is that of the defaults.
        let quick = [
            ("model.enabled", "false"),
            ("worker.slots", "2"),
            ("worker.heartbeat_s", "1"),
            ("worker.fence_s", "4"),
            ("scheduler.worker_timeout_s", "6"),
            ("worker.retry_base_ms", "100"),
        ];
        let settings = quick.iter().chain(wishes.settings);
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let mut stack = Self {
            kind,
            folder: tempfile::tempdir().unwrap(),
            servers,
            addresses,
            settings: settings.map(owned).collect(),
            environment: wishes.environment.iter().map(owned).collect(),
            roles: Vec::new(),
        };
        match kind {
            Kind::Embedded => stack.add("up"),
            Kind::Servers => {
                // The scheduler brings the tables.
                stack.add("scheduler");
                stack.add("producer");
                if !wishes.without_worker {
                    stack.add("worker");
                }
            }
        }
        stack
    }

    /// Starts a role and waits until it is ready.
    pub fn add(&mut self, name: &'static str) {
        let data = self.data();
        let mut arguments = vec![name, "--listen", "127.0.0.1:0"];
        if name == "up" {
            arguments.extend(["--data", data.to_str().unwrap()]);
        }
        // Named so that the model is as these settings say and not switched off by the harness.
        arguments.extend(["--set", "model.folder=null"]);
        let mut command = command(&arguments);
        self.environment(&mut command);
        self.roles
            .push(Role::start(name, command, std::io::stderr()));
    }

    fn environment(&self, command: &mut Command) {
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(addresses) = &self.addresses {
            command
                .env("SCUTCH__BROKER__URL", &addresses.broker)
                .env("SCUTCH__DATABASE__URL", &addresses.database)
                .env("SCUTCH__OUTPUT__FOLDER", self.output());
            if let Some(redis) = &addresses.redis {
                command.env("SCUTCH__REDIS__URL", redis);
            }
        }
        command.env("SCUTCH__LOG__FORMAT", "human");
        for (key, value) in &self.settings {
            let name = format!("SCUTCH__{}", key.to_uppercase().replace('.', "__"));
            command.env(name, value);
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder of the jobs' files.
    pub fn output(&self) -> PathBuf {
        self.data().join("output")
    }

    /// Talks to it: submissions to the producer, all else to the scheduler, as a gateway would.
    pub fn client(&self) -> Client {
        let address = |name: &str| {
            let role = self
                .roles
                .iter()
                .find(|role| role.name == name || role.name == "up");
            role.unwrap().address.clone()
        };
        Client::new(address("producer"), address("scheduler"))
    }

    /// The name of the role that works.
    fn working(&self) -> &'static str {
        match self.kind {
            Kind::Embedded => "up",
            Kind::Servers => "worker",
        }
    }

    /// Ends the worker (embedded: everything) at once, as a crash does.
    pub fn kill_worker(&mut self) {
        let name = self.working();
        self.take(name).kill();
    }

    /// Asks the worker (embedded: everything) to end, and waits until it has.
    pub fn stop_worker(&mut self) {
        let name = self.working();
        self.take(name).stop();
    }

    /// Starts what [`Self::kill_worker`] and [`Self::stop_worker`] ended.
    pub fn start_worker(&mut self) {
        let name = self.working();
        self.add(name);
    }

    fn take(&mut self, name: &str) -> Role {
        let index = self.roles.iter().position(|role| role.name == name);
        self.roles.remove(index.unwrap())
    }

    /// Statements of SQL that look at the store: the first column of the first row.
    pub fn sql(&self, statement: &str) -> String {
        match &self.addresses {
            None => {
                let path = self.data().join("scutch.sqlite");
                let connection = rusqlite::Connection::open(path).unwrap();
                let value = connection.query_row(statement, [], |row| row.get::<_, i64>(0));
                value.unwrap().to_string()
            }
            Some(addresses) => {
                let output = Command::new("psql")
                    .args([
                        "--no-psqlrc",
                        "--tuples-only",
                        "--no-align",
                        "-c",
                        statement,
                    ])
                    .arg(&addresses.database)
                    .output()
                    .unwrap();
                assert!(output.status.success(), "{output:?}");
                String::from_utf8(output.stdout).unwrap().trim().to_owned()
            }
        }
    }

    /// Puts these bytes in the place of every payload of a job.
    pub fn replace_payload(&self, id: &str, payload: &[u8]) {
        let literal = self.literal(payload);
        self.change(&format!(
            "UPDATE chunks SET payload = {literal} WHERE job_id = '{id}'"
        ));
    }

    /// Puts these bytes in the place of every dead letter's body.
    pub fn replace_dead_letter(&self, body: &[u8]) {
        let literal = self.literal(body);
        self.change(&format!("UPDATE dead_letters SET body = {literal}"));
    }

    fn literal(&self, bytes: &[u8]) -> String {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self.addresses {
            None => format!("x'{hex}'"),
            Some(_) => format!("decode('{hex}', 'hex')"),
        }
    }

    fn change(&self, statement: &str) {
        match &self.addresses {
            None => {
                let path = self.data().join("scutch.sqlite");
                let connection = rusqlite::Connection::open(path).unwrap();
                assert!(connection.execute(statement, []).unwrap() > 0);
            }
            Some(_) => assert!(!self.sql(statement).ends_with(" 0")),
        }
    }

    /// Messages that its queues hold, those that are delivered and not acknowledged included; none on the embedded stack, whose
    /// queues nobody can look into.
    pub fn messages(&self) -> u64 {
        let Some(addresses) = &self.addresses else {
            return 0;
        };
        let (_, vhost) = addresses.broker.rsplit_once('/').unwrap();
        let vhost = vhost.replace("%2f", "/");
        match &self.servers {
            Some(own) => own.messages_in(&vhost),
            None => testbed::messages_in(&vhost),
        }
    }

    /// What a setting is that was wished for.
    pub fn setting(&self, key: &str) -> Option<&str> {
        let found = self.settings.iter().rev().find(|(known, _)| known == key);
        found.map(|(_, value)| value.as_str())
    }

    /// The database of the rows: the service's own, or the one that is set.
    pub fn rows_url(&self) -> &str {
        let own = || self.addresses.as_ref().map(|own| own.database.as_str());
        self.setting("output.postgresql.url").or_else(own).unwrap()
    }

    /// Where the servers are: broker and Redis.
    pub fn addresses(&self) -> Option<(String, Option<String>)> {
        let addresses = self.addresses.as_ref()?;
        Some((addresses.broker.clone(), addresses.redis.clone()))
    }
}

/// The articles that come with the project.
pub fn samples() -> Vec<serde_json::Value> {
    crate::scutch::read_jsonl(&crate::scutch::root().join("samples/wikinews.jsonl"))
}
