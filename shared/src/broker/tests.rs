use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::job::{Priority, WorkerId};

const SOON: Duration = Duration::from_secs(5);

fn message(id: &str) -> Message {
    Message {
        kind: "test.v1".to_owned(),
        id: id.to_owned(),
        ..Message::default()
    }
}

fn settings(url: &str) -> Settings {
    Settings {
        url: Some(url.into()),
        confirm_timeout_ms: 200,
        heartbeat_s: 10,
    }
}

#[test]
fn a_malformed_url_is_refused_and_not_repeated() {
    for url in [
        "amqp:user:hunter2@host",
        "http://user:hunter2@host",
        "hunter2",
    ] {
        let error = Broker::open(&settings(url), "test").unwrap_err();
        assert!(matches!(error, Error::Url), "{url}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}

#[test]
fn settings_and_messages_do_not_print_their_secrets() {
    let settings = settings("amqp://user:hunter2@host");
    assert!(!format!("{settings:?}").contains("hunter2"));
    let message = Message {
        body: "hunter2".into(),
        ..Message::default()
    };
    assert!(!format!("{message:?}").contains("hunter2"));
}

#[test]
fn each_queue_has_its_own_name() {
    let mut names: Vec<String> = Queue::LASTING.iter().map(Queue::name).collect();
    names.push(Queue::Control(WorkerId::generate()).name());
    names.push(Queue::Control(WorkerId::generate()).name());
    names.sort();
    names.dedup();
    assert_eq!(names.len(), Queue::LASTING.len() + 2);
    assert_eq!(Queue::Work(Priority::High).name(), "scutch.work.high");
}

#[tokio::test]
async fn without_a_server_everything_fails_soon_and_may_be_tried_again() {
    // Nothing listens on port 1.
    let broker = Broker::open(&settings("amqp://127.0.0.1:1"), "test").unwrap();
    let error = broker
        .publish(&Queue::Dead, message("1"))
        .await
        .unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    let error = broker.check(Duration::from_millis(300)).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    let error = broker.call(message("1"), SOON).await.unwrap_err();
    assert!(matches!(error, CallError::Unavailable { .. }), "{error:?}");

    let stop = CancellationToken::new();
    let mut deliveries = broker.consume(Queue::Dead, 1, stop.clone());
    stop.cancel();
    assert!(deliveries.next().await.is_none());
    broker.close().await;
    let error = broker
        .publish(&Queue::Dead, message("1"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Closed), "{error:?}");
}

#[tokio::test]
async fn in_memory_what_was_given_back_comes_first() {
    let broker = Broker::memory();
    for id in ["1", "2"] {
        broker.publish(&Queue::Submit, message(id)).await.unwrap();
    }
    let mut deliveries = broker.consume(Queue::Submit, 2, CancellationToken::new());
    drop(deliveries.next().await.unwrap());
    let first = deliveries.next().await.unwrap();
    assert_eq!(
        (first.message.id.as_str(), first.is_redelivered),
        ("1", true)
    );
    let second = deliveries.next().await.unwrap();
    assert_eq!(
        (second.message.id.as_str(), second.is_redelivered),
        ("2", false)
    );
}

#[tokio::test]
async fn in_memory_a_closed_broker_ends_its_deliveries() {
    let broker = Broker::memory();
    let mut deliveries = broker.consume(Queue::Submit, 1, CancellationToken::new());
    broker.publish(&Queue::Submit, message("1")).await.unwrap();
    let held = deliveries.next().await.unwrap();
    broker.close().await;
    assert!(deliveries.next().await.is_none());
    assert!(matches!(held.ack().await, Err(Error::Stale)));
    assert!(matches!(broker.check(SOON).await, Err(Error::Closed)));
}
