//! The consumer that was built for the old service, unchanged.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::service::scenarios::small;
use testbed::{Server, Servers};
use tests::python::python;
use tests::scutch::text;
use tests::stack::{Kind, Stack, Wishes, samples};

#[test]
fn the_consumer_of_the_old_service_finds_the_documents_of_each_job() {
    // Its stream has one name for all.
    let redis = Servers::start(&[Server::Redis]);
    let wishes = Wishes {
        settings: &[("events.redis_streams.url", redis.redis_url())],
        ..Wishes::default()
    };
    let stack = Stack::start(Kind::Servers, &wishes);
    let client = stack.client();
    let batches = [samples()[..20].to_vec(), small(100)];
    let submitted: BTreeMap<String, Vec<&str>> = batches
        .iter()
        .map(|documents| {
            let ids = documents
                .iter()
                .map(|document| text(document, "document_id"));
            let mut ids: Vec<&str> = ids.collect();
            ids.sort_unstable();
            (client.submit(documents), ids)
        })
        .collect();
    let output = stack.output();
    let arguments = [redis.redis_url(), output.to_str().unwrap(), "2"];
    let printed = python("old_consumer.py", &arguments);
    let lines: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let found: BTreeMap<String, Vec<&str>> = lines
        .iter()
        .map(|line| {
            let ids = line["document_ids"].as_array().unwrap().iter();
            let mut ids: Vec<&str> = ids.map(|id| id.as_str().unwrap()).collect();
            ids.sort_unstable();
            (text(line, "job_id").to_owned(), ids)
        })
        .collect();
    assert_eq!(found, submitted);
}
