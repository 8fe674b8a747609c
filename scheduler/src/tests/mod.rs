//! A scheduler on SQLite and the broker of this process, asked over HTTP.

mod client;
mod commands;
mod dead_letters;
mod document;
mod events;
mod jobs;
mod loops;
mod receiver;
mod redis;
pub(crate) mod sinks;

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use shared::article::{Problem, ProblemKind};
use shared::broker::Broker;
use shared::checkpoint::Checkpoint;
use shared::job::{
    ChunkId, Completion, JobId, MAX_ATTEMPTS, Metadata, Options, Priority, Release, WorkerId,
};
use shared::store::{
    Failure, Granted, JobRecord, NewChunk, NewJob, NewWorker, Report, Store, Submission,
};
use shared::{http, payload, store};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::client::Client;
use crate::{EventSinks, Scheduler, Settings, api};

/// Nothing that a test waits for takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

const USUAL: Settings = Settings {
    tick_ms: 10,
    worker_timeout_s: 30,
    unclaimed_s: 60,
    keep_payloads_h: 24,
    keep_jobs_d: 30,
    keep_dead_letters_d: 90,
};

/// A scheduler with its API, and a worker that the test plays.
struct Bed {
    scheduler: Scheduler,
    store: Store,
    broker: Broker,
    http: Client,
    worker: WorkerId,
    stop: CancellationToken,
    tasks: JoinSet<()>,
    _folder: TempDir,
}

impl Bed {
    async fn new() -> Self {
        Self::with(USUAL).await
    }

    async fn with(settings: Settings) -> Self {
        Self::telling(settings, &sinks::sinks(json!({}))).await
    }

    /// One that tells somebody of events.
    async fn telling(settings: Settings, events: &EventSinks) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::sqlite(folder.path()).unwrap();
        let broker = Broker::memory();
        let scheduler = Scheduler::new(
            settings,
            store.clone(),
            broker.clone(),
            Checkpoint::memory(),
            events,
        );
        let (listener, address) = http::bind("127.0.0.1:0").await.unwrap();
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let (routes, _) = api(scheduler.clone());
        let serving = http::serve(listener, routes, stop.clone());
        tasks.spawn(serving);
        let worker = WorkerId::generate();
        let bed = Self {
            scheduler,
            store,
            broker,
            http: Client { address },
            worker,
            stop,
            tasks,
            _folder: folder,
        };
        bed.store.register(&new_worker(worker)).await.unwrap();
        bed
    }

    /// Starts what a scheduler does in the background.
    fn run(&mut self) {
        self.tasks
            .spawn(crate::run(self.scheduler.clone(), self.stop.clone()));
    }

    /// Takes a job of chunks of so many documents in.
    async fn submit(&self, chunks: &[u64]) -> JobId {
        self.submit_as(new_job(), chunks).await.id
    }

    async fn submit_as(&self, new: NewJob, chunks: &[u64]) -> JobRecord {
        let chunks: Vec<_> = chunks
            .iter()
            .map(|documents| Ok(chunk(*documents)))
            .collect();
        match self.store.submit(&new, chunks.into_iter()).await.unwrap() {
            Submission::New(record) => *record,
            other @ (Submission::Repeated(_) | Submission::KeyReused(_)) => panic!("{other:?}"),
        }
    }

    async fn claim(&self, job: JobId, index: u32) -> Granted {
        let id = ChunkId { job, index };
        self.store
            .claim(id, self.worker, true)
            .await
            .unwrap()
            .unwrap()
    }

    /// All documents of a chunk come through but the last `failed`.
    async fn complete(&self, granted: &Granted, failed: u64) {
        let failures = (granted.documents - failed..granted.documents).map(|document| Failure {
            backend: None,
            chunk: Some(granted.lease.chunk.index),
            document,
            document_id: Some(format!("d{document}")),
            problem: Problem {
                kind: ProblemKind::Internal,
                field: None,
                reason: "it is odd".to_owned(),
            },
        });
        let report = Report {
            processed: granted.documents - failed,
            failures: failures.collect(),
            output_files: vec!["processed.jsonl".to_owned()],
            statistics: [("entities".to_owned(), 7)].into(),
            ..Report::default()
        };
        let completed = self.store.complete(&granted.lease, &report).await.unwrap();
        assert!(matches!(completed, Completion::Done(_)), "{completed:?}");
    }

    /// Works on all of a job of `chunks` chunks, and joins its parts.
    async fn finish(&self, job: JobId, chunks: u32) {
        for index in 0..=chunks {
            let granted = self.claim(job, index).await;
            self.complete(&granted, 0).await;
        }
    }

    /// The first chunk of a job fails so often that it is given up.
    async fn bury(&self, job: JobId) {
        for _ in 0..MAX_ATTEMPTS {
            let granted = self.claim(job, 0).await;
            let fault = Release::Fault {
                wait: Duration::ZERO,
                reason: "it fails".to_owned(),
            };
            assert!(self.store.release(&granted.lease, &fault).await.unwrap());
        }
    }

    /// Ends what runs in the background, in time.
    async fn end(mut self) {
        self.stop.cancel();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        tokio::time::timeout(PATIENCE, ended).await.unwrap();
    }
}

/// Waits until it is so.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A store whose database never answers.
pub(crate) fn away() -> Store {
    // Port 1 has no PostgreSQL.
    let url = "postgres://127.0.0.1:1/none";
    let settings = store::Settings {
        url: None,
        pool: 1,
        timeout_ms: 1_000,
    };
    Store::postgres(url, &settings).unwrap()
}

fn new_worker(id: WorkerId) -> NewWorker {
    NewWorker {
        id,
        host: "node-1".to_owned(),
        pid: 4711,
        version: "0.1.0".to_owned(),
        device: "cpu".to_owned(),
        slots: 2,
    }
}

pub(crate) fn new_job() -> NewJob {
    NewJob {
        id: JobId::generate(),
        idempotency: None,
        batch_id: None,
        priority: Priority::Normal,
        run_at: None,
        options: Options::default(),
        metadata: Metadata::new(),
        trace: None,
        rejected: Vec::new(),
    }
}

fn chunk(documents: u64) -> NewChunk {
    NewChunk {
        documents,
        payload: packed(documents),
    }
}

pub(crate) fn packed(documents: u64) -> Bytes {
    let line = |n: u64| format!("{{\"document_id\":\"d{n}\",\"text\":\"secret\"}}\n");
    let lines: String = (0..documents).map(line).collect();
    payload::pack(lines.as_bytes()).unwrap()
}
