//! An event as a message of NATS.

use async_nats::jetstream::message::PublishMessage;
use shared::event::{CloudEvent, STRUCTURED_CONTENT_TYPE};

/// With its id for the stream, which stores a repeated one once
/// (<https://docs.nats.io/using-nats/developer/develop_jetstream/model_deep_dive#message-deduplication>).
///
/// The binding 1.0.2 has no headers; drafts of the next one tell the mode by the content type.
pub(super) fn of(event: &CloudEvent) -> PublishMessage {
    PublishMessage::build()
        .message_id(&event.id)
        .header("Content-Type", STRUCTURED_CONTENT_TYPE)
        .payload(event.structured().to_string().into())
}
