//! Producers that crash, are stopped, and are two: each submission becomes one job, whatever was answered to it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use reqwest::Method;
use serde_json::{Value, json};
use tests::client::Client;

use super::deliveries::{Channel, Letter};
use crate::scenario::Profile::{Long, Short};
use crate::scenario::{Disturbance, Scenario};
use crate::world::{Launch, World};

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut all = vec![
        Scenario::new(
            "a producer crashes before it has answered what it has taken",
            Short,
            taken_and_not_answered,
        ),
        Scenario::new(
            "a producer crashes before it has acknowledged what it has taken",
            Long,
            taken_and_not_acknowledged,
        ),
        Scenario::new(
            "a producer crashes when chunks are published and not noted",
            Long,
            published_and_not_noted,
        ),
        Scenario::new(
            "a producer is killed in the midst of an upload",
            Long,
            in_the_midst_of_an_upload,
        ),
        Scenario::new("producers are killed under load", Long, |world| {
            loaded(world, |world| {
                world.pause(5..=15);
                world.replace_producer(&Launch::default());
            });
        }),
        Scenario::new("producers are told to stop under load", Long, |world| {
            loaded(world, |world| {
                world.pause(5..=15);
                let next = world.another_producer(&Launch::default());
                std::mem::replace(&mut world.producer, next).stop();
            });
        }),
        Scenario::new("two producers are given the same", Long, two_given_the_same),
    ];
    all.extend(disturbances().into_iter().map(|what| what.alone(Long)));
    all
}

/// What random mixes have of it. The next submission finds the producer gone and brings it back.
pub(crate) fn disturbances() -> Vec<Disturbance> {
    vec![
        Disturbance::new(
            "a producer",
            "the producer is killed",
            1..=20,
            |world| signal(world, "KILL"),
            World::restock,
        ),
        Disturbance::new(
            "a producer",
            "the producer is frozen",
            5..=20,
            |world| signal(world, "STOP"),
            |world| signal(world, "CONT"),
        ),
    ]
}

fn signal(world: &mut World, name: &str) {
    if !world.producer.has_ended() {
        world.producer.signal(name);
    }
}

// ---- one submission

/// The job is there and nobody was told: asking again under the same key tells of it.
fn taken_and_not_answered(world: &mut World) {
    for _ in 0..3 {
        world.replace_producer(&Launch::with_failpoints("producer.accepted=return"));
        let (key, documents) = (fresh_key(world), world.quick(150));
        assert!(
            !world.try_submit(&key, &documents),
            "it crashed before it answered"
        );
        assert_eq!(jobs_of(world, &key), 1, "it had taken it");
        world.wait("a submission is taken", |world| {
            world.try_submit(&key, &documents)
        });
        assert_eq!(
            jobs_of(world, &key),
            1,
            "a repeated submission is the same job"
        );
    }
    world.mended = Some(SystemTime::now());
}

/// The same, by AMQP: the message comes again, and has its job.
fn taken_and_not_acknowledged(world: &mut World) {
    world.replace_producer(&Launch::with_failpoints("producer.accepted=return"));
    let (key, documents) = (fresh_key(world), world.quick(150));
    let mut headers = FieldTable::default();
    headers.insert(
        "idempotency-key".into(),
        AMQPValue::LongString(key.as_str().into()),
    );
    let letter = Letter {
        exchange: "scutch.submit".to_owned(),
        key: "submit".to_owned(),
        properties: BasicProperties::default().with_headers(headers),
        body: json!({ "documents": documents, "persist_to_backends": world.backends })
            .to_string()
            .into_bytes(),
    };
    let url = world.servers.amqp_url().to_owned();
    let sent = world.runtime.block_on(async {
        let channel = Channel::open(&url).await?;
        channel.send(&letter).await
    });
    sent.unwrap();
    world.wait("the producer crashed", |world| world.producer.has_ended());
    assert_eq!(jobs_of(world, &key), 1, "it had taken it");
    world.restock();
    world.mended = Some(SystemTime::now());
    world.wait("the message is acknowledged", |world| {
        world.servers.messages_in("/") == 0
    });
    assert_eq!(
        jobs_of(world, &key),
        1,
        "a repeated message is the same job"
    );
    let id = "SELECT job_id::text FROM jobs WHERE idempotency_key LIKE '%' || $1";
    let id: String = world.rows(id, &[&key])[0].get(0);
    world.remember(&id, &documents);
}

/// The broker has the chunks and the database does not know it: they are published twice.
fn published_and_not_noted(world: &mut World) {
    for _ in 0..3 {
        world.replace_producer(&Launch::with_failpoints("published=return"));
        // The answer comes before the crash, or not.
        let documents = world.slow(64 * 8, 2);
        world.submit(&documents);
        world.wait("the producer crashed", |world| world.producer.has_ended());
        world.restock();
    }
    world.mended = Some(SystemTime::now());
}

/// Half of a body is no submission.
fn in_the_midst_of_an_upload(world: &mut World) {
    for _ in 0..5 {
        let (key, documents) = (fresh_key(world), world.quick(5_000));
        let request = json!({ "documents": documents, "persist_to_backends": world.backends });
        let body = request.to_string();
        let address = world
            .producer
            .address
            .trim_start_matches("http://")
            .to_owned();
        let mut stream = TcpStream::connect(&address).unwrap();
        let head = format!(
            "POST /v1/documents/batch HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             idempotency-key: {key}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let half = world.random.usize(..body.len());
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body.as_bytes()[..half]).unwrap();
        world.replace_producer(&Launch::default());
        let mut answer = String::new();
        // A reset or an end: nothing was answered.
        drop(stream.read_to_string(&mut answer));
        assert_eq!(answer, "", "half a body was answered");
        assert_eq!(jobs_of(world, &key), 0, "half a body was taken");
        world.wait("a submission is taken", |world| {
            world.try_submit(&key, &documents)
        });
        assert_eq!(jobs_of(world, &key), 1);
    }
    world.mended = Some(SystemTime::now());
}

// ---- many submissions at a time

/// Who submits at a time.
const CLIENTS: usize = 4;
/// Between two submissions of a client.
const BETWEEN: Duration = Duration::from_millis(200);
/// How often something happens to the producer.
const TIMES: usize = 5;

/// Clients that submit without a pause and repeat what was not answered, while something happens to the producer.
fn loaded(world: &mut World, mut happens: impl FnMut(&mut World)) {
    // More than can have been submitted by the end.
    let mut batches: Vec<Vec<(String, Vec<Value>)>> = Vec::new();
    for _ in 0..CLIENTS {
        let batches_of_one = (0..200).map(|_| (fresh_key(world), world.quick(40)));
        batches.push(batches_of_one.collect());
    }
    let (address, is_over) = (
        Mutex::new(world.producer.address.clone()),
        AtomicBool::new(false),
    );
    let backends = world.backends.clone();
    let taken = thread::scope(|scope| {
        let clients: Vec<_> = batches
            .iter()
            .map(|batches| scope.spawn(|| submit_all(&address, &is_over, batches, &backends)))
            .collect();
        for _ in 0..TIMES {
            happens(world);
            let now = world.producer.address.clone();
            *address.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
        is_over.store(true, Ordering::Relaxed);
        let taken = clients
            .into_iter()
            .flat_map(|client| client.join().unwrap());
        taken.collect::<BTreeMap<String, (String, u32)>>()
    });
    world.mended = Some(SystemTime::now());
    let repeated = taken.values().filter(|(_, tries)| *tries > 1).count();
    println!(
        "    {} submissions, {repeated} of them repeated",
        taken.len()
    );
    assert!(!taken.is_empty());
    let keys: Vec<&str> = batches
        .iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    // Each begins with where it came from.
    let jobs = "SELECT count(*) FROM jobs WHERE right(idempotency_key, 20) = ANY(string_to_array($1, ','))";
    let jobs: i64 = world.rows(jobs, &[&keys.join(",")])[0].get(0);
    assert_eq!(
        usize::try_from(jobs).unwrap(),
        taken.len(),
        "a submission is one job"
    );
    for (key, documents) in batches.iter().flatten() {
        if let Some((id, _)) = taken.get(key) {
            world.remember(id, documents);
        }
    }
}

/// The jobs that one client was told, with how often it had to ask, by key. What it has begun it brings to its end.
fn submit_all(
    address: &Mutex<String>,
    is_over: &AtomicBool,
    batches: &[(String, Vec<Value>)],
    backends: &[&str],
) -> Vec<(String, (String, u32))> {
    let mut taken = Vec::new();
    for (key, documents) in batches {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let request = json!({ "documents": documents, "persist_to_backends": backends });
        for tries in 1.. {
            assert!(tries < 1_000, "a submission is never taken");
            let address = address
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            match submit_once(&address, key, &request) {
                Some(id) => {
                    taken.push((key.clone(), (id, tries)));
                    break;
                }
                None => thread::sleep(BETWEEN),
            }
        }
        thread::sleep(BETWEEN);
    }
    taken
}

/// The job, if this try was answered with one.
fn submit_once(address: &str, key: &str, request: &Value) -> Option<String> {
    let client = Client::new(address.to_owned(), String::new());
    let post = client
        .request(Method::POST, "/v1/documents/batch")
        .header("idempotency-key", key)
        .json(request);
    let answer = client.try_send(post).ok()?;
    assert!(
        [202, 503].contains(&answer.status),
        "a submission was answered {answer:?}"
    );
    answer.body["job_id"].as_str().map(str::to_owned)
}

/// Whoever is asked, under one key there is one job.
fn two_given_the_same(world: &mut World) {
    let other = world.another_producer(&Launch::default());
    let addresses = [world.producer.address.clone(), other.address.clone()];
    for _ in 0..30 {
        let (key, documents) = (fresh_key(world), world.quick(30));
        let request = json!({ "documents": documents, "persist_to_backends": world.backends });
        let ids: Vec<String> = thread::scope(|scope| {
            let asked: Vec<_> = addresses
                .iter()
                .cycle()
                .take(4)
                .map(|address| scope.spawn(|| submit_once(address, &key, &request)))
                .collect();
            asked
                .into_iter()
                .filter_map(|asked| asked.join().unwrap())
                .collect()
        });
        assert_eq!(ids.len(), 4, "all were answered");
        assert!(
            ids.iter().all(|id| *id == ids[0]),
            "one key, several jobs: {ids:?}"
        );
        assert_eq!(jobs_of(world, &key), 1);
        world.remember(&ids[0], &documents);
    }
    world.mended = Some(SystemTime::now());
}

fn fresh_key(world: &mut World) -> String {
    format!("key-{:016x}", world.random.u64(..))
}

/// Jobs under a key.
fn jobs_of(world: &World, key: &str) -> i64 {
    let jobs = "SELECT count(*) FROM jobs WHERE idempotency_key LIKE '%' || $1";
    world.rows(jobs, &[key])[0].get(0)
}
