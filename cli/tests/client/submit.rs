//! A file becomes a job.

use std::io::Write;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Multipart};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use shared::http::{ErrorEntry, Problem};

use crate::service::{JOB, Service, answer, job};
use crate::{command, ended, run};

const PATH: &str = "/v1/preprocess/batch-file";

/// The parts that came, as name and text.
type Parts = Arc<Mutex<Vec<(String, String)>>>;

async fn service(answer: fn(&HeaderMap) -> Response) -> (Service, Parts) {
    let parts = Parts::default();
    let seen = Arc::clone(&parts);
    let take = async move |headers: HeaderMap, mut form: Multipart| {
        let mut came = Vec::new();
        while let Some(part) = form.next_field().await.unwrap() {
            let name = part.name().unwrap().to_owned();
            came.push((name, part.text().await.unwrap()));
        }
        *seen.lock().unwrap() = came;
        answer(&headers)
    };
    let routes = Router::new()
        .route(PATH, post(take).layer(DefaultBodyLimit::disable()))
        .route(
            &format!("/v1/jobs/{JOB}"),
            get(async || crate::service::answer(StatusCode::OK, &job("completed", 2, 0, 2))),
        );
    (Service::start(routes).await, parts)
}

fn accepted(rejected: Value, count: u64) -> Response {
    let body = json!({"status": "accepted", "job_id": JOB, "batch_id": null, "total_documents": 2,
        "message": "accepted", "rejected_documents": count, "rejected": rejected});
    answer(StatusCode::ACCEPTED, &body)
}

fn file(content: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_sent_decompressed_with_what_is_asked_for() {
    let (service, parts) = service(|headers| {
        assert_eq!(headers["idempotency-key"], "key-1");
        let mut response = accepted(json!([]), 0);
        let value = "true".parse().unwrap();
        response.headers_mut().insert("idempotency-replayed", value);
        response
    })
    .await;
    let lines = "{\"document_id\":\"a\",\"text\":\"x\"}\n".repeat(50_000);
    let packed = file(&zstd::encode_all(lines.as_bytes(), 1).unwrap());
    let path = packed.path().to_str().unwrap();
    let (code, text, said) = run(
        &service.url,
        &[
            "batch",
            "submit",
            "-f",
            path,
            "-b",
            "news-1",
            "-c",
            "5",
            "-e",
            "jsonl",
            "--priority",
            "low",
            "--run-at",
            "2030-01-31T06:00:00+01:00",
            "--idempotency-key",
            "key-1",
        ],
    );
    assert_eq!((code, text), (0, format!("{JOB}\n")), "{said}");
    assert!(
        said.contains("submitted before with the same key"),
        "{said}"
    );
    assert!(said.contains("scutch: 2 documents accepted\n"), "{said}");
    assert!(
        said.contains(&format!("scutch batch watch {JOB} --url {}", service.url)),
        "{said}"
    );
    let mut parts = parts.lock().unwrap();
    let (name, sent) = parts.pop().unwrap();
    assert_eq!((name.as_str(), sent == lines), ("file", true));
    let text = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let expected = [
        text("batch_id", "news-1"),
        text("checkpoint_interval", "5"),
        text("priority", "low"),
        text("run_at", "2030-01-31T05:00:00Z"),
        text("persist_to_backends", "jsonl"),
    ];
    assert_eq!(*parts, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_lines_are_told_by_number_and_what_is_piped_is_taken() {
    let (service, parts) = service(|_| {
        let entry = json!({"line": 3, "field": "text", "kind": "missing_field",
            "reason": "required, and not there"});
        accepted(json!([entry]), 4)
    })
    .await;
    let mut child = command(&service.url, &["batch", "submit", "-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"one\ntwo").unwrap();
    let (code, text, said) = ended(&child.wait_with_output().unwrap());
    assert_eq!((code, text), (0, format!("{JOB}\n")));
    let expected = "scutch: 2 documents accepted, 4 refused:
  line 3: text: required, and not there
  and 3 more that are not listed\n";
    assert!(said.starts_with(expected), "{said}");
    assert_eq!(parts.lock().unwrap()[0].1, "one\ntwo\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_follows_the_job_and_gives_its_outcome() {
    let (service, _) = service(|_| accepted(json!([]), 0)).await;
    let lines = file(b"{}\n");
    let path = lines.path().to_str().unwrap();
    let (code, _, said) = run(&service.url, &["batch", "submit", "-f", path, "--wait"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("completed: 2 of 2 documents cleaned"),
        "{said}"
    );
    let (code, text, said) = run(
        &service.url,
        &["batch", "submit", "-f", path, "-w", "--json"],
    );
    assert_eq!((code, said.as_str()), (0, ""));
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        [&lines[0]["status"], &lines[1]["status"]],
        ["accepted", "completed"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_lists_what_is_wrong() {
    let (service, _) = service(|_| {
        let entry = |line, field: &str| ErrorEntry {
            index: None,
            line: Some(line),
            document_id: None,
            field: Some(field.to_owned()),
            kind: None,
            reason: "required, and not there".to_owned(),
        };
        let errors = vec![entry(1, "text"), entry(2, "document_id")];
        let mut problem = Problem::unprocessable("not one line is good").with_errors(errors);
        problem.error_count = Some(12);
        problem.into_response()
    })
    .await;
    let lines = file(b"{}\n");
    let path = lines.path().to_str().unwrap();
    let (code, text, said) = run(&service.url, &["batch", "submit", "-f", path]);
    let expected = "scutch: not one line is good
  line 1: text: required, and not there
  line 2: document_id: required, and not there
  and 10 more that are not listed\n";
    assert_eq!((code, text.as_str(), said.as_str()), (2, "", expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_submits_nothing() {
    let (service, parts) = service(|_| accepted(json!([]), 0)).await;
    let mut packed = zstd::encode_all(&b"some lines\n".repeat(100_000)[..], 1).unwrap();
    packed.truncate(packed.len() - 3);
    let broken = file(&packed);
    let path = broken.path().to_str().unwrap();
    let (code, _, said) = run(&service.url, &["batch", "submit", "-f", path]);
    assert_eq!(code, 2);
    assert!(said.contains("nothing was submitted"), "{said}");
    assert!(parts.lock().unwrap().is_empty());
    let (code, _, said) = run(&service.url, &["batch", "submit", "-f", "/nowhere.jsonl"]);
    assert_eq!(code, 2);
    assert!(
        said.contains("cannot open the input /nowhere.jsonl"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_service_says_when_to_come_again() {
    let (service, _) = service(|_| {
        let wait = std::time::Duration::from_secs(7);
        Problem::unavailable("too many submissions at once", wait).into_response()
    })
    .await;
    let lines = file(b"{}\n");
    let path = lines.path().to_str().unwrap();
    let (code, _, said) = run(&service.url, &["batch", "submit", "-f", path]);
    let expected = "scutch: too many submissions at once\n  try again in 7 s\n";
    assert_eq!((code, said.as_str()), (2, expected));
}
