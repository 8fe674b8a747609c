use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn refused(value: &Value) -> Refused {
    *Article::parse(value.to_string().as_bytes()).expect_err("must be refused")
}

#[test]
fn two_fields_are_enough() {
    let article = Article::parse(br#"{"document_id":"a","text":"Hello"}"#).unwrap();
    assert_eq!(
        (article.document_id.as_str(), article.text.as_str()),
        ("a", "Hello")
    );
    assert_eq!(article.title, None);
}

#[test]
fn a_null_is_as_good_as_an_absent_field() {
    let line = br#"{"document_id":"a","text":"","title":null,"tags":null,"word_count":null,"publication_date":null}"#;
    let article = Article::parse(line).unwrap();
    assert_eq!(
        (article.title, article.tags, article.word_count),
        (None, None, None)
    );
}

#[test]
fn unknown_fields_are_kept_in_order() {
    let line = br#"{"z":1,"document_id":"a","text":"t","feed":{"id":7},"b":null}"#;
    let article = Article::parse(line).unwrap();
    let names: Vec<_> = article.unknown.keys().map(String::as_str).collect();
    assert_eq!(names, ["z", "feed", "b"]);
    assert_eq!(article.unknown["feed"], json!({"id": 7}));
}

#[test]
fn a_timestamp_is_cut_to_the_date_it_shows() {
    for (written, read) in [
        ("2024-05-14", "2024-05-14"),
        ("2024-05-14T23:30:00-05:00", "2024-05-14"),
        ("2024-05-14T23:30:00.123456Z", "2024-05-14"),
        ("2024-05-14t23:30:00+0200", "2024-05-14"),
        ("2024-05-14 23:30", "2024-05-14"),
        ("2024-02-29", "2024-02-29"),
    ] {
        assert_eq!(
            written.parse::<Day>().unwrap().to_string(),
            read,
            "{written}"
        );
    }
    for wrong in [
        "",
        "2024-5-14",
        "20240514",
        "2024-02-30",
        "14-05-2024",
        "May 14",
        "2024-05-14x",
        "2024-05-14T",
        "2024-05-14T99:00:00Z",
        "2024-05-14T10:00:00+2",
        "2024-05-é4",
    ] {
        assert!(wrong.parse::<Day>().is_err(), "{wrong}");
    }
}

#[test]
fn every_problem_of_a_document_is_named() {
    let refused = refused(&json!({
        "document_id": "a", "title": 3, "tags": ["x", 4], "publication_date": "14.5.2024",
        "source_url": "not a url", "word_count": -1, "geographical_data": []
    }));
    assert_eq!(refused.document_id.as_deref(), Some("a"));
    let all: Vec<_> = std::iter::once(&refused.first)
        .chain(&refused.others)
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        all,
        [
            "text: required, and not there",
            "title: expected a string or null, found a number",
            "publication_date: not a date: expected YYYY-MM-DD or an RFC 3339 timestamp",
            "source_url: not an absolute URL, as in https://example.org/news/1",
            "tags[1]: expected a string, found a number",
            "geographical_data: expected an object or null, found a list",
            "word_count: not a whole number from 0 on",
        ]
    );
}

#[test]
fn an_id_must_be_short_and_printable() {
    for (id, reason) in [
        (String::new(), "has 0 characters; 1 to 255 are allowed"),
        ("é".repeat(256), "has 256 characters; 1 to 255 are allowed"),
        ("a\tb".to_owned(), "holds a control character"),
    ] {
        let refused = refused(&json!({"document_id": id, "text": ""}));
        assert_eq!(refused.first.reason, reason);
        assert_eq!(refused.first.kind, ProblemKind::InvalidValue);
        assert_eq!(refused.document_id, None);
    }
    assert!(
        Article::parse(
            json!({"document_id": "é".repeat(255), "text": ""})
                .to_string()
                .as_bytes()
        )
        .is_ok()
    );
}

#[test]
fn a_field_given_twice_is_refused() {
    let refused = Article::parse(br#"{"document_id":"a","text":"one","text":"two"}"#).unwrap_err();
    assert_eq!(refused.first.kind, ProblemKind::RepeatedField);
    assert_eq!(refused.first.field.as_deref(), Some("text"));
}

#[test]
fn broken_json_is_refused_by_column_without_quoting_it() {
    for (line, reason) in [
        (
            &b"{\"document_id\":\"a\",\"text\":\"secret"[..],
            "the JSON ends too early, at column 33: is the line cut off?",
        ),
        (
            b"{\"document_id\" \"secret\"}",
            "not JSON at column 16: expected `:`",
        ),
        (
            b"[1]",
            "expected a JSON object, as in {\"document_id\": \"…\", \"text\": \"…\"}",
        ),
        (
            b"\"secret\"",
            "expected a JSON object, as in {\"document_id\": \"…\", \"text\": \"…\"}",
        ),
    ] {
        let refused = Article::parse(line).unwrap_err();
        assert_eq!(refused.first.kind, ProblemKind::InvalidJson);
        assert_eq!(refused.first.reason, reason);
    }
    let refused = Article::parse(b"{\"a\":\"\xff\"}").unwrap_err();
    assert_eq!(refused.first.kind, ProblemKind::InvalidUtf8);
    assert_eq!(
        refused.first.reason,
        "byte 7 of the line is not UTF-8; convert the file to UTF-8"
    );
}

#[test]
fn urls_of_any_script_are_taken_and_relative_ones_are_not() {
    for good in [
        "https://example.org",
        "http://пример.рф/новости?a=1",
        "mailto:a@b.org",
        "s3://bucket/key",
    ] {
        assert!(
            Article::parse(
                json!({"document_id":"a","text":"","source_url":good})
                    .to_string()
                    .as_bytes()
            )
            .is_ok(),
            "{good}"
        );
    }
    for wrong in [
        "/news/1",
        "example.org/x",
        "https://",
        "https:///x",
        "http://a b",
        "://x",
        "",
    ] {
        let refused = refused(
            &json!({"document_id":"a","text":"","media_asset_urls":["https://a.b/c", wrong]}),
        );
        assert_eq!(
            refused.first.field.as_deref(),
            Some("media_asset_urls[1]"),
            "{wrong}"
        );
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(Article::parse(&bytes));
    }

    #[test]
    fn an_article_survives_being_written_and_read(id in "[^\\p{Cc}]{1,20}", text in ".*", title in proptest::option::of(".*")) {
        let written = json!({"document_id": id, "text": text, "title": title, "other": [1, null]});
        let article = Article::parse(written.to_string().as_bytes()).unwrap();
        let again = Article::parse(&serde_json::to_vec(&article).unwrap()).unwrap();
        prop_assert_eq!(article, again);
    }
}
