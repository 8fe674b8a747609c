//! The description of the HTTP interface (`OpenAPI` 3.1), and a page to read and try it that needs no network.

use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use shared::article::{Article, CleanedArticle};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_swagger_ui::{Config, SwaggerUi};

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
    for description in descriptions {
        all.merge(description);
    }
    let mut all = serde_json::to_value(&all).unwrap_or_default();
    // Relative to this description, so that it is right behind a gateway with a prefix too.
    all["servers"] = json!([{ "url": "." }]);
    add_health(&mut all);
    add_documents(&mut all);
    all
}

/// The documents themselves are described where they are defined, as JSON Schema, which `OpenAPI` 3.1 understands as it is.
fn add_documents(openapi: &mut Value) {
    let settings = schemars::generate::SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let article = generator.subschema_for::<Article>();
    let cleaned = generator.subschema_for::<CleanedArticle>();
    let schemas = &mut openapi["components"]["schemas"];
    for (name, schema) in generator.take_definitions(true) {
        schemas[name] = schema;
    }
    for (name, schema) in [("Article", article), ("CleanedArticle", cleaned)] {
        if schemas.get(name).is_none_or(Value::is_null) {
            schemas[name] = schema.to_value();
        }
    }
}

fn add_health(openapi: &mut Value) {
    let health = |description: &str| {
        json!({
            "description": description,
            "content": { "application/json": { "schema": {
                "type": "object",
                "required": ["status", "version", "parts"],
                "properties": {
                    "status": { "type": "string", "enum": ["ok", "degraded", "unavailable"] },
                    "version": { "type": "string" },
                    "parts": { "type": "object", "additionalProperties": {
                        "type": "object",
                        "required": ["is_up", "is_required", "detail"],
                        "properties": {
                            "is_up": { "type": "boolean" },
                            "is_required": { "type": "boolean" },
                            "detail": { "type": "string" }
                        }
                    }}
                }
            }}}
        })
    };
    openapi["paths"]["/health"] = json!({ "get": {
        "tags": ["service"],
        "operationId": "health",
        "summary": "Whether the roles here can do their work, and what of it can",
        "responses": { "200": health("It can, or nearly (`degraded`)."), "503": health("It cannot.") }
    }});
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
