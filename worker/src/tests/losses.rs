//! Workers that are lost, and what is late.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use shared::job::{Completion, JobStatus, Lease, MAX_CRASHES_OF_A_DOCUMENT, Options};
use shared::store::{Report, Store};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::house::{House, PATIENCE, all_ids, documents, ids, settings};
use crate::checkpoints::Checkpoints;
use crate::chunk::Reported;
use crate::context::Context;
use crate::held::{Held, Order};
use crate::progress::{End, Progress};
use crate::storage::{Format, Joined};
use crate::threads::Threads;
use crate::{Error, Settings, chunk, run};

async fn context(house: &House) -> Arc<Context> {
    let worker = house.worker(settings(1));
    Arc::new(Context {
        id: house.ghost().await,
        retry_base: Duration::from_millis(1),
        store: worker.store,
        broker: worker.broker,
        checkpoints: Checkpoints::new(worker.checkpoint),
        pipeline: worker.pipeline,
        storage: worker.storage,
        tells_documents: false,
        threads: Threads::start(1).unwrap(),
        held: Held::default(),
        draining: CancellationToken::new(),
        lost: CancellationToken::new(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_given_up_for_lost_ends_and_another_does_its_work() {
    let house = House::new();
    let chunks: Vec<_> = (0..8).map(|n| documents(n * 64, 64, 600)).collect();
    let job = house.submit(&chunks).await;
    let first = house.start(settings(2));
    house.until(job, |record| record.job.leases > 0).await;
    let (lost, _) = house.store.reap(Duration::ZERO).await.unwrap();
    assert_eq!(lost, 1);
    assert!(matches!(first.ended().await, Err(Error::Lost)));
    // What it claimed between is found lost too.
    house.store.reap(Duration::from_secs(60)).await.unwrap();
    let second = house.start(settings(2));
    let record = house.end(job).await;
    assert_eq!(record.job.status, JobStatus::Completed);
    assert_eq!(ids(&house.lines(&record)), all_ids(8 * 64));
    second.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_comes_too_late_leaves_nothing_behind() {
    let house = House::new();
    let context = context(&house).await;
    let job = house.submit(&[documents(0, 4, 10)]).await;
    let granted = house.claim(job, 0, context.id).await;
    let hold = context.held.enter(granted.lease.chunk);
    hold.granted(granted.lease.epoch);
    assert!(house.store.rescue(&granted.lease).await.unwrap());
    chunk::documents(&context, &hold, granted, None).await;
    assert_eq!(house.job(job).await.job.processed, 0);
    assert_eq!(house.names(&format!(".parts/{job}")), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_whose_answer_was_lost_counts_when_it_is_repeated() {
    let house = House::new();
    let context = context(&house).await;
    let job = house.submit(&[documents(0, 1, 10)]).await;
    let granted = house.claim(job, 0, context.id).await;
    let part = context
        .storage
        .files
        .write_part(&granted.lease, &[])
        .await
        .unwrap();
    let report = Report {
        processed: 1,
        part: Some(part),
        ..Report::default()
    };
    house.store.complete(&granted.lease, &report).await.unwrap();
    let repeated = chunk::complete(&context, &granted, &report).await;
    assert_eq!(repeated, Reported::Counts(None));
    let other = Report {
        part: Some("0.9".to_owned()),
        ..report
    };
    let late = chunk::complete(&context, &granted, &other).await;
    assert_eq!(late, Reported::CountsNot);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_heartbeats_nobody_answers_fences_itself_off() {
    let house = House::new();
    let mut worker = house.worker(Settings {
        fence_s: 1,
        ..settings(1)
    });
    let nowhere = shared::store::Settings {
        url: None,
        pool: 1,
        timeout_ms: 1000,
    };
    let url = "postgres://nobody@127.0.0.1:1/nothing";
    worker.heartbeat_store = Store::postgres(url, &nowhere).unwrap();
    let job = house
        .submit(
            &(0..60)
                .map(|n| documents(n * 64, 64, 600))
                .collect::<Vec<_>>(),
        )
        .await;
    let ended = timeout(PATIENCE, run(worker, CancellationToken::new())).await;
    assert!(matches!(ended.unwrap(), Err(Error::Lost)));
    let at_the_end = house.job(job).await.job.processed;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(house.job(job).await.job.processed, at_the_end);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_let_go_reports_nothing() {
    let house = House::new();
    let context = context(&house).await;
    let job = house.submit(&[documents(0, 4, 10)]).await;
    let granted = house.claim(job, 0, context.id).await;
    let hold = context.held.enter(granted.lease.chunk);
    hold.granted(granted.lease.epoch);
    context.held.compare(&context.held.leases(), &[]);
    assert_eq!(hold.order(), Order::LetGo);
    chunk::documents(&context, &hold, granted, None).await;
    assert_eq!(house.job(job).await.job.leases, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_no_one_works_on_is_given_back_by_the_heartbeat() {
    let house = House::new();
    let running = house.start(settings(1));
    let worker = loop {
        if let Some(worker) = house.store.workers(1).await.unwrap().pop() {
            break worker.worker.id;
        }
    };
    // As where the answer to a claim never came.
    let job = house.submit(&[documents(0, 4, 10)]).await;
    let claimed = house
        .store
        .claim(shared::job::ChunkId { job, index: 0 }, worker, false)
        .await;
    // Whoever was first: it is done in the end.
    drop(claimed.unwrap());
    assert_eq!(house.end(job).await.job.status, JobStatus::Completed);
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_costs_workers_fails_alone() {
    let house = House::new();
    let job = house.submit(&[documents(0, 6, 10)]).await;
    let ghost = house.ghost().await;
    let lease = house.claim(job, 0, ghost).await.lease;
    assert!(house.store.rescue(&lease).await.unwrap());
    for _ in 0..MAX_CRASHES_OF_A_DOCUMENT {
        let granted = house.claim(job, 0, ghost).await;
        assert!(granted.is_suspect);
        assert!(house.store.trying(&granted.lease, Some(2)).await.unwrap());
        assert!(house.store.rescue(&granted.lease).await.unwrap());
    }
    let running = house.start(settings(1));
    let record = house.end(job).await;
    assert_eq!(record.job.status, JobStatus::Completed);
    assert_eq!((record.job.processed, record.job.failed), (5, 1));
    let (failures, _) = house.store.failures(job, 10, 0).await.unwrap();
    assert_eq!(failures[0].document, 2);
    assert_eq!(failures[0].document_id.as_deref(), Some("d00002"));
    let reason = "the worker died on this document 3 times; it was given up";
    assert_eq!(failures[0].problem.reason, reason);
    assert_eq!(house.lines(&record).len(), 5);
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_lost_when_all_documents_were_tried_is_lost_on_none() {
    let house = House::new();
    let context = context(&house).await;
    let job = house.submit(&[documents(0, 3, 10)]).await;
    let lease = house.claim(job, 0, context.id).await.lease;
    assert!(house.store.rescue(&lease).await.unwrap());
    for _ in 0..MAX_CRASHES_OF_A_DOCUMENT {
        let mut granted = house.claim(job, 0, context.id).await;
        let hold = context.held.enter(granted.lease.chunk);
        hold.granted(granted.lease.epoch);
        let packed = granted.payload.take().unwrap();
        let progress = Progress::begin(&context, &hold, &granted, packed).await;
        assert_eq!(progress.ok().unwrap().run().await, End::All);
        // Lost while it writes, and Redis lost what it had kept.
        assert!(house.store.rescue(&granted.lease).await.unwrap());
        context.checkpoints.discard(granted.lease.chunk).await;
    }
    let granted = house.claim(job, 0, context.id).await;
    assert_eq!(granted.poison, [0_u32; 0]);
    assert!(granted.is_suspect);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_that_died_before_its_report_is_reported_by_the_next() {
    let house = House::new();
    let context = context(&house).await;
    let ghost = context.id;
    let job = house
        .submit_with(&[documents(0, 1, 10)], Options::default())
        .await;
    let lease = house.claim(job, 0, ghost).await.lease;
    let line = json!({ "document_id": "d00000" }).to_string();
    let part = context
        .storage
        .files
        .write_part(&lease, &[line.into()])
        .await
        .unwrap();
    let report = Report {
        processed: 1,
        part: Some(part),
        ..Report::default()
    };
    let done = house.store.complete(&lease, &report).await.unwrap();
    assert!(matches!(done, Completion::Done(_)));
    let granted = house.claim(job, 1, ghost).await;
    let lease: Lease = granted.lease;
    let parts = house.store.parts(job).await.unwrap();
    let files = &context.storage.files;
    let joined = files
        .join(&lease, &parts, granted.created_at, &[Format::Jsonl], || {
            true
        })
        .await;
    assert!(matches!(joined, Ok(Joined::Visible(_))));
    files.forget(job).await.unwrap();
    assert!(house.store.rescue(&lease).await.unwrap());
    let running = house.start(settings(1));
    let record = house.end(job).await;
    assert_eq!(record.job.status, JobStatus::Completed);
    assert_eq!(ids(&house.lines(&record)), all_ids(1));
    running.stop().await.unwrap();
}
