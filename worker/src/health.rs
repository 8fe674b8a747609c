//! How a worker is.

use std::collections::BTreeMap;

use shared::http::{DEADLINE, Part};

use crate::Worker;

/// The parts of a worker, for `/health`: `broker`, `cache`, `database`, `device`, `model`.
pub async fn health(worker: &Worker) -> BTreeMap<String, Part> {
    let (broker, database, cache) = tokio::join!(
        Part::asked(worker.broker.check(DEADLINE), true),
        Part::asked(worker.store.check(), true),
        Part::asked(worker.checkpoint.check(), false),
    );
    let (model, device) = match worker.pipeline.model() {
        Some(model) => ("loaded", model.device().to_string()),
        None => ("none: only grammars read", "cpu".to_owned()),
    };
    let parts = [
        ("broker", broker),
        ("database", database),
        ("cache", cache),
        ("model", Part::up(model)),
        ("device", Part::up(device)),
    ];
    parts.map(|(name, part)| (name.to_owned(), part)).into()
}
