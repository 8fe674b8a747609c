//! From an article to a cleaned article: which field goes through which part of the pipeline.

use std::borrow::Cow;

use jiff::Timestamp;
use pipeline::{Cleaned, CodePoints, Pipeline};
use serde_json::{Map, Value};
use shared::article::{Article, CleanedArticle, Correction, Day, Entity, OUTPUT_VERSION};

/// What the output says of the run that made it.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// The job that cleans.
    pub job_id: String,
    /// The batch it belongs to.
    pub batch_id: Option<String>,
}

/// The cleaned article, of which `cleaned` is the body; its `processed_at` is now.
pub fn assemble(
    pipeline: &Pipeline,
    article: Article,
    cleaned: Cleaned,
    stamp: &Stamp,
) -> CleanedArticle {
    let title = |raw: Option<String>| raw.map(|raw| pipeline.clean_title(&raw));
    let name = |raw: Option<String>| raw.map(|raw| pipeline.clean_name(&raw));
    let names = |raw: Option<Vec<String>>| {
        raw.map(|raw| raw.iter().map(|name| pipeline.clean_name(name)).collect())
    };
    CleanedArticle {
        document_id: article.document_id,
        version: Cow::Borrowed(OUTPUT_VERSION),
        original_text: article.text,
        cleaned_title: title(article.title),
        cleaned_excerpt: title(article.excerpt),
        cleaned_author: name(article.author),
        cleaned_publication_date: article.publication_date,
        cleaned_revision_date: article.revision_date,
        cleaned_source_url: article.source_url,
        cleaned_categories: names(article.categories),
        cleaned_tags: names(article.tags),
        cleaned_media_asset_urls: article.media_asset_urls,
        cleaned_geographical_data: article.geographical_data,
        cleaned_embargo_date: article.embargo_date,
        cleaned_sentiment: article.sentiment,
        cleaned_word_count: article.word_count.unwrap_or(cleaned.word_count() as u64),
        cleaned_publisher: name(article.publisher),
        temporal_metadata: cleaned.first_date.map(Day),
        entities: entities(&cleaned),
        cleaned_additional_metadata: metadata(
            article.additional_metadata,
            article.unknown,
            &cleaned,
        ),
        corrections: corrections(&cleaned),
        job_id: stamp.job_id.clone(),
        batch_id: stamp.batch_id.clone(),
        processed_at: Timestamp::now().to_string(),
        cleaned_text: cleaned.text,
    }
}

fn entities(cleaned: &Cleaned) -> Vec<Entity> {
    let mut code_points = CodePoints::new(&cleaned.text);
    cleaned
        .entities
        .iter()
        .map(|entity| Entity {
            text: cleaned.text[entity.range.clone()].to_owned(),
            entity_type: Cow::Borrowed(entity.kind.as_str()),
            start_char: code_points.before(entity.range.start),
            end_char: code_points.before(entity.range.end),
        })
        .collect()
}

fn corrections(cleaned: &Cleaned) -> Vec<Correction> {
    let mut code_points = CodePoints::new(&cleaned.text);
    cleaned
        .corrections
        .iter()
        .map(|correction| Correction {
            kind: Cow::Borrowed("typo"),
            original: correction.original.clone(),
            replacement: cleaned.text[correction.range.clone()].to_owned(),
            start_char: code_points.before(correction.range.start),
            end_char: code_points.before(correction.range.end),
            confidence: correction.confidence,
        })
        .collect()
}

/// All that upstream gave beyond the known fields, and what we add where it did not give it itself.
fn metadata(
    given: Option<Map<String, Value>>,
    unknown: Map<String, Value>,
    cleaned: &Cleaned,
) -> Map<String, Value> {
    let mut metadata = given.unwrap_or_default();
    for (name, value) in unknown {
        // Both are kept where a field stands beside `additional_metadata` and inside it.
        let mut free = name;
        while metadata.contains_key(&free) {
            free.insert_str(0, "input_");
        }
        metadata.insert(free, value);
    }
    let given_language = metadata
        .get("language")
        .and_then(Value::as_str)
        .filter(|code| code.len() == 2);
    let language = given_language.or(cleaned.language).map(str::to_owned);
    if let Some(language) = language {
        metadata
            .entry("cleaned_language")
            .or_insert(Value::String(language));
    }
    metadata
        .entry("cleaned_reading_time")
        .or_insert(Value::from(cleaned.reading_minutes()));
    metadata
}
