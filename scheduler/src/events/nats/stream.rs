//! The stream that keeps the events.

use std::error::Error;
use std::time::Duration;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{
    CreateStreamError, CreateStreamErrorKind, GetStreamByNameError, GetStreamByNameErrorKind,
    RequestError, RequestErrorKind,
};
use async_nats::jetstream::stream::{Config, RetentionPolicy, StorageType};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectOptions};
use shared::event::CloudEvent;
use tokio::time::timeout;

use super::super::sink::SendError;
use super::address::Address;
use super::{Settings, message};

const CONNECT: &str = "connect to NATS";
const NAME: &str = "SCUTCH_EVENTS";
/// Then the oldest go.
const MAX_MESSAGES: i64 = 1_000_000;
/// What a user may not ask is not answered.
const ASKING: Duration = Duration::from_secs(3);
const DUPLICATE_WINDOW: Duration = Duration::from_secs(10 * 60);

pub(super) struct Stream {
    context: Context,
    subject: String,
}

impl Stream {
    /// Connected to, and created if no stream covers the subject.
    pub(super) async fn open(settings: &Settings, deadline: Duration) -> Result<Self, SendError> {
        let url = settings.url.as_ref();
        let url = url.ok_or_else(|| SendError::failed(CONNECT, "no URL is set"))?;
        let address = Address::parse(url).map_err(|error| SendError::failed(CONNECT, error))?;
        let client = timeout(deadline, connect(&address)).await.map_err(|_| {
            let late = format!("no answer within {deadline:?} from {}", address.names());
            SendError::failed(CONNECT, late)
        })??;
        let mut context = jetstream::new(client);
        let subject = settings.subject.clone();
        context.set_timeout(deadline.min(ASKING));
        find_or_create(&context, &subject).await?;
        // For each acknowledgement.
        context.set_timeout(deadline);
        Ok(Self { context, subject })
    }

    /// Those behind the first `taken`, which are counted up. One after the other: were several under way, a later one could be stored
    /// before an earlier one that failed.
    pub(super) async fn publish(
        &self,
        events: &[CloudEvent],
        taken: &mut usize,
    ) -> Result<(), SendError> {
        for event in events.iter().skip(*taken) {
            let (subject, message) = (self.subject.clone(), message::of(event));
            let sent = self.context.send_publish(subject, message).await;
            let stored = match sent {
                Ok(acknowledgement) => acknowledgement.await,
                Err(error) => Err(error),
            };
            stored.map_err(|error| {
                let subject = &self.subject;
                SendError::failed(
                    "deliver events to NATS",
                    format!("subject {subject}: {error}"),
                )
            })?;
            *taken += 1;
        }
        Ok(())
    }
}

async fn connect(address: &Address) -> Result<Client, SendError> {
    let options = ConnectOptions::new()
        .name("scutch")
        // Each server once: left to itself the client would go on without end, also when nobody holds it any more.
        .max_reconnects(address.servers.len());
    let connected = address.log_in(options).connect(&address.servers[..]).await;
    connected.map_err(|error| SendError::failed(CONNECT, format!("{}: {error}", address.names())))
}

async fn find_or_create(context: &Context, subject: &str) -> Result<(), SendError> {
    let Err(error) = context.stream_by_subject(subject).await else {
        return Ok(());
    };
    if is_unanswered(&error) {
        // A user who may publish need not be one who may ask. Whether a stream is there, the acknowledgement tells.
        tracing::debug!(subject, "NATS does not say which stream keeps the events");
        return Ok(());
    }
    if error.kind() != GetStreamByNameErrorKind::NotFound {
        return Err(SendError::failed(
            "find a stream of NATS, whose JetStream must be enabled",
            format!("subject {subject}: {error}"),
        ));
    }
    // Two schedulers at once: the same stream created twice is no error.
    let created = match context.create_stream(config(subject)).await {
        Err(error) if exists_otherwise(&error) => extend(context, subject).await,
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    };
    created.map_err(|error| {
        SendError::failed(
            "create a stream of NATS",
            format!("stream {NAME} for subject {subject}, or create one that covers it: {error}"),
        )
    })
}

/// Not where JetStream itself is missing, which is said at once.
fn is_unanswered(error: &GetStreamByNameError) -> bool {
    let late = |error: &RequestError| error.kind() == RequestErrorKind::TimedOut;
    std::iter::successors(error.source(), |error| (*error).source())
        .filter_map(|error| error.downcast_ref::<RequestError>())
        .any(late)
}

/// With another configuration, as for another subject.
fn exists_otherwise(error: &CreateStreamError) -> bool {
    matches!(error.kind(), CreateStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NAME_EXIST)
}

/// Adds the subject to the stream, and leaves all else of it as it is.
async fn extend(context: &Context, subject: &str) -> Result<(), String> {
    let stream = context.get_stream(NAME).await;
    let mut config = stream
        .map_err(|error| error.to_string())?
        .cached_info()
        .config
        .clone();
    if !config.subjects.iter().any(|known| known == subject) {
        config.subjects.push(subject.to_owned());
    }
    let updated = context.update_stream(&config).await;
    updated.map(drop).map_err(|error| error.to_string())
}

fn config(subject: &str) -> Config {
    Config {
        name: NAME.to_owned(),
        description: Some("Events of Scutch's jobs".to_owned()),
        subjects: vec![subject.to_owned()],
        storage: StorageType::File,
        retention: RetentionPolicy::Limits,
        max_messages: MAX_MESSAGES,
        duplicate_window: DUPLICATE_WINDOW,
        ..Config::default()
    }
}
