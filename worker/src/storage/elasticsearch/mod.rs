//! Cleaned documents in Elasticsearch or OpenSearch.
//!
//! [`Elasticsearch::open`] reads the settings, [`Elasticsearch::write`] brings a batch into the index: each line is looked at (`document`), requests
//! of the bulk API are cut from them (`requests`) and sent (`bulk`), and the answer is read item by item (`answer`). Whatever an
//! answer says, a document ends in one of two classes: it is dealt with (taken, superseded by a newer version, or refused for
//! good), or the whole call fails with [`Trouble`] and may be made again as often as one likes, because a version that is there
//! already changes nothing.
//!
//! The index is made with `mapping.json` when it is missing (`index`).

mod answer;
mod bulk;
mod document;
#[cfg(test)]
mod fake;
mod index;
mod open;
mod requests;
mod settings;
#[cfg(test)]
mod tests;
mod tries;
mod trouble;
mod wire;

use std::sync::atomic::AtomicBool;

#[cfg(test)]
pub(crate) use self::fake::Fake;
pub(super) use self::open::OpenError;
pub(super) use self::settings::Settings;
pub(crate) use self::trouble::Trouble;
use self::wire::Wire;
use super::{Batch, RefusedDocument};

/// An index of a cluster; asked for nothing until something is written.
#[derive(Debug)]
pub(crate) struct Elasticsearch {
    wire: Wire,
    bounds: requests::Bounds,
    /// Whether the cluster said that we may neither look for the index nor make it: it is not asked again.
    blind: AtomicBool,
}

impl Elasticsearch {
    /// The documents that will never be taken; all others of the batch are in the index, in this version or a newer one.
    ///
    /// # Errors
    /// [`Trouble`], when that cannot be said of every document: the batch is to be written again, as a whole.
    pub(crate) async fn write(&self, batch: &Batch<'_>) -> Result<Vec<RefusedDocument>, Trouble> {
        let (documents, mut refused) = document::read(batch);
        if !documents.is_empty() {
            self.ensure_index().await?;
        }
        let mut requests = requests::cut(documents, self.bounds);
        while let Some(documents) = requests.pop_front() {
            let Some(too_large) = self.bring(documents, &mut refused).await? else {
                continue;
            };
            match requests::halves(too_large) {
                Ok((first, second)) => {
                    requests.push_front(second);
                    requests.push_front(first);
                }
                Err(alone) => refused.extend(alone.map(|document| RefusedDocument {
                    index: document.index,
                    reason: format!(
                        "too large for Elasticsearch: a request of {} bytes is not accepted",
                        document.size()
                    ),
                })),
            }
        }
        refused.sort_by_key(|document| document.index);
        Ok(refused)
    }
}
