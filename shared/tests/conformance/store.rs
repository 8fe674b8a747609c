//! The store keeps the same promises in SQLite and in PostgreSQL.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use shared::article::{Problem, ProblemKind};
use shared::job::{
    Backend, ChunkId, ChunkKind, ChunkState, Command, Completion, Epoch, JobId, JobStatus, Lease,
    Options, Priority, Refused, Release, Taken, WorkerId,
};
use shared::store::{
    Articles, Failure, Filter, Granted, Line, NewChunk, NewJob, NewWorker, Pulse, Report,
    Retention, Settings, Store, Submission,
};
use tokio::task::JoinSet;

use testbed::fresh_database;

/// Runs each case on both.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod in_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let folder = tempfile::tempdir().unwrap();
                super::$case(shared::store::Store::sqlite(folder.path()).unwrap()).await;
            })+
        }

        mod in_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(super::postgres(&super::fresh_database()).await).await;
            })+
        }
    };
}

// Behind the macro, which they use too.
mod outbox;
mod records;
mod trouble;
mod upkeep;
mod workers;

on_both! {
    a_job_goes_from_submission_to_completion,
    the_same_key_gives_the_same_job_and_another_body_is_told,
    a_submission_whose_chunks_cannot_be_read_leaves_nothing,
    only_one_of_many_claims_of_a_chunk_is_granted,
    what_a_lost_worker_held_is_rescued_and_its_late_report_counts_for_nothing,
    a_paused_job_is_not_published_and_goes_on_when_resumed,
    only_a_window_of_a_long_job_is_published,
    long_jobs_share_the_window_and_leave_room_for_another,
    what_a_backend_did_not_take_is_brought_to_it_by_a_chunk_of_its_own,
    a_failed_chunk_waits_and_a_hopeless_one_is_buried,
    what_was_published_and_never_claimed_is_published_again,
    what_is_over_its_time_is_thrown_away,
    jobs_are_listed_the_newest_first_with_the_whole_count,
    random_workers_and_commands_leave_counters_that_are_rows,
}

async fn postgres(url: &str) -> Store {
    let settings = Settings {
        url: Some(url.into()),
        pool: 10,
        timeout_ms: 10_000,
    };
    let store = Store::postgres(url, &settings).unwrap();
    store.migrate().await.unwrap();
    store
}

fn new_job() -> NewJob {
    NewJob {
        id: JobId::generate(),
        idempotency: None,
        batch_id: None,
        priority: Priority::Normal,
        run_at: None,
        options: Options::default(),
        metadata: serde_json::Map::new(),
        trace: None,
        rejected: Vec::new(),
    }
}

/// A chunk of two documents.
fn chunk() -> std::io::Result<NewChunk> {
    let lines = b"{\"document_id\":\"a\",\"text\":\"x\"}\n{\"document_id\":\"b\",\"text\":\"y\"}\n";
    Ok(NewChunk {
        documents: 2,
        payload: shared::payload::pack(lines)?,
    })
}

async fn submit(store: &Store, new: &NewJob, chunks: usize) -> JobId {
    let submission = store.submit(new, (0..chunks).map(|_| chunk())).await;
    let Submission::New(record) = submission.unwrap() else {
        panic!("not new");
    };
    record.id
}

async fn worker(store: &Store) -> WorkerId {
    let id = WorkerId::generate();
    let new = NewWorker {
        id,
        host: "here".to_owned(),
        pid: 1,
        version: "0".to_owned(),
        device: "cpu".to_owned(),
        slots: 2,
    };
    store.register(&new).await.unwrap();
    id
}

async fn claim(store: &Store, job: JobId, index: u32, by: WorkerId) -> Result<Granted, Refused> {
    store.claim(ChunkId { job, index }, by, true).await.unwrap()
}

fn all_good() -> Report {
    Report {
        processed: 2,
        part: Some("0.1".to_owned()),
        statistics: BTreeMap::from([("entities".to_owned(), 3)]),
        ..Report::default()
    }
}

async fn complete(store: &Store, lease: &Lease, report: &Report) -> bool {
    matches!(
        store.complete(lease, report).await.unwrap(),
        Completion::Done(_)
    )
}

async fn a_job_goes_from_submission_to_completion(store: Store) {
    let worker = worker(&store).await;
    let new = NewJob {
        batch_id: Some("b\0".to_owned()),
        ..new_job()
    };
    let job = submit(&store, &new, 2).await;
    let record = store.job(job).await.unwrap().unwrap();
    assert_eq!(
        (record.job.status, record.job.total),
        (JobStatus::Queued, 4)
    );
    for index in 0..2 {
        let granted = claim(&store, job, index, worker).await.unwrap();
        assert_eq!(granted.documents, 2);
        assert_eq!(granted.payload, Some(chunk().unwrap().payload));
        let failure = Failure {
            backend: None,
            chunk: Some(index),
            document: 1,
            document_id: Some("b".to_owned()),
            problem: Problem {
                kind: ProblemKind::WrongType,
                field: Some("text".to_owned()),
                reason: "no text".to_owned(),
            },
        };
        let report = Report {
            processed: 1,
            failures: vec![failure],
            ..all_good()
        };
        assert!(complete(&store, &granted.lease, &report).await);
        assert!(
            !complete(&store, &granted.lease, &report).await,
            "told twice"
        );
    }
    // The files are joined by a chunk of its own.
    let join = claim(&store, job, 2, worker).await.unwrap();
    assert_eq!(join.kind, ChunkKind::Join);
    assert_eq!(store.parts(job).await.unwrap().len(), 2);
    let report = Report {
        output_files: vec!["out.jsonl".to_owned()],
        ..Report::default()
    };
    assert!(complete(&store, &join.lease, &report).await);
    let record = store.job(job).await.unwrap().unwrap();
    assert_eq!(record.job.status, JobStatus::Completed);
    assert_eq!((record.job.processed, record.job.failed), (2, 2));
    assert_eq!(record.output_files, ["out.jsonl"]);
    assert_eq!(record.statistics["entities"], 6);
    let (failures, count) = store.failures(job, 10, 0).await.unwrap();
    assert_eq!((failures.len(), count), (2, 2));
    assert_eq!(failures[0].problem.kind, ProblemKind::WrongType);
    let events = store.events(job, 0, 100).await.unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.event.as_str()).collect();
    assert_eq!(kinds, ["started", "progress", "progress", "completed"]);
    assert_eq!(events[3].data["output_files"], json!(["out.jsonl"]));
    assert_eq!(
        store.events(job, events[2].seq, 100).await.unwrap().len(),
        1
    );
}

async fn the_same_key_gives_the_same_job_and_another_body_is_told(store: Store) {
    let with_key = |digest: &str| NewJob {
        idempotency: Some(("k".to_owned(), digest.to_owned())),
        ..new_job()
    };
    let first = submit(&store, &with_key("d1"), 1).await;
    let again = store.submit(&with_key("d1"), [chunk()].into_iter()).await;
    assert!(matches!(again.unwrap(), Submission::Repeated(record) if record.id == first));
    let other = store.submit(&with_key("d2"), [chunk()].into_iter()).await;
    assert_eq!(other.unwrap(), Submission::KeyReused(first));
    assert_eq!(
        store
            .jobs(&Filter {
                limit: 10,
                ..Filter::default()
            })
            .await
            .unwrap()
            .1,
        1
    );
    // Many at once make one job.
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        let new = NewJob {
            idempotency: Some(("k2".to_owned(), "d".to_owned())),
            ..new_job()
        };
        tasks.spawn(async move { store.submit(&new, [chunk()].into_iter()).await.unwrap() });
    }
    let made = tasks.join_all().await;
    let new = made
        .iter()
        .filter(|made| matches!(made, Submission::New(_)));
    assert_eq!(new.count(), 1);
}

async fn a_submission_whose_chunks_cannot_be_read_leaves_nothing(store: Store) {
    let new = new_job();
    let chunks = [chunk(), Err(std::io::Error::other("torn"))];
    assert!(store.submit(&new, chunks.into_iter()).await.is_err());
    assert!(store.job(new.id).await.unwrap().is_none());
    submit(&store, &new_job(), 1).await;
}

async fn only_one_of_many_claims_of_a_chunk_is_granted(store: Store) {
    let job = submit(&store, &new_job(), 1).await;
    let worker = worker(&store).await;
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        tasks.spawn(async move { claim(&store, job, 0, worker).await.is_ok() });
    }
    let granted = tasks.join_all().await;
    assert_eq!(granted.iter().filter(|granted| **granted).count(), 1);
}

async fn what_a_lost_worker_held_is_rescued_and_its_late_report_counts_for_nothing(store: Store) {
    let job = submit(&store, &new_job(), 1).await;
    let (lost, other) = (worker(&store).await, worker(&store).await);
    let late = claim(&store, job, 0, lost).await.unwrap();
    let Pulse::Alive(standings) = store.heartbeat(lost, 1, false).await.unwrap() else {
        panic!("lost");
    };
    assert_eq!(standings[0].chunk.job, job);
    assert_eq!(store.reap(Duration::from_secs(60)).await.unwrap(), (0, 0));
    tokio::time::sleep(Duration::from_millis(2500)).await;
    store.heartbeat(other, 0, false).await.unwrap();
    assert_eq!(
        store.reap(Duration::from_millis(1500)).await.unwrap(),
        (1, 1)
    );
    assert_eq!(store.heartbeat(lost, 1, false).await.unwrap(), Pulse::Lost);
    assert!(!complete(&store, &late.lease, &all_good()).await);
    assert_eq!(claim(&store, job, 0, lost).await, Err(Refused::WorkerLost));
    let granted = claim(&store, job, 0, other).await.unwrap();
    assert!(granted.is_suspect);
    assert!(store.trying(&granted.lease, Some(1)).await.unwrap());
    assert!(!store.trying(&late.lease, Some(1)).await.unwrap());
    assert!(complete(&store, &granted.lease, &all_good()).await);
}

async fn a_paused_job_is_not_published_and_goes_on_when_resumed(store: Store) {
    let worker = worker(&store).await;
    let job = submit(&store, &new_job(), 2).await;
    let outgoing = store.take_outgoing(None, 10, 10).await.unwrap();
    assert_eq!(outgoing.len(), 2);
    assert!(
        store.take_outgoing(None, 10, 10).await.unwrap().is_empty(),
        "taken"
    );
    store.published(&outgoing).await.unwrap();
    let paused = store.command(job, Command::Pause).await.unwrap();
    assert_eq!(paused.job.status, JobStatus::Paused);
    assert_eq!(claim(&store, job, 0, worker).await, Err(Refused::Paused));
    assert!(store.take_outgoing(None, 10, 10).await.unwrap().is_empty());
    store.command(job, Command::Resume).await.unwrap();
    // The one whose message was used up; the other's is still with the broker.
    let again = store.take_outgoing(Some(job), 10, 10).await.unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].work.chunk.index, 0);
    assert!(claim(&store, job, 1, worker).await.is_ok());
}

async fn what_a_backend_did_not_take_is_brought_to_it_by_a_chunk_of_its_own(store: Store) {
    let worker = worker(&store).await;
    let mut new = new_job();
    new.options.backends = vec![Backend::Jsonl, Backend::Elasticsearch];
    let job = submit(&store, &new, 1).await;
    let granted = claim(&store, job, 0, worker).await.unwrap();
    let away = Taken::Behind {
        wait: Duration::ZERO,
        reason: "away".to_owned(),
    };
    let report = Report {
        taken: [(Backend::Elasticsearch, away)].into(),
        ..all_good()
    };
    assert!(complete(&store, &granted.lease, &report).await);
    let record = store.job(job).await.unwrap().unwrap();
    let progress = &record.job.backends[&Backend::Elasticsearch];
    assert_eq!(
        (progress.behind, progress.error.as_deref()),
        (2, Some("away"))
    );

    let granted = claim(&store, job, 1, worker).await.unwrap();
    assert_eq!(granted.kind, ChunkKind::Deliver);
    let to = granted.delivery.clone().unwrap();
    assert_eq!(
        (to.backend, to.part.name.as_str()),
        (Backend::Elasticsearch, "0.1")
    );
    let join = claim(&store, job, 2, worker).await.unwrap();
    assert_eq!(
        join.kind,
        ChunkKind::Join,
        "it does not wait for the backend"
    );
    assert!(complete(&store, &join.lease, &Report::default()).await);

    let refused = Failure {
        backend: Some(Backend::Elasticsearch),
        chunk: Some(1),
        document: 1,
        document_id: Some("b".to_owned()),
        problem: Problem {
            kind: ProblemKind::RefusedByBackend,
            field: None,
            reason: "no".to_owned(),
        },
    };
    let report = Report {
        processed: 1,
        failures: vec![refused.clone()],
        ..Report::default()
    };
    assert!(complete(&store, &granted.lease, &report).await);
    let record = store.job(job).await.unwrap().unwrap();
    assert_eq!(record.job.status, JobStatus::Completed);
    assert_eq!((record.job.processed, record.job.failed), (2, 0));
    let progress = &record.job.backends[&Backend::Elasticsearch];
    assert_eq!(
        (progress.accepted, progress.refused, progress.behind),
        (1, 1, 0)
    );
    assert_eq!(
        store.failures(job, 10, 0).await.unwrap(),
        (vec![refused], 1)
    );
}

/// The line of a cleaned article as a worker writes it.
fn article(job: JobId, id: &str, text: &str, word_count: &str) -> Line {
    let json = format!(
        r#"{{"document_id":"{id}","version":"1.0","original_text":"{text}","cleaned_text":"{text}","cleaned_title":null,
        "cleaned_excerpt":null,"cleaned_author":null,"cleaned_publication_date":"2026-03-01","cleaned_revision_date":null,
        "cleaned_source_url":null,"cleaned_categories":null,"cleaned_tags":["a","b"],"cleaned_media_asset_urls":null,
        "cleaned_geographical_data":null,"cleaned_embargo_date":null,"cleaned_sentiment":null,"cleaned_word_count":{word_count},
        "cleaned_publisher":null,"temporal_metadata":null,"entities":[],"cleaned_additional_metadata":{{"n":1e2}},
        "corrections":[],"job_id":"{job}","batch_id":"b1","processed_at":"2026-03-01T10:00:00.123456Z"}}"#
    );
    Line {
        document: 0,
        json: json.into(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_there_when_their_chunk_is_done_and_not_before() {
    let url = fresh_database();
    let store = postgres(&url).await;
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let (lost, other) = (worker(&store).await, worker(&store).await);
    let mut new = new_job();
    new.options.backends = vec![Backend::Postgresql];
    let job = submit(&store, &new, 1).await;
    let late = claim(&store, job, 0, lost).await.unwrap();
    let report = |text: &str, count: &str| Report {
        part: None,
        // As JSON has it, an escaped NUL, and what only looks like one.
        articles: vec![article(job, "a", text, "1"), article(job, "b", text, count)],
        ..all_good()
    };
    store.rescue(&late.lease).await.unwrap();
    let granted = claim(&store, job, 0, other).await.unwrap();
    assert!(!complete(&store, &late.lease, &report("late", "1")).await);
    let count = "SELECT count(*) FROM processed_articles";
    let rows: i64 = client.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(rows, 0, "the lease was over");

    // A number that no column can hold is refused alone.
    let text = r"a\u0000b \\u0000";
    let done = report(text, "99999999999999999999");
    assert!(complete(&store, &granted.lease, &done).await);
    let record = store.job(job).await.unwrap().unwrap();
    assert_eq!(record.job.status, JobStatus::Completed);
    let progress = &record.job.backends[&Backend::Postgresql];
    assert_eq!((progress.accepted, progress.refused), (1, 1));
    let (failures, _) = store.failures(job, 10, 0).await.unwrap();
    assert_eq!(failures[0].document_id.as_deref(), Some("b"));
    assert_eq!(failures[0].backend, Some(Backend::Postgresql));
    assert!(failures[0].problem.reason.contains("22003"), "{failures:?}");
    // What stage 2 asks.
    let asked = "SELECT * FROM processed_articles WHERE job_id = $1 OR batch_id = $2 ORDER BY processed_at DESC LIMIT 10000";
    let rows = client.query(asked, &[&job.0, &"b1"]).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        rows[0].get::<_, String>("cleaned_text"),
        "a\u{fffd}b \\u0000"
    );
    assert_eq!(
        rows[0].get::<_, serde_json::Value>("cleaned_tags"),
        json!(["a", "b"])
    );

    // An older claim's late rows change nothing, a newer one's do; in another database too.
    let settings = Settings {
        url: None,
        pool: 2,
        timeout_ms: 10_000,
    };
    let elsewhere = fresh_database();
    let articles = Articles::open(&elsewhere, &settings).unwrap();
    articles.migrate().await.unwrap();
    articles.migrate().await.unwrap();
    for (epoch, text) in [(2, "second"), (1, "first"), (3, "third"), (3, "again")] {
        let lines = [article(job, "a", text, "1")];
        assert_eq!(articles.write(&lines, Epoch(epoch)).await.unwrap(), []);
    }
    let (client, connection) = tokio_postgres::connect(&elsewhere, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let rows = client.query("SELECT cleaned_text, epoch FROM processed_articles", &[]);
    let rows = rows.await.unwrap();
    let rows: Vec<(String, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(rows, [("again".to_owned(), 3)]);
}

async fn only_a_window_of_a_long_job_is_published(store: Store) {
    let worker = worker(&store).await;
    let long = submit(&store, &new_job(), 10).await;
    let outgoing = store.take_outgoing(None, 3, 100).await.unwrap();
    assert_eq!(outgoing.len(), 3);
    store.published(&outgoing).await.unwrap();
    let granted = claim(&store, long, 0, worker).await.unwrap();
    let none = store.take_outgoing(None, 3, 100).await.unwrap();
    assert!(none.is_empty());
    assert!(complete(&store, &granted.lease, &all_good()).await);
    assert_eq!(store.take_outgoing(None, 3, 100).await.unwrap().len(), 1);
}

async fn long_jobs_share_the_window_and_leave_room_for_another(store: Store) {
    let mut long = Vec::new();
    for _ in 0..4 {
        long.push(submit(&store, &new_job(), 20).await);
    }
    let outgoing = store.take_outgoing(None, 8, 100).await.unwrap();
    for job in &long {
        let of_it = outgoing.iter().filter(|out| out.work.chunk.job == *job);
        assert_eq!(of_it.count(), 2);
    }
    assert!(store.outbox_lag().await.unwrap().is_some());
    store.published(&outgoing).await.unwrap();
    // Their other chunks wait for them, not for the broker.
    assert_eq!(store.outbox_lag().await.unwrap(), None);
    let short = submit(&store, &new_job(), 1).await;
    assert!(store.outbox_lag().await.unwrap().is_some());
    let outgoing = store.take_outgoing(None, 8, 100).await.unwrap();
    assert!(outgoing.iter().any(|out| out.work.chunk.job == short));
    assert!(outgoing.len() <= 2, "{}", outgoing.len());
}

async fn a_failed_chunk_waits_and_a_hopeless_one_is_buried(store: Store) {
    let worker = worker(&store).await;
    let fault = |wait| Release::Fault {
        wait,
        reason: "broken".to_owned(),
    };
    let waits = submit(&store, &new_job(), 1).await;
    let granted = claim(&store, waits, 0, worker).await.unwrap();
    let hour = Duration::from_secs(3600);
    assert!(store.release(&granted.lease, &fault(hour)).await.unwrap());
    assert_eq!(claim(&store, waits, 0, worker).await, Err(Refused::NotDue));
    let none = store.take_outgoing(None, 10, 10).await.unwrap();
    assert!(none.is_empty());

    let job = submit(&store, &new_job(), 1).await;
    for attempt in 1..=5 {
        let granted = claim(&store, job, 0, worker).await.unwrap();
        assert_eq!(granted.attempts, attempt - 1);
        let why = fault(Duration::ZERO);
        assert!(store.release(&granted.lease, &why).await.unwrap());
        assert!(
            !store.release(&granted.lease, &why).await.unwrap(),
            "told twice"
        );
        if attempt < 5 {
            let again = store.take_outgoing(Some(job), 10, 10).await.unwrap();
            assert_eq!(again.len(), 1);
        }
    }
    let record = store.job(job).await.unwrap().unwrap();
    assert_eq!(record.job.status, JobStatus::Failed);
    let (failures, _) = store.failures(job, 10, 0).await.unwrap();
    let ids: Vec<_> = failures
        .iter()
        .map(|failure| failure.document_id.as_deref())
        .collect();
    assert_eq!(ids, [Some("a"), Some("b")]);
    let (letters, count) = store.dead_letters(10, 0).await.unwrap();
    assert_eq!((count, letters[0].documents), (1, 2));
    let replay = store.replay(letters[0].id).await.unwrap();
    assert_eq!(replay.body, chunk().unwrap().payload);
    store.replayed(letters[0].id, Some(job)).await.unwrap();
    assert!(store.replay(letters[0].id).await.is_err());
    assert!(store.discard_dead_letter(letters[0].id).await.unwrap());
}

async fn what_was_published_and_never_claimed_is_published_again(store: Store) {
    submit(&store, &new_job(), 3).await;
    let outgoing = store.take_outgoing(None, 10, 10).await.unwrap();
    store.published(&outgoing).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let unclaimed = store.unclaimed().await.unwrap();
    let [(queue, 3)] = &unclaimed[..] else {
        panic!("{unclaimed:?}");
    };
    let again = store
        .publish_again(queue, Duration::from_millis(20), 2)
        .await;
    assert_eq!(again.unwrap(), 2);
    assert_eq!(store.take_outgoing(None, 10, 10).await.unwrap().len(), 2);
    store.restarted().await.unwrap();
    assert_eq!(store.take_outgoing(None, 10, 10).await.unwrap().len(), 1);
}

async fn what_is_over_its_time_is_thrown_away(store: Store) {
    let ended = submit(&store, &new_job(), 1).await;
    store.command(ended, Command::Cancel).await.unwrap();
    let open = submit(&store, &new_job(), 1).await;
    let day = Duration::from_secs(86_400);
    let mut keep = Retention {
        payloads: Duration::ZERO,
        jobs: day,
        dead_letters: day,
        workers: day,
    };
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(store.prune(keep).await.unwrap().payloads, 1);
    assert_eq!(store.prune(keep).await.unwrap().payloads, 0);
    keep.jobs = Duration::ZERO;
    assert_eq!(store.prune(keep).await.unwrap().jobs, 1);
    assert!(store.job(ended).await.unwrap().is_none());
    assert!(store.job(open).await.unwrap().is_some());
}

async fn jobs_are_listed_the_newest_first_with_the_whole_count(store: Store) {
    let mut ids = Vec::new();
    for n in 0..5 {
        let new = NewJob {
            batch_id: Some(format!("b{}", n % 2)),
            ..new_job()
        };
        ids.push(submit(&store, &new, 1).await);
    }
    let newest: Vec<JobId> = ids.iter().rev().copied().collect();
    let of_b1 = vec![ids[3], ids[1]];
    let filters = [
        (None, None, newest.clone()),
        (None, Some(JobStatus::Queued), newest),
        (None, Some(JobStatus::Running), vec![]),
        (Some("b1"), None, of_b1.clone()),
        (Some("b1"), Some(JobStatus::Queued), of_b1),
        (Some("none"), None, vec![]),
    ];
    for (batch, status, expected) in filters {
        for (offset, limit) in (0..7).flat_map(|offset| [1, 2, 10].map(|limit| (offset, limit))) {
            let filter = Filter {
                batch_id: batch.map(str::to_owned),
                status,
                limit,
                offset,
            };
            let (page, count) = store.jobs(&filter).await.unwrap();
            let page: Vec<_> = page.iter().map(|record| record.id).collect();
            let behind = expected.iter().skip(offset as usize);
            let of_all: Vec<_> = behind.take(limit as usize).copied().collect();
            assert_eq!((page, count), (of_all, expected.len() as u64), "{filter:?}");
        }
    }
}

async fn random_workers_and_commands_leave_counters_that_are_rows(store: Store) {
    let store = Arc::new(store);
    let job = submit(&store, &new_job(), 12).await;
    let mut tasks = JoinSet::new();
    for seed in 0..4_u64 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let worker = worker(&store).await;
            let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            for _ in 0..60 {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let index = u32::try_from(random % 13).unwrap();
                let Ok(granted) = claim(&store, job, index, worker).await else {
                    continue;
                };
                let is_join = granted.kind == ChunkKind::Join;
                match random % 5 {
                    0 => assert!(store.rescue(&granted.lease).await.unwrap()),
                    1 => assert!(
                        store
                            .release(&granted.lease, &Release::Unfinished)
                            .await
                            .unwrap()
                    ),
                    _ if is_join => {
                        assert!(complete(&store, &granted.lease, &Report::default()).await);
                    }
                    _ => assert!(complete(&store, &granted.lease, &all_good()).await),
                }
            }
        });
    }
    let commander = Arc::clone(&store);
    tasks.spawn(async move {
        for _ in 0..20 {
            drop(commander.command(job, Command::Pause).await);
            drop(commander.command(job, Command::Resume).await);
        }
    });
    tasks.join_all().await;
    let record = store.job(job).await.unwrap().unwrap();
    let states: BTreeMap<_, _> = store.chunk_states(job).await.unwrap().into_iter().collect();
    let count = |state| states.get(&state).copied().unwrap_or(0);
    assert_eq!(count(ChunkState::Leased), record.job.leases);
    assert_eq!(
        count(ChunkState::Ready) + count(ChunkState::Leased),
        record.job.open_chunks
    );
    assert_eq!(record.job.leases, 0);
    let ended = record.job.status.is_terminal();
    assert_eq!(ended, record.job.open_chunks == 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_that_start_together_migrate_once_and_a_newer_database_is_refused() {
    let url = fresh_database();
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let url = url.clone();
        tasks.spawn(async move { postgres(&url).await });
    }
    assert_eq!(tasks.join_all().await.len(), 4);
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
        .execute(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (999, 'later', '2030-01-01T00:00:00Z', '1')",
            &[],
        )
        .await
        .unwrap();
    let settings = Settings {
        url: Some(url.as_str().into()),
        pool: 2,
        timeout_ms: 10_000,
    };
    let refused = Store::postgres(&url, &settings).unwrap().migrate().await;
    assert!(
        matches!(refused, Err(shared::store::Error::Migrate(_))),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_one_leads_and_another_follows_when_it_ends() {
    let url = fresh_database();
    let (one, other) = (postgres(&url).await, postgres(&url).await);
    let leading = one.lead().await.unwrap().unwrap();
    assert!(leading.is_held().await);
    assert!(other.lead().await.unwrap().is_none());
    drop(leading);
    let mut tries = 0;
    while other.lead().await.unwrap().is_none() {
        tries += 1;
        assert!(tries < 100);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_folder_has_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Store::sqlite(folder.path()).unwrap();
    let second = Store::sqlite(folder.path());
    assert!(matches!(second, Err(shared::store::Error::InUse { .. })));
}
