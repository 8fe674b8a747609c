//! One document that somebody waits for: the question and the answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{TRACEPARENT, Unreadable, check_kind};
use crate::article::{CleanedArticle, Problem};
use crate::broker::Message;
use crate::job::CleaningConfig;
use crate::trace::Traceparent;
use std::time::Duration;

/// Asks a worker to clean one document now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// The document, as JSON.
    pub article: Box<RawValue>,
    /// Steps switched on or off for it.
    #[serde(default)]
    pub cleaning: CleaningConfig,
    /// The request it belongs to.
    #[serde(skip)]
    pub trace: Option<Traceparent>,
}

/// What a worker answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The cleaned document.
    Cleaned(Box<CleanedArticle>),
    /// Why it could not be cleaned.
    Failed(Problem),
}

const REQUEST: &str = "scutch.preprocess.v1";
const ANSWER: &str = "scutch.preprocess.answer.v1";

impl Request {
    /// As the broker carries it; of no use after `deadline`.
    pub fn to_message(&self, deadline: Duration) -> Message {
        let trace = self
            .trace
            .map(|trace| (TRACEPARENT.to_owned(), trace.to_string()));
        Message {
            kind: REQUEST.to_owned(),
            id: uuid::Uuid::now_v7().to_string(),
            headers: trace.into_iter().collect(),
            body: serde_json::to_vec(self).unwrap_or_default().into(),
            expiration: Some(deadline),
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`Unreadable`] when it is of another kind or version, or its body is not as it must be.
    pub fn from_message(message: &Message) -> Result<Self, Unreadable> {
        check_kind(&message.kind, REQUEST)?;
        let mut request: Self = read(message, REQUEST)?;
        request.trace = message
            .headers
            .get(TRACEPARENT)
            .and_then(|trace| trace.parse().ok());
        Ok(request)
    }
}

impl Answer {
    /// As the broker carries it.
    pub fn to_message(&self) -> Message {
        Message {
            kind: ANSWER.to_owned(),
            id: uuid::Uuid::now_v7().to_string(),
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
        check_kind(&message.kind, ANSWER)?;
        read(message, ANSWER)
    }
}

fn read<'a, T: Deserialize<'a>>(message: &'a Message, kind: &'static str) -> Result<T, Unreadable> {
    serde_json::from_slice(&message.body).map_err(|error| Unreadable::Malformed {
        kind,
        reason: format!("at column {}", error.column()),
    })
}
