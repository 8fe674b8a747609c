use super::example::example;
use super::*;
use crate::job::Event;

#[test]
fn a_structured_event_has_its_attributes_and_its_data() {
    let event = example(Event::Completed);
    let structured = event.structured();
    let names: Vec<_> = structured.as_object().unwrap().keys().collect();
    let expected = [
        "specversion",
        "type",
        "source",
        "id",
        "time",
        "subject",
        "traceparent",
        "datacontenttype",
        "data",
    ];
    assert_eq!(names, expected);
    assert_eq!(
        structured["type"],
        "com.storytelling.cleaning.job.completed"
    );
    assert_eq!(structured["time"], "2025-10-09T08:16:34.201337Z");
    assert_eq!(structured["data"]["documents_total"], 122);
    let plain = CloudEvent {
        traceparent: None,
        ..event
    };
    assert!(plain.structured().get("traceparent").is_none());
}

#[test]
fn data_is_read_as_it_was_written() {
    let read: Completed = serde_json::from_value(example(Event::Completed).data).unwrap();
    assert_eq!(read.numbers.documents_failed, 1);
    let read: Cleaned = serde_json::from_value(example(Event::Cleaned).data).unwrap();
    assert_eq!(read.documents[0].word_count, 412);
    assert_eq!(read.numbers.documents_total, 122);
}

#[test]
fn each_type_has_a_schema_and_an_example_that_names_no_more_than_the_schema() {
    let (schemas, examples) = (schemas(), examples());
    assert_eq!(schemas.len(), 8);
    for ((name, schema), (example_name, example)) in schemas.into_iter().zip(examples) {
        assert_eq!(name, example_name);
        let schema = schema.to_value();
        let text = schema.to_string();
        assert!(!text.contains("$ref"), "{text}");
        assert!(schema["description"].is_string(), "{text}");
        for (value, schema) in [
            (&example, &schema),
            (&example["data"], &schema["properties"]["data"]),
        ] {
            let known = schema["properties"].as_object().unwrap();
            for member in value.as_object().unwrap().keys() {
                assert!(known.contains_key(member), "{name}: {member}");
                assert!(known[member]["description"].is_string(), "{name}: {member}");
            }
            for required in schema["required"].as_array().unwrap() {
                assert!(
                    value.get(required.as_str().unwrap()).is_some(),
                    "{name}: {required}"
                );
            }
        }
        assert_eq!(schema["properties"]["type"]["const"], example["type"]);
    }
}

#[test]
fn every_reference_of_the_asyncapi_document_leads_somewhere() {
    let document = asyncapi();
    let mut waiting = vec![&document];
    let mut found = 0;
    while let Some(value) = waiting.pop() {
        match value {
            Json::Object(members) => waiting.extend(members.values()),
            Json::Array(items) => waiting.extend(items),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
        if let Some(reference) = value.get("$ref").and_then(Json::as_str) {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
            found += 1;
        }
    }
    assert!(found > 5 * 8);
    let channels: Vec<_> = document["channels"].as_object().unwrap().keys().collect();
    assert_eq!(
        channels,
        ["redis_streams", "webhook", "kafka", "nats", "rabbitmq"]
    );
}
