//! The settings of the command: what the configuration holds, and what of it cannot be.

use std::num::NonZero;
use std::path::PathBuf;
use std::thread;

use pipeline::model::{DeviceChoice, LabelMap, Precision};
use serde::{Deserialize, Serialize};

use crate::config::{self, Loaded, Refused, Sources};

/// The embedded default configuration, which is also its reference.
pub(crate) const DEFAULT: &str = include_str!("default.yaml");

/// All settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// What the pipeline does.
    pub(crate) cleaning: pipeline::Options,
    /// What reads the texts.
    pub(crate) model: Model,
    /// How `scutch process` runs.
    pub(crate) process: Process,
    /// Where the service answers.
    pub(crate) http: embedded::Http,
    /// Where `scutch up` keeps what it keeps.
    pub(crate) data: Data,
    /// Where cleaned documents go.
    pub(crate) output: embedded::OutputSettings,
    /// Who is told what happens to jobs.
    pub(crate) events: embedded::EventSettings,
    /// What carries messages.
    pub(crate) broker: shared::broker::Settings,
    /// Where the truth about jobs is kept.
    pub(crate) database: shared::store::Settings,
    /// Where results of unfinished chunks are kept.
    pub(crate) redis: shared::checkpoint::Settings,
    /// The producer.
    pub(crate) producer: embedded::ProducerSettings,
    /// The scheduler.
    pub(crate) scheduler: embedded::SchedulerSettings,
    /// The worker.
    pub(crate) worker: embedded::WorkerSettings,
    /// What the service says.
    pub(crate) log: Log,
}

/// Where `scutch up` keeps what it keeps.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Data {
    /// Made where it is not there.
    pub(crate) folder: PathBuf,
}

/// What the service says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    /// In which form.
    pub(crate) format: LogFormat,
    /// How much: a level, or levels by module.
    pub(crate) level: String,
}

/// The form of what the service says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people on a terminal, else for programs.
    Auto,
    /// For people.
    Human,
    /// For programs: a JSON object a line.
    Json,
}

/// What reads the texts.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Model {
    /// Without one grammars and word lists read alone.
    pub(crate) enabled: bool,
    /// Where another model than the built-in one is.
    pub(crate) folder: Option<PathBuf>,
    /// Or where on the Hugging Face Hub; neither: the built-in one.
    pub(crate) repository: Option<String>,
    /// Which state of the repository.
    pub(crate) revision: Option<String>,
    /// What the labels of a foreign model stand for.
    pub(crate) labels: LabelMap,
    /// What computes. Not among what a resumed run must have again: it shapes how fast a run is, and the machine may be another.
    #[serde(skip_serializing)]
    pub(crate) device: DeviceChoice,
    /// The type of numbers it computes in.
    pub(crate) precision: Precision,
}

/// How `scutch process` runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Process {
    /// Threads that clean; 0: one for each core.
    pub(crate) threads: usize,
    /// Longest line that is read, in bytes.
    pub(crate) max_line_bytes: usize,
    /// Documents between two checkpoints.
    pub(crate) checkpoint_interval: u64,
}

impl Process {
    /// The number of threads that clean.
    pub(crate) fn threads(&self) -> usize {
        match self.threads {
            0 => cores(),
            threads => threads,
        }
    }
}

/// Cores this process may use; knows of CPU limits of containers.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// The settings in force, with the origin of each.
///
/// # Errors
/// Everything that is wrong with them, at once.
pub(crate) fn load(sources: &Sources) -> Result<Loaded<Settings>, Refused> {
    let loaded: Loaded<Settings> = config::load(DEFAULT, sources)?;
    let Settings {
        cleaning,
        model,
        process,
        worker,
        scheduler,
        database,
        redis,
        log,
        output,
        events,
        ..
    } = &loaded.settings;
    let rows = &output.postgresql;
    let embedded::EventSettings {
        redis_streams,
        webhook,
        kafka,
        nats,
        rabbitmq,
        ..
    } = events;
    let typo = &cleaning.typo;
    let (repository, revision) = (model.repository.as_deref(), model.revision.as_deref());
    let checks = [
        (
            (0.0..=1.0).contains(&typo.confidence_threshold),
            "cleaning.typo.confidence_threshold",
            "is not between 0 and 1",
            "0.7 corrects what is safe, 1 nearly nothing",
        ),
        (
            typo.min_word_length <= typo.max_word_length,
            "cleaning.typo.min_word_length",
            "is more than cleaning.typo.max_word_length",
            "the shortest word must not be longer than the longest",
        ),
        (
            process.threads <= 1024,
            "process.threads",
            "is more than 1024",
            "0 takes one thread for each core",
        ),
        (
            (1024..=256 * 1024 * 1024).contains(&process.max_line_bytes),
            "process.max_line_bytes",
            "is not between 1024 and 268435456",
            "16777216 is 16 MiB",
        ),
        (
            process.checkpoint_interval > 0,
            "process.checkpoint_interval",
            "is 0",
            "at least 1 document",
        ),
        (
            cfg!(feature = "hub") || repository.is_none(),
            "model.repository",
            "needs a program built with the feature hub",
            "build it with `cargo build --release -p cli --features hub`, or fetch the files and set model.folder",
        ),
        (
            model.folder.is_none() || repository.is_none(),
            "model.repository",
            "is set together with model.folder",
            "set the one that is meant, the other to null",
        ),
        (
            repository.is_none_or(is_repository),
            "model.repository",
            "is no name of a repository",
            "as in owner/name, of letters, digits, - _ and .",
        ),
        (
            revision.is_none() || repository.is_some(),
            "model.revision",
            "is set without model.repository",
            "it says which state of a repository is meant",
        ),
        (
            revision.is_none_or(|revision| revision.split('/').all(is_plain)),
            "model.revision",
            "is no branch, tag or commit",
            "of letters, digits, - _ . and /",
        ),
        (
            worker.fence_s < scheduler.worker_timeout_s && worker.heartbeat_s < worker.fence_s,
            "worker.fence_s",
            "is not between worker.heartbeat_s and scheduler.worker_timeout_s",
            "a worker must stop writing before others take over its chunks; 5 < 20 < 30 is the default",
        ),
        (
            worker.slots <= 1024,
            "worker.slots",
            "is more than 1024",
            "0 takes one for each core",
        ),
        (
            (1..=1000).contains(&database.pool),
            "database.pool",
            "is not between 1 and 1000",
            "10 does for most",
        ),
        (
            (1000..=120_000).contains(&database.timeout_ms),
            "database.timeout_ms",
            "is not between 1000 and 120000",
            "10000 is ten seconds",
        ),
        (
            (1..=1000).contains(&rows.pool),
            "output.postgresql.pool",
            "is not between 1 and 1000",
            "10 does for most",
        ),
        (
            (1000..=120_000).contains(&rows.timeout_ms),
            "output.postgresql.timeout_ms",
            "is not between 1000 and 120000",
            "10000 is ten seconds",
        ),
        (
            webhook.timeout_ms >= 1,
            "events.webhook.timeout_ms",
            "is 0",
            "10000 is ten seconds",
        ),
        (
            redis_streams.max_length >= 1,
            "events.redis_streams.max_length",
            "is 0: nothing would be kept",
            "10000 is the default",
        ),
        (
            !redis_streams.stream.is_empty(),
            "events.redis_streams.stream",
            "is empty",
            "stage1:cleaning:events is the default",
        ),
        (
            !kafka.topic.is_empty(),
            "events.kafka.topic",
            "is empty",
            "stage1.cleaning.events is the default",
        ),
        (
            kafka.brokers.iter().all(|broker| broker.contains(':')),
            "events.kafka.brokers",
            "holds one without a port",
            "host:9092 and the like",
        ),
        (
            !nats.subject.is_empty(),
            "events.nats.subject",
            "is empty",
            "stage1.cleaning.events is the default",
        ),
        (
            !rabbitmq.exchange.is_empty(),
            "events.rabbitmq.exchange",
            "is empty",
            "stage1.cleaning is the default",
        ),
        (
            redis.ttl_s <= 10 * 365 * 24 * 60 * 60,
            "redis.ttl_s",
            "is more than ten years",
            "2592000 is 30 days",
        ),
        (
            crate::serve::is_filter(&log.level),
            "log.level",
            "is no level",
            "one of error, warn, info, debug, trace; or by module, as in info,worker=debug",
        ),
    ];
    let refusals = checks
        .into_iter()
        .filter(|(is_good, ..)| !is_good)
        .map(|(_, key, reason, right)| loaded.refuse(key, reason, right))
        .collect();
    Refused::unless_empty(refusals)?;
    Ok(loaded)
}

fn is_repository(name: &str) -> bool {
    name.split_once('/')
        .is_some_and(|(owner, name)| is_plain(owner) && is_plain(name))
}

/// True for a part of a path that leads nowhere else, whatever is made of it.
fn is_plain(part: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !part.is_empty() && !part.starts_with('.') && part.chars().all(is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_has_an_owner_and_a_name() {
        for good in ["owner/name", "a-b/c_d.e1"] {
            assert!(is_repository(good), "{good}");
        }
        for bad in [
            "",
            "name",
            "a/",
            "/a",
            "a/b/c",
            "../b",
            "a/..",
            "a/.b",
            "a b/c",
            "a/b?c",
            "https://a/b",
        ] {
            assert!(!is_repository(bad), "{bad}");
        }
    }

    #[test]
    fn the_embedded_default_is_the_default_of_the_pipeline() {
        let loaded = load(&Sources::default()).unwrap();
        assert_eq!(loaded.settings.cleaning, pipeline::Options::default());
    }

    #[test]
    fn every_entity_type_of_the_pipeline_is_one_of_the_output() {
        let known = pipeline::entity::Kind::ALL.map(pipeline::entity::Kind::as_str);
        assert_eq!(known, shared::article::ENTITY_TYPES);
    }
}
