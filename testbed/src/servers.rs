//! Sets of servers, and the one of each kind that all tests of a binary share.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::root;

/// One of the servers that Scutch uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
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
pub struct Servers {
    folder: TempDir,
    /// Where they are, under the names of Scutch's environment.
    addresses: HashMap<String, String>,
}

impl Servers {
    /// Starts these and waits until they are ready: RabbitMQ needs 6 to 20 s, the others a second.
    ///
    /// For tests that stop or kill servers. Others share a set: [`fresh_database`], [`fresh_vhost`], [`shared_redis`].
    pub fn start(servers: &[Server]) -> Self {
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
    pub fn amqp_url(&self) -> &str {
        self.address("SCUTCH__BROKER__URL")
    }

    /// Where PostgreSQL is, with its database `postgres`.
    pub fn postgres_url(&self) -> &str {
        self.address("SCUTCH__DATABASE__URL")
    }

    /// Where Redis is.
    pub fn redis_url(&self) -> &str {
        self.address("SCUTCH__REDIS__URL")
    }

    /// Where NATS is.
    pub fn nats_url(&self) -> &str {
        self.address("SCUTCH__EVENTS__NATS__URL")
    }

    /// Where a server keeps its data and its log.
    pub fn folder(&self, server: Server) -> std::path::PathBuf {
        self.folder.path().join(server.name())
    }

    /// Ends a server at once, as a crash does.
    pub fn kill(&self, server: Server) {
        script("kill", self.folder.path(), &[server.name()]);
    }

    /// Stops a server in order.
    pub fn stop(&self, server: Server) {
        script("stop-one", self.folder.path(), &[server.name()]);
    }

    /// Starts a server that was killed or stopped, on its port and its data, and waits until it is ready.
    pub fn start_again(&self, server: Server) {
        script("start-one", self.folder.path(), &[server.name()]);
    }

    /// Sends a signal, as `STOP`, to all processes of a server.
    pub fn signal(&self, server: Server, name: &str) {
        let file = self.folder.path().join(server.name()).join("pid");
        let text = std::fs::read_to_string(&file).unwrap();
        let first = text.split_whitespace().next().unwrap();
        let mut kill = Command::new("kill");
        kill.arg(format!("-{name}")).args(family(first));
        // Those that have ended meanwhile are no fault.
        drop(kill.output().unwrap());
    }

    /// What `rabbitmqctl` says with these arguments.
    pub fn rabbitmqctl(&self, arguments: &[&str]) -> String {
        let arguments = [&["--quiet"], arguments].concat();
        script("ctl", self.folder.path(), &arguments)
    }

    /// Messages in all queues of a virtual host, those that are delivered and not acknowledged included.
    pub fn messages_in(&self, vhost: &str) -> u64 {
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
pub fn fresh_database() -> String {
    let postgres = Servers::shared(Server::Postgres);
    let name = fresh_name();
    let create = format!("create database {name}");
    script("sql", postgres.folder.path(), &["--quiet", "-c", &create]);
    let (server, _) = postgres.postgres_url().rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

/// The URL of a new, empty virtual host of the shared RabbitMQ.
pub fn fresh_vhost() -> String {
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
pub fn messages_in(vhost: &str) -> u64 {
    Servers::shared(Server::Rabbit).messages_in(vhost)
}

/// The URL of the shared Redis. Others use it at the same time: keys have to be one's own.
pub fn shared_redis() -> &'static str {
    Servers::shared(Server::Redis).redis_url()
}

/// A name that no other test has.
fn fresh_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A process and everything below it, by id.
fn family(process: &str) -> Vec<String> {
    let mut all = vec![process.to_owned()];
    let tasks = std::fs::read_dir(format!("/proc/{process}/task"));
    for task in tasks.into_iter().flatten().flatten() {
        let children = std::fs::read_to_string(task.path().join("children"));
        let children = children.unwrap_or_default();
        all.extend(children.split_whitespace().flat_map(family));
    }
    all
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
