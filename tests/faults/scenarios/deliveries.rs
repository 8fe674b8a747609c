//! Messages that are delivered twice, late, and in another order, and messages that nobody can read.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use lapin::options::{BasicAckOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Connection, ConnectionProperties};
use shared::job::JobId;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::scenario::Profile::Long;
use crate::scenario::{Disturbance, Scenario};
use crate::world::World;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "messages are doubled, delayed, put in another order, and unreadable",
            Long,
            |world| meddled(world, 2),
        ),
        Scenario::new(
            "more than a tenth of all messages is doubled, delayed, put in another order",
            Long,
            |world| {
                meddled(world, 12);
            },
        ),
        Scenario::new("messages of jobs that there are not", Long, |world| {
            strangers(world);
        }),
    ]
}

/// What random mixes have of it.
pub(crate) fn disturbances() -> Vec<Disturbance> {
    let meddler: Rc<RefCell<Option<Meddler>>> = Rc::default();
    let begun = Rc::clone(&meddler);
    vec![Disturbance::new(
        "deliveries",
        "messages are doubled, delayed, put in another order",
        10..=200,
        move |world| *begun.borrow_mut() = Some(Meddler::start(world)),
        move |world| {
            if let Some(meddler) = meddler.borrow_mut().take() {
                meddler.stop(world);
            }
        },
    )]
}

// ---- AMQP without the service's own code

/// A message as AMQP has it, with where it goes.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) exchange: String,
    pub(super) key: String,
    pub(super) properties: BasicProperties,
    pub(super) body: Vec<u8>,
}

impl Letter {
    /// One for the workers.
    pub(super) fn work(kind: &str, id: &str, headers: FieldTable, body: &[u8]) -> Self {
        Self {
            exchange: "scutch.work".to_owned(),
            key: "normal".to_owned(),
            properties: BasicProperties::default()
                .with_type(kind.into())
                .with_message_id(id.into())
                .with_headers(headers)
                .with_delivery_mode(2),
            body: body.to_vec(),
        }
    }
}

/// A channel to the broker, past all links.
pub(super) struct Channel {
    channel: lapin::Channel,
    // Closed with it.
    _connection: Connection,
}

impl Channel {
    pub(super) async fn open(url: &str) -> Result<Self, lapin::Error> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        Ok(Self {
            channel,
            _connection: connection,
        })
    }

    /// Returns once the broker has it.
    pub(super) async fn send(&self, letter: &Letter) -> Result<(), lapin::Error> {
        let sent = self.channel.basic_publish(
            letter.exchange.as_str().into(),
            letter.key.as_str().into(),
            BasicPublishOptions::default(),
            &letter.body,
            letter.properties.clone(),
        );
        sent.await?.await?;
        Ok(())
    }

    /// Takes a message out of a queue, where there is one; it comes back unless it is acknowledged.
    pub(super) async fn take(&self, queue: &str) -> Result<Option<Taken>, lapin::Error> {
        let got = self
            .channel
            .basic_get(queue.into(), BasicGetOptions::default());
        let Some(got) = got.await? else {
            return Ok(None);
        };
        let delivery = got.delivery;
        Ok(Some(Taken {
            letter: Letter {
                exchange: delivery.exchange.to_string(),
                key: delivery.routing_key.to_string(),
                properties: delivery.properties.clone(),
                body: delivery.data.clone(),
            },
            delivery,
        }))
    }
}

/// A message that was taken and is not acknowledged.
pub(super) struct Taken {
    pub(super) letter: Letter,
    delivery: lapin::message::Delivery,
}

impl Taken {
    /// It is out of its queue.
    pub(super) async fn acknowledge(&self) -> Result<(), lapin::Error> {
        self.delivery
            .ack(BasicAckOptions::default())
            .await
            .map(drop)
    }
}

// ---- somebody between the broker and the workers

const QUEUES: [&str; 4] = [
    "scutch.work.high",
    "scutch.work.normal",
    "scutch.work.low",
    "scutch.work.quarantine",
];
/// Messages that are held before they go on, last first.
const HELD: usize = 3;
/// Nor longer than this.
const LONGEST_HELD: Duration = Duration::from_secs(1);

/// Takes some of the workers' messages and brings them late, twice, or in another order.
struct Meddler {
    stop: Arc<AtomicBool>,
    tally: Arc<Tally>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Tally {
    doubled: AtomicU64,
    delayed: AtomicU64,
    reordered: AtomicU64,
}

impl Tally {
    /// Doubled, delayed, in another order.
    fn counts(&self) -> [u64; 3] {
        [&self.doubled, &self.delayed, &self.reordered].map(|count| count.load(Ordering::Relaxed))
    }

    fn has_all(&self) -> bool {
        self.counts().iter().all(|count| *count > 0)
    }
}

impl Meddler {
    fn start(world: &mut World) -> Self {
        let (stop, tally): (Arc<AtomicBool>, Arc<Tally>) = Default::default();
        let (url, random) = (world.servers.amqp_url().to_owned(), world.random.fork());
        let meddling = Meddling {
            url,
            random,
            turn: 0,
            stop: Arc::clone(&stop),
            tally: Arc::clone(&tally),
        };
        Self {
            stop,
            tally,
            task: world.runtime.spawn(meddling.go_on()),
        }
    }

    /// Brings what is held, as far as the broker is there; what it does not take comes back by itself.
    fn stop(self, world: &World) -> Arc<Tally> {
        self.stop.store(true, Ordering::Relaxed);
        world.runtime.block_on(async {
            let abort = self.task.abort_handle();
            if timeout(Duration::from_secs(5), self.task).await.is_err() {
                abort.abort();
            }
        });
        self.tally
    }
}

struct Meddling {
    url: String,
    random: fastrand::Rng,
    /// How many queues were looked into.
    turn: usize,
    stop: Arc<AtomicBool>,
    tally: Arc<Tally>,
}

impl Meddling {
    async fn go_on(mut self) {
        while !self.is_over() {
            // With the channel all goes back that it holds.
            if self.meddle().await.is_err() {
                sleep(Duration::from_millis(500)).await;
            }
        }
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    async fn meddle(&mut self) -> Result<(), lapin::Error> {
        let channel = Channel::open(&self.url).await?;
        let (mut held, mut held_since): (Vec<Taken>, _) = (Vec::new(), Instant::now());
        let mut late: Vec<(Instant, Taken)> = Vec::new();
        while !self.is_over() {
            let queue = QUEUES[self.turn % QUEUES.len()];
            self.turn += 1;
            // Those that are held do not wait for ever for one more.
            let is_due = held_since.elapsed() > LONGEST_HELD;
            if let Some(taken) = channel.take(queue).await? {
                match self.random.u32(..3) {
                    // What cannot be read is counted.
                    0 if taken.letter.body != UNREADABLE => {
                        channel.send(&taken.letter).await?;
                        bring(&channel, &taken).await?;
                        self.tally.doubled.fetch_add(1, Ordering::Relaxed);
                    }
                    1 => {
                        let wait = Duration::from_millis(self.random.u64(200..3_000));
                        late.push((Instant::now() + wait, taken));
                    }
                    _ => {
                        if held.is_empty() {
                            held_since = Instant::now();
                        }
                        held.push(taken);
                    }
                }
            }
            if held.len() == HELD || is_due {
                while let Some(taken) = held.pop() {
                    bring(&channel, &taken).await?;
                    self.tally.reordered.fetch_add(1, Ordering::Relaxed);
                }
            }
            while let Some(due) = late.iter().position(|(due, _)| *due <= Instant::now()) {
                bring(&channel, &late.swap_remove(due).1).await?;
                self.tally.delayed.fetch_add(1, Ordering::Relaxed);
            }
            sleep(Duration::from_millis(self.random.u64(1..10))).await;
        }
        for taken in held
            .into_iter()
            .chain(late.into_iter().map(|(_, taken)| taken))
        {
            bring(&channel, &taken).await?;
        }
        Ok(())
    }
}

/// Puts a message at the end of its queue.
async fn bring(channel: &Channel, taken: &Taken) -> Result<(), lapin::Error> {
    channel.send(&taken.letter).await?;
    taken.acknowledge().await
}

// ---- scenarios

/// So many jobs while somebody meddles, with messages in between that nobody can read.
fn meddled(world: &mut World, jobs: usize) {
    let meddler = Meddler::start(world);
    let mut ids = Vec::new();
    // More of them where chance left something out.
    while ids.len() < jobs || !meddler.tally.has_all() {
        assert!(ids.len() < jobs + 20, "not all was meddled with");
        let documents = world.slow(64 * 20, 3);
        ids.push(world.submit(&documents));
        send(world, &unreadable());
        world.pause(1..=10);
    }
    let count = ids.len();
    for id in ids {
        let open =
            format!("SELECT count(*) FROM jobs WHERE job_id = '{id}' AND completed_at IS NULL");
        world.wait("the job ends", |world| world.number(&open) == 0);
    }
    world.mended = Some(SystemTime::now());
    let tally = meddler.stop(world);
    let unreadable = i64::try_from(count * unreadable().len()).unwrap();
    expect_dead_letters(world, unreadable);
    let [doubled, delayed, reordered] = tally.counts();
    // With the one that joins each job has 21.
    let messages = u64::try_from(count * 21).unwrap();
    println!(
        "    of {messages} messages {doubled} came twice, {delayed} late, {reordered} in another order"
    );
    assert!(
        (doubled + delayed + reordered) * 10 >= messages,
        "not a tenth was meddled with"
    );
}

/// What is in a message that no worker can read.
const UNREADABLE: &[u8] = b"unreadable";

/// Messages of the workers' queue that no worker can read.
fn unreadable() -> Vec<Letter> {
    let none = FieldTable::default;
    let job = JobId::generate();
    let known = "scutch.work.v1";
    let letter = |kind: &str, id: &str| Letter::work(kind, id, none(), UNREADABLE);
    let mut bare = letter("", "");
    bare.properties = BasicProperties::default();
    vec![
        bare,
        // No kind, another kind, and then what is no reference to a chunk.
        letter("", &format!("{job}:0:0")),
        letter("scutch.control.v1", &format!("{job}:0:0")),
        letter(known, "nonsense"),
        letter(known, &format!("{job}:0")),
        letter(known, &format!("{job}:-1:0")),
    ]
}

/// Messages that can be read and mean nothing: no job, no chunk, an epoch that never was.
fn strangers(world: &mut World) {
    let documents = world.slow(64 * 8, 10);
    let id = world.submit(&documents);
    world.wait_until_begun(&id);
    let mut headers = FieldTable::default();
    headers.insert(
        "x-attempt".into(),
        AMQPValue::LongString("4000000000000".into()),
    );
    let letters: Vec<Letter> = [
        format!("{}:0:0", JobId::generate()),
        format!("{id}:999999:0"),
        format!("{id}:0:9000"),
        format!("{id}:1:9000"),
        format!("{id}:7:0"),
    ]
    .iter()
    .map(|reference| Letter::work("scutch.work.v1", reference, headers.clone(), b""))
    .collect();
    for _ in 0..20 {
        send(world, &letters);
        world.pause(1..=2);
    }
    world.mended = Some(SystemTime::now());
    world.wait("all are taken", |world| world.servers.messages_in("/") == 0);
}

/// Sends messages to the broker.
pub(super) fn send(world: &World, letters: &[Letter]) {
    let url = world.servers.amqp_url();
    let sent = world.runtime.block_on(async {
        let channel = Channel::open(url).await?;
        for letter in letters {
            channel.send(letter).await?;
        }
        Ok::<(), lapin::Error>(())
    });
    sent.unwrap();
}

/// Waits until so many dead letters are kept, each with a reason.
pub(super) fn expect_dead_letters(world: &mut World, count: i64) {
    world.dead_letters = count;
    let kept = "SELECT count(*) FROM dead_letters WHERE reason <> ''";
    world.wait("what cannot be read is kept", |world| {
        world.number(kept) >= count
    });
}
