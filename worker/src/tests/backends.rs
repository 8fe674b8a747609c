//! Jobs that name more backends than files.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use shared::job::{Backend, BackendState, Command, JobId, JobStatus, Options};
use shared::store::JobRecord;
use tokio::time::{Instant, sleep};

use super::house::{House, PATIENCE, Running, all_ids, documents, ids, outputs, settings};
use crate::storage::{Fake, Storage};

fn options(backends: &[Backend]) -> Options {
    Options {
        backends: backends.to_vec(),
        ..Options::default()
    }
}

/// A worker that also writes to the server.
fn start(house: &House, fake: &Fake) -> Running {
    let mut outputs = outputs();
    outputs.elasticsearch.url = Some(fake.url.as_str().into());
    let folder = house.output().to_string_lossy().into_owned();
    let storage = Storage::open(&outputs, Some(&folder), false).unwrap();
    house.start_with(settings(1), storage)
}

fn state(record: &JobRecord, backend: Backend) -> BackendState {
    record.job.backend_state(backend).unwrap()
}

/// The ids in the index.
fn indexed(fake: &Fake) -> BTreeSet<String> {
    fake.documents("articles").into_keys().collect()
}

async fn submit(house: &House, backends: &[Backend]) -> JobId {
    let chunks: Vec<_> = (0..3).map(|n| documents(n * 10, 10, 20)).collect();
    house.submit_with(&chunks, options(backends)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn all_backends_of_a_job_have_every_document() {
    let (house, fake) = (House::new(), Fake::start().await);
    let job = submit(&house, &[Backend::Jsonl, Backend::Elasticsearch]).await;
    let running = start(&house, &fake);
    let record = house.end(job).await;
    assert_eq!(record.job.status, JobStatus::Completed, "{:?}", record.job);
    assert_eq!(ids(&house.lines(&record)), all_ids(30));
    assert_eq!(indexed(&fake), all_ids(30).into_iter().collect());
    assert_eq!(
        state(&record, Backend::Elasticsearch),
        BackendState::Complete
    );
    running.stop().await.unwrap();
    assert_eq!(house.names(".parts"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_is_away_holds_up_no_other_and_gets_all_when_it_is_back() {
    let (house, fake) = (House::new(), Fake::start().await);
    fake.world().rules.authorization = Some("nobody");
    let job = submit(&house, &[Backend::Jsonl, Backend::Elasticsearch]).await;
    let running = start(&house, &fake);
    // The file is there while the other lacks everything.
    let record = house
        .until(job, |record| !record.output_files.is_empty())
        .await;
    assert_eq!(ids(&house.lines(&record)), all_ids(30));
    assert!(!record.job.status.is_terminal());
    assert_eq!(state(&record, Backend::Jsonl), BackendState::Complete);
    assert_eq!(state(&record, Backend::Elasticsearch), BackendState::Behind);
    let progress = &record.job.backends[&Backend::Elasticsearch];
    assert_eq!((progress.accepted, progress.behind), (0, 30));
    assert!(progress.error.as_ref().unwrap().contains("elasticsearch"));

    fake.world().rules.authorization = None;
    let record = house.end(job).await;
    assert_eq!(record.job.status, JobStatus::Completed);
    assert_eq!(indexed(&fake), all_ids(30).into_iter().collect());
    assert_eq!(record.job.backends[&Backend::Elasticsearch].error, None);
    running.stop().await.unwrap();
    assert_eq!(house.names(".parts"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_cancelled_while_a_backend_is_behind_leaves_no_file() {
    let (house, fake) = (House::new(), Fake::start().await);
    fake.world().rules.authorization = Some("nobody");
    let job = submit(&house, &[Backend::Jsonl, Backend::Elasticsearch]).await;
    let running = start(&house, &fake);
    house
        .until(job, |record| !record.output_files.is_empty())
        .await;
    house
        .command(job, Command::Cancel, JobStatus::Cancelled)
        .await;
    let record = house.job(job).await;
    assert_eq!(record.output_files, [""; 0]);
    assert_eq!(state(&record, Backend::Jsonl), BackendState::Cancelled);
    running.stop().await.unwrap();
    // The sweeper's first round is at the start.
    let running = start(&house, &fake);
    let begun = Instant::now();
    let is_left = || {
        let mut files = house.names("").into_iter();
        files.any(|name| name.ends_with(".jsonl")) || !house.names(".parts").is_empty()
    };
    while is_left() {
        assert!(begun.elapsed() < PATIENCE, "{:?}", house.names(""));
        sleep(Duration::from_millis(10)).await;
    }
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_without_files_keeps_what_its_backend_did_not_take() {
    let (house, fake) = (House::new(), Fake::start().await);
    fake.world().rules.authorization = Some("nobody");
    let job = submit(&house, &[Backend::Elasticsearch]).await;
    let running = start(&house, &fake);
    house.until(job, |record| record.job.deliveries == 3).await;
    // Kept where another worker finds it, too.
    running.stop().await.unwrap();
    fake.world().rules.authorization = None;
    let running = start(&house, &fake);
    let record = house.end(job).await;
    assert_eq!(record.job.status, JobStatus::Completed);
    assert_eq!(record.output_files, [""; 0]);
    assert_eq!(indexed(&fake), all_ids(30).into_iter().collect());
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_backend_refuses_for_ever_is_a_failure_that_names_it() {
    let (house, fake) = (House::new(), Fake::start().await);
    let refused = (400, "mapper_parsing_exception");
    fake.world().rules.refused.insert("d00007", refused);
    let job = submit(&house, &[Backend::Jsonl, Backend::Elasticsearch]).await;
    let running = start(&house, &fake);
    let record = house.end(job).await;
    assert_eq!(record.job.status, JobStatus::Completed);
    assert_eq!((record.job.processed, record.job.failed), (30, 0));
    assert_eq!(ids(&house.lines(&record)), all_ids(30));
    assert_eq!(indexed(&fake).len(), 29);
    let progress = &record.job.backends[&Backend::Elasticsearch];
    assert_eq!((progress.accepted, progress.refused), (29, 1));
    let (failures, total) = house.store.failures(job, 10, 0).await.unwrap();
    assert_eq!(total, 1);
    assert_eq!(failures[0].document_id.as_deref(), Some("d00007"));
    assert_eq!(failures[0].backend, Some(Backend::Elasticsearch));
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_cleaned_document_is_told_where_that_is_wanted() {
    let house = House::new();
    let mut worker = house.worker(settings(1));
    worker.tells_documents = true;
    let running = Running::of(worker);
    let job = house.submit(&[documents(0, 5, 20)]).await;
    house.end(job).await;
    let events = house.store.events(job, 0, 100).await.unwrap();
    let told = events
        .iter()
        .find(|event| event.event.as_str() == "cleaned");
    let told = told.expect("an event");
    assert_eq!(told.data["documents"].as_array().unwrap().len(), 5);
    assert_eq!(told.data["documents"][0]["document_id"], json!("d00000"));
    assert_eq!(told.data["documents"][0]["language"], json!("en"));
    running.stop().await.unwrap();
}
