//! Files in a bucket.

use serde_json::{Value, json};

use crate::service::scenarios::small;
use tests::client::Client;
use tests::python::Program;
use tests::scutch::text;
use tests::stack::{Kind, Stack, Wishes};

#[test]
fn files_go_to_a_bucket_and_the_event_names_them() {
    let bucket = Program::start("bucket.py", &["0", "articles"]);
    let wishes = Wishes {
        settings: &[("output.folder", "s3://articles/cleaned")],
        environment: &[
            ("AWS_ENDPOINT", &bucket.address),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "tests"),
            ("AWS_SECRET_ACCESS_KEY", "tests"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ],
        ..Wishes::default()
    };
    let stack = Stack::start(Kind::Servers, &wishes);
    let client = stack.client();
    let documents = small(200);
    let request = json!({ "persist_to_backends": ["jsonl", "parquet"] });
    let id = client.submit_with(&documents, request);
    let job = client.wait_for_status(&id, "completed");
    assert_eq!(job["output_files"].as_array().unwrap().len(), 2, "{job}");
    let events = client.events(&id);
    let told = events.last().unwrap()["data"]["output_files"].clone();
    assert_eq!(told, job["output_files"]);
    let anyone = Client::new(bucket.address.clone(), bucket.address.clone());
    for file in told.as_array().unwrap() {
        let file = file.as_str().unwrap();
        let key = file.strip_prefix("s3://articles/").unwrap_or(file);
        let key = key.strip_prefix("cleaned/").unwrap_or(key);
        let request = anyone.request(reqwest::Method::GET, &format!("/articles/cleaned/{key}"));
        let bytes = anyone.bytes(request);
        if key.ends_with(".parquet") {
            assert_eq!(&bytes[..4], b"PAR1");
            continue;
        }
        let lines = String::from_utf8(bytes).unwrap();
        let lines: Vec<Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let mut found: Vec<&str> = lines.iter().map(|line| text(line, "document_id")).collect();
        let mut expected: Vec<&str> = documents
            .iter()
            .map(|document| text(document, "document_id"))
            .collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
    let listed = anyone.get("/articles?list-type=2&prefix=cleaned/.parts");
    assert!(
        !listed.body.to_string().contains("<Key>"),
        "no part is left: {listed:?}"
    );
}
