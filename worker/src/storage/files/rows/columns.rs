//! The columns of a Parquet file: one for each field of a cleaned article, of the same name, in the same order.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::types::Int64Type;
use arrow_array::{
    ArrayRef, Date32Array, Float32Array, Int64Array, ListArray, RecordBatch, StringArray,
    StructArray, TimestampMicrosecondArray,
};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, Schema, TimeUnit};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::{Map, Value};
use shared::article::{CleanedArticle, Correction, Day, Entity};

/// The columns. What may be null is marked with `?`; no list and no field of a list's elements holds a null.
///
/// | columns | type |
/// |---|---|
/// | `document_id`, `version`, `original_text`, `cleaned_text` | string |
/// | `cleaned_title`?, `cleaned_excerpt`?, `cleaned_author`? | string |
/// | `cleaned_publication_date`?, `cleaned_revision_date`? | date |
/// | `cleaned_source_url`? | string |
/// | `cleaned_categories`?, `cleaned_tags`?, `cleaned_media_asset_urls`? | list of strings |
/// | `cleaned_geographical_data`? | string: a JSON object |
/// | `cleaned_embargo_date`? | date |
/// | `cleaned_sentiment`? | string |
/// | `cleaned_word_count` | 64-bit integer |
/// | `cleaned_publisher`? | string |
/// | `temporal_metadata`? | date |
/// | `entities` | list of {`text`, `type`: string; `start_char`, `end_char`: 64-bit integer} |
/// | `cleaned_additional_metadata` | string: a JSON object |
/// | `corrections` | list of {`kind`, `original`, `replacement`: string; `start_char`, `end_char`: 64-bit integer; `confidence`: 32-bit float} |
/// | `job_id` | string |
/// | `batch_id`? | string |
/// | `processed_at` | timestamp, microseconds, UTC |
pub(super) fn schema() -> Schema {
    use DataType::{Date32, Int64, Utf8};
    let is = |name: &str, kind: DataType| Field::new(name, kind, false);
    let may_be = |name: &str, kind: DataType| Field::new(name, kind, true);
    Schema::new(vec![
        is("document_id", Utf8),
        is("version", Utf8),
        is("original_text", Utf8),
        is("cleaned_text", Utf8),
        may_be("cleaned_title", Utf8),
        may_be("cleaned_excerpt", Utf8),
        may_be("cleaned_author", Utf8),
        may_be("cleaned_publication_date", Date32),
        may_be("cleaned_revision_date", Date32),
        may_be("cleaned_source_url", Utf8),
        may_be("cleaned_categories", DataType::List(element(Utf8))),
        may_be("cleaned_tags", DataType::List(element(Utf8))),
        may_be("cleaned_media_asset_urls", DataType::List(element(Utf8))),
        may_be("cleaned_geographical_data", Utf8),
        may_be("cleaned_embargo_date", Date32),
        may_be("cleaned_sentiment", Utf8),
        is("cleaned_word_count", Int64),
        may_be("cleaned_publisher", Utf8),
        may_be("temporal_metadata", Date32),
        is("entities", DataType::List(structs(entity_fields()))),
        is("cleaned_additional_metadata", Utf8),
        is("corrections", DataType::List(structs(correction_fields()))),
        is("job_id", Utf8),
        may_be("batch_id", Utf8),
        is(
            "processed_at",
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        ),
    ])
}

/// The rows of these articles.
pub(super) fn batch(articles: &[CleanedArticle]) -> Result<RecordBatch, ArrowError> {
    let of = Columns(articles);
    let columns = vec![
        of.text(|article| &article.document_id),
        of.text(|article| &article.version),
        of.text(|article| &article.original_text),
        of.text(|article| &article.cleaned_text),
        of.words(|article| article.cleaned_title.as_ref()),
        of.words(|article| article.cleaned_excerpt.as_ref()),
        of.words(|article| article.cleaned_author.as_ref()),
        of.day(|article| article.cleaned_publication_date),
        of.day(|article| article.cleaned_revision_date),
        of.words(|article| article.cleaned_source_url.as_ref()),
        of.list(|article| article.cleaned_categories.as_ref()),
        of.list(|article| article.cleaned_tags.as_ref()),
        of.list(|article| article.cleaned_media_asset_urls.as_ref()),
        of.object(|article| article.cleaned_geographical_data.as_ref()),
        of.day(|article| article.cleaned_embargo_date),
        of.words(|article| article.cleaned_sentiment.as_ref()),
        of.count(|article| article.cleaned_word_count),
        of.words(|article| article.cleaned_publisher.as_ref()),
        of.day(|article| article.temporal_metadata),
        of.entities()?,
        of.object(|article| Some(&article.cleaned_additional_metadata)),
        of.corrections()?,
        of.text(|article| &article.job_id),
        of.words(|article| article.batch_id.as_ref()),
        of.processed_at()?,
    ];
    RecordBatch::try_new(Arc::new(schema()), columns)
}

fn element(kind: DataType) -> FieldRef {
    // As the specification names it; Arrow would say `item`.
    Arc::new(Field::new("element", kind, false))
}

fn structs(fields: Fields) -> FieldRef {
    element(DataType::Struct(fields))
}

fn entity_fields() -> Fields {
    let text = ["text", "type"].map(|name| Field::new(name, DataType::Utf8, false));
    text.into_iter().chain(span()).collect()
}

fn correction_fields() -> Fields {
    let text = ["kind", "original", "replacement"];
    let text = text.map(|name| Field::new(name, DataType::Utf8, false));
    let confidence = Field::new("confidence", DataType::Float32, false);
    text.into_iter().chain(span()).chain([confidence]).collect()
}

fn span() -> [Field; 2] {
    ["start_char", "end_char"].map(|name| Field::new(name, DataType::Int64, false))
}

struct Columns<'a>(&'a [CleanedArticle]);

impl<'a> Columns<'a> {
    fn text(&self, of: impl Fn(&'a CleanedArticle) -> &'a str) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(self.0.iter().map(of)))
    }

    fn words(&self, of: impl Fn(&'a CleanedArticle) -> Option<&'a String>) -> ArrayRef {
        Arc::new(self.0.iter().map(of).collect::<StringArray>())
    }

    fn object(
        &self,
        of: impl Fn(&'a CleanedArticle) -> Option<&'a Map<String, Value>>,
    ) -> ArrayRef {
        let json = |object: &Map<String, Value>| Value::Object(object.clone()).to_string();
        let objects = self.0.iter().map(|article| of(article).map(json));
        Arc::new(objects.collect::<StringArray>())
    }

    fn day(&self, of: impl Fn(&'a CleanedArticle) -> Option<Day>) -> ArrayRef {
        let days = self
            .0
            .iter()
            .map(|article| of(article).and_then(since_1970));
        Arc::new(days.collect::<Date32Array>())
    }

    fn count(&self, of: impl Fn(&'a CleanedArticle) -> u64) -> ArrayRef {
        let count = |article| i64::try_from(of(article)).unwrap_or(i64::MAX);
        Arc::new(Int64Array::from_iter_values(self.0.iter().map(count)))
    }

    fn list(&self, of: impl Fn(&'a CleanedArticle) -> Option<&'a Vec<String>>) -> ArrayRef {
        let mut lists = ListBuilder::new(StringBuilder::new()).with_field(element(DataType::Utf8));
        for article in self.0 {
            let list = of(article).map(|list| list.iter().map(Some));
            lists.append_option(list);
        }
        Arc::new(lists.finish())
    }

    fn processed_at(&self) -> Result<ArrayRef, ArrowError> {
        let micros = self.0.iter().map(|article| {
            let read = article.processed_at.parse::<Timestamp>();
            read.map(Timestamp::as_microsecond)
                .map_err(|_| ArrowError::ParseError("processed_at is not a timestamp".to_owned()))
        });
        let micros = micros.collect::<Result<Vec<_>, _>>()?;
        let times = TimestampMicrosecondArray::from(micros).with_timezone("UTC");
        Ok(Arc::new(times))
    }

    fn entities(&self) -> Result<ArrayRef, ArrowError> {
        let all = |of: fn(&'a Entity) -> &'a str| -> ArrayRef {
            let entities = self.0.iter().flat_map(|article| &article.entities);
            Arc::new(StringArray::from_iter_values(entities.map(of)))
        };
        let starts = self.numbers(|article| &article.entities, |entity| entity.start_char);
        let ends = self.numbers(|article| &article.entities, |entity| entity.end_char);
        let columns = vec![
            all(|entity| &entity.text),
            all(|entity| &entity.entity_type),
            Arc::clone(starts.values()),
            Arc::clone(ends.values()),
        ];
        lists_of_structs(&starts, entity_fields(), columns)
    }

    fn corrections(&self) -> Result<ArrayRef, ArrowError> {
        let corrections = || self.0.iter().flat_map(|article| &article.corrections);
        let all = |of: fn(&'a Correction) -> &'a str| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(corrections().map(of)))
        };
        let starts = self.numbers(|article| &article.corrections, |one| one.start_char);
        let ends = self.numbers(|article| &article.corrections, |one| one.end_char);
        let confidence = corrections().map(|one| one.confidence);
        let columns = vec![
            all(|one| &one.kind),
            all(|one| &one.original),
            all(|one| &one.replacement),
            Arc::clone(starts.values()),
            Arc::clone(ends.values()),
            Arc::new(Float32Array::from_iter_values(confidence)),
        ];
        lists_of_structs(&starts, correction_fields(), columns)
    }

    /// A list of numbers for each article.
    fn numbers<T: 'a>(
        &self,
        of: impl Fn(&'a CleanedArticle) -> &'a Vec<T>,
        number: impl Fn(&'a T) -> usize,
    ) -> ListArray {
        let number = |one| Some(i64::try_from(number(one)).unwrap_or(i64::MAX));
        let lists = self
            .0
            .iter()
            .map(|article| Some(of(article).iter().map(&number).collect::<Vec<_>>()));
        ListArray::from_iter_primitive::<Int64Type, _, _>(lists)
    }
}

/// Lists that are as long as those of `like`.
fn lists_of_structs(
    like: &ListArray,
    fields: Fields,
    columns: Vec<ArrayRef>,
) -> Result<ArrayRef, ArrowError> {
    let offsets = like.offsets().clone();
    let values = StructArray::try_new(fields.clone(), columns, None)?;
    let lists = ListArray::try_new(structs(fields), offsets, Arc::new(values), None)?;
    Ok(Arc::new(lists))
}

fn since_1970(day: Day) -> Option<i32> {
    const EPOCH: Date = date(1970, 1, 1);
    let days = day.0.duration_since(EPOCH).as_hours() / 24;
    i32::try_from(days).ok()
}
