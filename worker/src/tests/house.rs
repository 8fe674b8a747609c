//! A store, a broker and a folder, with what the other roles do: submissions, and bringing chunks to the broker.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use pipeline::Pipeline;
use serde_json::{Value, json};
use shared::broker::Broker;
use shared::checkpoint::Checkpoint;
use shared::dispatch::{WINDOW, dispatch};
use shared::job::{ChunkId, Command, JobId, JobStatus, Metadata, Options, Priority, WorkerId};
use shared::message::Control;
use shared::payload;
use shared::store::{Granted, JobRecord, NewChunk, NewJob, NewWorker, Store, Submission};
use tempfile::TempDir;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{Error, OutputSettings, Settings, Storage, Worker, run};

pub(super) struct House {
    pub(super) store: Store,
    pub(super) broker: Broker,
    pub(super) checkpoint: Checkpoint,
    pub(super) folder: TempDir,
    _relay: JoinSet<()>,
}

/// A worker at work.
pub(super) struct Running {
    stop: CancellationToken,
    task: JoinHandle<Result<(), Error>>,
}

/// No test waits longer for anything.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn settings(slots: usize) -> Settings {
    Settings {
        slots,
        drain_s: 25,
        heartbeat_s: 1,
        fence_s: 20,
        retry_base_ms: 10,
        accepts_preprocess: true,
    }
}

pub(super) fn outputs() -> OutputSettings {
    serde_json::from_value(json!({
        "folder": null,
        "compression": "none",
        "postgresql": {"url": null, "pool": 1, "timeout_ms": 5000},
        "elasticsearch": {
            "url": null, "index": "articles", "username": null, "password": null, "api_key": null, "ca_file": null,
            "bulk_items": 500, "bulk_bytes": 5_000_000, "timeout_ms": 5000
        }
    }))
    .unwrap()
}

impl House {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::sqlite(&folder.path().join("data")).unwrap();
        let broker = Broker::memory();
        let mut relay = JoinSet::new();
        let (from, to) = (store.clone(), broker.clone());
        relay.spawn(async move {
            loop {
                dispatch(&from, &to, None, WINDOW).await.unwrap();
                sleep(Duration::from_millis(20)).await;
            }
        });
        Self {
            store,
            broker,
            checkpoint: Checkpoint::memory(),
            folder,
            _relay: relay,
        }
    }

    pub(super) fn output(&self) -> PathBuf {
        self.folder.path().join("output")
    }

    pub(super) fn worker(&self, settings: Settings) -> Worker {
        Worker {
            settings,
            store: self.store.clone(),
            heartbeat_store: self.store.clone(),
            broker: self.broker.clone(),
            checkpoint: self.checkpoint.clone(),
            pipeline: Pipeline::new(pipeline::Options::default()),
            storage: self.storage(),
            tells_documents: false,
        }
    }

    /// Files in the folder, and whatever else `outputs` names.
    pub(super) fn storage(&self) -> Storage {
        let folder = self.output().to_string_lossy().into_owned();
        Storage::open(&outputs(), Some(&folder), false).unwrap()
    }

    pub(super) fn start(&self, settings: Settings) -> Running {
        Running::of(self.worker(settings))
    }

    pub(super) fn start_with(&self, settings: Settings, storage: Storage) -> Running {
        Running::of(Worker {
            storage,
            ..self.worker(settings)
        })
    }

    /// A job of these chunks of lines.
    pub(super) async fn submit(&self, chunks: &[Vec<String>]) -> JobId {
        self.submit_with(chunks, Options::default()).await
    }

    pub(super) async fn submit_with(&self, chunks: &[Vec<String>], options: Options) -> JobId {
        let new = NewJob {
            id: JobId::generate(),
            idempotency: None,
            batch_id: Some("batch".to_owned()),
            priority: Priority::Normal,
            run_at: None,
            options,
            metadata: Metadata::new(),
            trace: None,
            rejected: Vec::new(),
        };
        let chunks = chunks.iter().map(|lines| {
            Ok(NewChunk {
                documents: lines.len() as u64,
                payload: payload::pack((lines.join("\n") + "\n").as_bytes())?,
            })
        });
        let submitted = self.store.submit(&new, chunks).await.unwrap();
        assert!(matches!(submitted, Submission::New(_)));
        new.id
    }

    pub(super) async fn job(&self, job: JobId) -> JobRecord {
        self.store.job(job).await.unwrap().unwrap()
    }

    /// The job, once `is_so` says yes to it.
    pub(super) async fn until(&self, job: JobId, is_so: impl Fn(&JobRecord) -> bool) -> JobRecord {
        let start = Instant::now();
        loop {
            let record = self.job(job).await;
            if is_so(&record) {
                return record;
            }
            assert!(start.elapsed() < PATIENCE, "{:?}", record.job);
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// The job once it has ended.
    pub(super) async fn end(&self, job: JobId) -> JobRecord {
        self.until(job, |record| record.job.status.is_terminal())
            .await
    }

    /// A person's command, with its hint to the workers; how long it took until the job was in that state.
    pub(super) async fn command(
        &self,
        job: JobId,
        command: Command,
        status: JobStatus,
    ) -> Duration {
        let start = Instant::now();
        let record = self.store.command(job, command).await.unwrap();
        let control = Control {
            job,
            desired: record.job.desired,
            version: record.version,
        };
        self.broker
            .publish_control(control.to_message())
            .await
            .unwrap();
        self.until(job, |record| record.job.status == status).await;
        start.elapsed()
    }

    /// A worker of which only the database knows.
    pub(super) async fn ghost(&self) -> WorkerId {
        let worker = NewWorker {
            id: WorkerId::generate(),
            host: "nowhere".to_owned(),
            pid: 0,
            version: "0".to_owned(),
            device: "none".to_owned(),
            slots: 1,
        };
        self.store.register(&worker).await.unwrap();
        worker.id
    }

    pub(super) async fn claim(&self, job: JobId, index: u32, worker: WorkerId) -> Granted {
        let claimed = self.store.claim(ChunkId { job, index }, worker, true).await;
        claimed.unwrap().unwrap()
    }

    /// The lines of the job's one file.
    pub(super) fn lines(&self, record: &JobRecord) -> Vec<Value> {
        let [file] = record.output_files.as_slice() else {
            panic!("{:?}", record.output_files);
        };
        let text = fs::read_to_string(file).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Names in the folder of the outputs, of jobs that have parts under `.parts`.
    pub(super) fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.output().join(folder)) else {
            return Vec::new();
        };
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

impl Running {
    pub(super) fn of(worker: Worker) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(run(worker, stop.clone()));
        Self { stop, task }
    }

    /// Stops it in order.
    pub(super) async fn stop(self) -> Result<(), Error> {
        self.stop.cancel();
        self.ended().await
    }

    /// Waits for its end.
    pub(super) async fn ended(self) -> Result<(), Error> {
        timeout(PATIENCE, self.task).await.unwrap().unwrap()
    }
}

/// `count` documents, numbered from `first`, of about `words` words.
pub(super) fn documents(first: usize, count: usize, words: usize) -> Vec<String> {
    let text =
        "The minister said on Tuesday that prices rose by 3 percent. ".repeat(words / 11 + 1);
    (first..first + count)
        .map(|number| json!({ "document_id": id(number), "text": text }).to_string())
        .collect()
}

pub(super) fn id(number: usize) -> String {
    format!("d{number:05}")
}

/// The ids of output lines, sorted.
pub(super) fn ids(lines: &[Value]) -> Vec<&str> {
    let mut ids: Vec<_> = lines
        .iter()
        .map(|line| line["document_id"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    ids
}

pub(super) fn all_ids(count: usize) -> Vec<String> {
    (0..count).map(id).collect()
}
