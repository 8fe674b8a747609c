//! What people want of a job, as a hint to its workers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Unreadable, check_kind};
use crate::broker::Message;
use crate::job::{Desired, JobId};

/// Tells workers what is wanted of a job now, so that they need not wait for their next heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// The job.
    pub job: JobId,
    /// What is wanted.
    pub desired: Desired,
    /// The job's version; an older hint that comes late is ignored.
    pub version: i64,
}

const KIND: &str = "scutch.control.v1";

impl Control {
    /// As the broker carries it.
    pub fn to_message(&self) -> Message {
        Message {
            kind: KIND.to_owned(),
            id: format!("{}:{}", self.job, self.version),
            headers: BTreeMap::new(),
            body: serde_json::to_vec(self).unwrap_or_default().into(),
            expiration: None,
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`Unreadable`] when it is of another kind or version, or its body is not as it must be.
    pub fn from_message(message: &Message) -> Result<Self, Unreadable> {
        check_kind(&message.kind, KIND)?;
        serde_json::from_slice(&message.body).map_err(|error| Unreadable::Malformed {
            kind: KIND,
            reason: format!("at column {}", error.column()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_arrives_as_it_was_sent_and_ignores_what_it_does_not_know() {
        let control = Control {
            job: JobId::generate(),
            desired: Desired::Pause,
            version: 4,
        };
        let mut message = control.to_message();
        assert_eq!(Control::from_message(&message), Ok(control.clone()));
        message.kind = "scutch.control.v1.1".to_owned();
        let mut body: serde_json::Value = serde_json::from_slice(&message.body).unwrap();
        body["by"] = "somebody".into();
        message.body = body.to_string().into();
        assert_eq!(Control::from_message(&message), Ok(control));
    }
}
