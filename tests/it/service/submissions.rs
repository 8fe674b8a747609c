//! What is taken in and what is refused, over HTTP and AMQP.

use std::time::Duration;

use reqwest::{Method, multipart};
use serde_json::json;
use shared::broker::{Broker, Message, Queue, Settings};

use super::scenarios::small;
use tests::oracle::check;
use tests::scutch::text;
use tests::stack::{Kind, Stack, Wishes};

#[test]
fn every_bad_document_is_listed_by_index_and_field_and_the_rest_goes_on_if_asked() {
    let stack = Stack::start(Kind::Embedded, &Wishes::default());
    let client = stack.client();
    let documents = json!([
        { "document_id": "a", "text": "Good." },
        { "document_id": "b" },
        { "document_id": "a", "text": "The same id." },
        { "document_id": "c", "text": "Good.", "tags": [1] },
    ]);
    let refused = client.post("/v1/documents/batch", &json!({ "documents": documents }));
    assert_eq!(refused.status, 422);
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    assert!(refused.headers.contains_key("x-request-id"));
    assert!(refused.headers.contains_key("x-process-time"));
    let at: Vec<_> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            (
                error["index"].as_u64().unwrap(),
                error["field"].as_str().unwrap_or(""),
            )
        })
        .collect();
    assert_eq!(at, [(1, "text"), (2, "document_id"), (3, "tags[0]")]);
    let taken = client.post(
        "/v1/documents/batch?partial=true",
        &json!({ "documents": documents }),
    );
    assert_eq!(taken.status, 202, "{taken:?}");
    assert_eq!(taken.body["total_documents"], 1);
    assert_eq!(taken.body["rejected_documents"], 3);
    let id = text(&taken.body, "job_id");
    let job = client.wait_for_status(id, "completed");
    assert_eq!(job["rejected_documents"], 3);
    let failures = client.get(&format!("/v1/jobs/{id}/failures")).body;
    assert_eq!(failures["total_count"], 3);
}

#[test]
fn a_file_is_taken_in_and_its_bad_lines_are_told() {
    let stack = Stack::start(Kind::Embedded, &Wishes::default());
    let client = stack.client();
    let documents = small(100);
    let mut lines: Vec<String> = documents.iter().map(ToString::to_string).collect();
    lines.insert(10, "not json".to_owned());
    lines.insert(20, String::new());
    let part = multipart::Part::bytes(lines.join("\r\n").into_bytes()).file_name("in.jsonl");
    let form = multipart::Form::new()
        .text("batch_id", "f1")
        .part("file", part);
    let request = client
        .request(Method::POST, "/v1/preprocess/batch-file")
        .multipart(form);
    let answer = client.send(request);
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(answer.body["rejected"][0]["line"], 11);
    assert_eq!(answer.body["batch_id"], "f1");
    let id = text(&answer.body, "job_id");
    client.wait_for_status(id, "completed");
    check(&stack, &client, id, &documents);
}

#[test]
fn lines_are_taken_in_as_they_stream() {
    let stack = Stack::start(Kind::Embedded, &Wishes::default());
    let client = stack.client();
    let documents = small(1000);
    let body: String = documents.iter().map(|line| format!("{line}\n")).collect();
    let request = client
        .request(Method::POST, "/v1/documents/batch?batch_id=n1")
        .header("content-type", "application/x-ndjson")
        .body(body);
    let answer = client.send(request);
    assert_eq!(answer.status, 202, "{answer:?}");
    let id = text(&answer.body, "job_id");
    client.wait_for_status(id, "completed");
    check(&stack, &client, id, &documents);
}

fn one_document_is_cleaned_while_the_caller_waits(kind: Kind) {
    let stack = Stack::start(kind, &Wishes::default());
    let client = stack.client();
    let article = json!({ "document_id": "a", "text": "<p>Paid $2.5bn on 3 May 2024.</p>" });
    let request = json!({ "article": article });
    // A worker that has just started does not take questions yet.
    tests::oracle::eventually("a worker takes questions", || {
        client.post("/v1/preprocess", &request).status != 503
    });
    let answer = client.post("/v1/preprocess", &request);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["cleaned_text"], "Paid $2.5bn on 3 May 2024.");
    let off = json!({ "article": article, "cleaning_config": { "remove_html_tags": false } });
    let answer = client.post("/v1/preprocess", &off);
    assert_eq!(answer.body["cleaned_text"], article["text"]);
    let bad = client.post(
        "/v1/preprocess",
        &json!({ "article": { "document_id": "a" } }),
    );
    assert_eq!(bad.status, 422);
    let asked = json!({ "article": article, "persist_to_backends": ["jsonl"] });
    assert_eq!(client.post("/v1/preprocess", &asked).status, 422);
}

#[test]
fn one_document_is_cleaned_while_the_caller_waits_embedded() {
    one_document_is_cleaned_while_the_caller_waits(Kind::Embedded);
}

#[test]
fn one_document_is_cleaned_while_the_caller_waits_on_servers() {
    one_document_is_cleaned_while_the_caller_waits(Kind::Servers);
}

#[test]
fn without_a_worker_nobody_waits_for_an_answer() {
    let wishes = Wishes {
        without_worker: true,
        ..Wishes::default()
    };
    let stack = Stack::start(Kind::Servers, &wishes);
    let client = stack.client();
    let article = json!({ "article": { "document_id": "a", "text": "x" } });
    let answer = client.post("/v1/preprocess", &article);
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.headers.contains_key("retry-after"));
}

#[test]
fn a_message_submits_a_job_once_and_a_bad_one_is_kept() {
    let stack = Stack::start(Kind::Servers, &Wishes::default());
    let client = stack.client();
    let documents = small(70);
    let (url, _) = stack.addresses().unwrap();
    let settings = Settings {
        url: Some(url.as_str().into()),
        confirm_timeout_ms: 45_000,
        heartbeat_s: 10,
    };
    let good = json!({ "documents": documents, "batch_id": "m1" });
    let bad = json!({ "documents": [{ "document_id": "a" }] });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let broker = Broker::open(&settings, "upstream").unwrap();
        for (id, body) in [("one", &good), ("one", &good), ("two", &bad)] {
            let message = Message {
                kind: String::new(),
                id: id.to_owned(),
                headers: std::collections::BTreeMap::new(),
                body: body.to_string().into(),
                expiration: None,
            };
            broker.publish(&Queue::Submit, message).await.unwrap();
        }
        broker.close().await;
    });
    tests::oracle::eventually("the bad one is kept", || {
        client.get("/v1/dead-letters").body["total_count"] == 1
    });
    let jobs = client.get("/v1/jobs?batch_id=m1").body;
    assert_eq!(jobs["total_count"], 1);
    let id = text(&jobs["jobs"][0], "job_id").to_owned();
    client.wait_for_status(&id, "completed");
    check(&stack, &client, &id, &documents);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(client.get("/v1/jobs").body["total_count"], 1);
}
