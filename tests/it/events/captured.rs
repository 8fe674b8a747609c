//! Events that a sink holds.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jsonschema::Validator;
use serde_json::{Value, json};

use super::sinks::Sink;
use tests::client::Client;
use tests::scutch::text;

/// The prefix of all types.
pub(super) const PREFIX: &str = "com.storytelling.cleaning.";

/// What a sink holds, message by message, as the package `cloudevents` understood it.
#[derive(Debug)]
pub(crate) struct Captured {
    sink: Sink,
    messages: Vec<Value>,
}

impl Captured {
    /// What `capture.py` printed.
    pub(super) fn new(sink: Sink, printed: &str) -> Self {
        let messages = printed
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        Self {
            sink,
            messages: messages.collect(),
        }
    }

    /// All messages about a job.
    pub(crate) fn about(&self, job: &str) -> Vec<&Value> {
        let subject = json!(format!("job/{job}"));
        let messages = self.messages.iter();
        messages
            .filter(|message| message["attributes"]["subject"] == subject)
            .collect()
    }

    /// Whether the last event of a job is there.
    pub(crate) fn has_end_of(&self, job: &str) -> bool {
        let about = self.about(job);
        about.iter().any(|message| {
            let kind = text(&message["attributes"], "type");
            ["completed", "failed", "cancelled"]
                .iter()
                .any(|end| kind.ends_with(&format!("job.{end}")))
        })
    }

    /// Documents that events say were cleaned.
    pub(super) fn cleaned_documents(&self, job: &str) -> BTreeSet<String> {
        let about = self.about(job).into_iter();
        about
            .filter(|message| {
                text(&message["attributes"], "type") == format!("{PREFIX}document.cleaned")
            })
            .flat_map(|message| message["data"]["documents"].as_array().unwrap())
            .map(|document| text(document, "document_id").to_owned())
            .collect()
    }

    /// Checks that it holds exactly the events of a job that has ended: each once but for repeats with the same id, in order, the last
    /// one last, each as the schema of its type has it and in the form of this sink.
    #[track_caller]
    pub(crate) fn check(&self, client: &Client, job: &str) {
        let sink = self.sink.name();
        let mut seen = BTreeSet::new();
        let about = self.about(job).into_iter();
        let once: Vec<&Value> = about
            .filter(|message| seen.insert(text(&message["attributes"], "id").to_owned()))
            .collect();
        let found: Vec<Value> = once
            .iter()
            .map(|message| told(&message["attributes"], &message["data"]))
            .filter(|event| text(event, "type").starts_with(&format!("{PREFIX}job.")))
            .collect();
        let expected: Vec<Value> = client
            .events(job)
            .iter()
            .map(|event| told(event, &event["data"]))
            .filter(|event| text(event, "type").starts_with(&format!("{PREFIX}job.")))
            .collect();
        assert_eq!(found, expected, "{sink}: events of {job}");
        let last = once.last().unwrap();
        let ended = format!("{PREFIX}job.{}", text(&client.job(job), "status"));
        assert_eq!(
            text(&last["attributes"], "type"),
            ended,
            "{sink}: the last is the last"
        );
        let validators = validators();
        for message in self.about(job) {
            let kind = text(&message["attributes"], "type");
            let mut event = message["attributes"].clone();
            event["data"] = message["data"].clone();
            let errors: Vec<String> = validators[kind]
                .iter_errors(&event)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{sink}: {errors:?} in {event}");
            assert_eq!(event["source"], "stage1-cleaning-pipeline");
            assert_eq!(event["datacontenttype"], "application/json", "{sink}");
            self.check_form(message, job);
        }
    }

    /// What is special to each sink.
    #[track_caller]
    fn check_form(&self, message: &Value, job: &str) {
        let raw = &message["raw"];
        match self.sink {
            Sink::RedisStreams => {
                let fields = raw["fields"].as_object().unwrap();
                for name in [
                    "specversion",
                    "type",
                    "source",
                    "id",
                    "time",
                    "subject",
                    "datacontenttype",
                    "data",
                ] {
                    assert!(fields[name].is_string(), "{name} in {raw}");
                }
            }
            Sink::Webhook => {
                assert_eq!(raw["headers"]["ce-specversion"], "1.0");
                assert!(text(&raw["headers"], "content-type").starts_with("application/json"));
                assert_eq!(raw["is_signed"], true);
            }
            Sink::Kafka => {
                assert_eq!(raw["headers"]["ce_specversion"], "1.0");
                // All of a job in one partition, so that they stay in order.
                assert_eq!(message["key"], job);
            }
            Sink::Nats => assert_eq!(raw["subject"], "stage1.cleaning.events"),
            Sink::Rabbit => {
                assert_eq!(raw["exchange"], "stage1.cleaning");
                assert_eq!(raw["routing_key"], "events");
                assert_eq!(raw["content_type"], "application/cloudevents+json");
                assert_eq!(raw["delivery_mode"], 2, "it outlives the broker's end");
            }
        }
    }
}

/// What two ways of telling the same event must have in common.
fn told(attributes: &Value, data: &Value) -> Value {
    let time: Timestamp = text(attributes, "time").parse().unwrap();
    json!({
        "id": attributes["id"],
        "type": attributes["type"],
        "time": time.to_string(),
        "data": data,
    })
}

/// The schema of each type of event.
fn validators() -> BTreeMap<String, Validator> {
    let schemas = shared::event::schemas().into_iter();
    schemas
        .map(|(name, schema)| {
            let validator = jsonschema::draft202012::new(schema.as_value()).unwrap();
            (format!("{PREFIX}{name}"), validator)
        })
        .collect()
}
