//! A job is followed to its end.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Value, json};
use shared::http::Problem;

use crate::service::{JOB, Service, answer, job, no_such_job};
use crate::{command, run};

/// One answer after the other, the last for ever; null is a service that is away.
async fn answering(answers: Vec<Value>) -> Service {
    let count = Arc::new(AtomicUsize::new(0));
    let next = async move || {
        let at = count.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
        if answers[at].is_null() {
            let wait = std::time::Duration::from_secs(1);
            return Problem::unavailable("the database is away", wait).into_response();
        }
        answer(StatusCode::OK, &answers[at])
    };
    let path = format!("/v1/jobs/{JOB}");
    Service::start(Router::new().route(&path, get(next))).await
}

fn with(mut job: Value, changes: &[(&str, Value)]) -> Value {
    for (name, value) in changes {
        job[*name] = value.clone();
    }
    job
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_a_line_where_there_is_no_terminal() {
    let running = job("running", 3, 0, 10);
    let service = answering(vec![
        job("queued", 0, 0, 10),
        running.clone(),
        running.clone(),
        with(running.clone(), &[("desired", json!("pause"))]),
        with(
            running,
            &[("desired", json!("pause")), ("status", json!("paused"))],
        ),
        with(
            job("completed", 9, 1, 10),
            &[(
                "output_files",
                json!(["processed_articles_2026-11-26_1.jsonl"]),
            )],
        ),
    ])
    .await;
    let (code, text, said) = run(&service.url, &["batch", "watch", JOB]);
    let expected = format!(
        "scutch: 0 % queued, 0/10 done
scutch: 30 % running, 3/10 done
scutch: 30 % pausing, 3/10 done
scutch: 30 % paused, 3/10 done
scutch: 100 % completed, 10/10 done, 1 failed
scutch: job {JOB} completed: 9 of 10 documents cleaned, 1 failed
scutch: `scutch batch failures {JOB} --url {}` says why
scutch: the cleaned documents are in processed_articles_2026-11-26_1.jsonl
",
        service.url
    );
    assert_eq!((code, text.as_str(), said), (1, "", expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_status_is_the_outcome() {
    let failed = with(
        job("failed", 0, 2, 2),
        &[("error_message", json!("no document came through"))],
    );
    let refused = with(
        job("completed", 2, 0, 2),
        &[("rejected_documents", json!(1))],
    );
    for (last, status) in [
        (job("completed", 2, 0, 2), 0),
        (job("completed", 1, 1, 2), 1),
        (refused, 1),
        (failed, 1),
        (job("cancelled", 1, 0, 2), 3),
    ] {
        let service = answering(vec![last.clone()]).await;
        let (code, _, said) = run(&service.url, &["batch", "watch", JOB]);
        assert_eq!(code, status, "{said}");
        let (code, text, said) = run(&service.url, &["batch", "watch", JOB, "--json"]);
        assert_eq!(code, status, "{said}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), last);
    }
    let path = format!("/v1/jobs/{JOB}");
    let service = Service::start(Router::new().route(&path, get(async || no_such_job()))).await;
    assert_eq!(run(&service.url, &["batch", "watch", JOB]).0, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_away_for_a_while_is_waited_for() {
    let service = answering(vec![
        job("running", 1, 0, 4),
        Value::Null,
        Value::Null,
        job("running", 1, 0, 4),
        job("completed", 4, 0, 4),
    ])
    .await;
    let (code, text, said) = run(&service.url, &["batch", "watch", JOB, "--json"]);
    assert_eq!(code, 0, "{said}");
    let away = format!("no answer from {}, trying again", service.url);
    assert_eq!(said.matches(&away).count(), 1, "{said}");
    assert_eq!(text.lines().count(), 2, "one line for each change: {text}");
    let (code, _, said) = run("http://127.0.0.1:1", &["batch", "watch", JOB]);
    assert_eq!(code, 2, "who was never there is not waited for");
    assert!(said.contains("no connection"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_leaves_the_job_running_and_says_how_to_come_back() {
    let service = answering(vec![job("running", 1, 0, 4)]).await;
    let mut child = command(&service.url, &["batch", "watch", JOB])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert_eq!(line, "scutch: 25 % running, 1/4 done\n");
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(sent.success());
    line.clear();
    said.read_line(&mut line).unwrap();
    let back = format!(
        "the job goes on; `scutch batch watch {JOB} --url {}",
        service.url
    );
    assert!(line.contains(&back), "{line}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
