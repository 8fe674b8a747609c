//! The description of the HTTP interface (`OpenAPI` 3.1), and a page to read and try it that needs no network.

use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use utoipa::OpenApi as _;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::site;

/// What every role has.
#[derive(utoipa::OpenApi)]
#[openapi(paths(site::health))]
struct Service;

/// The description of all roles together, as `/openapi.json` has it where all run in one process.
///
/// Needs no servers: what is described does not depend on them.
pub fn openapi() -> Value {
    merged(vec![producer::openapi(), scheduler::openapi()])
}

/// One description of several.
pub(crate) fn merged(descriptions: Vec<OpenApi>) -> Value {
    let info = InfoBuilder::new()
        .title("Scutch")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Cleans news articles at scale: submit documents, follow and control their jobs, read what failed.",
        ))
        .license(Some(utoipa::openapi::License::new("Apache-2.0")))
        .build();
    let mut all = OpenApiBuilder::new().info(info).build();
    all.merge(Service::openapi());
    for description in descriptions {
        all.merge(description);
    }
    let mut all = serde_json::to_value(&all).unwrap_or_default();
    // Relative to this description, so that it is right behind a gateway with a prefix too.
    all["servers"] = json!([{ "url": "." }]);
    all
}

/// `/openapi.json` and `/docs`.
pub(crate) fn routes(openapi: Value) -> Router {
    let description = openapi.clone();
    let config = Config::from("../openapi.json").try_it_out_enabled(true);
    Router::new()
        .route(
            "/openapi.json",
            get(move || {
                let description = description.clone();
                async move { axum::Json(description) }
            }),
        )
        .merge(SwaggerUi::new("/docs").config(config))
}
