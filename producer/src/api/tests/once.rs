use shared::article::{Article, CleanedArticle, Problem, ProblemKind};
use shared::message::{Answer, Request};

use super::*;

const PATH: &str = "/v1/preprocess";

fn cleaned(article: Article) -> CleanedArticle {
    let line = json!({
        "document_id": article.document_id, "version": "1.0", "original_text": article.text, "cleaned_text": "clean",
        "cleaned_title": null, "cleaned_excerpt": null, "cleaned_author": null, "cleaned_publication_date": null,
        "cleaned_revision_date": null, "cleaned_source_url": null, "cleaned_categories": null, "cleaned_tags": null,
        "cleaned_media_asset_urls": null, "cleaned_geographical_data": null, "cleaned_embargo_date": null,
        "cleaned_sentiment": null, "cleaned_word_count": 1, "cleaned_publisher": null, "temporal_metadata": null,
        "entities": [], "cleaned_additional_metadata": {}, "corrections": [], "job_id": "", "batch_id": null,
        "processed_at": "2026-01-31T06:00:00Z",
    });
    serde_json::from_value(line).unwrap()
}

/// A worker that answers one question.
async fn answer_one(broker: Broker, answer: impl FnOnce(Request) -> Answer) {
    let mut questions = broker.consume(Queue::Preprocess, 1, CancellationToken::new());
    let question = questions.next().await.unwrap();
    let answer = answer(Request::from_message(&question.message).unwrap());
    let reply_to = question.reply_to.clone().unwrap();
    broker.reply(&reply_to, answer.to_message()).await.unwrap();
    question.ack().await.unwrap();
}

async fn ask(served: &Served, body: Value, answer: impl FnOnce(Request) -> Answer) -> Reply {
    let broker = served.producer.broker.clone();
    let mut answering = Box::pin(answer_one(broker.clone(), answer));
    // One step, so that somebody takes questions before one is put.
    assert!(futures_util::poll!(&mut answering).is_pending());
    let (response, ()) = tokio::join!(served.post(PATH).json(&body).send(), answering);
    response
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_cleans_it_while_the_caller_waits() {
    let served = served().await;
    let body = json!({"article": document("a"), "cleaning_config": {"fix_encoding": false}, "persist_to_backends": []});
    let response = ask(&served, body, |request| {
        assert_eq!(request.cleaning.fix_encoding, Some(false));
        assert!(request.trace.is_some());
        let article = Article::parse(request.article.get().as_bytes()).unwrap();
        Answer::Cleaned(Box::new(cleaned(article)))
    })
    .await;
    assert_eq!(response.status, StatusCode::OK);
    let body = response.body;
    assert_eq!(
        (&body["document_id"], &body["cleaned_text"]),
        (&json!("a"), &json!("clean"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_the_worker_cannot_clean_is_unprocessable() {
    let served = served().await;
    let response = ask(&served, json!({"article": document("a")}), |_| {
        Answer::Failed(Problem {
            kind: ProblemKind::InvalidValue,
            field: Some("text".to_owned()),
            reason: "too long".to_owned(),
        })
    })
    .await;
    let problem = problem(response, 422);
    assert_eq!(
        problem["errors"],
        json!([{"field": "text", "kind": "invalid_value", "reason": "too long"}])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_worker_is_ours_and_not_the_callers() {
    let served = served().await;
    let response = ask(&served, json!({"article": document("a")}), |_| {
        Answer::Failed(Problem {
            kind: ProblemKind::Internal,
            field: None,
            reason: "scutch failed on this document".to_owned(),
        })
    })
    .await;
    let problem = problem(response, 500);
    assert_eq!(problem["type"], "/problems/internal");
    assert_eq!(problem["detail"], "scutch failed on this document");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_document_more_than_are_read_at_a_time_has_to_come_again_and_submissions_do_not_count()
{
    let served = served_with(Settings {
        max_uploads: 1,
        ..settings()
    })
    .await;
    let send = || {
        let body = json!({"article": document("a")});
        served.post(PATH).json(&body).send()
    };
    let submission = served
        .producer
        .admit()
        .await
        .unwrap_or_else(|e| panic!("{e}"));
    // There is no worker, which is only known once it was read.
    assert_eq!(problem(send().await, 503)["retry_after"], 5);
    let one = served
        .producer
        .admit_one()
        .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(problem(send().await, 503)["retry_after"], 1);
    drop((submission, one));
    assert_eq!(problem(send().await, 503)["retry_after"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_without_asking_a_worker() {
    let served = served().await;
    let send = |body: Value| served.post(PATH).json(&body).send();
    for (body, field) in [
        (json!({}), "article"),
        (json!({"article": {"document_id": "a"}}), "text"),
        (
            json!({"article": document("a"), "articles": []}),
            "articles",
        ),
        (
            json!({"article": document("a"), "cleaning_config": {"x": 1}}),
            "cleaning_config.x",
        ),
    ] {
        let problem = problem(send(body).await, 422);
        assert_eq!(problem["errors"][0]["field"], field);
        assert_eq!(problem["error_count"], 1);
    }
    let body = json!({"article": document("a"), "persist_to_backends": ["jsonl"]});
    let kept = problem(send(body).await, 422);
    assert_eq!(
        kept["errors"][0]["reason"],
        "nothing is kept here; POST /v1/preprocess/batch does that"
    );
    problem(served.post(PATH).body("{").send().await, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_worker_it_asks_to_come_again_and_without_an_answer_it_times_out() {
    let served = served_with(Settings {
        preprocess_timeout_ms: 50,
        ..settings()
    })
    .await;
    let send = || {
        served
            .post(PATH)
            .json(&json!({"article": document("a")}))
            .send()
    };
    problem(send().await, 503);
    let broker = &served.producer.broker;
    let mut silent = broker.consume(Queue::Preprocess, 1, CancellationToken::new());
    assert!(futures_util::poll!(Box::pin(silent.next())).is_pending());
    problem(send().await, 504);
    broker.close().await;
    problem(send().await, 503);
}
