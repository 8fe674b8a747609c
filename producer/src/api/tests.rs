use std::net::SocketAddr;

use axum::http::StatusCode;
use serde_json::{Value, json};
use shared::broker::{Broker, Queue};
use shared::job::{JobId, Priority};
use shared::message::Work;
use shared::payload;
use shared::store::{JobRecord, Store};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::Settings;
use client::{Post, Reply};

mod client;
mod documents;
mod file;
mod once;
mod server;

/// A producer that serves on a port of its own until it is dropped.
struct Served {
    producer: Producer,
    address: SocketAddr,
    _data: Option<tempfile::TempDir>,
    _server: JoinSet<()>,
}

fn settings() -> Settings {
    Settings {
        max_body_bytes: 64 * 1024 * 1024,
        max_file_bytes: 50 * 1024 * 1024,
        preprocess_timeout_ms: 5_000,
        max_outbox_lag_s: 300,
        max_uploads: 8,
    }
}

async fn served_with(settings: Settings) -> Served {
    let data = tempfile::tempdir().unwrap();
    let store = Store::sqlite(data.path()).unwrap();
    Served {
        _data: Some(data),
        ..serve(Producer::new(settings, store, Broker::memory())).await
    }
}

async fn served() -> Served {
    served_with(settings()).await
}

async fn serve(producer: Producer) -> Served {
    let (routes, _) = api(producer.clone());
    let (listener, address) = shared::http::bind("127.0.0.1:0").await.unwrap();
    let mut server = JoinSet::new();
    server.spawn(async move {
        shared::http::serve(listener, routes, CancellationToken::new()).await;
    });
    Served {
        producer,
        address,
        _data: None,
        _server: server,
    }
}

impl Served {
    fn post(&self, path: &str) -> Post {
        Post::to(self.address, path)
    }

    async fn job(&self, accepted: &Value) -> JobRecord {
        let id: JobId = accepted["job_id"].as_str().unwrap().parse().unwrap();
        self.producer.store.job(id).await.unwrap().unwrap()
    }

    /// The documents that were published for work, chunk after chunk.
    async fn published(&self, priority: Priority) -> Vec<Vec<Value>> {
        self.producer.dispatcher.finish().await;
        let queue = Queue::Work(priority);
        let depth = self.producer.broker.depth(&queue).await.unwrap();
        let mut deliveries = self
            .producer
            .broker
            .consume(queue, 1_000, CancellationToken::new());
        let mut chunks = Vec::new();
        for _ in 0..depth.messages {
            let delivery = deliveries.next().await.unwrap();
            let work = Work::from_message(&delivery.message).unwrap();
            let lines = payload::unpack(&work.payload.unwrap()).unwrap();
            let documents = payload::documents(&lines);
            chunks.push(
                documents
                    .map(|line| serde_json::from_slice(line).unwrap())
                    .collect(),
            );
            delivery.ack().await.unwrap();
        }
        chunks
    }
}

fn document(id: &str) -> Value {
    json!({"document_id": id, "text": "It rained."})
}

/// The body of an answer that took a submission in.
fn accepted(reply: Reply) -> Value {
    assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.body);
    reply.body
}

/// The problem that a request is answered with.
fn problem(reply: Reply, status: u16) -> Value {
    let Reply {
        status: found,
        headers,
        body,
    } = reply;
    assert_eq!(found, status, "{body}");
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(body["status"], status);
    assert_eq!(headers.contains_key("retry-after"), status == 503, "{body}");
    body
}

#[test]
fn every_endpoint_is_described_with_its_errors() {
    let described = serde_json::to_value(Document::openapi()).unwrap();
    assert!(described["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = described["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 4);
    for (path, item) in paths {
        let operation = &item["post"];
        assert!(
            operation["summary"].is_string() && operation["requestBody"].is_object(),
            "{path}"
        );
        let answers = operation["responses"].as_object().unwrap();
        let expected: &[&str] = if path == "/v1/preprocess" {
            &[
                "200", "400", "408", "413", "415", "422", "500", "503", "504",
            ]
        } else {
            &["202", "400", "408", "413", "415", "422", "500", "503"]
        };
        assert_eq!(answers.keys().collect::<Vec<_>>(), expected, "{path}");
        for (status, answer) in answers {
            let content = answer["content"].as_object().unwrap();
            let (kind, body) = content.iter().next().unwrap();
            assert_eq!(
                kind == "application/problem+json",
                status.as_str() >= "400",
                "{path} {status}"
            );
            assert!(body["schema"].is_object(), "{path} {status}: {body}");
            assert!(
                body["example"].is_object() || status == "200",
                "{path} {status}: {body}"
            );
        }
    }
    let components = described["components"]["schemas"].as_object().unwrap();
    for name in [
        "Article",
        "CleanedArticle",
        "BatchRequest",
        "Problem",
        "AcceptedBody",
        "CleaningConfig",
    ] {
        assert!(components.contains_key(name), "{name}");
    }
}
