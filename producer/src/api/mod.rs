//! The HTTP API of the producer.

mod answer;
mod documents_batch;
mod header;
mod preprocess;
mod preprocess_batch;
mod preprocess_batch_file;
mod problem;
mod schema;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;
use shared::http::Problem;
use utoipa::OpenApi;
use utoipa::openapi;

use crate::{AcceptedBody, Producer};

#[derive(OpenApi)]
#[openapi(
    info(title = "Scutch: producer", description = "Takes documents in."),
    paths(
        documents_batch::documents_batch,
        preprocess_batch::preprocess_batch,
        preprocess_batch_file::preprocess_batch_file,
        preprocess::preprocess,
    ),
    components(schemas(schema::Article, schema::CleanedArticle, AcceptedBody, Problem)),
    tags((name = "documents", description = "Documents in: as jobs, or one at once."))
)]
struct Document;

/// The routes of the producer, and their description in `OpenAPI` 3.1.
pub fn api(producer: Producer) -> (Router, openapi::OpenApi) {
    let routes = Router::new()
        .route(
            "/v1/documents/batch",
            post(documents_batch::documents_batch),
        )
        .route("/v1/preprocess", post(preprocess::preprocess))
        .route(
            "/v1/preprocess/batch",
            post(preprocess_batch::preprocess_batch),
        )
        .route(
            "/v1/preprocess/batch-file",
            post(preprocess_batch_file::preprocess_batch_file),
        )
        // The limits of the settings hold instead, and are told with their names.
        .layer(DefaultBodyLimit::disable())
        .with_state(producer);
    (routes, Document::openapi())
}

/// The description alone: it needs no servers.
pub fn openapi() -> openapi::OpenApi {
    Document::openapi()
}
