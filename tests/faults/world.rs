//! A service at work on real servers, each behind links that can be broken.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use tempfile::TempDir;
use testbed::{Server, Servers};
use tests::client::Client;
use tests::elasticsearch::{Elasticsearch, Mode};
use tests::role::Role;
use tests::scutch::command;
use tokio::runtime::Runtime;
use tokio_postgres::{NoTls, Row};

use crate::history;
use crate::link::{Condition, Link};
use crate::receiver::{Manner, Receiver};

/// A time that nothing here should need.
pub(crate) const LONG: Duration = Duration::from_secs(180);

/// A submission is answered within this, or tried again: who answers may be frozen.
const SUBMISSION: Duration = Duration::from_secs(15);

/// Whom a link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum To {
    Broker,
    Database,
    Redis,
    Elasticsearch,
}

/// How a process is started, beside the usual.
#[derive(Debug, Clone, Default)]
pub(crate) struct Launch {
    /// Failpoints, as `worker.written=return`.
    pub(crate) failpoints: String,
    /// Settings, as `("worker.slots", "1")`.
    pub(crate) settings: Vec<(String, String)>,
    /// Variables of the environment.
    pub(crate) environment: Vec<(String, String)>,
    /// A program with arguments that starts it, as `strace -f`.
    pub(crate) prefix: Vec<String>,
    /// Another command than the one of this tree.
    pub(crate) binary: Option<PathBuf>,
}

impl Launch {
    /// With these failpoints.
    pub(crate) fn with_failpoints(failpoints: impl Into<String>) -> Self {
        Self {
            failpoints: failpoints.into(),
            ..Self::default()
        }
    }
}

/// A job that was accepted.
#[derive(Debug, Clone)]
pub(crate) struct Submitted {
    pub(crate) id: String,
    /// The ids of its documents.
    pub(crate) documents: Vec<String>,
    /// How it must end, where that is known.
    pub(crate) ends: Option<&'static str>,
}

/// The service and everything around it.
pub(crate) struct World {
    pub(crate) schedulers: Vec<Role>,
    pub(crate) producer: Role,
    pub(crate) workers: Vec<Role>,
    pub(crate) jobs: Vec<Submitted>,
    pub(crate) random: fastrand::Rng,
    /// What jobs write to.
    pub(crate) backends: Vec<&'static str>,
    /// When what was broken was whole again.
    pub(crate) mended: Option<SystemTime>,
    /// Whether Redis lost what it had, the stream of events too.
    pub(crate) redis_was_lost: bool,
    /// Dead letters that there must be.
    pub(crate) dead_letters: i64,
    /// Documents that may fail although nothing is wrong with them, where a scenario is about that.
    pub(crate) may_fail: bool,
    /// What the processes and servers were like when all was quiet.
    pub(crate) baseline: Option<crate::verdict::Footprint>,
    pub(crate) receiver: Receiver,
    pub(crate) elasticsearch: Elasticsearch,
    pub(crate) links: BTreeMap<(&'static str, To), Link>,
    pub(crate) servers: Servers,
    documents: u64,
    /// What is undone by being dropped: when all is mended, and where a scenario fails.
    pub(crate) undo: Vec<Box<dyn std::any::Any>>,
    pub(crate) folder: TempDir,
    pub(crate) runtime: Runtime,
}

/// What jobs write to, where a scenario says nothing else.
const BACKENDS: [&str; 3] = ["jsonl", "postgresql", "elasticsearch"];
const ROLES: [&str; 3] = ["scheduler", "producer", "worker"];
/// Workers that are there when nothing is broken.
const WORKERS: usize = 2;

impl World {
    pub(crate) fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let servers = Servers::start(&[Server::Rabbit, Server::Postgres, Server::Redis]);
        let elasticsearch = Elasticsearch::start();
        let receiver = Receiver::start(servers.postgres_url(), runtime.handle());
        let mut links = BTreeMap::new();
        for role in ROLES {
            for to in [To::Broker, To::Database, To::Redis, To::Elasticsearch] {
                let url = url_of(to, &servers, &elasticsearch);
                let link = Link::to(address(&url), runtime.handle());
                links.insert((role, to), link);
            }
        }
        let folder = tempfile::Builder::new()
            .prefix("scutch-faults-")
            .tempdir()
            .unwrap();
        let mut world = Starting {
            folder: &folder,
            links: &links,
            servers: &servers,
            elasticsearch: &elasticsearch,
            receiver: &receiver,
        };
        // The scheduler brings the tables.
        let scheduler = world.role("scheduler", &Launch::default());
        let producer = world.role("producer", &Launch::default());
        let workers = (0..WORKERS)
            .map(|_| world.role("worker", &Launch::default()))
            .collect();
        let world = Self {
            schedulers: vec![scheduler],
            producer,
            workers,
            jobs: Vec::new(),
            random: fastrand::Rng::with_seed(0),
            backends: BACKENDS.to_vec(),
            mended: None,
            redis_was_lost: false,
            dead_letters: 0,
            may_fail: false,
            baseline: None,
            receiver,
            elasticsearch,
            links,
            servers,
            documents: 0,
            undo: Vec::new(),
            folder,
            runtime,
        };
        world.change(history::BEGIN);
        world
    }

    /// Begins a scenario: what is random comes from this seed now.
    pub(crate) fn begin(&mut self, name: &str, seed: u64) {
        // Of its name too: in one world two scenarios of one seed must not submit under the same keys.
        let seed = name.bytes().fold(seed, |mixed, byte| {
            (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        self.random = fastrand::Rng::with_seed(seed);
        self.mended = None;
        self.dead_letters = 0;
        self.may_fail = false;
        // After a scenario that lost it, what came later is there.
        self.redis_was_lost = false;
        self.backends = BACKENDS.to_vec();
        drop(std::fs::write(self.folder.path().join("scenario"), name));
    }

    // ---- processes

    fn launch(&self, role: &'static str, launch: &Launch) -> Role {
        Starting {
            folder: &self.folder,
            links: &self.links,
            servers: &self.servers,
            elasticsearch: &self.elasticsearch,
            receiver: &self.receiver,
        }
        .role(role, launch)
    }

    /// Starts another worker.
    pub(crate) fn add_worker(&mut self, launch: &Launch) {
        let worker = self.launch("worker", launch);
        self.workers.push(worker);
    }

    /// Starts another scheduler.
    pub(crate) fn add_scheduler(&mut self, launch: &Launch) {
        let scheduler = self.launch("scheduler", launch);
        self.schedulers.push(scheduler);
    }

    /// Puts another producer in the place of the one that is there, which is killed if it has not ended.
    pub(crate) fn replace_producer(&mut self, launch: &Launch) {
        self.producer = self.launch("producer", launch);
    }

    /// Starts another producer, which is there until it is dropped.
    pub(crate) fn another_producer(&self, launch: &Launch) -> Role {
        self.launch("producer", launch)
    }

    /// Kills one worker, where there is one.
    pub(crate) fn kill_a_worker(&mut self) {
        if !self.workers.is_empty() {
            let which = self.random.usize(..self.workers.len());
            self.workers.swap_remove(which).kill();
        }
    }

    /// Waits until a worker has ended by itself, as one whose failpoint was passed, and forgets it.
    pub(crate) fn wait_for_a_crash(&mut self) {
        self.wait("a worker crashed", |world| {
            let before = world.workers.len();
            world.workers.retain_mut(|worker| !worker.has_ended());
            world.workers.len() < before
        });
    }

    /// Brings everything back that has ended.
    pub(crate) fn restock(&mut self) {
        self.workers.retain_mut(|worker| !worker.has_ended());
        while self.workers.len() < WORKERS {
            self.add_worker(&Launch::default());
        }
        self.schedulers
            .retain_mut(|scheduler| !scheduler.has_ended());
        if self.schedulers.is_empty() {
            self.add_scheduler(&Launch::default());
        }
        if self.producer.has_ended() {
            self.replace_producer(&Launch::default());
        }
    }

    /// Makes everything whole that can be broken from here.
    fn mend(&mut self) {
        for link in self.links.values() {
            link.set(Condition::Open);
        }
        self.receiver.set(Manner::Takes);
        self.elasticsearch.set(Mode::Takes);
        self.elasticsearch.start_again();
        self.undo.clear();
        self.restock();
    }

    // ---- links

    /// Makes the links of one role (or of all, `""`) to a server so.
    pub(crate) fn set_links(&self, role: &str, to: To, condition: Condition) {
        for ((from, leads_to), link) in &self.links {
            if *leads_to == to && (role.is_empty() || *from == role) {
                link.set(condition);
            }
        }
    }

    // ---- work

    pub(crate) fn client(&self) -> Client {
        let scheduler = self.schedulers.first();
        let scheduler = scheduler.map_or(String::new(), |role| role.address.clone());
        Client::new(self.producer.address.clone(), scheduler)
    }

    /// So many documents that are done at once, under ids that no others have.
    pub(crate) fn quick(&mut self, count: usize) -> Vec<Value> {
        self.documents(count, "")
    }

    /// So many documents that take so many milliseconds each.
    pub(crate) fn slow(&mut self, count: usize, milliseconds: u64) -> Vec<Value> {
        self.documents(count, &format!(" scutch-test:sleep:{milliseconds}"))
    }

    /// So many documents with this at their end; one of about a hundred fails by a panic.
    pub(crate) fn documents(&mut self, count: usize, end: &str) -> Vec<Value> {
        (0..count)
            .map(|_| {
                self.documents += 1;
                let number = self.documents;
                let text = match self.random.u32(..100) {
                    0 => "Not to be read. scutch-test:panic".to_owned(),
                    _ => format!("Number {number} is here, on 3 May 2024.{end}"),
                };
                json!({ "document_id": format!("f{number}"), "text": text })
            })
            .collect()
    }

    /// Submits documents as one job, to all backends, trying again as clients do; its id.
    #[track_caller]
    pub(crate) fn submit(&mut self, documents: &[Value]) -> String {
        let key = format!("k{}", self.random.u64(..));
        self.wait("a submission is taken", |world| {
            world.try_submit(&key, documents)
        });
        self.jobs.last().unwrap().id.clone()
    }

    /// Submits documents under a key; whether they were taken.
    pub(crate) fn try_submit(&mut self, key: &str, documents: &[Value]) -> bool {
        let request = json!({ "documents": documents, "persist_to_backends": self.backends });
        let client = self.client();
        let post = client
            .request(reqwest::Method::POST, "/v1/documents/batch")
            .header("idempotency-key", key)
            .timeout(SUBMISSION)
            .json(&request);
        match client.try_send(post) {
            Ok(answer) if answer.status == 202 => {
                let id = answer.body["job_id"].as_str().unwrap().to_owned();
                self.remember(&id, documents);
                true
            }
            Ok(answer) if answer.status == 503 => false,
            Ok(answer) => panic!("a submission was answered {answer:?}"),
            // As where it crashed in the middle of it.
            Err(_) => {
                self.restock();
                false
            }
        }
    }

    /// Has this job looked at in the end.
    pub(crate) fn remember(&mut self, id: &str, documents: &[Value]) {
        let document_id = |document: &Value| document["document_id"].as_str().unwrap().to_owned();
        self.jobs.push(Submitted {
            id: id.to_owned(),
            documents: documents.iter().map(document_id).collect(),
            ends: None,
        });
    }

    /// Gives the service work for several seconds and waits until it has begun; the job.
    pub(crate) fn work_begins(&mut self) -> String {
        let documents = self.slow(960, 20);
        let id = self.submit(&documents);
        let quick = self.quick(100);
        self.submit(&quick);
        self.wait_until_begun(&id);
        id
    }

    /// The same with work for some 15 seconds, for what takes its time to break.
    pub(crate) fn long_work_begins(&mut self) -> String {
        let documents = self.slow(3_000, 20);
        let id = self.submit(&documents);
        self.wait_until_begun(&id);
        id
    }

    /// Waits until a chunk of the job is worked on.
    pub(crate) fn wait_until_begun(&mut self, id: &str) {
        let count = format!("SELECT leases FROM jobs WHERE job_id = '{id}'");
        self.wait("work has begun", |world| world.number(&count) > 0);
    }

    /// Waits until something has come true.
    #[track_caller]
    pub(crate) fn wait(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + LONG;
        while !is_so(self) {
            assert!(Instant::now() < deadline, "not in time: {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Lets some time pass, in tenths of a second.
    pub(crate) fn pause(&mut self, tenths: RangeInclusive<u64>) {
        let tenths = self.random.u64(tenths);
        std::thread::sleep(Duration::from_millis(tenths * 100));
    }

    // ---- the end

    /// Waits until everything is done, with everything mended, and looks whether all promises were kept.
    pub(crate) fn settle(&mut self, bound: Duration) -> crate::verdict::Findings {
        self.mend();
        let mended = *self.mended.get_or_insert_with(SystemTime::now);
        let jobs = std::mem::take(&mut self.jobs);
        crate::verdict::judge(self, &jobs, mended, bound)
    }

    // ---- looking inside

    /// Rows of the database, asked past all links; waits for one that is away.
    #[track_caller]
    pub(crate) fn rows(&self, statement: &str, parameters: &[&str]) -> Vec<Row> {
        let deadline = Instant::now() + LONG;
        loop {
            match self.try_rows(statement, parameters) {
                Ok(rows) => return rows,
                Err(error) if !is_away(&error) || Instant::now() > deadline => {
                    panic!("{statement}: {error:?}")
                }
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }

    /// The same, now or not.
    pub(crate) fn try_rows(
        &self,
        statement: &str,
        parameters: &[&str],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        self.runtime.block_on(async {
            let url = self.servers.postgres_url();
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            tokio::spawn(connection);
            let parameters: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> = parameters
                .iter()
                .map(|parameter| parameter as &(dyn tokio_postgres::types::ToSql + Sync))
                .collect();
            client.query(statement, &parameters).await
        })
    }

    /// A number that the database tells.
    #[track_caller]
    pub(crate) fn number(&self, statement: &str) -> i64 {
        self.rows(statement, &[])[0].get(0)
    }

    /// Statements that change the database.
    #[track_caller]
    pub(crate) fn change(&self, statements: &str) {
        self.runtime.block_on(async {
            let url = self.servers.postgres_url();
            let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute(statements).await.unwrap();
        });
    }

    /// Where the jobs' files are.
    pub(crate) fn output(&self) -> PathBuf {
        output(&self.folder)
    }

    /// The end of what the processes said.
    pub(crate) fn show_logs(&self) {
        for entry in std::fs::read_dir(self.folder.path()).unwrap().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "log") {
                let mut text = String::new();
                drop(File::open(&path).map(|mut file| file.read_to_string(&mut text)));
                let lines: Vec<&str> = text.lines().collect();
                let last = &lines[lines.len().saturating_sub(40)..];
                if !last.is_empty() {
                    eprintln!("---- {}\n{}", path.display(), last.join("\n"));
                }
            }
        }
    }
}

/// Whether the database is not there, or starts or stops just now.
fn is_away(error: &tokio_postgres::Error) -> bool {
    error
        .code()
        .is_none_or(|code| code.code().starts_with("57"))
}

fn output(folder: &TempDir) -> PathBuf {
    folder.path().join("output")
}

fn url_of(to: To, servers: &Servers, elasticsearch: &Elasticsearch) -> String {
    let url = match to {
        To::Broker => servers.amqp_url(),
        To::Database => servers.postgres_url(),
        To::Redis => servers.redis_url(),
        To::Elasticsearch => &elasticsearch.url,
    };
    url.to_owned()
}

/// Where the server of a URL listens.
fn address(url: &str) -> SocketAddr {
    let (_, rest) = url.split_once("://").unwrap();
    let host = rest.split('/').next().unwrap();
    host.rsplit('@').next().unwrap().parse().unwrap()
}

/// What a process is started with.
struct Starting<'a> {
    folder: &'a TempDir,
    links: &'a BTreeMap<(&'static str, To), Link>,
    servers: &'a Servers,
    elasticsearch: &'a Elasticsearch,
    receiver: &'a Receiver,
}

/// Faster than a person would want it, so that faults are noticed soon; the order of the times is that of the defaults.
const QUICK: [(&str, &str); 11] = [
    ("model.enabled", "false"),
    ("worker.slots", "2"),
    ("worker.heartbeat_s", "1"),
    ("worker.fence_s", "4"),
    ("worker.drain_s", "5"),
    ("worker.retry_base_ms", "100"),
    ("scheduler.worker_timeout_s", "6"),
    ("scheduler.unclaimed_s", "15"),
    ("events.webhook.allow_private", "true"),
    // All that was ever told is looked through in the end.
    ("events.redis_streams.max_length", "10000000"),
    ("log.format", "human"),
];

impl Starting<'_> {
    fn role(&mut self, name: &'static str, launch: &Launch) -> Role {
        let mut usual = command(&[
            name,
            "--listen",
            "127.0.0.1:0",
            "--set",
            "model.folder=null",
        ]);
        for (to, key) in [
            (To::Broker, "broker.url"),
            (To::Database, "database.url"),
            (To::Redis, "redis.url"),
            (To::Elasticsearch, "output.elasticsearch.url"),
        ] {
            let url = url_of(to, self.servers, self.elasticsearch);
            let port = self.links[&(name, to)].port;
            let url = url.replace(&address(&url).to_string(), &format!("127.0.0.1:{port}"));
            setting(&mut usual, key, &url);
        }
        setting(&mut usual, "events.webhook.url", &self.receiver.url);
        let output = output(self.folder);
        setting(&mut usual, "output.folder", output.to_str().unwrap());
        for (key, value) in QUICK {
            setting(&mut usual, key, value);
        }
        for (key, value) in &launch.settings {
            setting(&mut usual, key, value);
        }
        usual.env(
            "FAILPOINTS",
            format!("worker.document=return;{}", launch.failpoints),
        );
        usual.envs(launch.environment.iter().map(|(name, value)| (name, value)));
        let log = File::options()
            .append(true)
            .create(true)
            .open(self.folder.path().join(format!("{name}.log")));
        Role::start(name, wrapped(usual, launch), log.unwrap())
    }
}

fn setting(command: &mut Command, key: &str, value: &str) {
    let name = format!("SCUTCH__{}", key.to_uppercase().replace('.', "__"));
    command.env(name, value);
}

/// The same command, started by another program, or of another version.
fn wrapped(usual: Command, launch: &Launch) -> Command {
    let binary = launch.binary.clone();
    let binary = binary.unwrap_or_else(|| PathBuf::from(usual.get_program()));
    let mut command = match launch.prefix.split_first() {
        None => Command::new(binary),
        Some((program, arguments)) => {
            let mut command = Command::new(program);
            command.args(arguments).arg(binary);
            command
        }
    };
    command.args(usual.get_args());
    for (name, value) in usual.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}
