//! One subscription to a queue, on a channel of its own, until something ends it.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Acker, Channel, Connection};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::super::delivery::{Delivery, Unacked as AnyUnacked};
use super::super::{Error, Queue};
use super::unacked::{Unacked, give_back};
use super::{topology, wire};

/// How long opening a channel, declaring and subscribing may take together.
const SETUP_LIMIT: Duration = Duration::from_secs(30);
/// How long any single answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// How often to look whether the subscription is still of use.
const CHECK_EVERY: Duration = Duration::from_secs(5);
/// After how long without a delivery to subscribe anew.
const IDLE: Duration = Duration::from_secs(20);

/// How a subscription ended without an error.
pub(super) enum End {
    /// We are to stop.
    Stopped,
    /// The server ended it: the queue was deleted, or moved.
    Cancelled,
    /// Nothing came for long. A queue that is deleted and declared again at once keeps its consumers, says nothing to them, and
    /// what it sends them gets lost until their channel ends (RabbitMQ 3.10.8): so a subscription does not stay idle for ever.
    Idle,
}

/// A subscription that delivers.
pub(super) struct Subscription {
    queue: Queue,
    channel: Channel,
    stream: lapin::Consumer,
    give_back: mpsc::Sender<Acker>,
    given_back: mpsc::Receiver<Acker>,
    last_delivery: Instant,
}

impl Subscription {
    pub(super) async fn open(
        connection: &Connection,
        queue: Queue,
        prefetch: u16,
    ) -> Result<Self, Error> {
        let setup = async {
            let channel = connection.create_channel().await?;
            channel
                .basic_qos(prefetch, BasicQosOptions::default())
                .await?;
            topology::declare(&channel, &queue).await?;
            let stream = channel
                .basic_consume(
                    queue.name().into(),
                    "".into(),
                    BasicConsumeOptions::default(),
                    FieldTable::default(),
                )
                .await?;
            Ok((channel, stream))
        };
        let (channel, stream) = timeout(SETUP_LIMIT, setup)
            .await
            .map_err(|_| Error::TimedOut {
                doing: "subscribing to a queue",
            })?
            .map_err(broken)?;
        // Never full: no more than `prefetch` are unacknowledged.
        let (give_back, given_back) = mpsc::channel(prefetch.into());
        Ok(Self {
            queue,
            channel,
            stream,
            give_back,
            given_back,
            last_delivery: Instant::now(),
        })
    }

    /// Puts deliveries into `outbox` until stopped, broken or idle.
    pub(super) async fn run(
        mut self,
        outbox: &mpsc::Sender<Delivery>,
        stop: &CancellationToken,
    ) -> Result<End, Error> {
        let mut check = interval(CHECK_EVERY);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut held: Option<Delivery> = None;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(acker) = self.given_back.recv() => give_back(&acker).await?,
                room = outbox.reserve(), if held.is_some() => match (room, held.take()) {
                    (Ok(room), Some(delivery)) => room.send(delivery),
                    (Ok(_), None) => {}
                    (Err(_), _) => break,
                },
                next = self.stream.next(), if held.is_none() => match next {
                    Some(Ok(delivery)) => {
                        self.last_delivery = Instant::now();
                        held = Some(self.wrap(delivery));
                    }
                    Some(Err(source)) => return Err(broken(source)),
                    None => return Ok(End::Cancelled),
                },
                _ = check.tick() => {
                    // Whoever holds all it may sees no deliveries, nor the end of the channel.
                    if !self.channel.status().connected() {
                        return Ok(End::Cancelled);
                    }
                    if held.is_none() && self.is_idle() {
                        return Ok(End::Idle);
                    }
                }
            }
        }
        drop(held);
        self.wind_down().await;
        Ok(End::Stopped)
    }

    /// Whether nothing came for long, and nothing of ours would be lost with the subscription.
    fn is_idle(&self) -> bool {
        // Each delivery that is unacknowledged has its own sender, beside ours.
        let is_free = self.give_back.strong_count() == 1;
        is_renewable(&self.queue) && is_free && self.last_delivery.elapsed() >= IDLE
    }

    /// Takes nothing more, gives back what nobody took, and keeps the channel until the last delivery is acknowledged or dropped.
    async fn wind_down(mut self) {
        let cancelled = self
            .channel
            .basic_cancel(self.stream.tag(), BasicCancelOptions::default());
        if !matches!(timeout(ANSWER_LIMIT, cancelled).await, Ok(Ok(()))) {
            return;
        }
        while let Ok(Some(Ok(delivery))) = timeout(ANSWER_LIMIT, self.stream.next()).await {
            if give_back(&delivery.acker).await.is_err() {
                return;
            }
        }
        drop(self.give_back);
        while let Some(acker) = self.given_back.recv().await {
            if give_back(&acker).await.is_err() {
                return;
            }
        }
    }

    fn wrap(&self, delivery: lapin::message::Delivery) -> Delivery {
        Delivery {
            queue: self.queue,
            is_redelivered: delivery.redelivered,
            reply_to: wire::reply_to(&delivery.properties),
            message: wire::message(&delivery.properties, delivery.data),
            unacked: AnyUnacked::Rabbit(Unacked::new(
                delivery.acker,
                self.channel.clone(),
                self.give_back.clone(),
            )),
        }
    }
}

/// Whether to subscribe anew costs nothing: only quorum queues need it, and the others would be without a consumer for a moment,
/// which refuses questions and deletes a worker's own queue.
fn is_renewable(queue: &Queue) -> bool {
    match queue {
        Queue::Work(_) | Queue::Quarantine | Queue::Dead | Queue::Submit => true,
        Queue::Preprocess | Queue::Control(_) => false,
    }
}

fn broken(source: lapin::Error) -> Error {
    Error::Amqp {
        doing: "consume a queue",
        source,
    }
}
