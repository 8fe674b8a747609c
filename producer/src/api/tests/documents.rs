use std::time::Instant;

use shared::job::{Options, Priority};
use shared::store;
use shared::trace::Traceparent;

use super::*;

const PATH: &str = "/v1/documents/batch";

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_becomes_a_job_and_its_chunks_are_published() {
    let served = served().await;
    let documents: Vec<Value> = (0..130).map(|id| document(&id.to_string())).collect();
    let theirs = Traceparent::generate();
    let body = json!({
        "documents": documents, "batch_id": "b", "checkpoint_interval": 5, "priority": "high",
        "metadata": {"desk": "a"}, "cleaning_config": {"fix_encoding": false}, "persist_to_backends": ["jsonl"],
    });
    let request = served.post(PATH).header("traceparent", &theirs.to_string());
    let response = request.json(&body).send().await;
    let location = response.headers["location"].to_str().unwrap().to_owned();
    assert!(response.headers.get("idempotency-replayed").is_none());
    let body = accepted(response);
    let job = served.job(&body).await;
    assert_eq!(location, format!("/v1/jobs/{}", job.id));
    assert_eq!(
        body,
        json!({
            "status": "accepted", "job_id": job.id, "batch_id": "b", "total_documents": 130,
            "message": "130 documents accepted", "rejected_documents": 0, "rejected": [],
        })
    );
    assert_eq!(
        (job.job.total, job.chunks, job.priority),
        (130, 3, Priority::High)
    );
    assert_eq!(job.options.checkpoint_interval, 5);
    assert_eq!(job.options.cleaning.fix_encoding, Some(false));
    assert_eq!(job.metadata["desk"], "a");
    assert_eq!(job.trace.unwrap().trace_id(), theirs.trace_id());
    let mut chunks = served.published(Priority::High).await;
    chunks.sort_by_key(|chunk| {
        chunk[0]["document_id"]
            .as_str()
            .unwrap()
            .parse::<u32>()
            .unwrap()
    });
    assert_eq!(chunks.concat(), documents);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_without_options_is_as_by_default_and_gets_no_batch_id() {
    let served = served().await;
    let body = json!({"documents": [document("a")]});
    let body = accepted(served.post(PATH).json(&body).send().await);
    assert_eq!(body["batch_id"], Value::Null);
    let job = served.job(&body).await;
    assert_eq!((job.batch_id, job.priority), (None, Priority::Normal));
    assert_eq!(job.options, Options::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_document_refuses_all_and_nothing_is_kept() {
    let served = served().await;
    let body = json!({"documents": [document("a"), {"document_id": "b", "text": "secret", "tags": "secret"}]});
    let problem = problem(served.post(PATH).json(&body).send().await, 422);
    assert_eq!(problem["error_count"], 1);
    assert_eq!(
        problem["errors"],
        json!([{"index": 1, "document_id": "b", "field": "tags", "kind": "wrong_type",
          "reason": "expected a list of strings or null, found a string"}])
    );
    assert!(problem["request_id"].is_string());
    assert!(!problem.to_string().contains("secret"));
    let filter = store::Filter {
        limit: 10,
        ..store::Filter::default()
    };
    assert_eq!(served.producer.store.jobs(&filter).await.unwrap().1, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn good_documents_are_taken_alone_where_that_is_asked_for() {
    let served = served().await;
    let body =
        json!({"documents": [document("a"), {"document_id": "b"}, document("a"), document("c")]});
    let request = served.post(&format!("{PATH}?partial=true")).json(&body);
    let body = accepted(request.send().await);
    assert_eq!(
        (&body["total_documents"], &body["rejected_documents"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(body["message"], "2 documents accepted, 2 refused");
    assert_eq!(body["rejected"][1]["index"], 2);
    assert_eq!(body["rejected"][1]["kind"], "duplicate_id");
    let job = served.job(&body).await;
    let (failures, count) = served.producer.store.failures(job.id, 10, 0).await.unwrap();
    assert_eq!(
        (count, failures[0].document, failures[1].document),
        (2, 1, 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_told_and_not_quoted() {
    let served = served_with(Settings {
        max_body_bytes: 100,
        ..settings()
    })
    .await;
    let send = |body: String, kind: &'static str| {
        served
            .post(PATH)
            .header("content-type", kind)
            .body(body)
            .send()
    };
    let malformed = send("{\"documents\":\n [secret]}".to_owned(), "application/json").await;
    let malformed = problem(malformed, 400);
    assert_eq!(
        malformed["detail"],
        "the body is not JSON at line 2 column 3: expected value"
    );
    let large = problem(send(" ".repeat(101), "application/json").await, 413);
    assert_eq!(
        large["detail"],
        "the body is longer than 100 bytes (producer.max_body_bytes)"
    );
    problem(send(" ".repeat(101), "application/x-ndjson").await, 413);
    problem(send("<a/>".to_owned(), "text/xml").await, 415);
    let query = served
        .post(&format!("{PATH}?partly=true"))
        .body("{}")
        .send()
        .await;
    problem(query, 400);
    let misplaced = served
        .post(&format!("{PATH}?batch_id=b"))
        .body("{}")
        .send()
        .await;
    assert_eq!(problem(misplaced, 422)["errors"][0]["field"], "batch_id");
    let key = served
        .post(PATH)
        .header("idempotency-key", "a b")
        .body("{}")
        .send()
        .await;
    assert_eq!(problem(key, 422)["errors"][0]["field"], "Idempotency-Key");
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_taken_with_their_options_in_the_query() {
    let served = served().await;
    let pieces = [
        "{\"document_id\":\"a\",\"te",
        "xt\":\"\"}\r\n\n{\"document_id\":\"b\",",
        "\"text\":\"\"}",
    ];
    let options = "batch_id=b&checkpoint_interval=7&priority=low&run_at=2099-01-01T00:00:00Z\
      &persist_to_backends=jsonl&cleaning_config=%7B%22typo_confidence%22%3A0.9%7D";
    let request = served
        .post(&format!("{PATH}?{options}"))
        .header("content-type", "application/x-ndjson")
        .pieces(&pieces);
    let body = accepted(request.send().await);
    let job = served.job(&body).await;
    assert_eq!(
        (job.job.total, job.batch_id.as_deref(), job.priority),
        (2, Some("b"), Priority::Low)
    );
    assert_eq!(job.run_at.unwrap().to_string(), "2099-01-01T00:00:00Z");
    assert_eq!(job.options.checkpoint_interval, 7);
    assert_eq!(job.options.cleaning.typo_confidence, Some(0.9));
    // Its time has not come.
    assert!(served.published(Priority::Low).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_lines_the_bad_ones_and_the_bad_options_are_told_at_once() {
    let served = served().await;
    let request = served
        .post(&format!("{PATH}?priority=urgent"))
        .header("content-type", "application/x-ndjson")
        .body("{\"document_id\":\"a\",\"text\":\"\"}\n\nsecret\n");
    let problem = problem(request.send().await, 422);
    assert_eq!(problem["error_count"], 2);
    assert_eq!(problem["errors"][0]["field"], "priority");
    assert_eq!(problem["errors"][1]["index"], 1);
    assert!(!problem.to_string().contains("secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_and_one_lines_none_is_taken() {
    let served = served().await;
    let lines: String = (0..10_001)
        .map(|id| document(&id.to_string()).to_string() + "\n")
        .collect();
    let request = served
        .post(PATH)
        .header("content-type", "application/jsonl")
        .body(lines);
    let problem = problem(request.send().await, 422);
    assert_eq!(problem["errors"][0]["field"], "documents");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_documents_are_taken_in_one_go() {
    let served = served().await;
    let text = "The firm paid $1,200 on Monday. ".repeat(30);
    let documents: Vec<Value> = (0..10_000)
        .map(|id| json!({"document_id": format!("d-{id}"), "text": text}))
        .collect();
    let body = json!({"documents": documents});
    let start = Instant::now();
    let body = accepted(served.post(PATH).json(&body).send().await);
    println!("10,000 documents of 1 KB: {:?}", start.elapsed());
    assert_eq!(served.job(&body).await.chunks, 157);
    // The first of them are with the broker; the relay brings the others as these are worked on.
    assert_eq!(served.published(Priority::Normal).await.len(), 32);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_makes_one_job() {
    let served = served().await;
    let body = json!({"documents": [document("a"), {}]}).to_string();
    let path = format!("{PATH}?partial=true");
    let send = |body: &str| {
        served
            .post(&path)
            .header("idempotency-key", "k-1")
            .body(body.to_owned())
            .send()
    };
    let first = accepted(send(&body).await);
    let again = send(&body).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(
        again.headers["location"],
        format!("/v1/jobs/{}", first["job_id"].as_str().unwrap())
    );
    assert_eq!(accepted(again), first);
    let other = problem(send(&body.replace("rained", "snowed")).await, 422);
    assert_eq!(other["type"], "/problems/idempotency-key-reused");
    assert!(
        other["detail"]
            .as_str()
            .unwrap()
            .contains(first["job_id"].as_str().unwrap())
    );
    assert_eq!(served.published(Priority::Normal).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn articles_become_a_job_too() {
    let served = served().await;
    let send = |body: Value| served.post("/v1/preprocess/batch").json(&body).send();
    let body = accepted(send(json!({"articles": [document("a")]})).await);
    assert_eq!(body["total_documents"], 1);
    let refused = problem(
        send(json!({"articles": [document("a")], "priority": "high"})).await,
        422,
    );
    assert_eq!(
        refused["errors"][0]["reason"],
        "unknown; known are articles, persist_to_backends, cleaning_config"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_submission_more_than_are_read_at_a_time_has_to_come_again() {
    let served = served_with(Settings {
        max_uploads: 1,
        ..settings()
    })
    .await;
    let held = served
        .producer
        .admit()
        .await
        .unwrap_or_else(|e| panic!("{e}"));
    let send = || {
        served
            .post(PATH)
            .json(&json!({"documents": [document("a")]}))
            .send()
    };
    assert_eq!(problem(send().await, 503)["retry_after"], 1);
    drop(held);
    accepted(send().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_broker_takes_nothing_no_more_is_taken_in() {
    let served = served_with(Settings {
        max_outbox_lag_s: 0,
        ..settings()
    })
    .await;
    let send = || {
        served
            .post(PATH)
            .json(&json!({"documents": [document("a")]}))
            .send()
    };
    let store = &served.producer.store;
    let mut judged = crate::judge::json(
        json!({"documents": [document("a")]}).to_string().as_bytes(),
        crate::form::Form::Documents,
        false.into(),
    )
    .unwrap_or_else(|e| panic!("{e}"));
    let new = store::NewJob {
        id: JobId::generate(),
        idempotency: None,
        batch_id: None,
        priority: Priority::Normal,
        run_at: None,
        options: Options::default(),
        metadata: serde_json::Map::new(),
        trace: None,
        rejected: Vec::new(),
    };
    store
        .submit(&new, judged.taken.spool.chunks().unwrap())
        .await
        .unwrap();
    while store
        .outbox_lag()
        .await
        .unwrap()
        .is_none_or(|lag| lag.is_zero())
    {
        tokio::task::yield_now().await;
    }
    let detail = problem(send().await, 503);
    assert!(
        detail["detail"]
            .as_str()
            .unwrap()
            .contains("to be published"),
        "{detail}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_it_asks_to_come_again() {
    let settings_of_store = store::Settings {
        url: None,
        pool: 1,
        timeout_ms: 1_000,
    };
    // Nothing listens on port 1.
    let store = Store::postgres("postgres://127.0.0.1:1/scutch", &settings_of_store).unwrap();
    let served = serve(Producer::new(settings(), store, Broker::memory())).await;
    let request = served
        .post(PATH)
        .json(&json!({"documents": [document("a")]}));
    let problem = problem(request.send().await, 503);
    assert_eq!(problem["retry_after"], 5);
}
