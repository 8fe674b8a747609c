//! The JSON Schemas: made from the types, fresh, and true of real output.

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use shared::article::{Article, CleanedArticle};
use shared::event::{asyncapi, examples};

use tests::scutch::{clean, read_jsonl, root, text};

/// The schemas of articles by file name.
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

/// Everything in the folder `schemas`, by its path there.
fn files() -> Vec<(String, Value)> {
    let articles = schemas().map(|(name, schema)| (name.to_owned(), schema));
    let descriptions = [
        ("openapi.json".to_owned(), embedded::openapi()),
        ("asyncapi.json".to_owned(), asyncapi()),
    ];
    let events = shared::event::schemas().into_iter();
    let events =
        events.map(|(name, schema)| (format!("events/{name}.schema.json"), schema.to_value()));
    articles
        .into_iter()
        .chain(descriptions)
        .chain(events)
        .collect()
}

/// Paths of the files below a folder.
fn paths_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            paths_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn the_schemas_and_the_api_descriptions_are_those_of_the_types() {
    let folder = root().join("schemas");
    let mut there = Vec::new();
    paths_below(&folder, &mut there);
    let files = files();
    for path in there {
        let name = path.strip_prefix(&folder).unwrap().to_str().unwrap();
        assert!(
            files.iter().any(|(known, _)| known == name),
            "schemas/{name} is of no type any more"
        );
    }
    for (name, schema) in files {
        let path = folder.join(&name);
        let fresh = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
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
fn every_reference_of_the_api_descriptions_leads_somewhere() {
    let (openapi, asyncapi) = (embedded::openapi(), asyncapi());
    assert_eq!(openapi["openapi"], "3.1.0");
    assert_eq!(asyncapi["asyncapi"], "3.0.0");
    for description in [openapi, asyncapi] {
        let mut references = Vec::new();
        collect_references(&description, &mut references);
        assert!(references.len() > 20);
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(description.pointer(pointer).is_some(), "{reference}");
        }
    }
}

#[test]
fn the_examples_of_events_are_valid() {
    for ((name, event), (of, schema)) in examples().into_iter().zip(shared::event::schemas()) {
        assert_eq!(name, of);
        let kind = text(&event, "type");
        let validator = jsonschema::draft202012::new(schema.as_value()).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&event)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{kind}: {errors:?}");
        let mut other = event.clone();
        other["type"] = json!("com.storytelling.cleaning.job.other");
        assert!(!validator.is_valid(&other), "{kind} takes another type");
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
