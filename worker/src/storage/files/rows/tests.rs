use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

use super::*;

/// An article with everything, and one with nothing that may be left out.
fn articles() -> [Value; 2] {
    let full = json!({
        "document_id": "full", "version": "1.0", "original_text": "Teh Ünion won.", "cleaned_text": "The Ünion won.",
        "cleaned_title": "Title", "cleaned_excerpt": "Excerpt", "cleaned_author": "A. Writer",
        "cleaned_publication_date": "2026-03-01", "cleaned_revision_date": "1969-12-31", "cleaned_source_url": "https://a.b",
        "cleaned_categories": ["a", "b"], "cleaned_tags": [], "cleaned_media_asset_urls": ["x"],
        "cleaned_geographical_data": {"z": 1, "a": [2.5]}, "cleaned_embargo_date": "1970-01-02", "cleaned_sentiment": "calm",
        "cleaned_word_count": 3, "cleaned_publisher": "P", "temporal_metadata": "2000-02-29",
        "entities": [{"text": "Ünion", "type": "ORG", "start_char": 4, "end_char": 9}],
        "cleaned_additional_metadata": {"cleaned_language": "en"},
        "corrections": [
            {"kind": "typo", "original": "Teh", "replacement": "The", "start_char": 0, "end_char": 3, "confidence": 0.75},
        ],
        "job_id": "j", "batch_id": "b", "processed_at": "2026-03-02T10:00:00.5Z",
    });
    let mut bare = full.clone();
    for (name, value) in bare.as_object_mut().unwrap() {
        if schema().field_with_name(name).unwrap().is_nullable() {
            *value = Value::Null;
        }
    }
    bare["document_id"] = "bare".into();
    bare["entities"] = json!([]);
    bare["corrections"] = json!([]);
    bare["cleaned_additional_metadata"] = json!({});
    [full, bare]
}

fn file(parts: &[Vec<u8>]) -> Bytes {
    let (mut rows, mut bytes) = (Rows::new().unwrap(), Vec::new());
    for part in parts {
        bytes.extend(rows.add(part).unwrap());
    }
    bytes.extend(rows.end().unwrap());
    bytes.into()
}

fn part(articles: &[Value]) -> Vec<u8> {
    articles
        .iter()
        .flat_map(|article| format!("{article}\n").into_bytes())
        .collect()
}

fn read(file: Bytes) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let batches = reader
        .build()
        .unwrap()
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    let [batch] = batches.try_into().unwrap();
    batch
}

#[test]
fn every_field_of_an_article_is_a_column_in_the_same_order() {
    let [full, _] = articles();
    let article: CleanedArticle = serde_json::from_value(full).unwrap();
    let article = serde_json::to_value(article).unwrap();
    let fields: Vec<&String> = article.as_object().unwrap().keys().collect();
    let schema = schema();
    let columns: Vec<&String> = schema.fields().iter().map(|field| field.name()).collect();
    assert_eq!(columns, fields);
}

#[test]
fn what_is_read_is_what_was_written() {
    let batch = read(file(&[part(&articles()[..1]), part(&articles()[1..])]));
    assert_eq!(
        *batch.schema(),
        schema().with_metadata(batch.schema().metadata().clone())
    );
    let column = |name: &str| batch.column_by_name(name).unwrap();
    let text = |name: &str| column(name).as_string::<i32>().iter().collect::<Vec<_>>();
    let day = |name: &str| {
        column(name)
            .as_primitive::<Date32Type>()
            .iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(text("document_id"), [Some("full"), Some("bare")]);
    assert_eq!(text("cleaned_text"), [Some("The Ünion won."); 2]);
    assert_eq!(text("cleaned_title"), [Some("Title"), None]);
    assert_eq!(
        text("cleaned_geographical_data"),
        [Some(r#"{"z":1,"a":[2.5]}"#), None]
    );
    let metadata = text("cleaned_additional_metadata");
    assert_eq!(metadata, [Some(r#"{"cleaned_language":"en"}"#), Some("{}")]);
    assert_eq!(day("cleaned_publication_date"), [Some(20_513), None]);
    assert_eq!(day("cleaned_revision_date"), [Some(-1), None]);
    assert_eq!(day("cleaned_embargo_date"), [Some(1), None]);
    assert_eq!(day("temporal_metadata"), [Some(11_016), None]);
    assert_eq!(
        column("cleaned_word_count")
            .as_primitive::<Int64Type>()
            .values(),
        &[3, 3]
    );
    let at = column("processed_at").as_primitive::<TimestampMicrosecondType>();
    assert_eq!(at.values(), &[1_772_445_600_500_000; 2]);
    let lists = column("cleaned_categories").as_list::<i32>();
    assert!(lists.is_null(1));
    assert_eq!(
        lists.value(0).as_string::<i32>().iter().collect::<Vec<_>>(),
        [Some("a"), Some("b")]
    );
    let tags = column("cleaned_tags").as_list::<i32>();
    assert!(tags.is_valid(0) && tags.value(0).is_empty() && tags.is_null(1));
}

#[test]
fn entities_and_corrections_are_lists_of_structs() {
    let batch = read(file(&[part(&articles())]));
    let structs = |name: &str| {
        let lists = batch.column_by_name(name).unwrap().as_list::<i32>();
        assert_eq!((lists.value_length(0), lists.value_length(1)), (1, 0));
        lists.value(0).as_struct().clone()
    };
    let entities = structs("entities");
    let text = |of: &arrow_array::StructArray, name: &str| {
        of.column_by_name(name)
            .unwrap()
            .as_string::<i32>()
            .value(0)
            .to_owned()
    };
    let number = |of: &arrow_array::StructArray, name: &str| {
        of.column_by_name(name)
            .unwrap()
            .as_primitive::<Int64Type>()
            .value(0)
    };
    assert_eq!(
        (text(&entities, "text"), text(&entities, "type")),
        ("Ünion".into(), "ORG".into())
    );
    assert_eq!(
        (
            number(&entities, "start_char"),
            number(&entities, "end_char")
        ),
        (4, 9)
    );
    let corrections = structs("corrections");
    let words = ["kind", "original", "replacement"].map(|name| text(&corrections, name));
    assert_eq!(words, ["typo", "Teh", "The"]);
    assert_eq!(
        (
            number(&corrections, "start_char"),
            number(&corrections, "end_char")
        ),
        (0, 3)
    );
    let confidence = corrections.column_by_name("confidence").unwrap();
    assert_eq!(confidence.as_primitive::<Float32Type>().values(), &[0.75]);
}

#[test]
fn row_groups_are_bounded_and_the_file_says_what_made_it() {
    let [_, bare] = articles();
    let parts: Vec<_> = (0..101).map(|_| part(&vec![bare.clone(); 100])).collect();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file(&parts)).unwrap();
    let rows: Vec<_> = reader
        .metadata()
        .row_groups()
        .iter()
        .map(|group| group.num_rows())
        .collect();
    assert_eq!(rows, [10_000, 100]);
    let said = reader
        .metadata()
        .file_metadata()
        .key_value_metadata()
        .unwrap();
    let said: BTreeMap<_, _> = said
        .iter()
        .map(|pair| (pair.key.as_str(), pair.value.as_deref()))
        .collect();
    assert_eq!(said["scutch.version"], Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(said["scutch.output_version"], Some(OUTPUT_VERSION));
}

#[test]
fn long_texts_close_a_row_group_by_its_memory() {
    let [_, mut bare] = articles();
    let mut rows = Rows::new().unwrap();
    // Hard to compress: what is kept in memory is what was given.
    let mut state = 1_u64;
    let letter = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b' ' + u8::try_from(state >> 57).unwrap() % 94)
    };
    bare["original_text"] = std::iter::repeat_with(letter)
        .take(24 * 1024 * 1024)
        .collect::<String>()
        .into();
    let part = part(&[bare]);
    let mut ready = 0;
    for _ in 0..6 {
        ready += rows.add(&part).unwrap().len();
        assert!(rows.0.memory_size() < MAX_BYTES);
    }
    assert!(ready > MAX_BYTES);
}

#[test]
fn a_line_that_is_no_article_is_told_by_its_number() {
    let [full, _] = articles();
    let broken = [part(&[full]), b"{}\n".to_vec()].concat();
    assert!(matches!(
        Rows::new().unwrap().add(&broken),
        Err(Error::Line(2))
    ));
}
