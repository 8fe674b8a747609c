use serde_json::json;

use super::*;

fn event(id: &str) -> CloudEvent {
    CloudEvent {
        id: id.to_owned(),
        kind: "com.storytelling.cleaning.job.started".to_owned(),
        subject: "job/0199".to_owned(),
        time: "2026-07-01T12:00:00Z".parse().unwrap(),
        traceparent: None,
        data: json!({"job_id": "0199"}),
    }
}

fn sink(url: Option<&str>) -> Nats {
    Nats::new(&Settings {
        url: url.map(Secret::from),
        subject: "events".to_owned(),
        types: Vec::new(),
    })
}

/// The error with its source, as a log shows it.
fn told(error: &SendError) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    format!("{error}: {}", source.unwrap_or_default())
}

#[tokio::test]
async fn without_events_nothing_is_connected_to() {
    assert!(sink(None).send(&[], &mut 0).await.is_ok());
}

#[tokio::test]
async fn a_server_that_is_away_is_named_and_its_password_is_not() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = gone.local_addr().unwrap().to_string();
    drop(gone);
    let mut sink = sink(Some(&format!("nats://user:hidden@{address}")));
    let error = sink.send(&[event("1")], &mut 0).await.unwrap_err();
    let told = told(&error);
    assert!(told.starts_with("cannot connect to NATS: "), "{told}");
    assert!(told.contains(&address), "{told}");
    assert!(told.contains("refused"), "{told}");
    assert!(!format!("{told}{error:?}").contains("hidden"), "{told}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = mute.local_addr().unwrap().to_string();
    let mut sink = sink(Some(&format!("nats://user:hidden@{address}")));
    sink.deadline = Duration::from_millis(200);
    let error = sink.send(&[event("1")], &mut 0).await.unwrap_err();
    let told = told(&error);
    assert!(told.contains("no answer within 200ms"), "{told}");
    assert!(told.contains(&address), "{told}");
    assert!(!format!("{told}{error:?}").contains("hidden"), "{told}");
}

#[tokio::test]
async fn without_a_url_it_says_so() {
    let error = sink(None).send(&[event("1")], &mut 0).await.unwrap_err();
    assert_eq!(told(&error), "cannot connect to NATS: no URL is set");
}
