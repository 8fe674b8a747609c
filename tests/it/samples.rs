//! The sample articles: the dirt is gone, and what was clean is as it was.

use std::collections::BTreeMap;

use serde_json::Value;

use tests::scutch::{clean, read_jsonl, root, slice, text};

fn samples() -> Vec<Value> {
    read_jsonl(&root().join("samples/wikinews.jsonl"))
}

fn by_id(documents: Vec<Value>) -> BTreeMap<String, Value> {
    documents
        .into_iter()
        .map(|document| (text(&document, "document_id").to_owned(), document))
        .collect()
}

fn cleaned_field(field: &str) -> String {
    format!("cleaned_{field}")
}

#[test]
fn every_recorded_piece_of_dirt_is_gone() {
    let raw = by_id(samples());
    let cleaned = by_id(clean(&samples(), &[]));
    let dirt = read_jsonl(&root().join("samples/dirt.jsonl"));
    assert!(dirt.len() > 100);
    let mut left = Vec::new();
    for piece in &dirt {
        let [id, field, dirty, right] =
            ["document_id", "field", "dirty", "clean"].map(|name| text(piece, name));
        assert_eq!(text(&raw[id], field).matches(dirty).count(), 1, "{piece}");
        let after = text(&cleaned[id], &cleaned_field(field));
        if after.contains(dirty) || !after.contains(right) {
            left.push(piece.to_string());
        }
    }
    assert!(
        left.is_empty(),
        "{} pieces are left:\n{}",
        left.len(),
        left.join("\n")
    );
}

#[test]
fn a_clean_article_comes_out_as_it_went_in() {
    let dirty: Vec<Value> = read_jsonl(&root().join("samples/dirt.jsonl"));
    let is_dirty = |id: &str| dirty.iter().any(|piece| piece["document_id"] == id);
    let cleaned = by_id(clean(&samples(), &[]));
    let mut count = 0;
    for raw in samples()
        .iter()
        .filter(|raw| !is_dirty(text(raw, "document_id")))
    {
        let cleaned = &cleaned[text(raw, "document_id")];
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            words(text(cleaned, "cleaned_text")),
            words(text(raw, "text")),
            "{}",
            raw["document_id"]
        );
        let paragraphs = |text: &str| {
            text.split("\n\n")
                .filter(|paragraph| !paragraph.trim().is_empty())
                .count()
        };
        assert_eq!(
            paragraphs(text(cleaned, "cleaned_text")),
            paragraphs(text(raw, "text")),
            "{}",
            raw["document_id"]
        );
        assert_eq!(cleaned["corrections"].as_array().unwrap().len(), 0);
        count += 1;
    }
    assert!(count > 30);
}

#[test]
fn every_offset_is_one_of_python() {
    let mut entities = 0;
    for document in clean(&samples(), &[]) {
        let cleaned = text(&document, "cleaned_text");
        for entity in document["entities"].as_array().unwrap() {
            assert_eq!(
                slice(cleaned, &entity["start_char"], &entity["end_char"]),
                text(entity, "text")
            );
            entities += 1;
        }
        for correction in document["corrections"].as_array().unwrap() {
            let replaced = slice(cleaned, &correction["start_char"], &correction["end_char"]);
            assert_eq!(replaced, text(correction, "replacement"));
        }
    }
    assert!(entities > 300, "{entities}");
}

#[test]
fn cleaning_what_is_clean_changes_nothing() {
    for arguments in [
        &[][..],
        &[
            "--enable",
            "normalize_unicode_dashes,normalize_smart_quotes,standardize_currency,standardize_units",
        ],
    ] {
        let once = clean(&samples(), arguments);
        let again: Vec<Value> = once
            .iter()
            .map(|document| {
                serde_json::json!({
                    "document_id": document["document_id"],
                    "text": document["cleaned_text"],
                    "title": document["cleaned_title"],
                    "excerpt": document["cleaned_excerpt"],
                    "publication_date": document["cleaned_publication_date"],
                })
            })
            .collect();
        for (before, after) in once.iter().zip(clean(&again, arguments)) {
            for field in [
                "cleaned_text",
                "cleaned_title",
                "cleaned_excerpt",
                "entities",
                "temporal_metadata",
            ] {
                assert_eq!(before[field], after[field], "{}", before["document_id"]);
            }
            assert_eq!(
                after["corrections"].as_array().unwrap().len(),
                0,
                "{}",
                after["corrections"]
            );
        }
    }
}

#[test]
fn nothing_of_an_article_is_dropped() {
    for (raw, cleaned) in samples()
        .iter()
        .zip(clean(&samples(), &["--batch-id", "b-1", "--job-id", "j-1"]))
    {
        assert_eq!(raw["document_id"], cleaned["document_id"]);
        assert_eq!(raw["text"], cleaned["original_text"]);
        assert_eq!(
            (text(&cleaned, "job_id"), text(&cleaned, "batch_id")),
            ("j-1", "b-1")
        );
        let metadata = cleaned["cleaned_additional_metadata"].as_object().unwrap();
        assert_eq!(metadata["cleaned_language"], "en", "{}", raw["document_id"]);
        for (name, value) in raw.as_object().unwrap() {
            let kept = cleaned
                .get(cleaned_field(name))
                .or_else(|| metadata.get(name));
            match name.as_str() {
                "document_id" | "text" => {}
                "additional_metadata" => {
                    for (name, value) in value.as_object().unwrap() {
                        assert_eq!(metadata[name], *value);
                    }
                }
                "title" | "excerpt" => assert!(kept.unwrap().is_string()),
                name if name.ends_with("_date") => assert_eq!(
                    kept.unwrap().as_str().unwrap(),
                    &value.as_str().unwrap()[..10]
                ),
                _ => assert_eq!(kept, Some(value), "{name} of {}", raw["document_id"]),
            }
        }
    }
}
