//! The HTTP interface of the roles that run here, as one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use shared::http::{DEADLINE, Health, Part};
use utoipa::openapi::OpenApi;
use worker::Worker;

use crate::docs;
use crate::servers::Servers;

/// What is served.
#[derive(Default)]
pub(crate) struct Site {
    roles: Vec<&'static str>,
    routes: Router,
    descriptions: Vec<OpenApi>,
    worker: Option<Worker>,
}

impl Site {
    /// Adds the interface of a role.
    pub(crate) fn add(&mut self, role: &'static str, (routes, description): (Router, OpenApi)) {
        self.roles.push(role);
        self.routes = std::mem::take(&mut self.routes).merge(routes);
        self.descriptions.push(description);
    }

    /// Adds a worker, which has no interface but its health.
    pub(crate) fn add_worker(&mut self, worker: Worker) {
        self.roles.push("worker");
        self.worker = Some(worker);
    }
}

pub(crate) struct Shown {
    roles: Vec<&'static str>,
    servers: Servers,
    worker: Option<Worker>,
    openapi: Value,
}

/// All routes.
pub(crate) fn routes(site: Site, servers: Servers) -> Router {
    let openapi = docs::merged(site.descriptions);
    let shown = Arc::new(Shown {
        roles: site.roles,
        servers,
        worker: site.worker,
        openapi,
    });
    Router::new()
        .route("/", get(root))
        .route("/health", get(health))
        .with_state(shown)
        .merge(site.routes)
        // Of all roles, whichever run here: who reads it wants to know the whole.
        .merge(docs::routes(docs::openapi()))
}

async fn root(State(shown): State<Arc<Shown>>) -> Json<Value> {
    let endpoints: Vec<String> = shown.openapi["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods.map(move |(method, _)| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    Json(json!({
        "service": "scutch",
        "version": env!("CARGO_PKG_VERSION"),
        "roles": shown.roles,
        "endpoints": endpoints,
        "links": { "health": "/health", "openapi": "/openapi.json", "docs": "/docs" },
    }))
}

/// Whether the roles here can do their work, and what of it can
#[utoipa::path(
    get,
    path = "/health",
    tag = "service",
    responses(
        (status = 200, description = "It can, or nearly (`degraded`).", body = Health),
        (status = 503, description = "It cannot.", body = Health)
    )
)]
pub(crate) async fn health(State(shown): State<Arc<Shown>>) -> Health {
    let parts = match &shown.worker {
        Some(worker) => worker::health(worker).await,
        None => of_servers(&shown.servers).await,
    };
    Health::of(parts)
}

/// Of a producer or scheduler: without the database neither is of use; without the broker submissions wait and control goes by
/// heartbeats.
async fn of_servers(servers: &Servers) -> BTreeMap<String, Part> {
    let (database, broker, cache) = tokio::join!(
        Part::asked(servers.store.check(), true),
        Part::asked(servers.broker.check(DEADLINE), false),
        Part::asked(servers.checkpoint.check(), false),
    );
    let parts = [("database", database), ("broker", broker), ("cache", cache)];
    parts.map(|(name, part)| (name.to_owned(), part)).into()
}
