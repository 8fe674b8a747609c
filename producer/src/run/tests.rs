use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use shared::broker::Broker;
use shared::store::{self, Filter, JobRecord, Store};

use super::*;
use crate::Settings;

const SOON: Duration = Duration::from_secs(20);

fn settings() -> Settings {
    Settings {
        max_body_bytes: 10_000,
        max_file_bytes: 10_000,
        preprocess_timeout_ms: 1_000,
        max_outbox_lag_s: 300,
        max_uploads: 1,
    }
}

fn message(id: &str, headers: &[(&str, &str)], body: &Value) -> Message {
    let headers: BTreeMap<String, String> = headers
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    Message {
        kind: "scutch.submit.v1".to_owned(),
        id: id.to_owned(),
        headers,
        body: body.to_string().into(),
        expiration: None,
    }
}

fn documents(ids: &[&str]) -> Value {
    let documents = ids
        .iter()
        .map(|id| json!({"document_id": id, "text": "secret"}));
    json!({"documents": documents.collect::<Vec<_>>()})
}

async fn jobs(store: &Store) -> Vec<JobRecord> {
    let filter = Filter {
        limit: 100,
        ..Filter::default()
    };
    store.jobs(&filter).await.unwrap().0
}

/// Runs until every message is settled.
async fn settled(producer: &Producer, messages: Vec<Message>) {
    for message in messages {
        producer
            .broker
            .publish(&Queue::Submit, message)
            .await
            .unwrap();
    }
    let stop = CancellationToken::new();
    let mut running = JoinSet::new();
    running.spawn(run(producer.clone(), stop.clone()));
    // The memory broker counts a message until it is acknowledged or taken; a stop gives back what was not settled.
    let all = async {
        loop {
            let (_, dead) = producer.store.dead_letters(1, 0).await.unwrap();
            let waiting = producer
                .broker
                .depth(&Queue::Submit)
                .await
                .unwrap()
                .messages;
            let settled = jobs(&producer.store).await.len() as u64 + dead;
            if waiting == 0 && settled > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SOON, all).await.unwrap();
    stop.cancel();
    tokio::time::timeout(SOON, running.join_next())
        .await
        .unwrap();
    assert_eq!(
        producer
            .broker
            .depth(&Queue::Submit)
            .await
            .unwrap()
            .messages,
        0
    );
}

fn producer(data: &tempfile::TempDir) -> Producer {
    let store = Store::sqlite(data.path()).unwrap();
    Producer::new(settings(), store, Broker::memory())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_becomes_one_job_however_often_it_comes_and_a_key_is_not_an_id() {
    let data = tempfile::tempdir().unwrap();
    let producer = producer(&data);
    let body = documents(&["a", "b"]);
    settled(
        &producer,
        vec![
            message("m-1", &[], &body),
            message("m-1", &[], &body),
            message("m-2", &[(KEY, "k-1")], &body),
            message("m-3", &[(KEY, "k-1")], &body),
            // Whoever chooses an id has not chosen a key.
            message("k-1", &[], &body),
        ],
    )
    .await;
    let jobs = jobs(&producer.store).await;
    assert_eq!(jobs.len(), 3);
    assert!(jobs.iter().all(|job| job.job.total == 2));
    assert_eq!(producer.store.dead_letters(10, 0).await.unwrap().1, 0);
    let work = Queue::Work(shared::job::Priority::Normal);
    assert_eq!(producer.broker.depth(&work).await.unwrap().messages, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_refused_is_kept_with_everything_that_is_wrong() {
    let data = tempfile::tempdir().unwrap();
    let producer = producer(&data);
    let mut body = documents(&["a", "a"]);
    body["priority"] = json!("urgent");
    settled(&producer, vec![message("m\0", &[("x", "\0")], &body)]).await;
    let (letters, count) = producer.store.dead_letters(10, 0).await.unwrap();
    assert_eq!((count, jobs(&producer.store).await.len()), (1, 0));
    assert_eq!(letters[0].queue.as_deref(), Some("scutch.submit"));
    assert_eq!(
        letters[0].reason,
        "a field of the request is wrong, 1 of 2 documents is bad; nothing was taken in (priority: expected high, \
         normal or low; document 1: document_id: an earlier document of this submission has the same id)"
    );
    let replay = producer.store.replay(letters[0].id).await.unwrap();
    assert_eq!(replay.body, body.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_kept_and_not_quoted() {
    for (bad, reason) in [
        (
            Message {
                body: "{\"secret".into(),
                ..message("m", &[], &json!(null))
            },
            "the JSON of the body ends too early, at line 1 column 8",
        ),
        (
            Message {
                body: vec![b' '; 10_001].into(),
                ..message("m", &[], &json!(null))
            },
            "the message is longer than 10000 bytes (producer.max_body_bytes)",
        ),
        (
            message("m", &[(KEY, "a b")], &documents(&["a"])),
            "Idempotency-Key: expected 1 to 255 visible characters of ASCII",
        ),
    ] {
        let data = tempfile::tempdir().unwrap();
        let producer = producer(&data);
        settled(&producer, vec![bad]).await;
        let (letters, _) = producer.store.dead_letters(10, 0).await.unwrap();
        assert!(
            letters[0].reason.starts_with(reason),
            "{}",
            letters[0].reason
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_has_the_good_documents_taken_alone() {
    let data = tempfile::tempdir().unwrap();
    let producer = producer(&data);
    let body = documents(&["a", "a"]);
    settled(&producer, vec![message("m", &[(PARTIAL, "true")], &body)]).await;
    let jobs = jobs(&producer.store).await;
    assert_eq!((jobs[0].job.total, jobs[0].rejected), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_the_message_is_held_and_at_a_stop_it_goes_back() {
    let settings_of_store = store::Settings {
        url: None,
        pool: 1,
        timeout_ms: 1_000,
    };
    // Nothing listens on port 1.
    let away = Store::postgres("postgres://127.0.0.1:1/scutch", &settings_of_store).unwrap();
    let broker = Broker::memory();
    let producer = Producer::new(settings(), away, broker.clone());
    broker
        .publish(&Queue::Submit, message("m", &[], &documents(&["a"])))
        .await
        .unwrap();
    let stop = CancellationToken::new();
    let mut running = JoinSet::new();
    running.spawn(run(producer, stop.clone()));
    let waiting = async || broker.depth(&Queue::Submit).await.unwrap().messages;
    let held = async {
        while waiting().await > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SOON, held).await.unwrap();
    stop.cancel();
    tokio::time::timeout(SOON, running.join_next())
        .await
        .unwrap();
    assert_eq!(waiting().await, 1);

    let data = tempfile::tempdir().unwrap();
    let store = Store::sqlite(data.path()).unwrap();
    let producer = Producer::new(settings(), store, broker);
    settled(&producer, Vec::new()).await;
    assert_eq!(jobs(&producer.store).await.len(), 1);
}
