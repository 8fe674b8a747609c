//! The article as stage 2 reads it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Day;

/// The version of the output form, in every document's `version`.
pub const OUTPUT_VERSION: &str = "1.0";

/// The entity types that may occur, as `type` has them (`OntoNotes` names).
pub const ENTITY_TYPES: [&str; 14] = [
    "PERSON",
    "ORG",
    "GPE",
    "LOC",
    "NORP",
    "FAC",
    "EVENT",
    "PRODUCT",
    "WORK_OF_ART",
    "LAW",
    "DATE",
    "TIME",
    "MONEY",
    "PERCENT",
];

/// One cleaned article: a JSON object, one line of a JSONL file.
///
/// Every field is always there; a value that is not known is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CleanedArticle {
    /// As in the input.
    pub document_id: String,
    /// Version of this form, "1.0".
    pub version: Cow<'static, str>,
    /// The input's `text`, untouched.
    pub original_text: String,
    /// The cleaned text; every offset counts its Unicode code points.
    pub cleaned_text: String,
    /// The cleaned headline.
    pub cleaned_title: Option<String>,
    /// The cleaned standfirst.
    pub cleaned_excerpt: Option<String>,
    /// The author, cleaned without any correction of words.
    pub cleaned_author: Option<String>,
    /// Day of publication.
    pub cleaned_publication_date: Option<Day>,
    /// Day of the last revision.
    pub cleaned_revision_date: Option<Day>,
    /// As in the input.
    pub cleaned_source_url: Option<String>,
    /// Sections, cleaned without any correction of words.
    pub cleaned_categories: Option<Vec<String>>,
    /// Keywords, cleaned without any correction of words.
    pub cleaned_tags: Option<Vec<String>>,
    /// As in the input.
    pub cleaned_media_asset_urls: Option<Vec<String>>,
    /// As in the input.
    pub cleaned_geographical_data: Option<Map<String, Value>>,
    /// As in the input.
    pub cleaned_embargo_date: Option<Day>,
    /// As in the input.
    pub cleaned_sentiment: Option<String>,
    /// Words of the cleaned text, or the input's own count.
    pub cleaned_word_count: u64,
    /// The publisher, cleaned without any correction of words.
    pub cleaned_publisher: Option<String>,
    /// The first date the text speaks of, resolved against the day of publication.
    pub temporal_metadata: Option<Day>,
    /// Names, dates, amounts found in `cleaned_text`, in order, not overlapping.
    pub entities: Vec<Entity>,
    /// The input's `additional_metadata` and unknown fields, plus `cleaned_reading_time` (minutes, at least 1) and
    /// `cleaned_language` (ISO 639-1, or `und` where the text does not tell).
    pub cleaned_additional_metadata: Map<String, Value>,
    /// Every word that was corrected, in order.
    pub corrections: Vec<Correction>,
    /// The job that cleaned it.
    pub job_id: String,
    /// The batch it belongs to, if one was named.
    pub batch_id: Option<String>,
    /// When it was cleaned: RFC 3339, UTC.
    pub processed_at: String,
}

/// A span of `cleaned_text` that names something: `cleaned_text[start_char..end_char] == text` in code points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// The span's text.
    pub text: String,
    /// One of [`ENTITY_TYPES`].
    #[serde(rename = "type")]
    #[schemars(schema_with = "entity_type_schema")]
    pub entity_type: Cow<'static, str>,
    /// First code point of the span.
    pub start_char: usize,
    /// One behind the last code point.
    pub end_char: usize,
}

fn entity_type_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ENTITY_TYPES })
}

/// A word that was replaced: `cleaned_text[start_char..end_char] == replacement` in code points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// What was corrected: "typo".
    pub kind: Cow<'static, str>,
    /// The word as it stood.
    pub original: String,
    /// The word that stands there now.
    pub replacement: String,
    /// First code point of the replacement in `cleaned_text`.
    pub start_char: usize,
    /// One behind its last code point.
    pub end_char: usize,
    /// How sure the correction is, 0 to 1.
    pub confidence: f32,
}
