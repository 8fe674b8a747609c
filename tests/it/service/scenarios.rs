//! A job's life, with everything that people may do to it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use tests::documents::lines_of;
use tests::oracle::check;
use tests::scutch::text;
use tests::stack::{Kind, Stack, Wishes, samples};

/// Runs each scenario on both stacks.
macro_rules! on_both {
    ($($scenario:ident),+ $(,)?) => {
        mod embedded {
            $(#[test]
            fn $scenario() {
                super::$scenario(super::Kind::Embedded);
            })+
        }

        mod on_servers {
            $(#[test]
            fn $scenario() {
                super::$scenario(super::Kind::Servers);
            })+
        }
    };
}

on_both! {
    a_job_is_submitted_and_completed,
    a_job_that_is_paused_before_its_first_claim_rests_until_it_is_resumed,
    a_running_job_is_paused_within_a_second_and_goes_on_where_it_was,
    a_job_that_is_resumed_before_its_worker_noticed_ends_once,
    a_queued_a_running_and_a_paused_job_are_cancelled,
    the_same_key_gives_the_same_job,
    a_job_of_only_failing_documents_is_failed_and_a_mixed_one_completed,
    a_high_priority_overtakes_and_a_long_job_does_not_starve_a_short_one,
    a_job_with_a_start_waits_for_it,
    a_worker_that_is_told_to_stop_gives_back_what_it_cannot_finish,
    a_worker_that_is_killed_mid_chunk_loses_nothing,
    what_was_given_up_is_replayed_as_a_job_of_its_own,
}

/// So many small documents.
pub(crate) fn small(count: usize) -> Vec<Value> {
    (0..count)
        .map(|n| json!({ "document_id": format!("d{n}"), "text": format!("Number {n} is here.") }))
        .collect()
}

/// Documents that keep a worker busy for a good while each: the sample articles, many times over, read by the model.
pub(crate) fn slow(count: usize) -> Vec<Value> {
    let samples = samples();
    (0..count)
        .map(|n| {
            let mut article = samples[n % samples.len()].clone();
            article["document_id"] = json!(format!("s{n}"));
            article
        })
        .collect()
}

/// With the model, so that chunks take seconds; one at a time.
pub(crate) const SLOW: &[(&str, &str)] = &[("model.enabled", "true"), ("worker.slots", "1")];

/// A stack whose chunks take seconds.
fn slow_stack(kind: Kind) -> Stack {
    Stack::start(
        kind,
        &Wishes {
            settings: SLOW,
            ..Wishes::default()
        },
    )
}

fn a_job_is_submitted_and_completed(kind: Kind) {
    let stack = Stack::start(kind, &Wishes::default());
    let client = stack.client();
    let documents = samples();
    let request = json!({ "batch_id": "b1", "metadata": { "desk": "politics" } });
    let id = client.submit_with(&documents, request);
    let job = client.wait_for_status(&id, "completed");
    assert_eq!(job["batch_id"], "b1");
    assert_eq!(job["metadata"]["desk"], "politics");
    check(&stack, &client, &id, &documents);
    let files = job["output_files"].as_array().unwrap();
    assert_eq!(files.len(), 1);
    assert!(std::path::Path::new(files[0].as_str().unwrap()).exists());
    for line in lines_of(&stack, &id) {
        assert_eq!(line["batch_id"], "b1");
        let _: shared::article::CleanedArticle = serde_json::from_value(line).unwrap();
    }
    let listed = client
        .get("/v1/jobs?status_filter=completed&batch_id=b1")
        .body;
    assert_eq!(listed["total_count"], 1);
    assert_eq!(listed["jobs"][0]["job_id"], id.as_str());
    let events = client.events(&id);
    assert!(text(&events[0], "type").ends_with(".started"));
}

fn a_job_that_is_paused_before_its_first_claim_rests_until_it_is_resumed(kind: Kind) {
    let stack = Stack::start(kind, &Wishes::default());
    let client = stack.client();
    let documents = small(200);
    // Not due before it is paused, so that no worker is quicker.
    let id = client.submit_with(&documents, json!({ "run_at": in_seconds(2) }));
    let answer = client.command(&id, "pause");
    assert_eq!(answer["status"], "paused");
    std::thread::sleep(Duration::from_secs(3));
    let job = client.job(&id);
    assert_eq!(job["status"], "paused");
    assert_eq!(job["processed_documents"], 0);
    assert_eq!(
        client.command(&id, "pause")["status"],
        "paused",
        "asked twice"
    );
    client.command(&id, "resume");
    client.wait_for_status(&id, "completed");
    check(&stack, &client, &id, &documents);
    assert_eq!(client.try_command(&id, "pause").status, 409);
    assert_eq!(client.try_command(&id, "cancel").status, 409);
}

fn a_running_job_is_paused_within_a_second_and_goes_on_where_it_was(kind: Kind) {
    let stack = slow_stack(kind);
    let client = stack.client();
    let documents = slow(200);
    let id = client.submit(&documents);
    client.wait_until_begun(&id);
    std::thread::sleep(Duration::from_millis(500));
    let asked = Instant::now();
    client.command(&id, "pause");
    let job = client.wait_for_status(&id, "paused");
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(3), "paused after {took:?}");
    std::thread::sleep(Duration::from_secs(1));
    let still = client.job(&id);
    assert_eq!(still["status"], "paused");
    assert_eq!(still["processed_documents"], job["processed_documents"]);
    assert_eq!(still["version"], job["version"], "nothing happens to it");
    client.command(&id, "resume");
    client.wait_for_status(&id, "completed");
    check(&stack, &client, &id, &documents);
}

fn a_job_that_is_resumed_before_its_worker_noticed_ends_once(kind: Kind) {
    let stack = slow_stack(kind);
    let client = stack.client();
    let documents = slow(100);
    let id = client.submit(&documents);
    client.wait_until_begun(&id);
    for _ in 0..10 {
        client.command(&id, "pause");
        client.command(&id, "resume");
    }
    client.wait_for_status(&id, "completed");
    check(&stack, &client, &id, &documents);
}

fn a_queued_a_running_and_a_paused_job_are_cancelled(kind: Kind) {
    let stack = slow_stack(kind);
    let client = stack.client();
    let queued = client.submit_with(&small(10), json!({ "run_at": in_seconds(3600) }));
    assert_eq!(client.command(&queued, "cancel")["status"], "cancelled");
    assert_eq!(
        client.command(&queued, "cancel")["status"],
        "cancelled",
        "asked twice"
    );
    check(&stack, &client, &queued, &small(10));

    let documents = slow(200);
    let running = client.submit(&documents);
    client.wait_until_begun(&running);
    let asked = Instant::now();
    client.command(&running, "cancel");
    client.wait_for_status(&running, "cancelled");
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(3), "cancelled after {took:?}");
    check(&stack, &client, &running, &documents);
    assert_eq!(client.try_command(&running, "resume").status, 409);

    let paused = client.submit(&documents);
    client.wait_until_begun(&paused);
    client.command(&paused, "pause");
    client.wait_for_status(&paused, "paused");
    assert_eq!(client.command(&paused, "cancel")["status"], "cancelled");
    check(&stack, &client, &paused, &documents);
}

fn the_same_key_gives_the_same_job(kind: Kind) {
    let stack = Stack::start(kind, &Wishes::default());
    let client = stack.client();
    let documents = small(70);
    let send = |documents: &[Value]| {
        let request = client
            .request(reqwest::Method::POST, "/v1/documents/batch")
            .header("Idempotency-Key", "k1")
            .json(&json!({ "documents": documents }));
        client.send(request)
    };
    let first = send(&documents);
    let second = send(&documents);
    assert_eq!((first.status, second.status), (202, 202));
    assert_eq!(first.body["job_id"], second.body["job_id"]);
    assert_eq!(second.headers["idempotency-replayed"], "true");
    assert_eq!(send(&small(3)).status, 422, "another body");
    let id = text(&first.body, "job_id");
    client.wait_for_status(id, "completed");
    check(&stack, &client, id, &documents);
    assert_eq!(client.get("/v1/jobs").body["total_count"], 1);
}

fn a_job_of_only_failing_documents_is_failed_and_a_mixed_one_completed(kind: Kind) {
    let stack = Stack::start(kind, &Wishes::default());
    let client = stack.client();
    for (bad, status) in [(20, "failed"), (7, "completed")] {
        let documents = small(20);
        let id = client.submit_with(&documents, json!({ "run_at": in_seconds(2) }));
        // What the producer let through is damaged behind its back: the texts of some are no longer texts.
        let lines: Vec<Value> = documents
            .iter()
            .enumerate()
            .map(|(n, document)| {
                let mut document = document.clone();
                if n < bad {
                    document["text"] = json!(n);
                }
                document
            })
            .collect();
        stack.replace_payload(&id, &packed(&lines));
        let job = client.wait_for_status(&id, status);
        assert_eq!(job["failed_documents"], bad);
        check(&stack, &client, &id, &documents);
        let failures = client.get(&format!("/v1/jobs/{id}/failures")).body;
        assert_eq!(failures["total_count"], bad);
        assert_eq!(failures["failures"][0]["kind"], "wrong_type");
        assert_eq!(failures["failures"][0]["field"], "text");
    }
}

/// As payloads are kept.
pub(crate) fn packed(lines: &[Value]) -> Vec<u8> {
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    shared::payload::pack(lines.as_bytes()).unwrap().to_vec()
}

fn a_high_priority_overtakes_and_a_long_job_does_not_starve_a_short_one(kind: Kind) {
    let stack = slow_stack(kind);
    let client = stack.client();
    let long = client.submit(&slow(4000));
    client.wait_until_begun(&long);
    let short = client.submit_with(&small(10), json!({ "priority": "high" }));
    client.wait_for_status(&short, "completed");
    let job = client.job(&long);
    assert_eq!(job["status"], "running");
    let done = job["processed_documents"].as_u64().unwrap();
    assert!(done < 1000, "the short one waited for {done} documents");
    client.command(&long, "cancel");
    client.wait_for_status(&long, "cancelled");
    check(&stack, &client, &short, &small(10));
}

fn a_job_with_a_start_waits_for_it(kind: Kind) {
    let stack = Stack::start(kind, &Wishes::default());
    let client = stack.client();
    let begun = Instant::now();
    let id = client.submit_with(&small(10), json!({ "run_at": in_seconds(3) }));
    assert_eq!(client.job(&id)["status"], "queued");
    client.wait_for_status(&id, "completed");
    assert!(begun.elapsed() >= Duration::from_secs(2));
    check(&stack, &client, &id, &small(10));
}

fn a_worker_that_is_told_to_stop_gives_back_what_it_cannot_finish(kind: Kind) {
    let settings = [SLOW, &[("worker.drain_s", "1")]].concat();
    let mut stack = Stack::start(
        kind,
        &Wishes {
            settings: &settings,
            ..Wishes::default()
        },
    );
    let client = stack.client();
    let documents = slow(150);
    let id = client.submit(&documents);
    client.wait_until_begun(&id);
    std::thread::sleep(Duration::from_millis(700));
    stack.stop_worker();
    let left = format!(
        "SELECT count(*) FROM chunks WHERE job_id = '{id}' AND (state = 'leased' OR attempts > 0 OR crashes > 0)"
    );
    assert_eq!(
        stack.sql(&left),
        "0",
        "nothing is leased, and no attempt was spent"
    );
    stack.start_worker();
    let client = stack.client();
    client.wait_for_status(&id, "completed");
    check(&stack, &client, &id, &documents);
}

fn a_worker_that_is_killed_mid_chunk_loses_nothing(kind: Kind) {
    let mut stack = slow_stack(kind);
    let mut client = stack.client();
    let documents = slow(150);
    let id = client.submit(&documents);
    for _ in 0..2 {
        client.wait_until_begun(&id);
        std::thread::sleep(Duration::from_millis(700));
        stack.kill_worker();
        stack.start_worker();
        client = stack.client();
    }
    client.wait_for_status(&id, "completed");
    check(&stack, &client, &id, &documents);
    assert_eq!(client.job(&id)["failed_documents"], 0);
}

fn what_was_given_up_is_replayed_as_a_job_of_its_own(kind: Kind) {
    let stack = Stack::start(kind, &Wishes::default());
    let client = stack.client();
    let documents = small(20);
    let id = client.submit_with(
        &documents,
        json!({ "batch_id": "b7", "run_at": in_seconds(2) }),
    );
    stack.replace_payload(&id, b"damaged");
    let job = client.wait_for_status(&id, "failed");
    assert_eq!(job["failed_documents"], 20);
    let failures = client.get(&format!("/v1/jobs/{id}/failures")).body;
    assert_eq!(failures["total_count"], 20);
    let letters = client.get("/v1/dead-letters").body;
    assert_eq!(letters["total_count"], 1);
    let letter = text(&letters["dead_letters"][0], "id").to_owned();
    // Somebody repairs it.
    stack.replace_dead_letter(&packed(&documents));
    let replay = format!("/v1/dead-letters/{letter}/replay");
    let replayed = client.post(&replay, &json!({}));
    assert_eq!(replayed.status, 202, "{replayed:?}");
    let again = text(&replayed.body, "job_id").to_owned();
    let job = client.wait_for_status(&again, "completed");
    assert_eq!(job["batch_id"], "b7");
    assert_eq!(job["metadata"]["replay_of"], id.as_str());
    check(&stack, &client, &again, &documents);
    assert_eq!(client.post(&replay, &json!({})).status, 409);
}

/// RFC 3339, so many seconds from now.
pub(crate) fn in_seconds(seconds: i64) -> String {
    let then = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
    then.to_string()
}
