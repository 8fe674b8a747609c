//! What must be true when a job has ended, whatever happened on the way.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::client::Client;
use super::stack::{LONG, Stack};
use crate::scutch::{read_jsonl, text};

/// Checks an ended job: its files, its numbers, its events, and that nothing of it is left anywhere.
///
/// `documents` are the ids that were submitted and accepted.
#[track_caller]
pub(crate) fn check(stack: &Stack, client: &Client, id: &str, documents: &[Value]) {
    let job = client.job(id);
    let status = text(&job, "status");
    let submitted: BTreeSet<String> = documents
        .iter()
        .map(|document| text(document, "document_id").to_owned())
        .collect();
    let failures = client
        .get(&format!("/v1/jobs/{id}/failures?limit=1000"))
        .body;
    let failed: BTreeSet<String> = failures["failures"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|failure| !failure["chunk"].is_null())
        .map(|failure| text(failure, "document_id").to_owned())
        .collect();
    let written = lines_of(stack, id);
    let ids: Vec<&str> = written
        .iter()
        .map(|line| text(line, "document_id"))
        .collect();
    let unique: BTreeSet<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    assert_eq!(unique.len(), ids.len(), "no document twice");
    match status {
        "completed" => {
            let expected: BTreeSet<String> = submitted.difference(&failed).cloned().collect();
            assert_eq!(
                unique, expected,
                "outputs are what was submitted but the failures"
            );
        }
        "failed" => {
            assert!(ids.is_empty());
            assert_eq!(failed, submitted);
        }
        "cancelled" => assert!(ids.is_empty(), "a cancelled job leaves no file"),
        other => panic!("the job has not ended: {other}"),
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

/// The lines of a job's files.
pub(crate) fn lines_of(stack: &Stack, id: &str) -> Vec<Value> {
    let Ok(folder) = std::fs::read_dir(stack.output()) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for entry in folder {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            lines.extend(read_jsonl(&path));
        }
    }
    lines.retain(|line| line["job_id"] == id);
    lines
}

/// No lease, nothing to publish, no message, no part, no checkpoint of the job is left.
#[track_caller]
fn nothing_is_left(stack: &Stack, id: &str) {
    let rows = |condition: &str| {
        let count = format!("SELECT count(*) FROM chunks WHERE job_id = '{id}' AND {condition}");
        stack.sql(&count).parse::<u64>().unwrap()
    };
    assert_eq!(rows("state IN ('ready', 'leased')"), 0, "open chunks");
    let sums = format!(
        "SELECT count(*) FROM jobs WHERE job_id = '{id}' AND leases = 0 AND open_chunks = 0 AND processed_documents = \
         (SELECT COALESCE(sum(processed), 0) FROM chunks WHERE job_id = '{id}') AND failed_documents = \
         (SELECT COALESCE(sum(failed), 0) FROM chunks WHERE job_id = '{id}')"
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
            super::redis::redis_keys(&redis, &format!("scutch:{id}:*")) == 0
        });
    }
}

/// Waits for what must come true soon.
#[track_caller]
pub(crate) fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + LONG;
    while !is_so() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
