//! The producer as its endpoints and its consumers hold it.

use std::sync::Arc;

use shared::broker::Broker;
use shared::job::Backend;
use shared::store::Store;

use crate::Settings;
use crate::dispatcher::Dispatcher;
use crate::gate::{Admission, Gate};
use crate::refusal::{Refusal, about};

/// Takes submissions in. Clones share everything.
#[derive(Clone)]
pub struct Producer {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) broker: Broker,
    pub(crate) dispatcher: Arc<Dispatcher>,
    /// Backends that no job may name, each with what is missing.
    missing: Vec<(Backend, &'static str)>,
    gate: Arc<Gate>,
    /// That of single documents, which slow submissions do not shut.
    gate_of_one: Arc<Gate>,
}

impl Producer {
    /// A producer that keeps its jobs in `store` and publishes their chunks to `broker`; starts nothing yet.
    pub fn new(settings: Settings, store: Store, broker: Broker) -> Self {
        let gate = || Arc::new(Gate::new(settings.max_uploads, settings.max_outbox_lag()));
        let (gate, gate_of_one) = (gate(), gate());
        let dispatcher = Dispatcher::new(store.clone(), broker.clone());
        Self {
            settings,
            store,
            broker,
            dispatcher: Arc::new(dispatcher),
            missing: Vec::new(),
            gate,
            gate_of_one,
        }
    }

    /// The same, with backends that no job may name, each with what is missing for it.
    pub fn without(mut self, missing: Vec<(Backend, &'static str)>) -> Self {
        self.missing = missing;
        self
    }

    /// Whether documents can go where a submission wants them.
    pub(crate) fn check_backends(&self, wanted: &[Backend]) -> Result<(), Refusal> {
        match self
            .missing
            .iter()
            .find(|(missing, _)| wanted.contains(missing))
        {
            Some((backend, why)) => {
                let reason = format!("the backend {backend} is not set up here: {why}");
                Err(Refusal::unfit(about(
                    "persist_to_backends",
                    "invalid_value",
                    reason,
                )))
            }
            None => Ok(()),
        }
    }

    /// The right to read a submission.
    pub(crate) async fn admit(&self) -> Result<Admission, Refusal> {
        let admission = self.gate.admit()?;
        self.check_outbox().await?;
        Ok(admission)
    }

    /// The right to read one document that is cleaned at once. Nothing of it is published, so the outbox does not matter.
    pub(crate) fn admit_one(&self) -> Result<Admission, Refusal> {
        self.gate_of_one.admit()
    }

    /// Whether the broker takes chunks fast enough that more may come.
    pub(crate) async fn check_outbox(&self) -> Result<(), Refusal> {
        self.gate.check_outbox(&self.store).await
    }
}
