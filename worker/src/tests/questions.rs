//! Questions that somebody waits for, and health.

use std::time::Duration;

use serde_json::json;
use serde_json::value::to_raw_value;
use shared::article::ProblemKind;
use shared::broker::Queue;
use shared::job::CleaningConfig;
use shared::message::{Answer, Request};
use tokio::time::{sleep, timeout};

use super::house::{House, PATIENCE, documents, settings};
use crate::health;

async fn ask(house: &House, article: serde_json::Value) -> Answer {
    let request = Request {
        article: to_raw_value(&article).unwrap(),
        cleaning: CleaningConfig::default(),
        trace: None,
    };
    // Until the worker listens.
    let listens = async {
        while house
            .broker
            .depth(&Queue::Preprocess)
            .await
            .unwrap()
            .consumers
            == 0
        {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, listens).await.unwrap();
    let question = request.to_message(PATIENCE);
    let answer = house.broker.call(question, PATIENCE).await.unwrap();
    Answer::from_message(&answer).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_with_the_clean_document() {
    let house = House::new();
    let running = house.start(settings(1));
    let answer = ask(&house, json!({ "document_id": "a", "text": "<b>One</b>" })).await;
    let Answer::Cleaned(article) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(article.cleaned_text, "One");
    assert!(article.batch_id.is_none() && !article.job_id.is_empty());
    let Answer::Failed(problem) = ask(&house, json!({ "document_id": "a" })).await else {
        panic!("cleaned");
    };
    assert_eq!(problem.kind, ProblemKind::MissingField);
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_does_not_wait_for_the_end_of_chunks() {
    let house = House::new();
    let chunks: Vec<_> = (0..30).map(|n| documents(n * 64, 64, 600)).collect();
    let job = house.submit(&chunks).await;
    let running = house.start(settings(1));
    house.until(job, |record| record.job.leases > 0).await;
    ask(&house, json!({ "document_id": "a", "text": "One." })).await;
    assert!(house.job(job).await.job.processed < 30 * 64);
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_each_part() {
    let house = House::new();
    let parts = health(&house.worker(settings(1))).await;
    let names: Vec<_> = parts.keys().map(String::as_str).collect();
    assert_eq!(names, ["broker", "cache", "database", "device", "model"]);
    assert!(parts.values().all(|part| part.is_up));
    assert!(!parts["cache"].is_required);
    house.broker.close().await;
    let parts = health(&house.worker(settings(1))).await;
    assert!(!parts["broker"].is_up && parts["database"].is_up);
}
