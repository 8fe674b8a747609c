use std::collections::BTreeMap;

use serde_json::json;

use super::*;

pub(super) fn event(id: &str, subject: &str) -> CloudEvent {
    CloudEvent {
        id: id.to_owned(),
        kind: "com.storytelling.cleaning.job.started".to_owned(),
        subject: subject.to_owned(),
        time: "2026-07-01T12:00:00.5Z".parse().unwrap(),
        traceparent: None,
        data: json!({"job_id": "1", "batch_id": "größer"}),
    }
}

fn sink(brokers: &[String]) -> Kafka {
    Kafka::new(&Settings {
        brokers: brokers.to_vec(),
        topic: "events".to_owned(),
        tls: false,
        types: Vec::new(),
    })
}

/// The error with its source, as a log shows it.
fn told(error: &SendError) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    format!("{error}: {}", source.unwrap_or_default())
}

#[test]
fn attributes_are_headers_and_the_value_is_the_data() {
    let mut event = event("7", "job/0199");
    event.traceparent = Some("00-0af7-b7ad-01".to_owned());
    let record = record::of(&event);
    let headers: BTreeMap<_, _> = record
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), str::from_utf8(value).unwrap()))
        .collect();
    let expected = BTreeMap::from([
        ("ce_id", "7"),
        ("ce_source", "stage1-cleaning-pipeline"),
        ("ce_specversion", "1.0"),
        ("ce_subject", "job/0199"),
        ("ce_time", "2026-07-01T12:00:00.5Z"),
        ("ce_traceparent", "00-0af7-b7ad-01"),
        ("ce_type", "com.storytelling.cleaning.job.started"),
        ("content-type", "application/json"),
    ]);
    assert_eq!(headers, expected);
    assert_eq!(record.key.as_deref(), Some("0199".as_bytes()));
    let data: serde_json::Value = serde_json::from_slice(&record.value.unwrap()).unwrap();
    assert_eq!(data, event.data);
    assert_eq!(
        record.timestamp.timestamp_millis(),
        event.time.as_millisecond()
    );
}

#[tokio::test]
async fn without_events_nothing_is_connected_to() {
    assert!(
        sink(&["127.0.0.1:1".to_owned()])
            .send(&[], &mut 0)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_broker_that_is_away_is_named() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = gone.local_addr().unwrap().to_string();
    drop(gone);
    let mut sink = sink(std::slice::from_ref(&address));
    let error = sink.send(&[event("1", "job/1")], &mut 0).await.unwrap_err();
    let told = told(&error);
    assert!(told.starts_with("cannot connect to Kafka: "), "{told}");
    assert!(told.contains(&address), "{told}");
    assert!(told.contains("refused"), "{told}");
}

#[tokio::test]
async fn a_broker_that_says_nothing_is_given_up() {
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = mute.local_addr().unwrap().to_string();
    let mut sink = sink(std::slice::from_ref(&address));
    sink.deadline = Duration::from_millis(200);
    let error = sink.send(&[event("1", "job/1")], &mut 0).await.unwrap_err();
    let told = told(&error);
    assert!(told.contains("no answer within 200ms"), "{told}");
    assert!(told.contains(&address), "{told}");
}
