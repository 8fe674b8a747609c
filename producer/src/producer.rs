//! The producer as its endpoints and its consumers hold it.

use std::sync::Arc;

use shared::broker::Broker;
use shared::store::Store;

use crate::Settings;
use crate::dispatcher::Dispatcher;
use crate::gate::{Admission, Gate};
use crate::refusal::Refusal;

/// Takes submissions in. Clones share everything.
#[derive(Clone)]
pub struct Producer {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) broker: Broker,
    pub(crate) dispatcher: Arc<Dispatcher>,
    gate: Arc<Gate>,
}

impl Producer {
    /// A producer that keeps its jobs in `store` and publishes their chunks to `broker`; starts nothing yet.
    pub fn new(settings: Settings, store: Store, broker: Broker) -> Self {
        let gate = Gate::new(settings.max_uploads, settings.max_outbox_lag());
        let dispatcher = Dispatcher::new(store.clone(), broker.clone());
        Self {
            settings,
            store,
            broker,
            dispatcher: Arc::new(dispatcher),
            gate: Arc::new(gate),
        }
    }

    /// The right to read a submission.
    pub(crate) async fn admit(&self) -> Result<Admission, Refusal> {
        let admission = self.gate.admit()?;
        self.check_outbox().await?;
        Ok(admission)
    }

    /// Whether the broker takes chunks fast enough that more may come.
    pub(crate) async fn check_outbox(&self) -> Result<(), Refusal> {
        self.gate.check_outbox(&self.store).await
    }
}
