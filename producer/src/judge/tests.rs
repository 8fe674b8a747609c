use serde_json::json;

use super::*;

fn unfit(result: Result<Judged, Refusal>) -> Box<Unfit> {
    match result {
        Err(Refusal::Unfit(unfit)) => unfit,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("taken"),
    }
}

fn texts(unfit: &Unfit) -> Vec<String> {
    let text = |entry: &ErrorEntry| {
        let field = entry.field.clone().unwrap_or_default();
        let index = entry.index.map(|index| index.to_string());
        format!("{} {field}: {}", index.unwrap_or_default(), entry.reason)
    };
    unfit.entries.iter().map(text).collect()
}

fn good(id: &str) -> serde_json::Value {
    json!({"document_id": id, "text": "t"})
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let body = json!({
        "documents": [good("a"), {"document_id": "b"}, good("a")],
        "checkpoint_interval": 0,
        "retries": 3,
    });
    let unfit = unfit(json(
        body.to_string().as_bytes(),
        Form::Documents,
        Partial::Refused,
    ));
    assert_eq!(unfit.count, 4);
    assert_eq!(
        texts(&unfit),
        [
            " retries: unknown; known are documents, batch_id, checkpoint_interval, persist_to_backends, \
             cleaning_config, metadata, priority, run_at",
            " checkpoint_interval: expected a whole number from 1 to 1000",
            "1 text: required, and not there",
            "2 document_id: an earlier document of this submission has the same id",
        ]
    );
    assert_eq!(
        unfit.detail,
        "2 fields of the request are wrong, 2 of 3 documents are bad; nothing was taken in"
    );
}

#[test]
fn good_documents_are_taken_without_the_bad_ones_where_that_is_asked_for() {
    let body = json!({"documents": [good("a"), 7, good("b")]}).to_string();
    let refused = unfit(json(body.as_bytes(), Form::Documents, Partial::Refused));
    assert_eq!(
        refused.detail,
        "1 of 3 documents is bad; nothing was taken in. With ?partial=true the good ones are taken"
    );
    let mut judged =
        json(body.as_bytes(), Form::Documents, Partial::Taken).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(judged.taken.accepted, 2);
    assert_eq!(judged.taken.rejections.documents(), 1);
    let chunks: u64 = judged
        .taken
        .spool
        .chunks()
        .unwrap()
        .map(|c| c.unwrap().documents)
        .sum();
    assert_eq!(chunks, 2);
}

#[test]
fn a_submission_without_a_good_document_is_refused_in_any_case() {
    for (body, reason) in [
        (
            json!({"documents": []}),
            " documents: there is not one document",
        ),
        (json!({}), " documents: required, and not there"),
        (
            json!({"documents": {}}),
            " documents: expected a list of documents",
        ),
        (
            json!({"documents": [1]}),
            "0 : expected a JSON object, as in {\"document_id\": \"…\", \"text\": \"…\"}",
        ),
    ] {
        let unfit = unfit(json(
            body.to_string().as_bytes(),
            Form::Documents,
            Partial::Taken,
        ));
        assert_eq!(texts(&unfit), [reason]);
    }
}

#[test]
fn too_many_documents_are_counted_and_refused() {
    let documents: Vec<_> = (0..1_001).map(|id| good(&id.to_string())).collect();
    let body = json!({"articles": documents}).to_string();
    let unfit = unfit(json(body.as_bytes(), Form::Articles, Partial::Taken));
    assert_eq!(
        texts(&unfit),
        [" articles: 1 to 1000 documents are taken at once, found 1001"]
    );
}

#[test]
fn of_many_problems_a_hundred_are_listed() {
    let documents = vec![json!({}); 200];
    let body = json!({"documents": documents, "x": 1}).to_string();
    let unfit = unfit(json(body.as_bytes(), Form::Documents, Partial::Refused));
    assert_eq!((unfit.entries.len(), unfit.count), (100, 401));
}

#[test]
fn an_option_that_cannot_be_read_is_told_with_what_is_wrong_with_it() {
    let nested = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    for (value, what) in [
        ("{\"a\":1e999}", "line 1 column 10: number out of range"),
        (
            nested.as_str(),
            "line 1 column 128: recursion limit exceeded",
        ),
    ] {
        let body = format!(r#"{{"documents":[],"metadata":{value}}}"#);
        let unfit = unfit(json(body.as_bytes(), Form::Documents, Partial::Refused));
        let reason = format!(" metadata: its JSON cannot be read at its {what}");
        assert_eq!(texts(&unfit)[0], reason);
    }
}

#[test]
fn a_field_given_twice_is_refused() {
    let body = br#"{"documents":[],"documents":[{"document_id":"a","text":""}]}"#;
    let unfit = unfit(json(body, Form::Documents, Partial::Refused));
    assert_eq!(
        texts(&unfit),
        [" documents: given twice; which one counts?"]
    );
}
