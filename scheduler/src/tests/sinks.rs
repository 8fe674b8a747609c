use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::http;
use shared::job::{Command, JobId};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::receiver::{Receiver, Request};
use super::{Bed, USUAL, until};
use crate::EventSinks;

/// Some looks of an idle relay.
const SOME_LOOKS: Duration = Duration::from_millis(1_500);
const KEY: &str = "a key";

/// Settings that differ from none at all by these.
pub(crate) fn sinks(differences: Value) -> EventSinks {
    let mut settings = json!({
        "documents": false,
        "redis_streams": {"enabled": false, "stream": "stage1:cleaning:events", "max_length": 10_000, "types": []},
        "webhook": {"url": null, "secret": null, "timeout_ms": 10_000, "allow_private": false, "types": []},
        "kafka": {"brokers": [], "topic": "stage1.cleaning.events", "tls": false, "types": []},
        "nats": {"url": null, "subject": "stage1.cleaning.events", "types": []},
        "rabbitmq": {"enabled": false, "exchange": "stage1.cleaning", "routing_key": "events", "types": []},
    });
    let Value::Object(differences) = differences else {
        panic!("settings are an object");
    };
    for (sink, keys) in differences {
        for (key, value) in keys.as_object().unwrap() {
            settings[sink.as_str()][key] = value.clone();
        }
    }
    EventSinks {
        settings: serde_json::from_value(settings).unwrap(),
        redis_url: None,
        broker_url: None,
    }
}

fn webhook(address: SocketAddr, types: &[&str]) -> EventSinks {
    let url = format!("http://{address}/events");
    sinks(json!({"webhook": {"url": url, "secret": KEY, "allow_private": true, "types": types}}))
}

impl Bed {
    /// A scheduler that tells a webhook what happens.
    async fn told(types: &[&str]) -> (Self, Receiver) {
        let receiver = Receiver::default();
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        let address = receiver.start(&mut tasks, stop.clone()).await;
        let mut bed = Self::telling(USUAL, &webhook(address, types)).await;
        let ending = bed.stop.clone();
        bed.tasks.spawn(async move {
            ending.cancelled().await;
            stop.cancel();
            while tasks.join_next().await.is_some() {}
        });
        (bed, receiver)
    }

    /// What is said about the only sink.
    async fn sink(&self) -> Value {
        let answer = self.http.get("/v1/sinks").await.json(200);
        answer["sinks"][0].clone()
    }

    async fn until_sink_is(&self, state: &str) {
        until(&format!("the sink is {state}"), async || {
            self.sink().await["state"] == state
        })
        .await;
    }
}

fn started_to_completed(job: JobId) -> [(String, String); 3] {
    [
        ("started".to_owned(), format!("{job}:started")),
        ("progress".to_owned(), format!("{job}:progress:3")),
        ("completed".to_owned(), format!("{job}:completed")),
    ]
}

fn of_job(events: &[(String, String)], job: JobId) -> Vec<(String, String)> {
    let is_of_job = |(_, id): &&(String, String)| id.starts_with(&job.to_string());
    events.iter().filter(is_of_job).cloned().collect()
}

/// HMAC by its definition (RFC 2104), and not by the library that signs.
fn hmac(key: &[u8], text: &[u8]) -> String {
    let padded = |pad: u8| {
        let key = key.iter().copied().chain(std::iter::repeat(0));
        key.take(64)
            .map(move |byte| byte ^ pad)
            .collect::<Vec<u8>>()
    };
    let inner = Sha256::digest([&padded(0x36), text].concat());
    let outer = Sha256::digest([&padded(0x5c)[..], &inner].concat());
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_told_everything_once_and_of_each_job_in_order() {
    let (mut bed, receiver) = Bed::told(&[]).await;
    let (first, second) = (bed.submit(&[1]).await, bed.submit(&[1]).await);
    bed.run();
    let one = bed.claim(first, 0).await;
    let two = bed.claim(second, 0).await;
    bed.complete(&two, 0).await;
    bed.complete(&one, 0).await;
    for job in [first, second] {
        let join = bed.claim(job, 1).await;
        bed.complete(&join, 0).await;
    }
    until("all is told", async || receiver.events().len() >= 6).await;
    until("it is noted", async || bed.sink().await["delivered"] == 6).await;
    tokio::time::sleep(SOME_LOOKS).await;
    let events = receiver.events();
    assert_eq!(events.len(), 6, "{events:?}");
    for job in [first, second] {
        let kinds = |events: Vec<(String, String)>| -> Vec<String> {
            events.into_iter().map(|(kind, _)| kind).collect()
        };
        let told = kinds(of_job(&events, job));
        assert_eq!(told, kinds(started_to_completed(job).into()));
    }
    let sink = bed.sink().await;
    assert_eq!(
        (&sink["name"], &sink["state"], &sink["backlog"]),
        (&json!("webhook"), &json!("delivering"), &json!(0))
    );
    assert!(sink["delivered_at"].is_string(), "{sink}");
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_carries_the_event_in_binary_mode_and_signed() {
    let (mut bed, receiver) = Bed::told(&[]).await;
    bed.run();
    let job = bed.submit(&[1]).await;
    bed.store.command(job, Command::Cancel).await.unwrap();
    until("it is told", async || receiver.requests().len() == 1).await;
    let request: Request = receiver.requests().remove(0);
    assert_eq!(request.path, "/events");
    for (name, value) in [
        ("ce-specversion", "1.0"),
        ("ce-type", "com.storytelling.cleaning.job.cancelled"),
        ("ce-source", "stage1-cleaning-pipeline"),
        ("ce-id", &format!("{job}:cancelled")),
        ("ce-subject", &format!("job/{job}")),
        ("content-type", "application/json"),
    ] {
        assert_eq!(request.header(name), value);
    }
    assert!(request.header("ce-time").ends_with('Z'));
    assert!(!request.headers.contains_key("ce-datacontenttype"));
    assert_eq!(request.data()["job_id"], job.to_string());
    assert_eq!(request.data()["documents_total"], 1);
    let expected = format!("sha256={}", hmac(KEY.as_bytes(), &request.body));
    assert_eq!(request.header("x-signature-256"), expected);
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_a_webhook_is_away_is_told_when_it_is_back() {
    let (listener, address) = http::bind("127.0.0.1:0").await.unwrap();
    drop(listener);
    let mut bed = Bed::telling(USUAL, &webhook(address, &[])).await;
    bed.run();
    let job = bed.submit(&[1]).await;
    bed.finish(job, 1).await;
    bed.until_sink_is("failing").await;
    let sink = bed.sink().await;
    assert_eq!(
        (&sink["backlog"], &sink["delivered"]),
        (&json!(3), &json!(0))
    );
    assert!(sink["failing_since"].is_string(), "{sink}");
    let error = sink["error"].as_str().unwrap();
    assert!(
        error.starts_with("cannot deliver an event to the webhook: "),
        "{error}"
    );
    assert!(
        !error.contains("/events"),
        "an address may hold a token: {error}"
    );

    let receiver = Receiver::default();
    let (listener, _) = http::bind(&address.to_string()).await.unwrap();
    let stop = bed.stop.clone();
    receiver.serve(&mut bed.tasks, listener, stop);
    until("all is told", async || receiver.events().len() >= 3).await;
    bed.until_sink_is("delivering").await;
    assert_eq!(receiver.events(), started_to_completed(job));
    let sink = bed.sink().await;
    assert_eq!(
        (&sink["failing_since"], &sink["error"]),
        (&Value::Null, &Value::Null)
    );
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_refused_is_sent_again_and_those_before_it_are_not() {
    let (mut bed, receiver) = Bed::told(&[]).await;
    receiver.answer(&[(200, &[]), (500, &[]), (400, &[])]);
    let job = bed.submit(&[1]).await;
    bed.finish(job, 1).await;
    bed.run();
    until("all is told", async || receiver.events().len() >= 5).await;
    let [started, progress, completed] = started_to_completed(job);
    let expected = [
        started,
        progress.clone(),
        progress.clone(),
        progress,
        completed,
    ];
    assert_eq!(receiver.events(), expected);
    until("it is noted", async || bed.sink().await["delivered"] == 3).await;
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_gone_is_told_nothing_until_its_address_is_another() {
    let (mut bed, receiver) = Bed::told(&[]).await;
    receiver.answer(&[(204, &[]), (410, &[])]);
    bed.run();
    let job = bed.submit(&[1]).await;
    bed.finish(job, 1).await;
    bed.until_sink_is("disabled").await;
    tokio::time::sleep(SOME_LOOKS).await;
    assert_eq!(receiver.events().len(), 2);
    let sink = bed.sink().await;
    assert_eq!(sink["error"], "the receiver answered 410 Gone");
    assert_eq!(
        (&sink["backlog"], &sink["delivered"]),
        (&json!(2), &json!(1))
    );

    let address = bed.scheduler.targets[0].address();
    let again = bed.store.open_sink("webhook", &address).await.unwrap();
    assert!(again.disabled_at.is_some());
    let moved = bed.store.open_sink("webhook", "elsewhere").await.unwrap();
    assert_eq!((moved.disabled_at, moved.error), (None, None));
    assert_eq!(moved.position, again.position);
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_not_followed() {
    let (mut bed, receiver) = Bed::told(&[]).await;
    receiver.answer(&[(307, &[("location", "/elsewhere")])]);
    bed.run();
    let job = bed.submit(&[1]).await;
    bed.store.command(job, Command::Cancel).await.unwrap();
    bed.until_sink_is("failing").await;
    let error = bed.sink().await["error"].as_str().unwrap().to_owned();
    assert!(error.ends_with("; redirects are not followed"), "{error}");
    bed.until_sink_is("delivering").await;
    let paths: Vec<_> = receiver
        .requests()
        .into_iter()
        .map(|seen| seen.path)
        .collect();
    assert_eq!(paths, ["/events", "/events"]);
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_asks_for_time_gets_it() {
    let (mut bed, receiver) = Bed::told(&[]).await;
    receiver.answer(&[(429, &[("retry-after", "3")])]);
    bed.run();
    let job = bed.submit(&[1]).await;
    bed.store.command(job, Command::Cancel).await.unwrap();
    until("it is told again", async || receiver.requests().len() == 2).await;
    let requests = receiver.requests();
    // Without the header it would be a second and a half at most.
    assert!(requests[1].at - requests[0].at >= Duration::from_secs(3));
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_takes_some_gets_the_rest_as_soon_as_it_asks() {
    let (mut bed, receiver) = Bed::told(&[]).await;
    let busy: (u16, &[(&str, &str)]) = (429, &[("retry-after", "0")]);
    // Were the waits to double, this would take minutes.
    receiver.answer(&[[(204, &[][..]), busy]; 8].concat());
    let job = bed.submit(&[1; 8]).await;
    bed.finish(job, 8).await;
    bed.run();
    until("it is noted", async || bed.sink().await["delivered"] == 10).await;
    let mut events = receiver.events();
    assert_eq!(events.len(), 18, "{events:?}");
    events.dedup();
    assert_eq!(events.len(), 10, "{events:?}");
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_passed_over_is_noted_when_the_relay_ends() {
    let (mut bed, receiver) = Bed::told(&["completed"]).await;
    bed.run();
    let job = bed.submit(&[1]).await;
    bed.store.command(job, Command::Cancel).await.unwrap();
    let backlog = async || {
        let place = bed.store.sink("webhook").await.unwrap().position;
        bed.store.backlog(&place, &[]).await.unwrap().events
    };
    tokio::time::sleep(SOME_LOOKS).await;
    assert_eq!(backlog().await, 1, "it is noted now and then only");
    bed.stop.cancel();
    until("it is noted", async || backlog().await == 0).await;
    assert_eq!(receiver.events(), []);
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_webhook_took_is_noted_when_we_are_stopped_amid() {
    let (mut bed, receiver) = Bed::told(&[]).await;
    receiver.answer(&[(204, &[])]);
    receiver.be_silent_then();
    let job = bed.submit(&[1]).await;
    bed.finish(job, 1).await;
    bed.run();
    until("one is under way", async || receiver.events().len() == 2).await;
    assert_eq!(bed.store.sink("webhook").await.unwrap().delivered, 0);
    bed.stop.cancel();
    let noted = async || bed.store.sink("webhook").await.unwrap().delivered == 1;
    until("it is noted", noted).await;
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_refused_unless_they_are_allowed() {
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f.1"] {
        let receiver = Receiver::default();
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        let port = receiver.start(&mut tasks, stop.clone()).await.port();
        let url = format!("http://{host}:{port}/token");
        let mut bed = Bed::telling(USUAL, &sinks(json!({"webhook": {"url": url}}))).await;
        bed.run();
        let job = bed.submit(&[1]).await;
        bed.store.command(job, Command::Cancel).await.unwrap();
        bed.until_sink_is("failing").await;
        let error = bed.sink().await["error"].as_str().unwrap().to_owned();
        assert!(
            error.contains("is no address of the public internet"),
            "{host}: {error}"
        );
        assert!(!error.contains("token"), "{error}");
        assert_eq!(receiver.requests().len(), 0);
        bed.end().await;
        stop.cancel();
        while tasks.join_next().await.is_some() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_is_said() {
    let mut bed = Bed::telling(USUAL, &sinks(json!({"webhook": {"url": "ftp://secret"}}))).await;
    bed.run();
    let job = bed.submit(&[1]).await;
    bed.store.command(job, Command::Cancel).await.unwrap();
    bed.until_sink_is("failing").await;
    assert_eq!(
        bed.sink().await["error"],
        "cannot use the webhook's address: events.webhook.url is not one, as in https://example.org/events"
    );
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_gets_the_types_that_it_is_to_get() {
    let (mut bed, receiver) = Bed::told(&["completed", "cancelled"]).await;
    bed.run();
    let (first, second) = (bed.submit(&[1, 1]).await, bed.submit(&[1]).await);
    bed.finish(first, 2).await;
    bed.store.command(second, Command::Cancel).await.unwrap();
    until("both are told", async || receiver.events().len() >= 2).await;
    until("it is noted", async || bed.sink().await["delivered"] == 2).await;
    let expected = [
        ("completed".to_owned(), format!("{first}:completed")),
        ("cancelled".to_owned(), format!("{second}:cancelled")),
    ];
    assert_eq!(receiver.events(), expected);
    assert_eq!(bed.sink().await["backlog"], 0);
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_is_away_holds_up_no_other() {
    let receiver = Receiver::default();
    let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
    let address = receiver.start(&mut tasks, stop.clone()).await;
    let mut events = webhook(address, &[]);
    // Nobody listens there.
    let (listener, nobody) = http::bind("127.0.0.1:0").await.unwrap();
    drop(listener);
    events.settings.redis_streams.enabled = true;
    events.redis_url = Some(format!("redis://:password@{nobody}").as_str().into());
    events.settings.rabbitmq.enabled = true;
    events.broker_url = Some(format!("amqp://user:password@{nobody}").as_str().into());
    let mut bed = Bed::telling(USUAL, &events).await;
    bed.run();
    let job = bed.submit(&[1]).await;
    bed.finish(job, 1).await;
    until("the webhook is told", async || receiver.events().len() == 3).await;
    let states = async || {
        let answer = bed.http.get("/v1/sinks").await;
        assert!(!answer.body.contains("password"), "{}", answer.body);
        let sinks = answer.json(200)["sinks"].as_array().unwrap().clone();
        let pair = |sink: Value| format!("{} {}", sink["name"], sink["state"]).replace('"', "");
        sinks.into_iter().map(pair).collect::<Vec<_>>()
    };
    let expected = [
        "redis_streams failing",
        "webhook delivering",
        "rabbitmq failing",
    ];
    until("each is as it is", async || states().await == expected).await;
    bed.end().await;
    stop.cancel();
    while tasks.join_next().await.is_some() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_sink_is_configured_there_is_none() {
    let bed = Bed::new().await;
    assert_eq!(
        bed.http.get("/v1/sinks").await.json(200),
        json!({"sinks": []})
    );
    bed.end().await;
}
