//! The texts that the service before this one damaged.

use serde_json::{Value, json};

use tests::scutch::{clean, read_jsonl, root, text};

fn cases() -> Vec<Value> {
    read_jsonl(&root().join("pipeline/src/fixtures/corruptions.jsonl"))
}

fn articles(cases: &[Value]) -> Vec<Value> {
    let article = |case: &Value| json!({"document_id": case["id"], "text": case["input"], "publication_date": "2024-05-15"});
    cases.iter().map(article).collect()
}

#[test]
fn nothing_is_damaged_and_what_must_be_mended_is() {
    let cases = cases();
    assert!(cases.len() >= 34);
    for (case, cleaned) in cases.iter().zip(clean(&articles(&cases), &[])) {
        assert_eq!(
            text(&cleaned, "cleaned_text"),
            text(case, "right"),
            "{}",
            case["id"]
        );
    }
}

#[test]
fn standardising_rewrites_whole_expressions_only() {
    let steps = "standardize_currency,standardize_units,normalize_unicode_dashes";
    let mut cases = cases();
    // The texts about amounts: those without a standard form must stay as they are.
    let categories = ["number_spacing", "currency", "units", "dashes"];
    cases.retain(|case| categories.contains(&text(case, "category")));
    assert!(cases.len() >= 12);
    for (case, cleaned) in cases
        .iter()
        .zip(clean(&articles(&cases), &["--enable", steps]))
    {
        let right = case.get("right_if_standardising").unwrap_or(&case["right"]);
        assert_eq!(&cleaned["cleaned_text"], right, "{}", case["id"]);
    }
}

#[test]
fn a_name_field_is_never_corrected() {
    let cases = cases();
    let article = json!({
        "document_id": "a", "text": "", "author": "James Webb and Chris Owen", "publisher": "The Irish Times",
        "tags": ["ios", "nba", "goverment"], "categories": ["teh"], "title": "Teh goverment recieved",
    });
    let cleaned = clean(&[article], &[]).remove(0);
    assert!(
        cases
            .iter()
            .any(|case| case["category"] == "metadata_author")
    );
    assert_eq!(cleaned["cleaned_author"], "James Webb and Chris Owen");
    assert_eq!(cleaned["cleaned_publisher"], "The Irish Times");
    assert_eq!(cleaned["cleaned_tags"], json!(["ios", "nba", "goverment"]));
    assert_eq!(cleaned["cleaned_categories"], json!(["teh"]));
    assert_eq!(cleaned["cleaned_title"], "Teh goverment recieved");
}
