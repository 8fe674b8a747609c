//! One subscription to a queue, on a channel of its own, until something ends it.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{
    BasicCancelOptions, BasicConsumeOptions, BasicQosOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{Acker, Channel, Connection};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::super::delivery::{Delivery, Unacked as AnyUnacked};
use super::super::{Error, Queue};
use super::unacked::{Unacked, give_back};
use super::{topology, wire};

/// How long opening a channel, declaring and subscribing may take together.
const SETUP_LIMIT: Duration = Duration::from_secs(30);
/// How long any single answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// How often to look whether deliveries should have come.
const CHECK_EVERY: Duration = Duration::from_secs(5);

/// How a subscription ended without an error.
pub(super) enum End {
    /// We are to stop.
    Stopped,
    /// The server ended it: the queue was deleted, or moved.
    Cancelled,
    /// Messages wait and none comes. A queue that is deleted and declared again at once leaves its consumers like this, without a
    /// word to them (RabbitMQ 3.10.8).
    Starved,
}

/// A subscription that delivers.
pub(super) struct Subscription {
    queue: Queue,
    prefetch: u16,
    channel: Channel,
    stream: lapin::Consumer,
    give_back: mpsc::Sender<Acker>,
    given_back: mpsc::Receiver<Acker>,
    /// Whether something was delivered since the last check.
    has_delivered: bool,
    /// Whether messages waited for nothing at the last check.
    has_starved: bool,
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
            .map_err(|_| late("subscribing to a queue"))?
            .map_err(broken)?;
        // Never full: no more than `prefetch` are unacknowledged.
        let (give_back, given_back) = mpsc::channel(prefetch.into());
        Ok(Self {
            queue,
            prefetch,
            channel,
            stream,
            give_back,
            given_back,
            has_delivered: false,
            has_starved: false,
        })
    }

    /// Puts deliveries into `outbox` until stopped, broken or left without any.
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
                        self.has_delivered = true;
                        held = Some(self.wrap(delivery));
                    }
                    Some(Err(source)) => return Err(broken(source)),
                    None => return Ok(End::Cancelled),
                },
                _ = check.tick() => if self.is_starved(held.is_some()).await? {
                    return Ok(End::Starved);
                },
            }
        }
        drop(held);
        self.wind_down().await;
        Ok(End::Stopped)
    }

    /// Whether, at two checks in a row, messages waited for which there was room, and none came.
    async fn is_starved(&mut self, is_holding: bool) -> Result<bool, Error> {
        // Each delivery that is unacknowledged has its own sender, beside ours.
        let unacked = self.give_back.strong_count() - 1;
        let has_room = !is_holding && unacked < usize::from(self.prefetch);
        if self.has_delivered || !has_room {
            // Whoever holds everything sees no deliveries, nor the end of the channel.
            self.has_delivered = false;
            self.has_starved = false;
            return Ok(!self.channel.status().connected());
        }
        let options = QueueDeclareOptions::default().passive();
        let name = self.queue.name().into();
        let asked = self
            .channel
            .queue_declare(name, options, FieldTable::default());
        let queue = timeout(ANSWER_LIMIT, asked)
            .await
            .map_err(|_| late("asking for the depth of a queue"))?
            .map_err(broken)?;
        let is_waiting = queue.message_count() > 0;
        let was_waiting = std::mem::replace(&mut self.has_starved, is_waiting);
        Ok(was_waiting && is_waiting)
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

fn late(doing: &'static str) -> Error {
    Error::TimedOut { doing }
}

fn broken(source: lapin::Error) -> Error {
    Error::Amqp {
        doing: "consume a queue",
        source,
    }
}
