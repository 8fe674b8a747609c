//! Documents that cost workers, and workers that are lost around documents that do not.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use shared::job::{MAX_CRASHES, MAX_CRASHES_OF_A_DOCUMENT};
use tests::elasticsearch::Mode;

use crate::link::Condition;
use crate::scenario::Profile::{Long, Short};
use crate::scenario::Scenario;
use crate::world::{Launch, To, World};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "a document that aborts its worker fails alone",
            Short,
            aborts,
        ),
        Scenario::new(
            "several documents abort their workers, in one chunk and in another",
            Long,
            several_abort,
        ),
        Scenario::new(
            "a document that eats all memory fails alone",
            Long,
            eats_memory,
        ),
        Scenario::new(
            "workers that crash while they write fail no document",
            Long,
            crash_while_they_write,
        ),
        Scenario::new(
            "all workers are killed again and again and no document fails",
            Long,
            killed_again_and_again,
        ),
        Scenario::new(
            "workers are killed while they wait for elasticsearch",
            Long,
            killed_while_a_backend_hangs,
        ),
    ]
}

/// Workers that a document costs: one with its group, and then each that tries it by itself.
const LOST_ON_ONE: usize = 1 + MAX_CRASHES_OF_A_DOCUMENT as usize;

/// Its chunk of 64 is cleaned but for it, and others go on.
fn aborts(world: &mut World) {
    costs_workers(world, "abort", &Launch::default());
}

/// The kernel kills the worker that takes more than there is.
fn eats_memory(world: &mut World) {
    let group = ControlGroup::new(600 << 20);
    world.workers.clear();
    for _ in 0..2 {
        world.add_worker(&group.launch());
    }
    costs_workers(world, "memory", &group.launch());
    // Those in the group end with it.
    world.workers.clear();
    world.restock();
}

fn costs_workers(world: &mut World, mark: &str, launch: &Launch) {
    let mut documents = plain(world, 64);
    let which = world.random.usize(..64);
    set_mark(&mut documents[which], mark);
    let id = world.submit(&documents);
    let lost = until_ended(world, &id, launch);
    world.mended = Some(SystemTime::now());
    assert_eq!(lost, LOST_ON_ONE, "workers were lost");
    expect_given_up(world, &id, &[&documents[which]]);
    let quick = world.quick(130);
    world.submit(&quick);
}

/// Two in one chunk, one in the next, and one that panics in each: they fail, and nothing beside them.
fn several_abort(world: &mut World) {
    let mut documents = plain(world, 192);
    let places = [3, 63, 100];
    for place in places {
        set_mark(&mut documents[place], "abort");
    }
    for place in [20, 120] {
        set_mark(&mut documents[place], "panic");
    }
    let id = world.submit(&documents);
    let lost = until_ended(world, &id, &Launch::default());
    world.mended = Some(SystemTime::now());
    let each = MAX_CRASHES_OF_A_DOCUMENT as usize * places.len();
    // One that held both chunks may have been lost on both.
    assert!(
        (each + 1..=each + 2).contains(&lost),
        "{lost} workers were lost"
    );
    expect_given_up(world, &id, &places.map(|place| &documents[place]));
    let all = failures(world, &id);
    assert_eq!(all.len(), places.len() + 2, "{all:?}");
}

/// Each worker has tried all documents and crashes with the outputs, and no checkpoint says that they came through.
fn crash_while_they_write(world: &mut World) {
    world.workers.clear();
    world.set_links("worker", To::Redis, Condition::Reset);
    let crashes = Launch::with_failpoints("worker.written=return");
    world.add_worker(&crashes);
    let documents = plain(world, 64);
    let id = world.submit(&documents);
    for _ in 0..LOST_ON_ONE {
        world.wait_for_a_crash();
        time_passes_for_the_lost(world);
        world.add_worker(&crashes);
    }
    world.workers.clear();
    world.restock();
    let lost = until_ended(world, &id, &Launch::default());
    world.mended = Some(SystemTime::now());
    assert_eq!(lost, 0, "workers were lost");
    assert_eq!(failures(world, &id), []);
}

/// For a minute, every one to ten seconds.
fn killed_again_and_again(world: &mut World) {
    let jobs = innocents(world);
    storm(world, Duration::from_secs(60), 10..=100);
    expect_no_failures(world, &jobs);
}

/// More than any number of claims.
const CLOSED: i64 = 1 << 40;

/// Workers that wait for a backend are not lost on what they bring, however many they are.
fn killed_while_a_backend_hangs(world: &mut World) {
    world.elasticsearch.set(Mode::Hangs);
    let documents = plain(world, 64);
    let id = world.submit(&documents);
    // The claim that is in force.
    let claim = format!(
        "SELECT CASE state WHEN 'leased' THEN epoch WHEN 'ready' THEN 0 ELSE {CLOSED} END FROM chunks \
         WHERE job_id = '{id}' AND chunk = 0"
    );
    let mut newest = 0;
    for _ in 0..=MAX_CRASHES + 1 {
        world.wait("its chunk is claimed anew, or dealt with", |world| {
            world.number(&claim) > newest
        });
        newest = world.number(&claim);
        if newest == CLOSED {
            break;
        }
        // Its documents are cleaned in much less.
        world.pause(20..=20);
        for worker in std::mem::take(&mut world.workers) {
            worker.kill();
        }
        time_passes_for_the_lost(world);
        world.restock();
    }
    world.wait("its documents are dealt with", |world| {
        world.number(&claim) == CLOSED
    });
    world.elasticsearch.set(Mode::Takes);
    world.mended = Some(SystemTime::now());
    expect_no_failures(world, &[id]);
}

/// Jobs of which no document may fail.
fn innocents(world: &mut World) -> Vec<String> {
    let mut jobs = Vec::new();
    for _ in 0..3 {
        let mut documents = plain(world, 640);
        for document in &mut documents {
            set_mark(document, "sleep:20");
        }
        jobs.push(world.submit(&documents));
    }
    world.wait_until_begun(&jobs[0]);
    jobs
}

/// Kills all workers every so many tenths of a second, and starts others.
fn storm(world: &mut World, lasting: Duration, every: std::ops::RangeInclusive<u64>) {
    let until = Instant::now() + lasting;
    while Instant::now() < until {
        world.pause(every.clone());
        for worker in std::mem::take(&mut world.workers) {
            worker.kill();
        }
        world.restock();
    }
    world.mended = Some(SystemTime::now());
}

fn expect_no_failures(world: &mut World, jobs: &[String]) {
    for id in jobs {
        until_ended(world, id, &Launch::default());
        assert_eq!(failures(world, id), [], "of job {id}");
    }
}

/// So many documents of which none fails.
pub(super) fn plain(world: &mut World, count: usize) -> Vec<Value> {
    let mut documents = world.quick(count);
    for document in &mut documents {
        document["text"] = json!("The minister said so on 3 May 2024.");
    }
    documents
}

/// Has a document do so when it is cleaned.
pub(super) fn set_mark(document: &mut Value, mark: &str) {
    document["text"] = json!(format!("Not to be read. scutch-test:{mark}"));
}

/// Waits for the end of a job, with another worker in the place of each that ends; how many did.
pub(super) fn until_ended(world: &mut World, job: &str, launch: &Launch) -> usize {
    let open = format!("SELECT count(*) FROM jobs WHERE job_id = '{job}' AND completed_at IS NULL");
    let mut lost = 0;
    world.wait(&format!("the end of job {job}"), |world| {
        let before = world.workers.len();
        world.workers.retain_mut(|worker| !worker.has_ended());
        let ended = before - world.workers.len();
        if ended > 0 {
            time_passes_for_the_lost(world);
        }
        for _ in 0..ended {
            world.add_worker(launch);
        }
        lost += ended;
        world.number(&open) == 0
    });
    lost
}

/// Workers whose process is gone were heard of a minute ago: what the reaper waits for is not what these scenarios are about.
fn time_passes_for_the_lost(world: &World) {
    for row in world.rows("SELECT pid FROM workers WHERE state = 'active'", &[]) {
        let pid: i64 = row.get(0);
        if !Path::new(&format!("/proc/{pid}")).exists() {
            world.change(&format!(
                "UPDATE workers SET seen_at = seen_at - interval '1 minute' WHERE pid = {pid} AND state = 'active'"
            ));
        }
    }
}

/// Documents that failed, with the reason, in their order.
pub(super) fn failures(world: &World, job: &str) -> Vec<(String, String)> {
    let statement = "SELECT document_id, reason FROM failures WHERE job_id = $1::text::uuid ORDER BY chunk, document";
    let rows = world.rows(statement, &[job]);
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// These and no others are told to have cost workers.
#[track_caller]
fn expect_given_up(world: &World, job: &str, documents: &[&Value]) {
    let reason = format!(
        "the worker died on this document {MAX_CRASHES_OF_A_DOCUMENT} times; it was given up"
    );
    let told = failures(world, job);
    let told: Vec<&str> = told
        .iter()
        .filter(|(_, why)| *why == reason)
        .map(|(id, _)| id.as_str())
        .collect();
    let expected: Vec<&str> = documents
        .iter()
        .map(|document| document["document_id"].as_str().unwrap())
        .collect();
    assert_eq!(told, expected);
}

/// Processes that share so much memory, until this is dropped, which ends them.
struct ControlGroup {
    path: PathBuf,
}

impl ControlGroup {
    fn new(bytes: u64) -> Self {
        let name = format!("scutch-faults-{}", std::process::id());
        let root = Path::new("/sys/fs/cgroup");
        let controllers = fs::read_to_string(root.join("cgroup.controllers")).unwrap_or_default();
        // Of version 2 where it counts memory, else of version 1.
        let (path, limit) = if controllers.split_whitespace().any(|name| name == "memory") {
            (root.join(name), "memory.max")
        } else {
            (root.join("memory").join(name), "memory.limit_in_bytes")
        };
        let why = "this scenario needs root and a control group of memory";
        let made = fs::create_dir(&path);
        let group = Self { path };
        let set = made.and_then(|()| fs::write(group.path.join(limit), bytes.to_string()));
        set.unwrap_or_else(|error| panic!("{why}: {error}"));
        group
    }

    /// Starts a process in it.
    fn launch(&self) -> Launch {
        let enter = format!(
            "echo $$ >{}/cgroup.procs && exec \"$0\" \"$@\"",
            self.path.display()
        );
        Launch {
            prefix: ["sh", "-c", &enter].map(str::to_owned).into(),
            ..Launch::default()
        }
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while fs::remove_dir(&self.path).is_err() && Instant::now() < deadline {
            let processes = fs::read_to_string(self.path.join("cgroup.procs")).unwrap_or_default();
            for process in processes.lines() {
                drop(
                    std::process::Command::new("kill")
                        .args(["-KILL", process])
                        .status(),
                );
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
