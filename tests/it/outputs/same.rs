//! One job, all backends: the same documents everywhere.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::job::Backend;
use tokio_postgres::NoTls;

use crate::service::scenarios::small;
use tests::client::Client;
use tests::documents::{documents_in, lines_of, parquet, parquet_files};
use tests::elasticsearch::Elasticsearch;
use tests::oracle::check;
use tests::scutch::text;
use tests::stack::{Kind, Stack, Wishes, samples};

/// The names of all backends.
pub(super) const ALL: [&str; 4] = ["jsonl", "parquet", "postgresql", "elasticsearch"];

/// What stage 2 asks for.
const STAGE_2: &str = "SELECT * FROM processed_articles WHERE job_id = $1 OR batch_id = $2 \
                       ORDER BY processed_at DESC LIMIT 10000";

/// A stack on servers whose rows go to its own database.
fn stack(elasticsearch: &Elasticsearch) -> (Stack, Client) {
    let wishes = Wishes {
        settings: &[("output.elasticsearch.url", &elasticsearch.url)],
        ..Wishes::default()
    };
    let stack = Stack::start(Kind::Servers, &wishes);
    let client = stack.client();
    (stack, client)
}

#[test]
fn a_job_is_the_same_in_every_backend_that_it_names() {
    let elasticsearch = Elasticsearch::start();
    let (stack, client) = stack(&elasticsearch);
    let documents = samples();
    let request = json!({ "batch_id": "b1", "persist_to_backends": ALL });
    let id = client.submit_with(&documents, request);
    let job = client.wait_for_status(&id, "completed");
    check(&stack, &client, &id, &documents);

    let lines = by_id(lines_of(&stack, &id));
    for backend in [
        Backend::Elasticsearch,
        Backend::Postgresql,
        Backend::Parquet,
    ] {
        let found = by_id(documents_in(&stack, &job, backend));
        for (document, line) in &lines {
            let found = like(&found[document], line);
            for (field, value) in line.as_object().unwrap() {
                assert_eq!(&found[field], value, "{backend}: {field} of {document}");
            }
        }
    }

    let files = parquet_files(&stack, &id);
    assert_eq!(files.len(), 1);
    let columns = &parquet(&files[0])["columns"];
    for (column, kind) in [
        ("document_id", "VARCHAR"),
        ("cleaned_publication_date", "DATE"),
        ("processed_at", "TIMESTAMP WITH TIME ZONE"),
        ("cleaned_tags", "VARCHAR[]"),
    ] {
        assert_eq!(columns[column], kind, "{column} of {columns}");
    }
    stage_2_finds_it(&stack, &id, documents.len());
}

/// Documents by their ids.
fn by_id(documents: Vec<Value>) -> BTreeMap<String, Value> {
    let named = documents
        .into_iter()
        .map(|document| (text(&document, "document_id").to_owned(), document));
    named.collect()
}

/// A document with what the other one has, spelt like that: a time, or JSON that its backend keeps as text. Where one is null or
/// missing, so is the other; numbers may be as long as their backend has them.
fn like(found: &Value, other: &Value) -> Value {
    let members = other.as_object().unwrap().iter();
    let mut alike = serde_json::Map::new();
    for (name, value) in members {
        alike.insert(name.clone(), value_like(&found[name], value));
    }
    let more = found.as_object().unwrap().keys();
    for name in more.filter(|name| !found[*name].is_null()) {
        assert!(other.get(name).is_some(), "{name} is in one only");
    }
    alike.into()
}

fn value_like(found: &Value, other: &Value) -> Value {
    match (found, other) {
        (Value::String(text), Value::Object(_) | Value::Array(_)) => {
            serde_json::from_str(text).unwrap_or_else(|_| found.clone())
        }
        // PostgreSQL has no NUL in texts.
        (Value::String(text), Value::String(other)) if *text == other.replace('\0', "\u{fffd}") => {
            other.clone().into()
        }
        (Value::String(text), Value::String(time)) if text != time => {
            let text = text.replacen(' ', "T", 1);
            match (text.parse::<Timestamp>(), time.parse::<Timestamp>()) {
                // Databases have no nanoseconds.
                (Ok(one), Ok(same))
                    if one.duration_since(same).abs() <= SignedDuration::from_micros(1) =>
                {
                    other.clone()
                }
                _ => found.clone(),
            }
        }
        (Value::Array(found), Value::Array(other)) if found.len() == other.len() => {
            let pairs = found.iter().zip(other);
            pairs
                .map(|(found, other)| value_like(found, other))
                .collect()
        }
        (Value::Object(_), Value::Object(_)) => like(found, other),
        (Value::Number(one), Value::Number(same)) => {
            let [one, same] = [one, same].map(|number| number.as_f64().unwrap());
            // A confidence has 32 bits.
            let is_close = (one - same).abs() <= 1e-6 * same.abs();
            if is_close {
                other.clone()
            } else {
                found.clone()
            }
        }
        _ => found.clone(),
    }
}

/// The query of stage 2 gives the rows, and needs no scan of the whole table.
fn stage_2_finds_it(stack: &Stack, id: &str, count: usize) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(stack.rows_url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        // With values for its parameters, as a driver that knows no types puts them in.
        let asked = |job: &str, batch: &str| {
            let query = STAGE_2.replace("$1", &format!("'{job}'"));
            query.replace("$2", &format!("'{batch}'"))
        };
        let nobody = "00000000-0000-0000-0000-000000000000";
        for (job, batch) in [(id, "another"), (nobody, "b1")] {
            let rows = client.query(&asked(job, batch), &[]).await.unwrap();
            assert_eq!(rows.len(), count);
        }
        // As many rows as make a scan the slower way.
        let filler = "INSERT INTO processed_articles SELECT (jsonb_populate_record(NULL::processed_articles, to_jsonb(a) || \
                      jsonb_build_object('job_id', gen_random_uuid(), 'batch_id', 'filler' || n, 'original_text', '', \
                      'cleaned_text', '', 'entities', '[]'::jsonb))).* \
                      FROM (SELECT * FROM processed_articles LIMIT 1) a, generate_series(1, 20000) n";
        client.batch_execute(filler).await.unwrap();
        client.batch_execute("ANALYZE processed_articles").await.unwrap();
        let plan = format!("EXPLAIN {}", asked(id, "b1"));
        let rows = client.query(&plan, &[]).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        for index in ["processed_articles_of_a_job", "processed_articles_of_a_batch"] {
            assert!(plan.contains(index), "{plan}");
        }
        assert!(!plan.contains("Seq Scan"), "{plan}");
    });
}

#[test]
fn a_document_that_a_backend_refuses_is_a_failure_of_that_backend_alone() {
    let elasticsearch = Elasticsearch::start();
    let (stack, client) = stack(&elasticsearch);
    let mut documents = small(70);
    // 255 characters may be more bytes than an `_id` can have.
    documents[3]["document_id"] = json!("\u{1f4f0}".repeat(200));
    // A column's number has 63 bits.
    documents[66]["word_count"] = json!(u64::MAX);
    let id = client.submit_with(&documents, json!({ "persist_to_backends": ALL }));
    let job = client.wait_for_status(&id, "completed");
    check(&stack, &client, &id, &documents);
    assert_eq!(job["processed_documents"], 70);
    assert_eq!(job["failed_documents"], 0);
    let failures = client.get(&format!("/v1/jobs/{id}/failures")).body;
    let refused: BTreeMap<&str, &str> = failures["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failure| (text(failure, "backend"), text(failure, "document_id")))
        .collect();
    let expected = BTreeMap::from([
        ("elasticsearch", text(&documents[3], "document_id")),
        ("postgresql", text(&documents[66], "document_id")),
    ]);
    assert_eq!(refused, expected);
}

#[test]
fn a_backend_that_is_not_set_up_is_refused_at_submission() {
    let stack = Stack::start(Kind::Embedded, &Wishes::default());
    let client = stack.client();
    for backend in ["postgresql", "elasticsearch"] {
        let request = json!({ "documents": small(1), "persist_to_backends": [backend] });
        let answer = client.post("/v1/documents/batch", &request);
        assert_eq!(answer.status, 422, "{answer:?}");
        let told = answer.body.to_string();
        assert!(told.contains(&format!("output.{backend}.url")), "{told}");
    }
}
