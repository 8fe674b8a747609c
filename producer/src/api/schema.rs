//! Requests and answers as `OpenAPI` describes them.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use shared::article;
use shared::http::Problem;
use shared::job::{Backend, CleaningConfig, Priority};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use crate::AcceptedBody;

/// A document that comes in.
pub(super) struct Article;

/// A document that comes out.
pub(super) struct CleanedArticle;

impl PartialSchema for Article {
    fn schema() -> RefOr<Schema> {
        of::<article::Article>()
    }
}

impl ToSchema for Article {
    fn name() -> Cow<'static, str> {
        "Article".into()
    }
}

impl PartialSchema for CleanedArticle {
    fn schema() -> RefOr<Schema> {
        of::<article::CleanedArticle>()
    }
}

impl ToSchema for CleanedArticle {
    fn name() -> Cow<'static, str> {
        "CleanedArticle".into()
    }
}

/// The JSON Schema of a type, which is what `OpenAPI` 3.1 has too; some object, where it cannot be told.
fn of<T: schemars::JsonSchema>() -> RefOr<Schema> {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.remove("$schema");
    serde_json::from_value(schema.to_value()).unwrap_or_else(|_| ObjectBuilder::new().into())
}

/// A batch of documents.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
#[schema(example = json!({
    "documents": [
        {"document_id": "a-1", "text": "The firm paid $1,200 on Monday.", "publication_date": "2024-05-14"},
        {"document_id": "a-2", "text": "It rained."}
    ],
    "batch_id": "2024-05-14",
    "priority": "normal"
}))]
pub(super) struct BatchRequest {
    /// 1 to 10,000; each `document_id` once.
    #[schema(min_items = 1, max_items = 10_000)]
    documents: Vec<Article>,
    /// For finding it again; 1 to 255 characters.
    #[schema(min_length = 1, max_length = 255)]
    batch_id: Option<String>,
    /// Documents between two checkpoints; 10 where absent.
    #[schema(minimum = 1, maximum = 1_000)]
    checkpoint_interval: Option<u32>,
    /// Where the cleaned documents go; `jsonl` where absent or empty.
    persist_to_backends: Option<Vec<Backend>>,
    /// Steps switched on or off.
    cleaning_config: Option<CleaningConfig>,
    /// What upstream wants to find again at the job; at most 64 KiB.
    #[schema(value_type = Option<Object>)]
    metadata: Option<()>,
    /// Which of the work goes first; `normal` where absent.
    priority: Option<Priority>,
    /// Not to start before: RFC 3339.
    #[schema(format = DateTime)]
    run_at: Option<String>,
}

/// A batch of articles.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
#[schema(example = json!({"articles": [{"document_id": "a-1", "text": "The firm paid $1,200 on Monday."}]}))]
pub(super) struct ArticlesRequest {
    /// 1 to 1,000; each `document_id` once.
    #[schema(min_items = 1, max_items = 1_000)]
    articles: Vec<Article>,
    /// Where the cleaned documents go; `jsonl` where absent or empty.
    persist_to_backends: Option<Vec<Backend>>,
    /// Steps switched on or off.
    cleaning_config: Option<CleaningConfig>,
}

/// One article.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
#[schema(example = json!({
    "article": {"document_id": "a-1", "text": "The firm paid $1,200 on Monday.", "publication_date": "2024-05-14"},
    "cleaning_config": {"enable_typo_correction": false}
}))]
pub(super) struct ArticleRequest {
    /// The document.
    article: Article,
    /// Absent, null or empty: nothing is kept here.
    persist_to_backends: Option<Vec<Backend>>,
    /// Steps switched on or off.
    cleaning_config: Option<CleaningConfig>,
}

/// A form with a file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct FileForm {
    /// JSON Lines, a document each.
    #[schema(format = Binary, content_media_type = "application/x-ndjson")]
    file: String,
    /// For finding it again; 1 to 255 characters.
    #[schema(min_length = 1, max_length = 255)]
    batch_id: Option<String>,
    /// Documents between two checkpoints; 10 where absent.
    #[schema(minimum = 1, maximum = 1_000)]
    checkpoint_interval: Option<u32>,
    /// Backends with commas between.
    #[schema(example = "jsonl")]
    persist_to_backends: Option<String>,
    /// Steps switched on or off, as JSON text.
    #[schema(example = r#"{"enable_typo_correction":false}"#)]
    cleaning_config: Option<String>,
    /// What upstream wants to find again at the job, as JSON text; at most 64 KiB.
    metadata: Option<String>,
    /// Which of the work goes first; `normal` where absent.
    priority: Option<Priority>,
    /// Not to start before: RFC 3339.
    #[schema(format = DateTime)]
    run_at: Option<String>,
}

/// The answers to a submission.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) enum SubmissionAnswers {
    /// The job is there. `Location` names it; `Idempotency-Replayed: true` says that it was there before.
    #[response(status = 202, example = json!({
        "status": "accepted", "job_id": "0190b7a2-5f7c-7c31-9d0e-8d3f6b1f2a10", "batch_id": "2024-05-14",
        "total_documents": 2, "message": "2 documents accepted", "rejected_documents": 0, "rejected": []
    }))]
    Accepted(AcceptedBody),
    /// The request cannot be read: broken JSON (by line and column), a broken form, an unknown query parameter.
    #[response(status = 400, content_type = "application/problem+json", example = json!({
        "type": "/problems/bad-request", "title": "Bad Request", "status": 400,
        "detail": "the body is not JSON at line 2 column 10: expected `:`"
    }))]
    Malformed(Problem),
    /// The body stopped coming, or came too slowly.
    #[response(status = 408, content_type = "application/problem+json", example = json!({
        "type": "/problems/stalled", "title": "Request Timeout", "status": 408, "detail": "nothing of the body came for 30 s"
    }))]
    Stalled(Problem),
    /// More than is taken at once; the detail names the limit.
    #[response(status = 413, content_type = "application/problem+json", example = json!({
        "type": "/problems/too-large", "title": "Payload Too Large", "status": 413,
        "detail": "the body is longer than 67108864 bytes (producer.max_body_bytes)"
    }))]
    TooLarge(Problem),
    /// The Content-Type is not one that is taken here.
    #[response(status = 415, content_type = "application/problem+json", example = json!({
        "type": "/problems/unsupported-media-type", "title": "Unsupported Media Type", "status": 415,
        "detail": "only application/json is taken here; POST /v1/documents/batch takes lines"
    }))]
    MediaType(Problem),
    /// Documents or options are not as they must be: the first hundred things are listed and all are counted. Or the key was
    /// used for another submission.
    #[response(status = 422, content_type = "application/problem+json", example = json!({
        "type": "/problems/unprocessable", "title": "Unprocessable Entity", "status": 422,
        "detail": "1 of 2 documents is bad; nothing was taken in. With ?partial=true the good ones are taken",
        "errors": [{"index": 1, "document_id": "a-2", "field": "text", "kind": "missing_field", "reason": "required, and not there"}],
        "error_count": 1
    }))]
    Unfit(Problem),
    /// A fault of this program.
    #[response(status = 500, content_type = "application/problem+json", example = json!({
        "type": "/problems/internal", "title": "Internal Server Error", "status": 500,
        "detail": "reading the submission failed, a fault of this program"
    }))]
    Fault(Problem),
    /// Not now: the database is away, accepted work waits too long for the broker, or too many submissions are read already.
    /// `Retry-After` says when to come again.
    #[response(status = 503, content_type = "application/problem+json", example = json!({
        "type": "/problems/unavailable", "title": "Service Unavailable", "status": 503,
        "detail": "the database cannot take the submission now; try again soon", "retry_after": 5
    }))]
    Unavailable(Problem),
}

/// The answers where one document is cleaned at once.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) enum PreprocessAnswers {
    /// The cleaned document.
    #[response(status = 200)]
    Cleaned(CleanedArticle),
    /// The request cannot be read: broken JSON, by line and column.
    #[response(status = 400, content_type = "application/problem+json", example = json!({
        "type": "/problems/bad-request", "title": "Bad Request", "status": 400,
        "detail": "the body is not JSON at line 2 column 10: expected `:`"
    }))]
    Malformed(Problem),
    /// The body stopped coming, or came too slowly.
    #[response(status = 408, content_type = "application/problem+json", example = json!({
        "type": "/problems/stalled", "title": "Request Timeout", "status": 408, "detail": "nothing of the body came for 30 s"
    }))]
    Stalled(Problem),
    /// The document is longer than any may be.
    #[response(status = 413, content_type = "application/problem+json", example = json!({
        "type": "/problems/too-large", "title": "Payload Too Large", "status": 413,
        "detail": "the body is longer than 16842752 bytes (fixed where it is one document)"
    }))]
    TooLarge(Problem),
    /// The Content-Type is not JSON.
    #[response(status = 415, content_type = "application/problem+json", example = json!({
        "type": "/problems/unsupported-media-type", "title": "Unsupported Media Type", "status": 415,
        "detail": "only application/json is taken here; POST /v1/documents/batch takes lines"
    }))]
    MediaType(Problem),
    /// The document or an option is not as it must be, or the document cannot be cleaned.
    #[response(status = 422, content_type = "application/problem+json", example = json!({
        "type": "/problems/unprocessable", "title": "Unprocessable Entity", "status": 422,
        "detail": "the document cannot be cleaned as it was sent; see errors",
        "errors": [{"document_id": "a-1", "field": "text", "kind": "missing_field", "reason": "required, and not there"}],
        "error_count": 1
    }))]
    Unfit(Problem),
    /// A fault of this program.
    #[response(status = 500, content_type = "application/problem+json", example = json!({
        "type": "/problems/internal", "title": "Internal Server Error", "status": 500,
        "detail": "the worker's answer cannot be read; is it of another version?"
    }))]
    Fault(Problem),
    /// No worker is there, none can be asked, or too many documents are read already. `Retry-After` says when to come again.
    #[response(status = 503, content_type = "application/problem+json", example = json!({
        "type": "/problems/unavailable", "title": "Service Unavailable", "status": 503,
        "detail": "no worker is there; try again soon", "retry_after": 5
    }))]
    Unavailable(Problem),
    /// No worker answered in time.
    #[response(status = 504, content_type = "application/problem+json", example = json!({
        "type": "/problems/timed-out", "title": "Gateway Timeout", "status": 504,
        "detail": "no worker answered within 30000 ms; POST /v1/preprocess/batch does not wait"
    }))]
    TimedOut(Problem),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_described_as_their_json_schema_has_them() {
        for (schema, field) in [
            (Article::schema(), "publication_date"),
            (CleanedArticle::schema(), "entities"),
        ] {
            let schema = serde_json::to_value(schema).unwrap();
            assert!(
                schema["properties"][field]["description"].is_string(),
                "{schema}"
            );
            assert!(
                schema["required"]
                    .as_array()
                    .unwrap()
                    .contains(&json!("document_id"))
            );
        }
    }
}
