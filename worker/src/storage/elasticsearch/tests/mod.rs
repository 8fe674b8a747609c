//! The client against a server that fails on demand.

mod index;
mod opening;
mod outages;
mod verdicts;
mod versions;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;
use shared::job::Epoch;
use shared::secret::Secret;

use super::fake::Fake;
use super::{Batch, Elasticsearch, RefusedDocument, Settings, Trouble};

const INDEX: &str = "news_articles";

fn settings(url: &str) -> Settings {
    Settings {
        url: Some(Secret::from(url)),
        index: INDEX.to_owned(),
        username: None,
        password: None,
        api_key: None,
        ca_file: None,
        bulk_items: 500,
        bulk_bytes: 5_000_000,
        timeout_ms: 30_000,
    }
}

fn opened(settings: &Settings) -> Elasticsearch {
    Elasticsearch::open(settings).unwrap().unwrap()
}

/// A server, and the client of it.
async fn start() -> (Fake, Elasticsearch) {
    let fake = Fake::start().await;
    let client = opened(&settings(&fake.url));
    (fake, client)
}

/// A document of that name whose text is that.
fn line(id: &str, text: &str) -> Bytes {
    Bytes::from(json!({ "document_id": id, "cleaned_text": text }).to_string())
}

fn lines(ids: &[&str]) -> Vec<Bytes> {
    ids.iter().map(|id| line(id, "text")).collect()
}

/// Writes as the claim `epoch` of a job of that second.
async fn write_as(
    client: &Elasticsearch,
    second: i64,
    epoch: i64,
    lines: &[Bytes],
) -> Result<Vec<RefusedDocument>, Trouble> {
    let batch = Batch {
        created_at: Timestamp::from_second(second).unwrap(),
        epoch: Epoch(epoch),
        lines,
    };
    client.write(&batch).await
}

async fn write(client: &Elasticsearch, lines: &[Bytes]) -> Result<Vec<RefusedDocument>, Trouble> {
    write_as(client, 1_700_000_000, 1, lines).await
}

/// The names of what is in the index.
fn ids(fake: &Fake) -> Vec<String> {
    fake.documents(INDEX).into_keys().collect()
}

/// How many documents each request had that arrived.
fn items(fake: &Fake) -> Vec<usize> {
    fake.world().seen.iter().map(|seen| seen.items).collect()
}
