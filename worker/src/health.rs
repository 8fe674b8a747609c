//! How a worker is.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::http::Part;
use tokio::time::timeout;

use crate::Worker;
use crate::chain::chain;

/// Longest wait for a part.
const DEADLINE: Duration = Duration::from_secs(2);

/// The parts of a worker, for `/health`: `broker`, `cache`, `database`, `device`, `model`.
pub async fn health(worker: &Worker) -> BTreeMap<String, Part> {
    let (broker, database, cache) = tokio::join!(
        asked(worker.broker.check(DEADLINE), true),
        asked(worker.store.check(), true),
        asked(worker.checkpoint.check(), false),
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

async fn asked<E: std::error::Error>(
    answer: impl Future<Output = Result<(), E>>,
    is_required: bool,
) -> Part {
    let detail = match timeout(DEADLINE, answer).await {
        Ok(Ok(())) => return Part::asked::<E>(Ok(()), is_required),
        Ok(Err(error)) => chain(&error),
        Err(_) => format!("no answer within {} s", DEADLINE.as_secs()),
    };
    Part {
        is_up: false,
        is_required,
        detail,
    }
}
