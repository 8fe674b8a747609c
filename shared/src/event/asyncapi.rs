//! Events as `AsyncAPI` 3.0 (<https://www.asyncapi.com/docs/reference/specification/v3.0.0>).

use serde_json::{Map, Value as Json, json};

use super::example::example;
use super::{DATA_CONTENT_TYPE, STRUCTURED_CONTENT_TYPE, schema};
use crate::job::Event;

/// Where events go: name, address as it is by default, the form in which they arrive, and what is to be known.
const CHANNELS: [(&str, &str, Form, &str); 5] = [
    (
        "redis_streams",
        "stage1:cleaning:events",
        Form::Flat,
        "A Redis stream; `events.redis_streams.stream`. Trimmed to about `max_length` entries, never expired.",
    ),
    (
        "webhook",
        "/",
        Form::Binary("ce-"),
        "A POST to `events.webhook.url`. Signed in `X-Signature-256` where a secret is set. 2xx takes the event, 410 ends the sending.",
    ),
    (
        "kafka",
        "stage1.cleaning.events",
        Form::Binary("ce_"),
        "A topic of Kafka; `events.kafka.topic`.",
    ),
    (
        "nats",
        "stage1.cleaning.events",
        Form::Structured,
        "A subject of NATS JetStream; `events.nats.subject`.",
    ),
    (
        "rabbitmq",
        "events",
        Form::Structured,
        "The routing key `events.rabbitmq.routing_key` at the durable topic exchange `events.rabbitmq.exchange`, \
         `stage1.cleaning` by default. Without a bound queue an event is dropped.",
    ),
];

/// How an event is put into a message.
#[derive(Clone, Copy)]
enum Form {
    /// One JSON object.
    Structured,
    /// Attributes as headers behind a prefix, data as body.
    Binary(&'static str),
    /// Attributes as fields, data as JSON text in a field.
    Flat,
}

impl Form {
    fn word(self) -> &'static str {
        match self {
            Self::Structured => "structured",
            Self::Binary("ce_") => "binary_kafka",
            Self::Binary(_) => "binary",
            Self::Flat => "flat",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Structured => STRUCTURED_CONTENT_TYPE,
            Self::Binary(_) | Self::Flat => DATA_CONTENT_TYPE,
        }
    }
}

/// All channels and messages.
pub fn asyncapi() -> Json {
    let forms = [
        Form::Structured,
        Form::Binary("ce-"),
        Form::Binary("ce_"),
        Form::Flat,
    ];
    let messages: Map<String, Json> = (forms.into_iter())
        .flat_map(|form| Event::ALL.iter().map(move |event| (form, *event)))
        .map(|(form, event)| (message_name(form, event), message(form, event)))
        .collect();
    let schemas = Event::ALL.iter().flat_map(|event| {
        let data = schema::of_data(*event).to_value();
        let attributes = json!({
            "type": "object",
            "required": ["specversion", "type", "source", "id", "time", "subject"],
            "properties": schema::of_attributes(*event),
        });
        [
            (format!("{}.data", event.name()), data),
            (format!("{}.attributes", event.name()), attributes),
        ]
    });
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Events of Scutch",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What happens to cleaning jobs, as CloudEvents 1.0. Delivered at least once: a repeat has the same `id`. \
                            The events of a job arrive in order.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": DATA_CONTENT_TYPE,
        "channels": CHANNELS.iter().map(channel).collect::<Map<_, _>>(),
        "operations": CHANNELS.iter().map(operation).collect::<Map<_, _>>(),
        "components": {
            "messages": messages,
            "schemas": schemas.collect::<Map<_, _>>(),
        },
    })
}

fn message_name(form: Form, event: Event) -> String {
    format!("{}.{}", event.name(), form.word())
}

fn channel(
    (name, address, form, description): &(&'static str, &str, Form, &str),
) -> (String, Json) {
    let messages: Map<String, Json> = (Event::ALL.iter())
        .map(|event| {
            let message = format!("#/components/messages/{}", message_name(*form, *event));
            (event.name(), json!({"$ref": message}))
        })
        .collect();
    let channel = json!({
        "address": address,
        "description": description,
        "messages": messages,
    });
    ((*name).to_owned(), channel)
}

fn operation((name, ..): &(&'static str, &str, Form, &str)) -> (String, Json) {
    let operation = json!({
        "action": "send",
        "channel": {"$ref": format!("#/channels/{name}")},
        "summary": "Each event, at least once.",
    });
    (format!("send_to_{name}"), operation)
}

fn message(form: Form, event: Event) -> Json {
    let reference =
        |part: &str| json!({"$ref": format!("#/components/schemas/{}.{part}", event.name())});
    let described = schema::of_data(event);
    let mut message = json!({
        "name": event.cloud_type(),
        "title": event.name(),
        "summary": described.get("description"),
        "contentType": form.content_type(),
    });
    let sample = example(event);
    match form {
        Form::Structured => {
            let data = json!({"type": "object", "required": ["data"], "properties": {"data": reference("data")}});
            message["payload"] = json!({"allOf": [reference("attributes"), data]});
            message["examples"] = json!([{"payload": sample.structured()}]);
        }
        Form::Binary(prefix) => {
            let headers: Map<String, Json> = (schema::of_attributes(event).as_object())
                .into_iter()
                .flatten()
                .filter(|(name, _)| *name != "datacontenttype")
                .map(|(name, schema)| (format!("{prefix}{name}"), schema.clone()))
                .collect();
            message["headers"] = json!({"type": "object", "properties": headers});
            message["payload"] = reference("data");
            let values: Map<String, Json> = (sample.attributes().into_iter())
                .map(|(name, value)| (format!("{prefix}{name}"), value.into()))
                .collect();
            message["examples"] = json!([{"headers": values, "payload": sample.data}]);
        }
        Form::Flat => {
            let text = json!({
                "type": "string",
                "contentMediaType": DATA_CONTENT_TYPE,
                "description": format!("JSON text of the schema {}.data.", event.name()),
            });
            let data =
                json!({"type": "object", "required": ["data"], "properties": {"data": text}});
            message["payload"] = json!({"allOf": [reference("attributes"), data]});
            let mut fields = sample.structured();
            fields["data"] = sample.data.to_string().into();
            message["examples"] = json!([{"payload": fields}]);
        }
    }
    message
}
