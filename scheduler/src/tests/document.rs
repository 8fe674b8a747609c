use serde_json::Value;
use uuid::Uuid;

use super::Bed;
use crate::api;

/// Each operation of the document: its method, its path and what is said of it.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            all.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_operation_is_served() {
    let bed = Bed::new().await;
    let (_, document) = api(bed.scheduler.clone());
    let document = serde_json::to_value(document).unwrap();
    let operations = operations(&document);
    assert_eq!(operations.len(), 15);
    for (method, path, operation) in operations {
        let id = Uuid::now_v7().to_string();
        let asked = path
            .replace("{job_id}", &id)
            .replace("{dead_letter_id}", &id);
        let answer = bed.http.ask(&method, &asked, "").await;
        assert!(
            [200, 404].contains(&answer.status),
            "{method} {path}: {}",
            answer.status
        );
        assert!(
            !answer.body.contains("there is nothing at"),
            "{method} {path}"
        );
        let responses = operation["responses"].as_object().unwrap();
        assert!(
            responses.contains_key(&answer.status.to_string()),
            "{method} {path}"
        );
        assert!(responses.contains_key("503"), "{method} {path}");
        assert!(operation["summary"].is_string(), "{method} {path}");
    }
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_schema_that_is_referred_to_is_there() {
    let bed = Bed::new().await;
    let (_, document) = api(bed.scheduler.clone());
    let text = serde_json::to_string(&document).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for part in text.split("\"#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
    bed.end().await;
}
