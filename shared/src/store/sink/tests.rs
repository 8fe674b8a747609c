use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use super::super::{NewChunk, NewJob, Submission};
use super::*;
use crate::event::{FINAL_AFTER, Reading};
use crate::job::{Event, JobId, Metadata, Options, Priority};

/// A folder that goes with its test.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn sqlite() -> (Store, Folder) {
    let folder = std::env::temp_dir().join(format!("scutch-sinks-{}", Uuid::new_v4()));
    (Store::sqlite(&folder).unwrap(), Folder(folder))
}

async fn submit(store: &Store) -> JobId {
    let new = NewJob {
        id: JobId::generate(),
        idempotency: None,
        batch_id: None,
        priority: Priority::Normal,
        run_at: None,
        options: Options::default(),
        metadata: Metadata::new(),
        trace: None,
        rejected: Vec::new(),
    };
    let chunk = NewChunk {
        documents: 1,
        payload: Bytes::new(),
    };
    let submitted = store.submit(&new, [Ok(chunk)].into_iter()).await.unwrap();
    assert!(matches!(submitted, Submission::New(_)));
    new.id
}

/// An event under a number that its transaction was given before others.
async fn insert(store: &Store, job: JobId, seq: i64, event: Event, time: Timestamp) {
    let mut tx = store.begin().await.unwrap();
    let statement = "INSERT INTO events (seq, event_id, job_id, event, time, data) VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        seq.into(),
        format!("{job}:{seq}").into(),
        job.into(),
        event.as_str().into(),
        time.into(),
        serde_json::json!({"seq": seq}).into(),
    ];
    tx.execute(statement, &values).await.unwrap();
    tx.commit().await.unwrap();
}

fn numbers(batch: &Batch) -> Vec<i64> {
    batch.events.iter().map(|event| event.stamp.seq).collect()
}

/// Reads, delivers all of it, and notes that.
async fn deliver(store: &Store, record: &mut SinkRecord, limit: u32) -> Vec<i64> {
    let batch = store.undelivered(&record.position, limit).await.unwrap();
    let stamps: Vec<_> = batch.events.iter().map(|event| event.stamp).collect();
    let position = record.position.after(&stamps, batch.reading, batch.now);
    let count = stamps.len() as u64;
    assert!(store.delivered(record, &position, count).await.unwrap());
    assert_eq!(store.sink(&record.name).await.unwrap(), *record);
    numbers(&batch)
}

#[tokio::test]
async fn a_new_sink_begins_with_the_last_hour() {
    let (store, _folder) = sqlite();
    let (job, now) = (submit(&store).await, Timestamp::now());
    let before = |minutes: u64| now - Duration::from_secs(60 * minutes);
    insert(&store, job, 3, Event::Started, before(90)).await;
    insert(&store, job, 5, Event::Progress, before(61)).await;
    insert(&store, job, 6, Event::Progress, before(59)).await;
    insert(&store, job, 9, Event::Completed, before(1)).await;
    assert_eq!(store.sink("webhook").await.unwrap().position.seq, 5);
    let mut record = store.open_sink("webhook", "a").await.unwrap();
    assert_eq!(record, store.sink("webhook").await.unwrap());
    assert_eq!(deliver(&store, &mut record, 10).await, [6, 9]);
    // Later it goes on where it stopped, however long that is ago.
    let again = store.open_sink("webhook", "b").await.unwrap();
    assert_eq!((again.position.seq, again.delivered), (9, 2));
    let other = store.open_sink("kafka", "a").await.unwrap();
    assert_eq!(other.position.seq, 5);
}

#[tokio::test]
async fn an_event_that_commits_late_is_delivered_late() {
    let (store, _folder) = sqlite();
    let (job, now) = (submit(&store).await, Timestamp::now());
    let mut record = store.open_sink("webhook", "a").await.unwrap();
    for seq in [2, 3, 450] {
        insert(&store, job, seq, Event::Progress, now).await;
    }
    assert_eq!(deliver(&store, &mut record, 10).await, [2, 3, 450]);
    assert_eq!(record.position.gaps.len(), 447);
    // In more than one of the statements that ask for gaps.
    for seq in [451, 1, 449, 200] {
        insert(&store, job, seq, Event::Progress, now).await;
    }
    assert_eq!(deliver(&store, &mut record, 2).await, [1, 200]);
    assert_eq!(deliver(&store, &mut record, 10).await, [449, 451]);
    assert_eq!(deliver(&store, &mut record, 10).await, Vec::<i64>::new());
    assert_eq!(record.position.gaps.len(), 444);
    assert_eq!(record.delivered, 7);
}

#[tokio::test]
async fn gaps_that_are_old_are_given_up() {
    let (store, _folder) = sqlite();
    let job = submit(&store).await;
    let mut record = store.open_sink("webhook", "a").await.unwrap();
    let old = Timestamp::now() - FINAL_AFTER - Duration::from_secs(1);
    insert(&store, job, 2, Event::Progress, old).await;
    assert_eq!(deliver(&store, &mut record, 10).await, [2]);
    assert_eq!(record.position.gaps, []);
}

#[tokio::test]
async fn an_event_is_told_with_its_job() {
    let (store, _folder) = sqlite();
    let job = submit(&store).await;
    let time = Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap();
    insert(&store, job, 1, Event::Cleaned, time).await;
    let batch = store.undelivered(&Position::behind(0), 1).await.unwrap();
    assert_eq!(batch.reading, Reading::Cut);
    let cloud = &batch.events[0].cloud;
    assert_eq!(cloud.kind, "com.storytelling.cleaning.document.cleaned");
    assert_eq!(cloud.subject, format!("job/{job}"));
    assert_eq!((cloud.time, &cloud.traceparent), (time, &None));
    assert_eq!(cloud.data["seq"], 1);
}

#[tokio::test]
async fn two_that_deliver_to_one_sink_do_not_undo_each_other() {
    let (store, _folder) = sqlite();
    let mut record = store.open_sink("webhook", "a").await.unwrap();
    let before = record.clone();
    let mut other = record.clone();
    let moved = store.delivered(&mut record, &Position::behind(7), 3).await;
    assert!(moved.unwrap());
    let moved = store.delivered(&mut other, &Position::behind(4), 2).await;
    assert!(!moved.unwrap());
    assert!(!store.sink_failed(&mut other, "away").await.unwrap());
    assert_eq!(other, before, "it knows no more than it did");
    assert_eq!(store.sink("webhook").await.unwrap(), record);
    assert_eq!(record.position.seq, 7);
}

#[tokio::test]
async fn failures_and_ends_are_kept_until_they_are_over() {
    let (store, _folder) = sqlite();
    let mut record = store.open_sink("webhook", "a").await.unwrap();
    let away = store.sink_failed(&mut record, "it is away").await;
    assert!(away.unwrap());
    let first = store.sink("webhook").await.unwrap();
    assert_eq!(first, record);
    assert!(store.sink_failed(&mut record, "it is odd").await.unwrap());
    let second = store.sink("webhook").await.unwrap();
    assert!(first.failing_since.is_some());
    assert_eq!(first.failing_since, second.failing_since);
    assert_eq!(second.error.as_deref(), Some("it is odd"));
    let position = record.position.clone();
    assert!(store.delivered(&mut record, &position, 1).await.unwrap());
    let well = store.sink("webhook").await.unwrap();
    assert_eq!((well.failing_since, well.error), (None, None));
    assert!(well.delivered_at.is_some());

    // Where nothing was delivered, nothing new is said of when.
    let position = Position::behind(record.position.seq + 5);
    assert!(store.delivered(&mut record, &position, 0).await.unwrap());
    let passed = store.sink("webhook").await.unwrap();
    assert_eq!(passed, record);
    assert_eq!(passed.delivered_at, well.delivered_at);

    store.disable_sink("webhook", "it is gone").await.unwrap();
    let gone = store.open_sink("webhook", "a").await.unwrap();
    assert!(gone.disabled_at.is_some());
    let moved = store.open_sink("webhook", "b").await.unwrap();
    assert_eq!((moved.disabled_at, moved.error), (None, None));
}

#[tokio::test]
async fn a_backlog_counts_what_is_wanted() {
    let (store, _folder) = sqlite();
    let (job, now) = (submit(&store).await, Timestamp::now());
    let position = Position::behind(1);
    let backlog = async |types: &[Event]| store.backlog(&position, types).await.unwrap();
    assert_eq!(backlog(&[]).await, Backlog::default());
    let minute = Duration::from_secs(60);
    for (seq, event, age) in [
        (1, Event::Started, 9),
        (2, Event::Progress, 5),
        (3, Event::Completed, 2),
    ] {
        insert(&store, job, seq, event, now - minute * age).await;
    }
    let all = backlog(&[]).await;
    assert_eq!(all.events, 2);
    assert!((minute * 5..minute * 9).contains(&all.age), "{all:?}");
    let some = backlog(&[Event::Completed, Event::Failed]).await;
    assert_eq!(some.events, 1);
    assert!((minute * 2..minute * 5).contains(&some.age), "{some:?}");
    assert_eq!(backlog(&[Event::Cancelled]).await.events, 0);
    assert_eq!(backlog(&[Event::Started, Event::Progress]).await.events, 1);
}
