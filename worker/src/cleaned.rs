//! What the event `document.cleaned` tells of a document.

use serde::Deserialize;
use serde::de::IgnoredAny;
use shared::event::CleanedDocument;

/// The fields of a cleaned article that are told.
#[derive(Deserialize)]
struct Told {
    document_id: String,
    cleaned_word_count: u64,
    entities: Vec<IgnoredAny>,
    corrections: Vec<IgnoredAny>,
    cleaned_additional_metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    cleaned_language: Option<String>,
}

/// What is told of a cleaned article, of its JSON.
pub(crate) fn cleaned(json: &[u8]) -> Option<CleanedDocument> {
    let told: Told = serde_json::from_slice(json).ok()?;
    Some(CleanedDocument {
        document_id: told.document_id,
        language: told.cleaned_additional_metadata.cleaned_language,
        word_count: told.cleaned_word_count,
        entities: told.entities.len() as u64,
        corrections: told.corrections.len() as u64,
    })
}
