//! Brings chunks from the store to the broker: by the producer right after a submission, by the scheduler ever after.

use futures_util::stream::{self, StreamExt};

use crate::broker::Broker;
use crate::failpoint;
use crate::job::JobId;
use crate::store::{Error, Store};

/// Chunks that are with the broker or worked on at a time, at least; shared between the jobs. More where there are more workers.
pub const WINDOW: u32 = 32;
/// Confirms that are awaited at a time.
const IN_FLIGHT: usize = 200;
/// Chunks that are brought in one go.
const LIMIT: u32 = 200;

/// What one go brought about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dispatched {
    /// Chunks that the broker has.
    pub published: usize,
    /// Chunks that it did not take; they are tried again in ten seconds.
    pub refused: usize,
}

/// Publishes what waits to be published, of one job or of all, a bounded lot at a time: call it again while anything was published.
///
/// A broker that is away is no error: the chunks wait. The first of its errors is logged.
///
/// # Errors
/// When the database fails; what was published then is published again, which does no harm.
pub async fn dispatch(
    store: &Store,
    broker: &Broker,
    only: Option<JobId>,
    window: u32,
) -> Result<Dispatched, Error> {
    let outgoing = store.take_outgoing(only, window, LIMIT).await?;
    if outgoing.is_empty() {
        return Ok(Dispatched::default());
    }
    let all = outgoing.len();
    let answers: Vec<_> = stream::iter(outgoing)
        .map(|outgoing| async {
            let message = outgoing.work.to_message();
            (broker.publish(&outgoing.queue, message).await, outgoing)
        })
        .buffer_unordered(IN_FLIGHT)
        .collect()
        .await;
    let mut confirmed = Vec::with_capacity(all);
    let mut first_error = None;
    for (answer, outgoing) in answers {
        match answer {
            Ok(()) => confirmed.push(outgoing),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    let dispatched = Dispatched {
        published: confirmed.len(),
        refused: all - confirmed.len(),
    };
    if let Some(error) = first_error {
        tracing::warn!(%error, refused = dispatched.refused, "the broker did not take all chunks");
    }
    // In the order in which everybody locks several.
    confirmed.sort_by_key(|outgoing| outgoing.work.chunk);
    failpoint::crash("published");
    if !confirmed.is_empty() {
        store.published(&confirmed).await?;
    }
    Ok(dispatched)
}
