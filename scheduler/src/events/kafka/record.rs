//! An event as a record of Kafka.

use std::collections::BTreeMap;

use rskafka::chrono::DateTime;
use rskafka::record::Record;
use shared::event::{CloudEvent, DATA_CONTENT_TYPE};

/// In binary mode: the attributes are headers, the value is the data.
pub(super) fn of(event: &CloudEvent) -> Record {
    Record {
        key: Some(key(event).as_bytes().to_vec()),
        value: Some(event.data.to_string().into_bytes()),
        headers: headers(event),
        timestamp: DateTime::from_timestamp_millis(event.time.as_millisecond()).unwrap_or_default(),
    }
}

/// The event's id.
pub(super) fn id(record: &Record) -> Option<String> {
    let id = record.headers.get("ce_id")?;
    Some(String::from_utf8_lossy(id).into_owned())
}

/// The job's id: what has the same key stays in order.
pub(super) fn key(event: &CloudEvent) -> &str {
    event.subject.strip_prefix("job/").unwrap_or(&event.subject)
}

fn headers(event: &CloudEvent) -> BTreeMap<String, Vec<u8>> {
    let attributes = event.attributes().into_iter();
    let mut headers: BTreeMap<_, _> = attributes
        .map(|(name, value)| (format!("ce_{name}"), value.into_bytes()))
        .collect();
    headers.insert("content-type".to_owned(), DATA_CONTENT_TYPE.into());
    headers
}
