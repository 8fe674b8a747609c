//! Messages as AMQP has them.

use std::time::Duration;

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};

use super::super::{Error, Message, ReplyTo};

/// Whether a message is written to disk.
#[derive(Debug, Clone, Copy)]
pub(super) enum Storage {
    Persistent,
    Transient,
}

/// The AMQP properties of a message.
pub(super) fn properties(message: &Message, storage: Storage) -> Result<BasicProperties, Error> {
    let mut headers = FieldTable::default();
    for (name, value) in &message.headers {
        headers.insert(
            short(name, "header name")?,
            AMQPValue::LongString(value.as_str().into()),
        );
    }
    let mode = match storage {
        Storage::Persistent => 2,
        Storage::Transient => 1,
    };
    let properties = BasicProperties::default()
        .with_type(short(&message.kind, "type")?)
        .with_message_id(short(&message.id, "id")?)
        .with_headers(headers)
        .with_delivery_mode(mode);
    Ok(match message.expiration {
        Some(time) => properties.with_expiration(time.as_millis().to_string().into()),
        None => properties,
    })
}

/// The message with these properties. Headers that are neither text, number nor truth value are left out.
pub(super) fn message(properties: &BasicProperties, body: Vec<u8>) -> Message {
    let headers = properties.headers().as_ref().map(FieldTable::inner);
    Message {
        kind: text(properties.kind()),
        id: text(properties.message_id()),
        headers: headers
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.to_string(), plain(value)?)))
            .collect(),
        body: Bytes::from(body),
        expiration: text(properties.expiration())
            .parse()
            .ok()
            .map(Duration::from_millis),
    }
}

/// Where the sender of a message with these properties waits for an answer.
pub(super) fn reply_to(properties: &BasicProperties) -> Option<ReplyTo> {
    properties.reply_to().as_ref().map(|address| ReplyTo {
        address: address.to_string(),
        correlation: text(properties.correlation_id()),
    })
}

/// A text of at most 255 bytes; from anything longer lapin panics.
pub(super) fn short(text: &str, field: &'static str) -> Result<ShortString, Error> {
    ShortString::try_new(text).map_err(|_| Error::TooLong { field })
}

fn text(value: &Option<ShortString>) -> String {
    value
        .as_ref()
        .map(ShortString::to_string)
        .unwrap_or_default()
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "lists, tables and binary values are not for us"
)]
fn plain(value: &AMQPValue) -> Option<String> {
    match value {
        AMQPValue::LongString(text) => utf8(text),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        AMQPValue::Boolean(value) => Some(value.to_string()),
        AMQPValue::ShortShortInt(value) => Some(value.to_string()),
        AMQPValue::ShortShortUInt(value) => Some(value.to_string()),
        AMQPValue::ShortInt(value) => Some(value.to_string()),
        AMQPValue::ShortUInt(value) => Some(value.to_string()),
        AMQPValue::LongInt(value) => Some(value.to_string()),
        AMQPValue::LongUInt(value) => Some(value.to_string()),
        AMQPValue::LongLongInt(value) => Some(value.to_string()),
        _ => None,
    }
}

fn utf8(text: &LongString) -> Option<String> {
    std::str::from_utf8(text.as_bytes()).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_survives_the_wire() {
        let sent = Message {
            kind: "scutch.work.v1".to_owned(),
            id: "1:2:3".to_owned(),
            headers: [("x-attempt".to_owned(), "2".to_owned())].into(),
            body: Bytes::from_static(b"body"),
            expiration: Some(Duration::from_millis(1500)),
        };
        let properties = properties(&sent, Storage::Persistent).unwrap();
        assert_eq!(message(&properties, b"body".to_vec()), sent);
        assert_eq!(reply_to(&properties), None);
    }

    #[test]
    fn a_message_without_properties_is_a_message() {
        let received = message(&BasicProperties::default(), Vec::new());
        assert_eq!(received, Message::default());
    }

    #[test]
    fn numbers_in_headers_become_text_and_tables_are_left_out() {
        let mut headers = FieldTable::default();
        headers.insert("x-delivery-count".into(), AMQPValue::LongLongInt(3));
        headers.insert(
            "x-death".into(),
            AMQPValue::FieldTable(FieldTable::default()),
        );
        let received = message(
            &BasicProperties::default().with_headers(headers),
            Vec::new(),
        );
        assert_eq!(
            received.headers,
            [("x-delivery-count".to_owned(), "3".to_owned())].into()
        );
    }

    #[test]
    fn an_id_that_amqp_cannot_hold_is_refused() {
        let message = Message {
            id: "x".repeat(256),
            ..Message::default()
        };
        let error = properties(&message, Storage::Persistent).unwrap_err();
        assert!(matches!(error, Error::TooLong { field: "id" }));
    }
}
