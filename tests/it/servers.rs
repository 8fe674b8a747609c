//! Real servers for tests: private ones, started by `tools/servers.sh` on ports of their own.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::scutch::root;

/// One of the servers that Scutch uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    Rabbit,
    Postgres,
    Redis,
    Nats,
}

impl Server {
    /// What the script calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Rabbit => "rabbitmq",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Nats => "nats",
        }
    }
}

/// Servers that run until this is dropped, or until the test binary ends, however it ends.
#[derive(Debug)]
pub(crate) struct Servers {
    folder: TempDir,
    /// Where they are, under the names of Scutch's environment.
    addresses: HashMap<String, String>,
}

impl Servers {
    /// Starts these and waits until they are ready: RabbitMQ needs 6 to 20 s, the others a second.
    ///
    /// For tests that stop or kill servers. Others share a set: [`fresh_database`], [`fresh_vhost`], [`shared_redis`].
    pub(crate) fn start(servers: &[Server]) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("scutch-servers-")
            .tempdir()
            .unwrap();
        let owner = std::process::id().to_string();
        let names = servers.iter().map(|server| server.name());
        let arguments: Vec<&str> = names.chain(["--owner", &owner]).collect();
        script("start", folder.path(), &arguments);
        let text = std::fs::read_to_string(folder.path().join("env")).unwrap();
        let addresses = text
            .lines()
            .map(|line| line.split_once('=').unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Self { folder, addresses }
    }

    /// The one server of its kind that all tests of this binary share; started by the first that asks.
    ///
    /// Nobody drops it: the script's watchdog stops it after the tests.
    fn shared(server: Server) -> &'static Self {
        static RABBIT: OnceLock<Servers> = OnceLock::new();
        static POSTGRES: OnceLock<Servers> = OnceLock::new();
        static REDIS: OnceLock<Servers> = OnceLock::new();
        static NATS: OnceLock<Servers> = OnceLock::new();
        let shared = match server {
            Server::Rabbit => &RABBIT,
            Server::Postgres => &POSTGRES,
            Server::Redis => &REDIS,
            Server::Nats => &NATS,
        };
        shared.get_or_init(|| Self::start(&[server]))
    }

    /// Where RabbitMQ is, with its virtual host `/`.
    pub(crate) fn amqp_url(&self) -> &str {
        self.address("SCUTCH__BROKER__URL")
    }

    /// Where PostgreSQL is, with its database `postgres`.
    pub(crate) fn postgres_url(&self) -> &str {
        self.address("SCUTCH__DATABASE__URL")
    }

    /// Where Redis is.
    pub(crate) fn redis_url(&self) -> &str {
        self.address("SCUTCH__REDIS__URL")
    }

    /// Where NATS is.
    pub(crate) fn nats_url(&self) -> &str {
        self.address("SCUTCH__EVENTS__NATS__URL")
    }

    /// Ends a server at once, as a crash does.
    pub(crate) fn kill(&self, server: Server) {
        script("kill", self.folder.path(), &[server.name()]);
    }

    /// Stops a server in order.
    pub(crate) fn stop(&self, server: Server) {
        script("stop-one", self.folder.path(), &[server.name()]);
    }

    /// Starts a server that was killed or stopped, on its port and its data, and waits until it is ready.
    pub(crate) fn start_again(&self, server: Server) {
        script("start-one", self.folder.path(), &[server.name()]);
    }

    /// What `rabbitmqctl` says with these arguments.
    pub(crate) fn rabbitmqctl(&self, arguments: &[&str]) -> String {
        let arguments = [&["--quiet"], arguments].concat();
        script("ctl", self.folder.path(), &arguments)
    }

    /// Messages in all queues of a virtual host, those that are delivered and not acknowledged included.
    pub(crate) fn messages_in(&self, vhost: &str) -> u64 {
        let listed =
            self.rabbitmqctl(&["list_queues", "-p", vhost, "--no-table-headers", "messages"]);
        listed
            .lines()
            .filter_map(|line| line.trim().parse::<u64>().ok())
            .sum()
    }

    fn address(&self, name: &str) -> &str {
        let address = self.addresses.get(name);
        address.unwrap_or_else(|| panic!("this set has no server for {name}"))
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // Not `script`: a panic here, while a test fails, would end the whole binary.
        let stopped = command("stop", self.folder.path()).output();
        if !stopped.is_ok_and(|output| output.status.success()) {
            eprintln!(
                "not all servers in {} stopped",
                self.folder.path().display()
            );
        }
    }
}

/// The URL of a new, empty database of the shared PostgreSQL.
pub(crate) fn fresh_database() -> String {
    let postgres = Servers::shared(Server::Postgres);
    let name = fresh_name();
    let create = format!("create database {name}");
    script("sql", postgres.folder.path(), &["--quiet", "-c", &create]);
    let (server, _) = postgres.postgres_url().rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

/// The URL of a new, empty virtual host of the shared RabbitMQ.
pub(crate) fn fresh_vhost() -> String {
    let rabbit = Servers::shared(Server::Rabbit);
    let name = fresh_name();
    // Both in one call: each starts an Erlang node, which takes half a second.
    let add = format!(
        r#"rabbit_vhost:add(<<"{name}">>, <<"tests">>),
        rabbit_auth_backend_internal:set_permissions(
            <<"guest">>, <<"{name}">>, <<".*">>, <<".*">>, <<".*">>, <<"tests">>)."#
    );
    assert_eq!(rabbit.rabbitmqctl(&["eval", &add]).trim(), "ok");
    let (server, _) = rabbit.amqp_url().rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

/// Messages in all queues of a virtual host of the shared RabbitMQ, those that are delivered and not acknowledged included.
pub(crate) fn messages_in(vhost: &str) -> u64 {
    Servers::shared(Server::Rabbit).messages_in(vhost)
}

/// The URL of the shared Redis. Others use it at the same time: keys have to be one's own.
pub(crate) fn shared_redis() -> &'static str {
    Servers::shared(Server::Redis).redis_url()
}

/// A name that no other test has.
fn fresh_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn command(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(root().join("tools/servers.sh"));
    command.args([OsStr::new(name), folder.as_os_str()]);
    command
}

/// Runs the script to its end and gives back what it printed.
#[track_caller]
fn script(name: &str, folder: &Path, arguments: &[&str]) -> String {
    let output = command(name, folder).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "servers.sh {name} {arguments:?}: {}\n{said}{error}",
        output.status
    );
    said
}
