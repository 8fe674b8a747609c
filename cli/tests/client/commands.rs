//! Tables, JSON, problems and exit statuses.

use axum::Router;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{delete, get, patch, post};
use serde_json::{Value, json};
use shared::http::Problem;

use crate::service::{JOB, Service, answer, job, no_such_job};
use crate::{command, ended, run};

const LETTER: &str = "0193d2a0-0000-7000-8000-00000000000a";

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_shown_line_by_line_or_as_it_came() {
    let path = format!("/v1/jobs/{JOB}");
    let shown = job("running", 400, 3, 1000);
    let body = shown.clone();
    let routes = Router::new().route(&path, get(async move || answer(StatusCode::OK, &body)));
    let service = Service::start(routes).await;
    let (code, text, said) = run(&service.url, &["batch", "status", JOB]);
    let expected = format!(
        "  job        {JOB}
  batch      news-1
  state      running
  progress   40.3 %
  documents  1,000
    cleaned  400
    failed   3
    to do    597
  chunks     1 ready, 2 leased, 3 done
  priority   normal
  created    2026-11-26 23:00:09 UTC
  started    2026-11-26 23:00:10 UTC
"
    );
    assert_eq!((code, text, said), (0, expected, String::new()));
    let (code, text, _) = run(&service.url, &["batch", "status", "-j", JOB, "--json"]);
    assert_eq!(code, 0);
    assert_eq!(text.lines().count(), 1);
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_listed_with_what_was_asked_for() {
    let list = async |RawQuery(query): RawQuery| {
        assert_eq!(
            query.as_deref(),
            Some("limit=2&offset=0&status_filter=running&batch_id=news-1")
        );
        let jobs = [job("running", 10, 0, 20), job("running", 0, 0, 1234)];
        let body = json!({"jobs": jobs, "total_count": 5, "limit": 2, "offset": 0});
        answer(StatusCode::OK, &body)
    };
    let service = Service::start(Router::new().route("/v1/jobs", get(list))).await;
    let arguments = [
        "batch",
        "list",
        "--status",
        "running",
        "--batch-id",
        "news-1",
        "--limit",
        "2",
    ];
    let (code, text, said) = run(&service.url, &arguments);
    let expected = format!(
        "JOB                                   STATE     %  DOCUMENTS  FAILED  PRIORITY  CREATED (UTC)        BATCH
{JOB}  running  50         20       0  normal    2026-11-26 23:00:09  news-1
{JOB}  running   0      1,234       0  normal    2026-11-26 23:00:09  news-1
"
    );
    assert_eq!((code, text), (0, expected));
    assert_eq!(
        said,
        "scutch: 1 to 2 of 5 jobs; --offset 2 shows the next\n"
    );
    let (code, text, said) = run(&service.url, &[&arguments[..], &["--json"]].concat());
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &body["total_count"]), (0, &json!(5)));
    assert_eq!(said, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_tell_what_the_service_says_and_conflicts_have_their_status() {
    let told = async || {
        let message = "pausing: 2 chunks are still worked on";
        let body =
            json!({"job_id": JOB, "status": "running", "desired": "pause", "message": message});
        answer(StatusCode::OK, &body)
    };
    let conflict = async || Problem::conflict("the job is completed").into_response();
    let routes = Router::new()
        .route(&format!("/v1/jobs/{JOB}/pause"), patch(told))
        .route(
            &format!("/v1/jobs/{JOB}/resume"),
            patch(async || no_such_job()),
        )
        .route(&format!("/v1/jobs/{JOB}"), delete(conflict));
    let service = Service::start(routes).await;
    let (code, text, _) = run(&service.url, &["batch", "pause", JOB]);
    let expected = format!("job {JOB}: pausing: 2 chunks are still worked on\n");
    assert_eq!((code, text), (0, expected));
    let (code, _, said) = run(&service.url, &["batch", "resume", JOB]);
    assert_eq!(
        (code, said),
        (4, format!("scutch: there is no job {JOB}\n"))
    );
    let (code, text, said) = run(&service.url, &["batch", "cancel", JOB, "--json"]);
    assert_eq!((code, said.as_str()), (5, "scutch: the job is completed\n"));
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["type"], "/problems/conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_documents_are_listed_with_their_reasons() {
    let list = async |RawQuery(query): RawQuery| {
        assert_eq!(query.as_deref(), Some("limit=100&offset=0"));
        let failure = json!({"chunk": 2, "document": 17, "document_id": "a-17", "kind": "internal",
            "field": null, "reason": "the pipeline failed on it"});
        let body = json!({"failures": [failure], "total_count": 1, "limit": 100, "offset": 0});
        answer(StatusCode::OK, &body)
    };
    let path = format!("/v1/jobs/{JOB}/failures");
    let service = Service::start(Router::new().route(&path, get(list))).await;
    let (code, text, said) = run(&service.url, &["batch", "failures", "--job-id", JOB]);
    let expected = "DOCUMENT  CHUNK  INDEX  KIND      FIELD  REASON
a-17          2     17  internal         the pipeline failed on it\n";
    assert_eq!((code, text.as_str(), said.as_str()), (0, expected, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_listed_shown_replayed_and_discarded() {
    let letter = json!({"id": LETTER, "kind": "chunk", "job_id": JOB, "chunk": 3, "queue": null,
        "message_kind": null, "message_id": null, "headers": {}, "reason": "failed 5 times",
        "documents": 64, "bytes": 12345, "created_at": "2026-11-26T23:00:09Z",
        "replayed_at": null, "replayed_as": null});
    let listed = json!({"dead_letters": [letter], "total_count": 1, "limit": 20, "offset": 0});
    let replayed = json!({"status": "accepted", "job_id": JOB, "total_documents": 64,
        "message": "64 documents are done again as a new job"});
    let one = format!("/v1/dead-letters/{LETTER}");
    let routes = Router::new()
        .route(
            "/v1/dead-letters",
            get(async move || answer(StatusCode::OK, &listed)),
        )
        .route(
            &one,
            get(async move || answer(StatusCode::OK, &letter))
                .delete(async || StatusCode::NO_CONTENT),
        )
        .route(
            &format!("{one}/replay"),
            post(async move || answer(StatusCode::ACCEPTED, &replayed)),
        );
    let service = Service::start(routes).await;
    let (code, text, _) = run(&service.url, &["dead-letters", "list"]);
    let expected = format!(
        "DEAD LETTER                           KIND   DOCUMENTS   BYTES  GIVEN UP (UTC)       REPLAYED  REASON
{LETTER}  chunk         64  12,345  2026-11-26 23:00:09  no        failed 5 times
"
    );
    assert_eq!((code, text), (0, expected));
    let (code, text, _) = run(&service.url, &["dead-letters", "show", LETTER]);
    assert_eq!(code, 0);
    assert!(text.contains("  reason       failed 5 times\n"), "{text}");
    assert!(text.contains(&format!("  job          {JOB}\n")), "{text}");
    let (code, text, said) = run(&service.url, &["dead-letters", "replay", LETTER]);
    assert_eq!((code, text), (0, format!("{JOB}\n")));
    assert_eq!(said, "scutch: 64 documents are done again as a new job\n");
    let (code, text, _) = run(&service.url, &["dead-letters", "discard", LETTER]);
    assert_eq!((code, text.as_str()), (0, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_are_listed() {
    let worker = json!({"worker_id": LETTER, "host": "node-1", "pid": 4711, "version": "0.1.0",
        "device": "cpu", "slots": 4, "state": "active", "busy": 2,
        "started_at": "2026-11-26T22:00:00Z", "seen_at": "2026-11-26T23:00:09Z"});
    let body = json!({"workers": [worker]});
    let routes = Router::new().route(
        "/v1/workers",
        get(async move || answer(StatusCode::OK, &body)),
    );
    let service = Service::start(routes).await;
    let (code, text, _) = run(&service.url, &["workers"]);
    let expected = format!(
        "WORKER                                STATE   BUSY  HOST     PID  DEVICE  VERSION  SEEN (UTC)
{LETTER}  active   2/4  node-1  4711  cpu     0.1.0    2026-11-26 23:00:09
"
    );
    assert_eq!((code, text), (0, expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_service_another_service_and_bad_arguments_are_told_apart() {
    // Nobody listens on port 1.
    let (code, text, said) = run("http://127.0.0.1:1", &["workers"]);
    assert_eq!((code, text.as_str()), (2, ""));
    assert!(
        said.contains("no connection to http://127.0.0.1:1; `scutch up` starts"),
        "{said}"
    );
    assert!(said.contains("(Connection refused"), "{said}");

    let other = Router::new().route("/v1/workers", get(async || "<html>hello</html>"));
    let service = Service::start(other).await;
    let (code, _, said) = run(&service.url, &["workers"]);
    assert_eq!(code, 2);
    assert!(said.contains("is not scutch"), "{said}");

    let (code, _, said) = run("127.0.0.1:8000", &["workers"]);
    assert_eq!(code, 2);
    assert!(said.contains("expected http:// or https://"), "{said}");
    for arguments in [
        &["batch", "status"][..],
        &["batch", "status", "no-uuid"],
        &["batch", "list", "--limit", "101"],
        &["batch", "list", "--status", "done"],
        &["batch", "submit"],
    ] {
        assert_eq!(run(&service.url, arguments).0, 2, "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_flag_goes_before_the_variable_and_passwords_are_not_shown() {
    let none = "http://127.0.0.1:1";
    let (_, _, said) = run(
        none,
        &["workers", "--url", "http://me:secret@127.0.0.1:2/prefix"],
    );
    assert!(said.contains("http://me:***@127.0.0.1:2/prefix"), "{said}");
    let unset = ended(&command("", &["batch", "list", "--help"]).output().unwrap());
    assert!(
        unset.1.contains("SCUTCH_URL") && unset.1.contains("Exit status"),
        "{}",
        unset.1
    );
    // The variable is none of the configuration.
    assert_eq!(run(none, &["config", "check"]).0, 0);
}
