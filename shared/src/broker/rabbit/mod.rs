//! RabbitMQ, through lapin.
//!
//! One connection publishes and one consumes: under a memory alarm RabbitMQ reads nothing from a connection that publishes, not
//! even acknowledgements. lapin's own recovery is not used: a consumer that met a bad acknowledgement errs once and then hangs.

mod call;
mod consume;
mod link;
mod publish;
mod subscription;
mod topology;
mod unacked;
mod wire;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::uri::AMQPUri;
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::link::Link;
use self::publish::{Lanes, Parcel, Routing};
use super::{CallError, Depth, Error, Message, Queue, ReplyTo, Settings};

pub(super) use self::consume::Deliveries;
pub(super) use self::topology::DELIVERY_LIMIT;
pub(super) use self::unacked::Unacked;

/// How long the consumers may take to end.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// A RabbitMQ server, or a cluster behind one address.
#[derive(Clone)]
pub struct Rabbit(Arc<Shared>);

struct Shared {
    publishing: Arc<Link>,
    consuming: Arc<Link>,
    lanes: Lanes,
    confirm_timeout: Duration,
    declaring: Mutex<()>,
    consumers: TaskTracker,
    closed: CancellationToken,
}

impl Rabbit {
    pub(super) fn open(url: &str, settings: &Settings, name: &str) -> Result<Self, Error> {
        let mut uri: AMQPUri = url.parse().map_err(|_| Error::Url)?;
        let heartbeat = u16::try_from(settings.heartbeat_s).unwrap_or(u16::MAX);
        uri.query.heartbeat.get_or_insert(heartbeat);
        // Without it an address that answers nothing holds a thread of lapin's for minutes.
        uri.query.connection_timeout.get_or_insert(5_000);

        let publishing = Arc::new(Link::new(uri.clone(), format!("{name} publishing")));
        Ok(Self(Arc::new(Shared {
            lanes: Lanes::new(publishing.clone()),
            publishing,
            consuming: Arc::new(Link::new(uri, format!("{name} consuming"))),
            confirm_timeout: Duration::from_millis(settings.confirm_timeout_ms),
            declaring: Mutex::new(()),
            consumers: TaskTracker::new(),
            closed: CancellationToken::new(),
        })))
    }

    pub(super) async fn publish(&self, to: &Queue, message: &Message) -> Result<(), Error> {
        let route = topology::route(to);
        let parcel = Parcel {
            exchange: route.exchange,
            key: &route.key,
            routing: Routing::Mandatory,
            properties: wire::properties(message, storage(to))?,
            body: &message.body,
        };
        match self.send(&parcel).await {
            // Somebody deleted it. A worker's own queue is declared by that worker only.
            Err(error) if error.is_missing() && !matches!(to, Queue::Control(_)) => {
                self.declare(to).await?;
                self.send(&parcel).await
            }
            result => result,
        }
    }

    /// Declares a queue, by one publisher at a time: many may miss it at once, and a quorum queue that is being made is slow to answer.
    async fn declare(&self, queue: &Queue) -> Result<(), Error> {
        let declared = async {
            let _turn = self.0.declaring.lock().await;
            let connection = self.0.publishing.get().await?;
            let declared = async {
                let channel = connection.create_channel().await?;
                topology::declare(&channel, queue).await
            };
            declared.await.map(drop).map_err(|source| Error::Amqp {
                doing: "declare the queue",
                source,
            })
        };
        let late = Error::TimedOut {
            doing: "declaring the queue",
        };
        timeout(self.0.confirm_timeout, declared)
            .await
            .unwrap_or(Err(late))
    }

    pub(super) async fn publish_control(&self, message: &Message) -> Result<(), Error> {
        let parcel = Parcel {
            exchange: topology::CONTROL_EXCHANGE,
            key: &message.kind,
            routing: Routing::Optional,
            properties: wire::properties(message, wire::Storage::Transient)?,
            body: &message.body,
        };
        self.send(&parcel).await
    }

    pub(super) async fn reply(&self, to: &ReplyTo, message: &Message) -> Result<(), Error> {
        let properties = wire::properties(message, wire::Storage::Transient)?
            .with_correlation_id(wire::short(&to.correlation, "correlation")?);
        let parcel = Parcel {
            exchange: "",
            key: &to.address,
            routing: Routing::Optional,
            properties,
            body: &message.body,
        };
        self.send(&parcel).await
    }

    pub(super) fn consume(
        &self,
        queue: Queue,
        prefetch: u16,
        stop: &CancellationToken,
    ) -> Deliveries {
        let consumer = consume::Consumer {
            link: self.0.consuming.clone(),
            queue,
            prefetch: prefetch.max(1),
            closed: self.0.closed.clone(),
        };
        consumer.start(stop, &self.0.consumers)
    }

    pub(super) async fn call(
        &self,
        message: Message,
        deadline: Duration,
    ) -> Result<Message, CallError> {
        call::call(&self.0.publishing, message, deadline).await
    }

    /// Asks without declaring; a queue that is not there holds nothing.
    pub(super) async fn depth(&self, queue: &Queue) -> Result<Depth, Error> {
        let connection = self.0.publishing.get().await?;
        let asked = async {
            let channel = connection.create_channel().await?;
            let options = QueueDeclareOptions::default().passive();
            channel
                .queue_declare(queue.name().into(), options, FieldTable::default())
                .await
        };
        let doing = "asking for the depth of a queue";
        let asked = timeout(self.0.confirm_timeout, asked)
            .await
            .map_err(|_| Error::TimedOut { doing })?;
        match asked {
            Ok(queue) => Ok(Depth {
                messages: queue.message_count().into(),
                consumers: queue.consumer_count().into(),
            }),
            Err(source) => {
                let error = Error::Amqp {
                    doing: "ask for the depth of a queue",
                    source,
                };
                if error.is_missing() {
                    Ok(Depth::default())
                } else {
                    Err(error)
                }
            }
        }
    }

    pub(super) async fn check(&self, deadline: Duration) -> Result<(), Error> {
        let connection = match timeout(deadline, self.0.publishing.wait()).await {
            Ok(connection) => connection?,
            // Says what the last attempt met, if there was one.
            Err(_) => self.0.publishing.last_error().map_or(
                Err(Error::TimedOut {
                    doing: "connecting to RabbitMQ",
                }),
                Err,
            )?,
        };
        if connection.status().blocked() {
            return Err(Error::Blocked);
        }
        Ok(())
    }

    pub(super) async fn close(&self) {
        self.0.closed.cancel();
        self.0.consumers.close();
        // Deliveries that somebody still holds go back to their queues when the connection ends.
        drop(timeout(CLOSE_LIMIT, self.0.consumers.wait()).await);
        self.0.lanes.close();
        self.0.publishing.close().await;
        self.0.consuming.close().await;
    }

    async fn send(&self, parcel: &Parcel<'_>) -> Result<(), Error> {
        timeout(self.0.confirm_timeout, self.0.lanes.send(parcel))
            .await
            .unwrap_or(Err(Error::TimedOut {
                doing: "publishing",
            }))
    }
}

impl fmt::Debug for Rabbit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rabbit")
    }
}

/// What is lost with the server if it is lost: nothing that has no other copy.
fn storage(queue: &Queue) -> wire::Storage {
    match queue {
        Queue::Work(_) | Queue::Quarantine | Queue::Dead | Queue::Submit => {
            wire::Storage::Persistent
        }
        Queue::Preprocess | Queue::Control(_) => wire::Storage::Transient,
    }
}
