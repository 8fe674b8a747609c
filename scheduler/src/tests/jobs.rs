use serde_json::json;
use shared::article::{Problem, ProblemKind};
use shared::job::{Command, JobId};
use shared::store::{Failure, NewJob};

use super::{Bed, new_job};

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_told_under_three_paths_with_all_that_is_known_of_it() {
    let bed = Bed::new().await;
    let mut metadata = serde_json::Map::new();
    metadata.insert("source".to_owned(), "wires".into());
    let new = NewJob {
        batch_id: Some("b".to_owned()),
        metadata,
        ..new_job()
    };
    let id = bed.submit_as(new, &[3, 2, 1]).await.id;
    let first = bed.claim(id, 0).await;
    bed.complete(&first, 1).await;
    let _second = bed.claim(id, 1).await;

    let job = bed.http.get(&format!("/v1/jobs/{id}")).await.json(200);
    for path in ["/v1/jobs/{}/status", "/v1/preprocess/status/{}"] {
        let path = path.replace("{}", &id.to_string());
        assert_eq!(bed.http.get(&path).await.json(200), job);
    }
    assert_eq!(job["job_id"], id.to_string());
    assert_eq!(job["batch_id"], "b");
    assert_eq!(
        (&job["status"], &job["desired"]),
        (&json!("running"), &json!("run"))
    );
    assert_eq!(job["progress_percent"], 50.0);
    assert_eq!(job["total_documents"], 6);
    assert_eq!(job["processed_documents"], 2);
    assert_eq!(job["failed_documents"], 1);
    assert_eq!(job["rejected_documents"], 0);
    assert_eq!(job["priority"], "normal");
    assert_eq!(job["metadata"], json!({"source": "wires"}));
    assert_eq!(job["output_files"], json!([]));
    let statistics = &job["statistics"];
    assert_eq!(
        statistics["chunks"],
        json!({"ready": 1, "leased": 1, "done": 1, "dead": 0, "cancelled": 0})
    );
    assert_eq!(statistics["entities"], 7);
    // Absent where all of it was within one step of the clock.
    let rate = &statistics["documents_per_second"];
    assert!(rate.is_null() || rate.as_f64().unwrap() > 0.0);
    for time in ["created_at", "started_at", "updated_at"] {
        assert!(job[time].as_str().unwrap().ends_with('Z'), "{time}");
    }
    for absent in [
        "run_at",
        "paused_at",
        "resumed_at",
        "completed_at",
        "error_message",
    ] {
        assert!(job[absent].is_null(), "{absent}");
    }
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_id_and_what_is_no_job_are_told_apart() {
    let bed = Bed::new().await;
    let none = JobId::generate();
    for path in [
        "/v1/jobs/{}",
        "/v1/jobs/{}/status",
        "/v1/preprocess/status/{}",
        "/v1/jobs/{}/events",
        "/v1/jobs/{}/failures",
    ] {
        let nonsense = bed.http.get(&path.replace("{}", "7")).await;
        assert!(nonsense.problem(400).contains("must be a UUID"), "{path}");
        let missing = bed.http.get(&path.replace("{}", &none.to_string())).await;
        assert_eq!(missing.problem(404), format!("there is no job {none}"));
    }
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_counts_all_pages_and_filters() {
    let bed = Bed::new().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        let batch_id = Some(if n < 3 { "a" } else { "b" }.to_owned());
        let new = NewJob {
            batch_id,
            ..new_job()
        };
        ids.push(bed.submit_as(new, &[1]).await.id.to_string());
    }
    let cancelled: JobId = ids[0].parse().unwrap();
    bed.store.command(cancelled, Command::Cancel).await.unwrap();
    ids.reverse();

    let list = async |query: &str| {
        let list = bed.http.get(&format!("/v1/jobs{query}")).await.json(200);
        let jobs = list["jobs"].as_array().unwrap();
        let jobs = jobs
            .iter()
            .map(|job| job["job_id"].as_str().unwrap().to_owned());
        (
            jobs.collect::<Vec<_>>(),
            list["total_count"].as_u64().unwrap(),
        )
    };
    assert_eq!(list("").await, (ids.clone(), 5));
    assert_eq!(list("?limit=2").await, (ids[..2].to_vec(), 5));
    assert_eq!(list("?limit=2&offset=4").await, (ids[4..].to_vec(), 5));
    assert_eq!(list("?offset=5").await, (Vec::new(), 5));
    assert_eq!(list("?batch_id=a").await, (ids[2..].to_vec(), 3));
    assert_eq!(
        list("?status_filter=cancelled").await,
        (ids[4..].to_vec(), 1)
    );
    assert_eq!(
        list("?status_filter=queued&batch_id=a&limit=1").await,
        (ids[2..3].to_vec(), 2)
    );
    let page = bed.http.get("/v1/jobs?limit=2&offset=1").await.json(200);
    assert_eq!((&page["limit"], &page["offset"]), (&json!(2), &json!(1)));
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_parameter_is_named_with_what_it_could_be() {
    let bed = Bed::new().await;
    for (query, detail) in [
        ("limit=101", "limit must be a whole number from 1 to 100"),
        ("limit=0", "limit must be a whole number from 1 to 100"),
        ("offset=-1", "offset must be a whole number from 0"),
        (
            "status_filter=done",
            "status_filter must be one of queued, running, paused, completed, failed, cancelled",
        ),
    ] {
        let answer = bed.http.get(&format!("/v1/jobs?{query}")).await;
        assert_eq!(answer.problem(400), detail);
    }
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_listed_with_their_reasons_refused_documents_first() {
    let bed = Bed::new().await;
    let refused = Failure {
        backend: None,
        chunk: None,
        document: 4,
        document_id: Some("r".to_owned()),
        problem: Problem {
            kind: ProblemKind::MissingField,
            field: Some("text".to_owned()),
            reason: "is required".to_owned(),
        },
    };
    let new = NewJob {
        rejected: vec![refused],
        ..new_job()
    };
    let id = bed.submit_as(new, &[3]).await.id;
    let granted = bed.claim(id, 0).await;
    bed.complete(&granted, 2).await;

    let path = format!("/v1/jobs/{id}/failures");
    let all = bed.http.get(&path).await.json(200);
    assert_eq!(
        (&all["total_count"], &all["limit"]),
        (&json!(3), &json!(100))
    );
    assert_eq!(
        all["failures"],
        json!([
            {"chunk": null, "document": 4, "document_id": "r", "kind": "missing_field", "field": "text", "reason": "is required",
             "backend": null},
            {"chunk": 0, "document": 1, "document_id": "d1", "kind": "internal", "field": null, "reason": "it is odd",
             "backend": null},
            {"chunk": 0, "document": 2, "document_id": "d2", "kind": "internal", "field": null, "reason": "it is odd",
             "backend": null},
        ])
    );
    let last = bed
        .http
        .get(&format!("{path}?limit=1&offset=2"))
        .await
        .json(200);
    assert_eq!(last["failures"][0]["document_id"], "d2");
    assert_eq!(last["total_count"], 3);
    let too_many = bed.http.get(&format!("{path}?limit=1001")).await;
    assert_eq!(
        too_many.problem(400),
        "limit must be a whole number from 1 to 1000"
    );
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_are_told_with_what_they_said_of_themselves() {
    let bed = Bed::new().await;
    bed.store.heartbeat(bed.worker, 1, true).await.unwrap();
    let workers = bed.http.get("/v1/workers").await.json(200);
    let worker = &workers["workers"][0];
    assert_eq!(worker["worker_id"], bed.worker.to_string());
    assert_eq!(worker["host"], "node-1");
    assert_eq!(
        (&worker["state"], &worker["busy"]),
        (&json!("draining"), &json!(1))
    );
    bed.end().await;
}
