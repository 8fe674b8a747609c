use super::*;

const PATH: &str = "/v1/preprocess/batch-file";
const BOUNDARY: &str = "a-boundary";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_becomes_a_job_and_its_bad_lines_are_reported() {
    let served = served().await;
    let content = "\u{FEFF}{\"document_id\":\"a\",\"text\":\"\"}\r\n\r\nsecret\n{\"document_id\":\"a\",\"text\":\"\"}\n\
      {\"document_id\":\"b\",\"text\":\"\"}";
    let parts = [
        ("batch_id", "b"),
        ("file", content),
        ("priority", "low"),
        ("metadata", "{\"desk\":1}"),
        ("persist_to_backends", "jsonl"),
    ];
    let body = accepted(served.post(PATH).form(BOUNDARY, &parts).send().await);
    assert_eq!(
        (&body["total_documents"], &body["rejected_documents"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(
        body["rejected"],
        json!([
            {"line": 3, "kind": "invalid_json", "reason": "not JSON at column 1: expected value"},
            {"line": 4, "document_id": "a", "field": "document_id", "kind": "duplicate_id",
              "reason": "an earlier document of this submission has the same id"},
        ])
    );
    let job = served.job(&body).await;
    assert_eq!(
        (job.batch_id.as_deref(), job.priority),
        (Some("b"), Priority::Low)
    );
    assert_eq!((&job.metadata["desk"], job.rejected), (&json!(1), 2));
    let chunks = served.published(Priority::Low).await;
    let ids: Vec<&Value> = chunks[0]
        .iter()
        .map(|document| &document["document_id"])
        .collect();
    assert_eq!(ids, ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_may_hold_more_than_ten_thousand_documents() {
    let served = served().await;
    let content: String = (0..10_100)
        .map(|id| document(&id.to_string()).to_string() + "\n")
        .collect();
    let body = accepted(
        served
            .post(PATH)
            .form(BOUNDARY, &[("file", &content)])
            .send()
            .await,
    );
    assert_eq!(body["total_documents"], 10_100);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_under_the_same_key_is_the_same_job_also_with_another_boundary() {
    let served = served().await;
    let content = document("a").to_string() + "\nbad";
    let send = |boundary: &'static str, batch: &str| {
        let form = [("file", content.as_str()), ("batch_id", batch)];
        served
            .post(PATH)
            .header("idempotency-key", "k")
            .form(boundary, &form)
            .send()
    };
    let first = accepted(send("one", "b").await);
    let again = send("another", "b").await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(accepted(again), first);
    problem(send("one", "c").await, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_very_many_bad_lines_all_are_counted_and_the_good_ones_are_taken() {
    let served = served().await;
    let content = "x\n".repeat(50_001) + &document("a").to_string();
    let form = served.post(PATH).form(BOUNDARY, &[("file", &content)]);
    let body = accepted(form.send().await);
    assert_eq!(
        (&body["total_documents"], &body["rejected_documents"]),
        (&json!(1), &json!(50_001))
    );
    assert_eq!(
        body["message"],
        "1 document accepted, 50001 refused; only of the first 50000 is it kept what is wrong with them"
    );
    let job = served.job(&body).await;
    let (_, kept) = served.producer.store.failures(job.id, 1, 0).await.unwrap();
    assert_eq!(kept, 50_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_before_the_content_of_a_part_is_bounded_and_may_come_in_small_pieces() {
    let served = served().await;
    let long = "x".repeat(1_000_000);
    let file = document("a").to_string();
    let form = |before: &str, header: &str| {
        format!(
            "{before}--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n{header}\r\n{file}\r\n\
             --{BOUNDARY}--\r\n"
        )
    };
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let post = || served.post(PATH).header("content-type", &kind);
    for body in [
        form(&format!("{long}\r\n"), ""),
        form("", &format!("x-long: {long}\r\n")),
    ] {
        let refused = problem(post().body(body).send().await, 400);
        assert_eq!(
            refused["detail"],
            "before the content of a part of the form come more than 65536 bytes"
        );
    }
    let body = form("before\r\n", "x-short: x\r\n");
    let pieces: Vec<&str> = (0..body.len()).map(|at| &body[at..=at]).collect();
    accepted(post().pieces(&pieces).send().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_form_with_a_good_file_is_refused() {
    let served = served_with(Settings {
        max_file_bytes: 1_000,
        ..settings()
    })
    .await;
    let send = |parts: &[(&str, &str)]| served.post(PATH).form(BOUNDARY, parts).send();
    let good = document("a").to_string();
    let good = good.as_str();
    for (parts, field) in [
        (vec![("batch_id", "b")], "file"),
        (vec![("files", good)], "files"),
        (vec![("file", good), ("file", good)], "file"),
        (vec![("file", good), ("priority", "urgent")], "priority"),
        (vec![("file", good), ("metadata", "{")], "metadata"),
        (vec![("file", "\n\n")], "documents"),
    ] {
        let problem = problem(send(&parts).await, 422);
        assert_eq!(problem["errors"][0]["field"], field);
    }
    let lines = problem(send(&[("file", "x\ny\n")]).await, 422);
    assert_eq!(
        (&lines["error_count"], &lines["errors"][1]["line"]),
        (&json!(2), &json!(2))
    );
    let large = problem(send(&[("file", &"a".repeat(1_001))]).await, 413);
    assert_eq!(
        large["detail"],
        "the file is longer than 1000 bytes (producer.max_file_bytes)"
    );
    problem(send(&[("metadata", &"x".repeat(132_000))]).await, 413);
    problem(served.post(PATH).json(&json!({})).send().await, 415);
    let broken = served
        .post(PATH)
        .header("content-type", "multipart/form-data; boundary=x");
    problem(broken.body("--y\r\n").send().await, 400);
}
