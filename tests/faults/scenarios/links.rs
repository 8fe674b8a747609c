//! Every link between a role and a server cut in each direction, reset, slowed, and dribbling.

mod packets;

use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::link::Condition;
use crate::scenario::Profile::{Long, Short};
use crate::scenario::{Disturbance, Scenario};
use crate::world::{To, World};

/// A link that there is traffic on. (A producer has none with Redis.)
#[derive(Debug, Clone, Copy)]
struct Way {
    name: &'static str,
    role: &'static str,
    to: To,
}

const fn way(name: &'static str, role: &'static str, to: To) -> Way {
    Way { name, role, to }
}

const WORKER_TO_DATABASE: Way = way("a worker's link to the database", "worker", To::Database);
const WAYS: [Way; 9] = [
    way("the producer's link to the broker", "producer", To::Broker),
    way(
        "the producer's link to the database",
        "producer",
        To::Database,
    ),
    way(
        "the scheduler's link to the broker",
        "scheduler",
        To::Broker,
    ),
    way(
        "the scheduler's link to the database",
        "scheduler",
        To::Database,
    ),
    way("the scheduler's link to Redis", "scheduler", To::Redis),
    way("a worker's link to the broker", "worker", To::Broker),
    WORKER_TO_DATABASE,
    way("a worker's link to Redis", "worker", To::Redis),
    way(
        "a worker's link to Elasticsearch",
        "worker",
        To::Elasticsearch,
    ),
];

const CONDITIONS: [(Condition, &str); 6] = [
    (Condition::CutToServer, "is cut towards it"),
    (Condition::CutToClient, "is cut from it"),
    (Condition::Cut, "is cut"),
    (Condition::Reset, "is reset"),
    (Condition::Slow(200), "is slow"),
    (Condition::Dribble, "dribbles"),
];

/// Shorter than a worker's fence (4 s), and longer than the time after which it is lost (6 s), in tenths of a second.
const TIMES: [u64; 2] = [20, 90];

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut all = vec![Scenario::new(
        "workers are cut off from the database for longer than their fence",
        Short,
        fenced,
    )];
    for way in WAYS {
        for (condition, what) in CONDITIONS {
            let name = format!("{} {what}", way.name);
            all.push(Scenario::new(name, Long, move |world| {
                for tenths in TIMES {
                    broken(world, way, condition, tenths);
                }
            }));
        }
    }
    all.extend(packets::scenarios());
    all
}

/// What random mixes have of it: of each link one, which is broken in any way.
pub(crate) fn disturbances() -> Vec<Disturbance> {
    let of = |way: Way| {
        Disturbance::new(
            way.name,
            format!("{} is broken", way.name),
            5..=90,
            move |world| {
                let (condition, _) = CONDITIONS[world.random.usize(..CONDITIONS.len())];
                world.set_links(way.role, way.to, condition);
            },
            move |world| {
                world.set_links(way.role, way.to, Condition::Open);
                world.restock();
            },
        )
    };
    WAYS.map(of).into()
}

/// A link is broken for so long, in the midst of work and of a submission.
fn broken(world: &mut World, way: Way, condition: Condition, tenths: u64) {
    // Of the two workers with two slots each; some more, so that there is still work when the link is whole again.
    let documents = world.slow(usize::try_from(tenths * 20 + 300).unwrap(), 20);
    let id = world.submit(&documents);
    world.wait_until_begun(&id);
    let before = felt(world, way);
    world.set_links(way.role, way.to, condition);
    let documents = world.quick(100);
    let key = format!("k{}", world.random.u64(..));
    let submission = submit_meanwhile(world, &key, &documents);
    world.pause(tenths..=tenths);
    let felt = felt(world, way) - before;
    world.set_links(way.role, way.to, Condition::Open);
    world.mended = Some(SystemTime::now());
    assert!(felt > 0, "{} was not used", way.name);
    let answer = submission.join().unwrap();
    world.restock();
    world.wait("a submission is taken", |world| {
        world.try_submit(&key, &documents)
    });
    // Where it was taken before, it is the same job.
    let known = answer.is_none_or(|job| world.jobs.iter().any(|known| known.id == job));
    assert!(known, "the same submission made two jobs");
}

/// Submits once while other things go on; the job, if it was taken.
fn submit_meanwhile(world: &World, key: &str, documents: &[Value]) -> JoinHandle<Option<String>> {
    let request = json!({ "documents": documents, "persist_to_backends": world.backends });
    let (client, key) = (world.client(), key.to_owned());
    std::thread::spawn(move || {
        let post = client.request(reqwest::Method::POST, "/v1/documents/batch");
        let post = post.header("idempotency-key", key).json(&request);
        let answer = client
            .try_send(post.timeout(Duration::from_secs(60)))
            .unwrap();
        assert!([202, 503].contains(&answer.status), "{answer:?}");
        answer.body["job_id"].as_str().map(str::to_owned)
    })
}

/// How often somebody met the condition of a link.
fn felt(world: &World, way: Way) -> u64 {
    world.links[&(way.role, way.to)].felt()
}

/// No worker hears from the database: all end, and others do their work.
fn fenced(world: &mut World) {
    world.work_begins();
    world.set_links("worker", To::Database, Condition::Cut);
    world.wait("the workers end", |world| {
        world.workers.iter_mut().all(|worker| worker.has_ended())
    });
    world.set_links("worker", To::Database, Condition::Open);
    world.mended = Some(SystemTime::now());
    world.restock();
}
