//! Events as JSON Schema.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::{Value as Json, json};

use super::{
    Cancelled, Cleaned, Completed, DATA_CONTENT_TYPE, Failed, Paused, Progress, Resumed, SOURCE,
    SPEC_VERSION, Started,
};
use crate::job::Event;

/// Of each type of event its name, as `job.started`, and the schema of an event in structured mode: attributes and data.
///
/// Attributes and data may gain members, so none is forbidden.
pub fn schemas() -> Vec<(String, Schema)> {
    let named = |event: &Event| (event.name(), of_event(*event));
    Event::ALL.iter().map(named).collect()
}

fn of_event(event: Event) -> Schema {
    let data = of_data(event);
    let mut schema = json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": event.cloud_type(),
        "description": data.get("description"),
        "type": "object",
        "required": ["specversion", "type", "source", "id", "time", "subject", "datacontenttype", "data"],
    });
    let mut properties = of_attributes(event);
    properties["data"] = data.to_value();
    schema.insert("properties".to_owned(), properties);
    schema
}

/// The attributes that an event of this type has, `datacontenttype` among them, each with its schema.
pub(super) fn of_attributes(event: Event) -> Json {
    json!({
        "specversion": {
            "description": "The version of CloudEvents.",
            "type": "string",
            "const": SPEC_VERSION,
        },
        "type": {
            "description": "What happened.",
            "type": "string",
            "const": event.cloud_type(),
        },
        "source": {
            "description": "Where all events of this service come from.",
            "type": "string",
            "const": SOURCE,
        },
        "id": {
            "description": "The same for each repeat of the same event: what was seen with this id can be left out.",
            "type": "string",
            "minLength": 1,
        },
        "time": {
            "description": "When it happened, by the clock of the service's database.",
            "type": "string",
            "format": "date-time",
        },
        "subject": {
            "description": "The job: `job/` and its id.",
            "type": "string",
            "pattern": "^job/",
        },
        "datacontenttype": {
            "description": "What the data is.",
            "type": "string",
            "const": DATA_CONTENT_TYPE,
        },
        "traceparent": {
            "description": "W3C trace context of the job's submission, where it has one.",
            "type": "string",
        },
    })
}

/// What events of this type say.
pub(super) fn of_data(event: Event) -> Schema {
    match event {
        Event::Started => of::<Started>(),
        Event::Progress => of::<Progress>(),
        Event::Paused => of::<Paused>(),
        Event::Resumed => of::<Resumed>(),
        Event::Completed => of::<Completed>(),
        Event::Failed => of::<Failed>(),
        Event::Cancelled => of::<Cancelled>(),
        Event::Cleaned => of::<Cleaned>(),
    }
}

/// Without references, so that it can be put into another schema.
fn of<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let generator = settings
        .with(|settings| settings.inline_subschemas = true)
        .into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.remove("$schema");
    schema
}
