//! The article as upstream hands it over.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Day, Refused, parse};

/// Longest `document_id`, in Unicode code points.
pub const MAX_DOCUMENT_ID_CHARS: usize = 255;

/// One article to be cleaned: a JSON object, one line of a JSONL file.
///
/// Only `document_id` and `text` are required. Fields that are not listed are kept and come out under
/// `cleaned_additional_metadata`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
pub struct Article {
    /// Identifies the document inside its file or job: 1 to 255 code points, no control characters.
    #[schemars(
        length(min = 1, max = 255),
        regex(pattern = r"^[^\u0000-\u001f\u007f-\u009f]+$")
    )]
    pub document_id: String,
    /// The raw body; may hold HTML, mojibake and any Unicode.
    pub text: String,
    /// Headline.
    pub title: Option<String>,
    /// Standfirst or teaser.
    pub excerpt: Option<String>,
    /// Who wrote it, as printed.
    pub author: Option<String>,
    /// Who published it.
    pub publisher: Option<String>,
    /// A label that an earlier stage gave; passed through.
    pub sentiment: Option<String>,
    /// Day of publication; relative dates of the text are resolved against it.
    pub publication_date: Option<Day>,
    /// Day of the last revision.
    pub revision_date: Option<Day>,
    /// Day before which it must not be published.
    pub embargo_date: Option<Day>,
    /// Where it was read: an absolute URL.
    #[schemars(with = "Option<AbsoluteUrl>")]
    pub source_url: Option<String>,
    /// Sections it belongs to.
    pub categories: Option<Vec<String>>,
    /// Keywords.
    pub tags: Option<Vec<String>>,
    /// Pictures, films and sounds: absolute URLs.
    #[schemars(with = "Option<Vec<AbsoluteUrl>>")]
    pub media_asset_urls: Option<Vec<String>>,
    /// Places, in whatever form upstream has them; passed through.
    pub geographical_data: Option<Map<String, Value>>,
    /// Anything else upstream knows; passed through.
    pub additional_metadata: Option<Map<String, Value>>,
    /// Number of words, when upstream counted them; else computed.
    pub word_count: Option<u64>,
    /// Fields that this version does not know; passed through.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Map<String, Value>,
}

/// Stands for a URL in the schema.
#[derive(JsonSchema)]
#[schemars(inline, transparent)]
#[expect(dead_code, reason = "only its schema is used")]
struct AbsoluteUrl(#[schemars(regex(pattern = r"^[A-Za-z][A-Za-z0-9+.-]*:\S+$"))] String);

impl Article {
    /// The article in one JSON text (one line of JSONL, without its line end).
    ///
    /// # Errors
    /// [`Refused`] with every problem found: invalid UTF-8, broken JSON, missing or ill-typed fields.
    pub fn parse(line: &[u8]) -> Result<Self, Box<Refused>> {
        parse::article(line)
    }
}
