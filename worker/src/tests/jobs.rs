//! Jobs from their submission to their end.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use shared::broker::{Message, Queue};
use shared::job::{ChunkId, Command, JobStatus, Options, Priority, Release};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::house::{House, PATIENCE, all_ids, documents, ids, settings};
use crate::dealt::{Counts, Dealt};

/// A job that takes a while: chunks of 64 long documents.
fn long(chunks: usize) -> Vec<Vec<String>> {
    (0..chunks).map(|n| documents(n * 64, 64, 600)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_ends_with_one_file_that_holds_every_document_once() {
    let house = House::new();
    let chunks: Vec<_> = (0..5).map(|n| documents(n * 20, 20, 30)).collect();
    let job = house.submit(&chunks).await;
    let running = house.start(settings(2));
    let record = house.end(job).await;
    assert_eq!(record.job.status, JobStatus::Completed, "{:?}", record.job);
    assert_eq!((record.job.processed, record.job.failed), (100, 0));
    let lines = house.lines(&record);
    assert_eq!(ids(&lines), all_ids(100));
    for line in &lines {
        assert_eq!(line["job_id"], json!(job));
        assert_eq!(line["batch_id"], "batch");
        assert!(line["processed_at"].as_str().unwrap().ends_with('Z'));
    }
    let entities: usize = lines
        .iter()
        .map(|line| line["entities"].as_array().unwrap().len())
        .sum();
    assert_eq!(record.statistics["entities"], entities);
    assert!(record.statistics["processing_ms"].as_u64().unwrap() > 0);
    running.stop().await.unwrap();
    assert_eq!(house.names(".parts"), [""; 0]);
    let workers = house.store.workers(10).await.unwrap();
    assert_eq!(workers[0].state.as_str(), "gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mixed_job_is_completed_with_its_failures_listed() {
    let house = House::new();
    let mut chunk = documents(0, 10, 10);
    chunk[4] = json!({ "document_id": "bad", "title": 1 }).to_string();
    let job = house.submit(&[chunk]).await;
    let running = house.start(settings(1));
    let record = house.end(job).await;
    assert_eq!(record.job.status, JobStatus::Completed);
    assert_eq!((record.job.processed, record.job.failed), (9, 1));
    assert_eq!(house.lines(&record).len(), 9);
    let (failures, total) = house.store.failures(job, 10, 0).await.unwrap();
    assert_eq!(total, 1);
    assert_eq!((failures[0].chunk, failures[0].document), (Some(0), 4));
    assert_eq!(failures[0].document_id.as_deref(), Some("bad"));
    assert!(failures[0].problem.reason.contains("title"), "{failures:?}");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_which_nothing_comes_through_is_failed_and_has_no_file() {
    let house = House::new();
    let job = house.submit(&[vec!["{}".to_owned(); 3]]).await;
    let running = house.start(settings(1));
    let record = house.end(job).await;
    assert_eq!(record.job.status, JobStatus::Failed);
    assert_eq!(record.job.failed, 3);
    assert!(record.output_files.is_empty());
    running.stop().await.unwrap();
    assert_eq!(house.names(""), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_switches_of_a_job_count_for_it() {
    let house = House::new();
    let html = json!({ "document_id": "a", "text": "<p>Rose 3%</p>" }).to_string();
    let mut options = Options::default();
    options.cleaning.remove_html_tags = Some(false);
    let kept = house.submit_with(&[vec![html.clone()]], options).await;
    let removed = house.submit(&[vec![html]]).await;
    let running = house.start(settings(1));
    for (job, has_tags) in [(kept, true), (removed, false)] {
        let lines = house.lines(&house.end(job).await);
        let text = lines[0]["cleaned_text"].as_str().unwrap();
        assert_eq!(text.contains("<p>"), has_tags, "{text}");
    }
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_takes_effect_within_a_second_and_the_rest_is_done_later() {
    let house = House::new();
    let job = house.submit(&long(12)).await;
    let running = house.start(settings(2));
    house.until(job, |record| record.job.processed > 0).await;
    let took = house.command(job, Command::Pause, JobStatus::Paused).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    let rested = house.job(job).await;
    assert!(rested.job.processed < 12 * 64 && rested.job.leases == 0);
    house.store.command(job, Command::Resume).await.unwrap();
    let record = house.end(job).await;
    assert_eq!(record.job.status, JobStatus::Completed);
    assert_eq!(ids(&house.lines(&record)), all_ids(12 * 64));
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_takes_effect_within_a_second_and_leaves_no_file() {
    let house = House::new();
    let job = house.submit(&long(12)).await;
    let running = house.start(settings(2));
    house.until(job, |record| record.job.processed > 0).await;
    let took = house
        .command(job, Command::Cancel, JobStatus::Cancelled)
        .await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    running.stop().await.unwrap();
    assert!(house.names("").iter().all(|name| name == ".parts"));
    // The next worker sweeps at its start.
    let running = house.start(settings(1));
    let swept = async {
        while !house.names(".parts").is_empty() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, swept).await.unwrap();
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_is_heard_by_the_heartbeat_where_no_hint_came() {
    let house = House::new();
    let job = house.submit(&long(40)).await;
    let running = house.start(settings(1));
    house.until(job, |record| record.job.leases > 0).await;
    house.store.command(job, Command::Pause).await.unwrap();
    let rested = house
        .until(job, |record| record.job.status == JobStatus::Paused)
        .await;
    assert!(rested.job.processed < 40 * 64);
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_finishes_what_is_in_hand() {
    let house = House::new();
    let job = house.submit(&long(8)).await;
    let running = house.start(settings(1));
    house.until(job, |record| record.job.leases > 0).await;
    running.stop().await.unwrap();
    let record = house.job(job).await;
    assert_eq!(record.job.leases, 0);
    assert!(
        (1..8 * 64).contains(&record.job.processed),
        "{:?}",
        record.job
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_without_time_gives_back_and_spends_no_attempt() {
    let house = House::new();
    let job = house.submit(&[documents(0, 64, 6000)]).await;
    let mut hasty = settings(1);
    hasty.drain_s = 0;
    let running = house.start(hasty);
    house.until(job, |record| record.job.leases > 0).await;
    running.stop().await.unwrap();
    let record = house.job(job).await;
    assert_eq!((record.job.leases, record.job.processed), (0, 0));
    let again = house.claim(job, 0, house.ghost().await).await;
    assert_eq!((again.attempts, again.is_suspect), (0, false));
    house
        .store
        .release(&again.lease, &Release::Unfinished)
        .await
        .unwrap();
    let running = house.start(settings(2));
    let record = house.end(job).await;
    assert_eq!(ids(&house.lines(&record)), all_ids(64));
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_in_the_checkpoint_are_not_cleaned_again() {
    let house = House::new();
    let job = house.submit(&[documents(0, 10, 10)]).await;
    let earlier = house.claim(job, 0, house.ghost().await).await;
    let kept = Dealt {
        counts: Counts {
            entities: 1000,
            ..Counts::default()
        },
        result: Ok(Bytes::from_static(
            b"{\"document_id\":\"d00003\",\"kept\":true}",
        )),
    };
    let results = [(3, kept.to_bytes()), (4, Bytes::from_static(b"nonsense"))];
    house
        .checkpoint
        .save(&earlier.lease, &results)
        .await
        .unwrap();
    house
        .store
        .release(&earlier.lease, &Release::Unfinished)
        .await
        .unwrap();
    let running = house.start(settings(1));
    let record = house.end(job).await;
    let lines = house.lines(&record);
    assert_eq!(ids(&lines), all_ids(10));
    let kept: Vec<_> = lines.iter().filter(|line| line["kept"] == true).collect();
    assert_eq!(kept.len(), 1);
    assert!(record.statistics["entities"].as_u64().unwrap() >= 1000);
    running.stop().await.unwrap();
    let chunk = ChunkId { job, index: 0 };
    let lease = shared::job::Lease {
        chunk,
        ..earlier.lease
    };
    assert!(house.checkpoint.load(&lease).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_read_is_parked() {
    let house = House::new();
    let running = house.start(settings(1));
    let queue = Queue::Work(Priority::High);
    let message = Message {
        kind: "scutch.work.v9".to_owned(),
        id: "m".to_owned(),
        headers: BTreeMap::from([("x-attempt".to_owned(), "0".to_owned())]),
        body: Bytes::from_static(b"body"),
        expiration: None,
    };
    house.broker.publish(&queue, message).await.unwrap();
    let stop = CancellationToken::new();
    let mut dead = house.broker.consume(Queue::Dead, 1, stop);
    let parked = dead.next().await.unwrap();
    assert_eq!(
        (parked.message.id.as_str(), &parked.message.body[..]),
        ("m", &b"body"[..])
    );
    assert!(parked.message.headers["x-reason"].contains("scutch.work.v9"));
    assert_eq!(parked.message.headers["x-first-death-queue"], queue.name());
    parked.ack().await.unwrap();
    running.stop().await.unwrap();
    assert_eq!(house.broker.depth(&queue).await.unwrap().messages, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_refuses_makes_the_job_wait_and_say_why() {
    let house = House::new();
    let running = house.start(settings(1));
    // A file where the folder was.
    std::fs::remove_dir_all(house.output()).unwrap();
    std::fs::write(house.output(), "").unwrap();
    let job = house.submit(&[documents(0, 5, 10)]).await;
    let waiting = house.until(job, |record| record.job.error.is_some()).await;
    assert!(!waiting.job.status.is_terminal());
    std::fs::remove_file(house.output()).unwrap();
    let record = house.end(job).await;
    assert_eq!(record.job.status, JobStatus::Completed);
    assert_eq!(ids(&house.lines(&record)), all_ids(5));
    running.stop().await.unwrap();
}
