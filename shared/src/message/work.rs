//! A chunk to be worked on.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{TRACEPARENT, Unreadable, check_kind};
use crate::broker::Message;
use crate::job::{ChunkId, Epoch};
use crate::trace::Traceparent;

/// Tells a worker that a chunk waits. Only a hint: the claim in the store decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The chunk.
    pub chunk: ChunkId,
    /// Its newest claim when it was published; tells repeated deliveries apart, decides nothing.
    pub epoch: Epoch,
    /// How often it failed.
    pub attempt: u32,
    /// Its documents, packed, where they are short enough; else they are read from the store.
    pub payload: Option<Bytes>,
    /// The submission it belongs to.
    pub trace: Option<Traceparent>,
}

const KIND: &str = "scutch.work.v1";
const ATTEMPT: &str = "x-attempt";

impl Work {
    /// As the broker carries it: the reference in the message id, the documents as the body.
    pub fn to_message(&self) -> Message {
        let mut headers = BTreeMap::from([(ATTEMPT.to_owned(), self.attempt.to_string())]);
        if let Some(trace) = self.trace {
            headers.insert(TRACEPARENT.to_owned(), trace.to_string());
        }
        Message {
            kind: KIND.to_owned(),
            id: format!("{}:{}", self.chunk, self.epoch),
            headers,
            body: self.payload.clone().unwrap_or_default(),
            expiration: None,
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`Unreadable`] when it is of another kind or version, or its id is not `job:chunk:epoch`.
    pub fn from_message(message: &Message) -> Result<Self, Unreadable> {
        check_kind(&message.kind, KIND)?;
        let malformed = || Unreadable::Malformed {
            kind: KIND,
            reason: "its id is not job:chunk:epoch".to_owned(),
        };
        let mut parts = message.id.split(':');
        let mut part = || parts.next().ok_or_else(malformed);
        let (job, index, epoch) = (part()?, part()?, part()?);
        Ok(Self {
            chunk: ChunkId {
                job: job.parse().map_err(|_| malformed())?,
                index: index.parse().map_err(|_| malformed())?,
            },
            epoch: Epoch(epoch.parse().map_err(|_| malformed())?),
            attempt: message
                .headers
                .get(ATTEMPT)
                .and_then(|attempt| attempt.parse().ok())
                .unwrap_or(0),
            payload: (!message.body.is_empty()).then(|| message.body.clone()),
            trace: message
                .headers
                .get(TRACEPARENT)
                .and_then(|trace| trace.parse().ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::JobId;

    #[test]
    fn it_arrives_as_it_was_sent() {
        let chunk = ChunkId {
            job: JobId::generate(),
            index: 7,
        };
        for payload in [None, Some(Bytes::from_static(b"packed"))] {
            let work = Work {
                chunk,
                epoch: Epoch(3),
                attempt: 2,
                payload,
                trace: Some(Traceparent::generate()),
            };
            assert_eq!(Work::from_message(&work.to_message()), Ok(work));
        }
    }

    #[test]
    fn a_broken_reference_is_refused_without_quoting_the_body() {
        let message = Message {
            kind: KIND.to_owned(),
            id: "nonsense".to_owned(),
            headers: BTreeMap::new(),
            body: Bytes::from_static(b"secret"),
            expiration: None,
        };
        let error = Work::from_message(&message).unwrap_err();
        assert!(!error.to_string().contains("secret"));
    }
}
