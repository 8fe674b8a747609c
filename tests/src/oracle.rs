//! What must be true when a job has ended, whatever happened on the way.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;
use shared::job::Backend;

use crate::client::Client;
use crate::documents::documents_in;
use crate::scutch::text;
use crate::stack::{LONG, Stack};

/// Checks an ended job: its files, its numbers, its events, and that nothing of it is left anywhere.
///
/// `documents` are the ids that were submitted and accepted.
#[track_caller]
pub fn check(stack: &Stack, client: &Client, id: &str, documents: &[Value]) {
    let job = client.job(id);
    let status = text(&job, "status");
    let submitted: BTreeSet<String> = documents
        .iter()
        .map(|document| text(document, "document_id").to_owned())
        .collect();
    let failures = client
        .get(&format!("/v1/jobs/{id}/failures?limit=1000"))
        .body;
    // Those of the documents themselves, or those of a backend that refused them.
    let failed_at = |backend: Option<Backend>| -> BTreeSet<String> {
        let failures = failures["failures"].as_array().unwrap().iter();
        failures
            .filter(|failure| !failure["chunk"].is_null())
            .filter(|failure| failure["backend"].as_str() == backend.map(Backend::as_str))
            .map(|failure| text(failure, "document_id").to_owned())
            .collect()
    };
    let failed = failed_at(None);
    let came_through: BTreeSet<String> = submitted.difference(&failed).cloned().collect();
    for (name, told) in job["backends"].as_object().unwrap() {
        let backend: Backend = name.parse().unwrap();
        let written = documents_in(stack, &job, backend);
        let ids: Vec<&str> = written
            .iter()
            .map(|line| text(line, "document_id"))
            .collect();
        let unique: BTreeSet<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(unique.len(), ids.len(), "{name}: no document twice");
        let refused = failed_at(Some(backend));
        match status {
            "completed" => {
                let expected: BTreeSet<String> =
                    came_through.difference(&refused).cloned().collect();
                assert_eq!(
                    unique, expected,
                    "{name}: outputs are what was submitted but the failures"
                );
                assert_eq!(told["state"], "complete", "{name}: {told}");
                assert_eq!(told["accepted"], expected.len() as u64, "{name}: {told}");
                assert_eq!(told["refused"], refused.len() as u64, "{name}: {told}");
                assert_eq!(told["behind"], 0, "{name}: {told}");
            }
            "failed" => {
                assert!(ids.is_empty(), "{name}");
                assert_eq!(failed, submitted);
            }
            "cancelled" if backend.is_file() => {
                assert!(ids.is_empty(), "{name}: a cancelled job leaves no file");
            }
            // Rows and documents of the chunks that were done stay.
            "cancelled" => assert!(unique.is_subset(&submitted), "{name}"),
            other => panic!("the job has not ended: {other}"),
        }
    }
    if status != "cancelled" {
        assert_eq!(job["total_documents"], submitted.len() as u64);
        assert_eq!(
            job["processed_documents"],
            (submitted.len() - failed.len()) as u64
        );
        assert_eq!(job["failed_documents"], failed.len() as u64);
        assert_eq!(job["progress_percent"], 100.0);
    }
    let events = client.events(id);
    let terminal: Vec<&str> = events
        .iter()
        .map(|event| text(event, "type"))
        .filter(|kind| {
            ["completed", "failed", "cancelled"]
                .iter()
                .any(|end| kind.ends_with(end))
        })
        .collect();
    assert_eq!(
        terminal,
        [format!("com.storytelling.cleaning.job.{status}")]
    );
    assert!(
        text(events.last().unwrap(), "type").ends_with(status),
        "it is the last"
    );
    nothing_is_left(stack, id);
}

/// No lease, nothing to publish, no message, no part, no checkpoint of the job is left.
#[track_caller]
fn nothing_is_left(stack: &Stack, id: &str) {
    let rows = |condition: &str| {
        let count = format!("SELECT count(*) FROM chunks WHERE job_id = '{id}' AND {condition}");
        stack.sql(&count).parse::<u64>().unwrap()
    };
    assert_eq!(rows("state IN ('ready', 'leased')"), 0, "open chunks");
    // Chunks that bring documents to a backend count documents that others cleaned.
    let sums = format!(
        "SELECT count(*) FROM jobs WHERE job_id = '{id}' AND leases = 0 AND open_chunks = 0 AND deliveries = 0 AND \
         processed_documents = \
         (SELECT COALESCE(sum(processed), 0) FROM chunks WHERE job_id = '{id}' AND backend IS NULL) AND failed_documents = \
         (SELECT COALESCE(sum(failed), 0) FROM chunks WHERE job_id = '{id}' AND backend IS NULL)"
    );
    assert_eq!(stack.sql(&sums), "1", "counters are rows");
    let parts = stack.output().join(".parts").join(id);
    eventually("its parts are gone", || !parts.exists());
    let Some((_, redis)) = stack.addresses() else {
        return;
    };
    eventually("no message is left, ready or unacknowledged", || {
        stack.messages() == 0
    });
    if let Some(redis) = redis {
        eventually("no checkpoint is left", || {
            crate::redis::redis_keys(&redis, &format!("scutch:{id}:*")) == 0
        });
    }
}

/// Waits for what must come true soon.
#[track_caller]
pub fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + LONG;
    while !is_so() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
