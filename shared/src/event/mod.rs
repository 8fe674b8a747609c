//! Events as the outside gets them: `CloudEvents` 1.0 (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>).
//!
//! What they say is typed ([`Started`] and the like), described as JSON Schema ([`schemas()`]) and where they go as AsyncAPI
//! ([`asyncapi()`]). [`Position`] is how far a receiver has come in them.

mod asyncapi;
mod data;
mod example;
mod position;
mod schema;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

pub use asyncapi::asyncapi;
pub use data::{
    Cancelled, Cleaned, CleanedDocument, Completed, Failed, Numbers, Paused, Progress, Resumed,
    Started,
};
pub use example::examples;
pub(crate) use position::first;
pub use position::{FINAL_AFTER, Gap, Position, Reading, Stamp};
pub use schema::schemas;

/// Where all events come from, their attribute `source`.
pub const SOURCE: &str = "stage1-cleaning-pipeline";
/// The version of `CloudEvents`, their attribute `specversion`.
pub const SPEC_VERSION: &str = "1.0";
/// What an event's data is, its attribute `datacontenttype`.
pub const DATA_CONTENT_TYPE: &str = "application/json";
/// What an event in structured mode is as a whole. Without a charset: JSON is UTF-8, and receivers compare the whole text.
pub const STRUCTURED_CONTENT_TYPE: &str = "application/cloudevents+json";

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct CloudEvent {
    /// The same for each repeat of the same event; unique for its source.
    pub id: String,
    /// `com.storytelling.cleaning.job.started` and the like.
    pub kind: String,
    /// `job/<job_id>`.
    pub subject: String,
    /// When it happened.
    pub time: Timestamp,
    /// W3C trace context of the submission, where there is one
    /// (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/extensions/distributed-tracing.md>).
    pub traceparent: Option<String>,
    /// What happened, a JSON object.
    pub data: Json,
}

impl CloudEvent {
    /// Names and values of all attributes but `datacontenttype`, which most bindings in binary mode carry under a name of their own.
    pub fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = vec![
            ("specversion", SPEC_VERSION.to_owned()),
            ("type", self.kind.clone()),
            ("source", SOURCE.to_owned()),
            ("id", self.id.clone()),
            ("time", self.time.to_string()),
            ("subject", self.subject.clone()),
        ];
        attributes.extend(self.traceparent.clone().map(|trace| ("traceparent", trace)));
        attributes
    }

    /// The event as one JSON object, as structured mode has it
    /// (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>).
    pub fn structured(&self) -> Json {
        let mut event = json!({});
        for (name, value) in self.attributes() {
            event[name] = value.into();
        }
        event["datacontenttype"] = DATA_CONTENT_TYPE.into();
        event["data"] = self.data.clone();
        event
    }
}

#[cfg(test)]
mod tests;
