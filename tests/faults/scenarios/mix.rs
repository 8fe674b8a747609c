//! Everything at once, at random; and workers that are killed faster than they are missed.

use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use tokio::time::timeout;
use tokio_postgres::{NoTls, Row};

use super::{control, disturbances};
use crate::scenario::Profile::Long;
use crate::scenario::{Disturbance, Scenario};
use crate::world::World;

/// A short one, and one that lasts so many minutes.
pub(crate) fn scenarios(minutes: u64) -> Vec<Scenario> {
    let lasting = Duration::from_secs(minutes * 60);
    vec![
        Scenario::new("a short random mix", Long, |world| {
            mix(world, Duration::from_secs(20));
        })
        .within(120),
        Scenario::new("random mix", Long, move |world| mix(world, lasting)).within(120),
        Scenario::new(
            "all workers are killed every 1 to 10 s for five minutes",
            Long,
            |world| killed_again_and_again(world, Duration::from_secs(300)),
        )
        .within(120),
        Scenario::new("all workers are told to stop under load", Long, all_stopped),
    ]
}

/// So many faults at a time.
const AT_ONCE: usize = 3;
/// So many jobs at a time.
const JOBS: i64 = 3;

/// Begins and ends disturbances, a few at a time, while jobs are submitted, until the time is over.
fn mix(world: &mut World, lasting: Duration) {
    let all = disturbances();
    let mut diary = Diary::begin();
    let until = Instant::now() + lasting;
    let mut under_way: Vec<(Instant, &Disturbance)> = Vec::new();
    // Not taken yet, with its key.
    let mut waiting: Option<(String, Vec<Value>)> = None;
    while Instant::now() < until {
        if waiting.is_none() && is_in_need_of_work(world) {
            waiting = Some((format!("k{}", world.random.u64(..)), some_documents(world)));
        }
        waiting = waiting.filter(|(key, documents)| !world.try_submit(key, documents));
        let now = Instant::now();
        while let Some(over) = under_way.iter().position(|(end, _)| *end <= now) {
            let (_, disturbance) = under_way.swap_remove(over);
            diary.note("end", &disturbance.name, || (disturbance.end)(world));
        }
        let disturbance = &all[world.random.usize(..all.len())];
        let is_busy = under_way
            .iter()
            .any(|(_, other)| other.on == disturbance.on);
        if under_way.len() < AT_ONCE && !is_busy {
            let tenths = world.random.u64(disturbance.lasts.clone());
            diary.note("begin", &disturbance.name, || (disturbance.begin)(world));
            let end = Instant::now() + Duration::from_millis(tenths * 100);
            under_way.push((end, disturbance));
        }
        world.pause(1..=20);
        world.restock();
    }
    for (_, disturbance) in under_way {
        diary.note("end", &disturbance.name, || (disturbance.end)(world));
    }
    if let Some((key, documents)) = waiting {
        world.wait("a submission is taken", |world| {
            world.try_submit(&key, &documents)
        });
    }
    control::resume_all(world);
    world.mended = Some(SystemTime::now());
    println!(
        "    {} jobs in {:.0} s",
        world.jobs.len(),
        diary.begun.elapsed().as_secs_f64()
    );
}

/// Tells what is done and when, so that a run that fails can be read.
struct Diary {
    begun: Instant,
}

impl Diary {
    fn begin() -> Self {
        Self {
            begun: Instant::now(),
        }
    }

    fn note(&mut self, what: &str, name: &str, act: impl FnOnce()) {
        let at = self.begun.elapsed().as_secs_f64();
        act();
        let took = self.begun.elapsed().as_secs_f64() - at;
        println!("    {at:7.1} s  {what:5}  {name} ({took:.1} s)");
    }
}

/// Whether too few jobs are open; not while the database is away.
fn is_in_need_of_work(world: &World) -> bool {
    let open = "SELECT count(*) FROM jobs WHERE completed_at IS NULL";
    rows_soon(world, open).is_some_and(|rows| rows[0].get::<_, i64>(0) < JOBS)
}

/// Rows of the database, where it answers at once: it may be away, and it may be frozen.
pub(super) fn rows_soon(world: &World, statement: &str) -> Option<Vec<Row>> {
    let asked = async {
        let (client, connection) =
            tokio_postgres::connect(world.servers.postgres_url(), NoTls).await?;
        tokio::spawn(connection);
        client.query(statement, &[]).await
    };
    let answer = world
        .runtime
        .block_on(async { timeout(Duration::from_secs(2), asked).await });
    answer.ok()?.ok()
}

fn some_documents(world: &mut World) -> Vec<Value> {
    let count = world.random.usize(1..=600);
    match world.random.u32(..3) {
        0 => world.quick(count),
        _ => world.slow(count, 10),
    }
}

// ---- all workers at once

/// A worker is missed after six seconds, so that most are killed again before their chunks are back.
fn killed_again_and_again(world: &mut World, lasting: Duration) {
    let until = Instant::now() + lasting;
    let mut killed = 0;
    while Instant::now() < until {
        if is_in_need_of_work(world) {
            let documents = some_documents(world);
            world.submit(&documents);
        }
        world.pause(10..=100);
        for worker in world.workers.drain(..) {
            worker.kill();
            killed += 1;
        }
        world.restock();
    }
    world.mended = Some(SystemTime::now());
    println!(
        "    {killed} workers were killed on {} jobs",
        world.jobs.len()
    );
}

/// Each gives back what it cannot finish, and none of it is missed.
fn all_stopped(world: &mut World) {
    for _ in 0..5 {
        let id = world.work_begins();
        for worker in &world.workers {
            worker.signal("TERM");
        }
        for mut worker in world.workers.drain(..) {
            let status = worker.ended();
            assert!(status.success(), "a worker ended with {status}");
        }
        let held = format!("SELECT leases FROM jobs WHERE job_id = '{id}'");
        assert_eq!(world.number(&held), 0, "chunks were not given back");
        world.restock();
    }
    world.mended = Some(SystemTime::now());
}
