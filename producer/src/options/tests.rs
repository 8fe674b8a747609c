use serde_json::json;

use super::*;

fn problem(name: &str, value: Value) -> String {
    let entry = Requested::default().set(name, value).unwrap_err();
    format!("{}: {}", entry.field.unwrap(), entry.reason)
}

#[test]
fn texts_and_json_ask_for_the_same() {
    let mut from_json = Requested::default();
    let mut from_texts = Requested::default();
    for (name, value, text) in [
        ("batch_id", json!("b-1"), "b-1"),
        ("checkpoint_interval", json!(25), "25"),
        (
            "persist_to_backends",
            json!(["jsonl", "jsonl"]),
            "jsonl, jsonl",
        ),
        (
            "cleaning_config",
            json!({"typo_confidence": 0.5}),
            r#"{"typo_confidence":0.5}"#,
        ),
        (
            "metadata",
            json!({"desk": ["a", null]}),
            r#"{"desk":["a",null]}"#,
        ),
        ("priority", json!("high"), "high"),
        (
            "run_at",
            json!("2026-01-31T06:00:00+01:00"),
            "2026-01-31T06:00:00+01:00",
        ),
    ] {
        from_json.set(name, value).unwrap();
        from_texts.set_text(name, text).unwrap();
    }
    assert_eq!(from_json, from_texts);
    assert_eq!(from_json.batch_id.as_deref(), Some("b-1"));
    assert_eq!(from_json.priority, Priority::High);
    assert_eq!(from_json.options().checkpoint_interval, 25);
    assert_eq!(from_json.options().backends, [Backend::Jsonl]);
    assert_eq!(
        from_json.run_at.unwrap().to_string(),
        "2026-01-31T05:00:00Z"
    );
}

#[test]
fn what_is_null_or_absent_is_as_by_default() {
    let mut requested = Requested::default();
    for name in NAMES {
        requested.set(name, Value::Null).unwrap();
    }
    requested.set("persist_to_backends", json!([])).unwrap();
    assert_eq!(requested, Requested::default());
    assert_eq!(requested.options(), Options::default());
}

#[test]
fn what_is_wrong_is_told_with_its_field_and_not_quoted() {
    for (name, value, reason) in [
        (
            "batch_id",
            json!(""),
            "batch_id: has 0 characters; 1 to 255 are allowed",
        ),
        (
            "batch_id",
            json!("a\nb"),
            "batch_id: holds a control character",
        ),
        ("batch_id", json!(7), "batch_id: expected a string or null"),
        (
            "checkpoint_interval",
            json!(0),
            "checkpoint_interval: expected a whole number from 1 to 1000",
        ),
        (
            "checkpoint_interval",
            json!(1001),
            "checkpoint_interval: expected a whole number from 1 to 1000",
        ),
        (
            "checkpoint_interval",
            json!("secret"),
            "checkpoint_interval: expected a whole number from 1 to 1000",
        ),
        (
            "persist_to_backends",
            json!("jsonl"),
            "persist_to_backends: expected a list of strings or null",
        ),
        (
            "persist_to_backends",
            json!(["kafka"]),
            "persist_to_backends: there is no backend \"kafka\"; there is jsonl, parquet, postgresql, elasticsearch",
        ),
        (
            "priority",
            json!("urgent"),
            "priority: expected high, normal or low",
        ),
        (
            "run_at",
            json!("tomorrow"),
            "run_at: not an RFC 3339 time with its offset, as in 2026-01-31T06:00:00Z",
        ),
        (
            "run_at",
            json!("2026-01-31"),
            "run_at: not an RFC 3339 time with its offset, as in 2026-01-31T06:00:00Z",
        ),
        (
            "metadata",
            json!([1]),
            "metadata: expected an object or null",
        ),
        (
            "metadata",
            json!({"a": ["\0"]}),
            "metadata: holds the character U+0000, which cannot be kept",
        ),
        (
            "metadata",
            json!({"a": "x".repeat(70_000)}),
            "metadata: longer than 65536 bytes",
        ),
        (
            "cleaning_config",
            json!([]),
            "cleaning_config: expected an object or null",
        ),
        (
            "cleaning_config",
            json!({"fix_encoding": "secret, expected x"}),
            "cleaning_config.fix_encoding: expected a boolean",
        ),
        (
            "cleaning_config",
            json!({"typo_confidence": 1.5}),
            "cleaning_config.typo_confidence: expected a number from 0 to 1",
        ),
        (
            "cleaning_config",
            json!({"typo_min_length": 0}),
            "cleaning_config.typo_min_length: expected 1 or more",
        ),
        (
            "cleaning_config",
            json!({"typo_min_length": -1}),
            "cleaning_config.typo_min_length: expected u32",
        ),
        (
            "cleaning_config",
            json!({"typo_min_length": 9, "typo_max_length": 8}),
            "cleaning_config.typo_max_length: less than typo_min_length",
        ),
    ] {
        assert_eq!(problem(name, value), reason);
    }
    let reason = problem("cleaning_config", json!({"typo": 1}));
    assert!(
        reason.starts_with("cleaning_config.typo: unknown; expected one of `"),
        "{reason}"
    );
    let reason = problem("retries", json!(1));
    assert!(
        reason.starts_with("retries: unknown; known are batch_id, "),
        "{reason}"
    );
}

#[test]
fn a_text_that_must_be_json_and_is_not_is_told_by_column() {
    let entry = Requested::default()
        .set_text("metadata", "{secret")
        .unwrap_err();
    assert_eq!(entry.reason, "not JSON at column 2");
}
