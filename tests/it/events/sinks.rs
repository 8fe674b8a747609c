//! Receivers of events, of every kind, that can be taken away for a while.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::captured::Captured;
use testbed::{Server, Servers};
use tests::python::{Program, python};

/// A time that no delivery should need, however long a sink was away: waiting times between tries grow.
const VERY_LONG: Duration = Duration::from_secs(180);

/// What the webhook's signatures are made with.
pub(super) const SECRET: &str = "a-secret-of-tests";

const STREAM: &str = "stage1:cleaning:events";
const TOPIC: &str = "stage1.cleaning.events";
const QUEUE: &str = "captured";

/// A kind of receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sink {
    RedisStreams,
    Webhook,
    Kafka,
    Nats,
    Rabbit,
}

impl Sink {
    pub(crate) const ALL: [Self; 5] = [
        Self::RedisStreams,
        Self::Webhook,
        Self::Kafka,
        Self::Nats,
        Self::Rabbit,
    ];

    /// What the configuration calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RedisStreams => "redis_streams",
            Self::Webhook => "webhook",
            Self::Kafka => "kafka",
            Self::Nats => "nats",
            Self::Rabbit => "rabbitmq",
        }
    }
}

/// One of each.
#[derive(Debug)]
pub(crate) struct Sinks {
    folder: TempDir,
    servers: Servers,
    kafka: Program,
    webhook: RefCell<Option<Program>>,
    webhook_address: String,
}

impl Sinks {
    /// Starts all.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let servers = Servers::start(&[Server::Rabbit, Server::Redis, Server::Nats]);
        // Who wants events from an exchange binds a queue before they come.
        let queue = [servers.amqp_url(), "stage1.cleaning", "events", QUEUE];
        python("bind_queue.py", &queue);
        let webhook = receiver(&folder, "0");
        Self {
            servers,
            kafka: Program::start("kafka_mock.py", &[TOPIC]),
            webhook_address: webhook.address.clone(),
            webhook: RefCell::new(Some(webhook)),
            folder,
        }
    }

    /// Settings of a service that tells all of them.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            (
                "events.redis_streams.url",
                self.servers.redis_url().to_owned(),
            ),
            ("events.webhook.url", self.webhook_address.clone()),
            ("events.webhook.secret", SECRET.to_owned()),
            ("events.webhook.allow_private", "true".to_owned()),
            ("events.webhook.timeout_ms", "2000".to_owned()),
            (
                "events.kafka.brokers",
                format!(r#"["{}"]"#, self.kafka.address),
            ),
            ("events.nats.url", self.servers.nats_url().to_owned()),
            ("events.rabbitmq.enabled", "true".to_owned()),
            ("events.rabbitmq.url", self.servers.amqp_url().to_owned()),
        ]
    }

    /// Takes a sink away.
    pub(crate) fn take_away(&self, sink: Sink) {
        match sink {
            Sink::RedisStreams => self.servers.kill(Server::Redis),
            Sink::Webhook => self.webhook.borrow_mut().take().unwrap().kill(),
            // Its port cannot be had again by another process.
            Sink::Kafka => self.kafka.hang(),
            Sink::Nats => self.servers.kill(Server::Nats),
            Sink::Rabbit => self.servers.kill(Server::Rabbit),
        }
    }

    /// Brings a sink back.
    pub(crate) fn bring_back(&self, sink: Sink) {
        match sink {
            Sink::RedisStreams => self.servers.start_again(Server::Redis),
            Sink::Webhook => {
                let (_, port) = self.webhook_address.rsplit_once(':').unwrap();
                *self.webhook.borrow_mut() = Some(receiver(&self.folder, port));
            }
            Sink::Kafka => self.kafka.go_on(),
            Sink::Nats => self.servers.start_again(Server::Nats),
            Sink::Rabbit => self.servers.start_again(Server::Rabbit),
        }
    }

    /// What a sink holds when it has the last events of all these jobs.
    #[track_caller]
    pub(crate) fn captured_with_ends(&self, sink: Sink, jobs: &[&str]) -> Captured {
        let deadline = Instant::now() + VERY_LONG;
        loop {
            let captured = self.captured(sink);
            if jobs.iter().all(|job| captured.has_end_of(job)) {
                return captured;
            }
            let name = sink.name();
            assert!(
                Instant::now() < deadline,
                "{name} does not get the ends of {jobs:?}: {captured:#?}"
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn captured(&self, sink: Sink) -> Captured {
        let settings = json!({ sink.name(): self.place(sink) });
        Captured::new(sink, &python("capture.py", &[&settings.to_string()]))
    }

    /// Where `capture.py` finds what a sink holds.
    fn place(&self, sink: Sink) -> Value {
        match sink {
            Sink::RedisStreams => json!({ "url": self.servers.redis_url(), "stream": STREAM }),
            Sink::Webhook => json!({ "record": self.folder.path().join("record") }),
            Sink::Kafka => {
                json!({ "brokers": self.kafka.address, "topic": TOPIC })
            }
            Sink::Nats => {
                json!({ "url": self.servers.nats_url(), "subject": TOPIC })
            }
            Sink::Rabbit => json!({ "url": self.servers.amqp_url(), "queue": QUEUE }),
        }
    }
}

fn receiver(folder: &TempDir, port: &str) -> Program {
    let [record, mode] = ["record", "mode"].map(|name| folder.path().join(name));
    let files = [record.to_str().unwrap(), mode.to_str().unwrap()];
    Program::start("webhook.py", &[port, files[0], files[1], SECRET])
}
