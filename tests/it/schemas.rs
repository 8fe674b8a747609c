//! The JSON Schemas: made from the types, fresh, and true of real output.

use jsonschema::Validator;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use shared::article::{Article, CleanedArticle};

use crate::scutch::{clean, read_jsonl, root};

/// The schemas by file name.
fn schemas() -> [(&'static str, Value); 2] {
    // 2020-12 is the dialect of OpenAPI 3.1.
    let settings = SchemaSettings::draft2020_12();
    let input = settings
        .clone()
        .for_deserialize()
        .into_generator()
        .into_root_schema_for::<Article>();
    let output = settings
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<CleanedArticle>();
    [
        ("article.schema.json", input.to_value()),
        ("cleaned-article.schema.json", output.to_value()),
    ]
}

#[test]
fn the_schemas_and_the_api_description_are_those_of_the_types() {
    let openapi = ("openapi.json", embedded::openapi());
    for (name, schema) in schemas().into_iter().chain([openapi]) {
        let path = root().join("schemas").join(name);
        let fresh = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &fresh).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            there == fresh,
            "schemas/{name} is stale; UPDATE_SCHEMAS=1 cargo test -p tests schemas writes it anew"
        );
    }
}

#[test]
fn every_reference_of_the_api_description_leads_somewhere() {
    let openapi = embedded::openapi();
    assert_eq!(openapi["openapi"], "3.1.0");
    let mut references = Vec::new();
    collect_references(&openapi, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(openapi.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(reference) if name == "$ref" => found.push(reference.to_owned()),
                    Some(_) | None => collect_references(member, found),
                }
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn validators() -> [Validator; 2] {
    schemas().map(|(_, schema)| jsonschema::draft202012::new(&schema).unwrap())
}

#[track_caller]
fn expect_valid(validator: &Validator, document: &Value) {
    let errors: Vec<_> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}: {errors:?}", document["document_id"]);
}

#[test]
fn the_samples_and_their_output_are_valid() {
    let [input, output] = validators();
    let samples = read_jsonl(&root().join("samples/wikinews.jsonl"));
    for article in &samples {
        expect_valid(&input, article);
    }
    for document in clean(&samples, &[]) {
        expect_valid(&output, &document);
    }
}

#[test]
fn the_schema_and_the_parser_refuse_alike() {
    let [input, _] = validators();
    let good = json!({"document_id": "a", "text": "t", "tags": ["x"], "publication_date": "2024-05-15", "other": 1});
    let change = |name: &str, value: Value| {
        let mut document = good.clone();
        document[name] = value;
        document
    };
    let documents = [
        good.clone(),
        change("document_id", json!("")),
        change("document_id", json!("x".repeat(256))),
        change("document_id", json!("x".repeat(255))),
        change("document_id", json!("a\u{7}")),
        change("document_id", Value::Null),
        change("text", json!(1)),
        change("text", Value::Null),
        change("title", Value::Null),
        change("title", json!(["x"])),
        change("tags", json!("x")),
        change("tags", json!([1])),
        change("tags", Value::Null),
        change("publication_date", json!("yesterday")),
        change("publication_date", json!("2024-05-15T10:00:00Z")),
        change("source_url", json!("news/1")),
        change("source_url", json!("https://example.org/1")),
        change("media_asset_urls", json!(["x"])),
        change("geographical_data", json!([])),
        change("additional_metadata", json!({"a": {"b": 1}})),
        change("word_count", json!(-1)),
        change("word_count", json!(7)),
        json!({"text": "t"}),
        json!({"document_id": "a"}),
        json!([]),
    ];
    for document in documents {
        let is_taken = Article::parse(document.to_string().as_bytes()).is_ok();
        assert_eq!(input.is_valid(&document), is_taken, "{document}");
    }
}
