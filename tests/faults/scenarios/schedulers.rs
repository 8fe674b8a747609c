//! Schedulers that crash, freeze, lose their database, and wake up too late.

use std::collections::BTreeSet;
use std::time::SystemTime;

use crate::link::Condition;
use crate::scenario::Profile::{Long, Short};
use crate::scenario::{Disturbance, Scenario};
use crate::stream::in_stream;
use crate::world::{Launch, To, World};

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut all = vec![
        Scenario::new(
            "of two schedulers the leader is killed",
            Long,
            leader_killed,
        ),
        Scenario::new(
            "of two schedulers the leader is frozen",
            Long,
            leader_frozen,
        ),
        Scenario::new(
            "two schedulers lose their connections to the database",
            Long,
            two_cut_off,
        ),
        Scenario::new("a scheduler rescues too late", Short, rescues_too_late),
        Scenario::new(
            "a scheduler crashes when chunks are published and not noted",
            Long,
            published_and_not_noted,
        ),
        Scenario::new(
            "a scheduler crashes when events are told and not noted",
            Long,
            told_and_not_noted,
        ),
    ];
    all.extend(disturbances().into_iter().map(|what| what.alone(Long)));
    all
}

/// What random mixes have of it.
pub(crate) fn disturbances() -> Vec<Disturbance> {
    vec![
        Disturbance::new(
            "a scheduler",
            "the scheduler is killed",
            1..=30,
            |world| {
                if !world.schedulers.is_empty() {
                    world.schedulers.swap_remove(0).kill();
                }
            },
            World::restock,
        ),
        Disturbance::new(
            "a scheduler",
            "another scheduler comes and the first one goes",
            1..=30,
            |world| world.add_scheduler(&Launch::default()),
            |world| {
                if world.schedulers.len() > 1 {
                    world.schedulers.swap_remove(0).kill();
                }
            },
        ),
        Disturbance::new(
            "a scheduler",
            "the scheduler is frozen",
            10..=200,
            |world| each_scheduler(world, "STOP"),
            |world| each_scheduler(world, "CONT"),
        ),
    ]
}

fn each_scheduler(world: &mut World, signal: &str) {
    for scheduler in &mut world.schedulers {
        if !scheduler.has_ended() {
            scheduler.signal(signal);
        }
    }
}

// ---- two of them

/// As `shared/src/store/leader.rs` has it.
const LEADERS_LOCK: i64 = 0x5c07_c402;

/// The session of the scheduler that leads.
fn leader(world: &World) -> Option<i64> {
    let holder = format!(
        "SELECT pid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted \
         AND classid::bigint = 0 AND objid::bigint = {LEADERS_LOCK}"
    );
    world.rows(&holder, &[]).first().map(|row| row.get(0))
}

/// Has one scheduler that leads, and another that stands by; the session of the leader.
fn two(world: &mut World, first: &Launch) -> i64 {
    world.schedulers.clear();
    world.wait("nobody leads", |world| leader(world).is_none());
    world.add_scheduler(first);
    let mut leads = None;
    world.wait("the first scheduler leads", |world| {
        leads = leader(world);
        leads.is_some()
    });
    world.add_scheduler(&Launch::default());
    leads.unwrap()
}

/// Waits until another session than this one leads.
fn wait_for_another(world: &mut World, session: i64) {
    world.wait("another scheduler leads", |world| {
        leader(world).is_some_and(|leads| leads != session)
    });
}

fn leader_killed(world: &mut World) {
    let session = two(world, &Launch::default());
    world.work_begins();
    world.schedulers.remove(0).kill();
    world.mended = Some(SystemTime::now());
    wait_for_another(world, session);
}

/// Its session is ended by the database after 15 s; when it wakes it must see that others lead.
fn leader_frozen(world: &mut World) {
    let session = two(world, &Launch::default());
    world.work_begins();
    world.schedulers[0].signal("STOP");
    wait_for_another(world, session);
    world.schedulers[0].signal("CONT");
    world.mended = Some(SystemTime::now());
    // Both are at work for a moment; the one that woke looks every three seconds whether it leads.
    let documents = world.slow(300, 10);
    world.submit(&documents);
    world.pause(50..=50);
    world.schedulers.truncate(1);
}

fn two_cut_off(world: &mut World) {
    let session = two(world, &Launch::default());
    world.work_begins();
    for _ in 0..3 {
        world.set_links("scheduler", To::Database, Condition::Reset);
        world.pause(5..=20);
        world.set_links("scheduler", To::Database, Condition::Open);
        world.pause(10..=40);
    }
    world.mended = Some(SystemTime::now());
    let documents = world.slow(300, 10);
    world.submit(&documents);
    wait_for_another(world, session);
    world.schedulers.truncate(1);
}

/// The leader has listed what a lost worker held and is frozen; another one rescues it and somebody else does it; the first one wakes up,
/// and what it knows is no longer so.
fn rescues_too_late(world: &mut World) {
    let session = two(
        world,
        &Launch::with_failpoints("scheduler.rescuing=1*sleep(3000)"),
    );
    world.workers.clear();
    world.add_worker(&Launch::default());
    // Two chunks; the second is still worked on when the first is done.
    let mut documents = world.slow(64, 20);
    documents.extend(world.slow(30, 200));
    let id = world.submit(&documents);
    let leases = format!("SELECT leases FROM jobs WHERE job_id = '{id}'");
    world.wait("both chunks are worked on", |world| {
        world.number(&leases) == 2
    });
    for worker in world.workers.drain(..) {
        worker.kill();
    }
    // As if it had not been heard of for long.
    world.change(
        "UPDATE workers SET seen_at = seen_at - interval '1 minute' WHERE state = 'active'",
    );
    let lost = "SELECT count(*) FROM workers w JOIN chunks c ON c.worker_id = w.worker_id \
         WHERE w.state = 'lost' AND c.state = 'leased'";
    world.wait("the leader knows what was lost", |world| {
        world.number(lost) == 2
    });
    // In the seconds that it sleeps. Its lock goes with its session.
    world.schedulers[0].signal("STOP");
    world.change(&format!("SELECT pg_terminate_backend({session})"));
    assert_eq!(world.number(lost), 2, "it was not frozen in time");
    world.restock();
    wait_for_another(world, session);
    let done = format!("SELECT count(*) FROM chunks WHERE job_id = '{id}' AND state = 'done'");
    world.wait("another worker does the first chunk", |world| {
        world.number(&done) > 0
    });
    let before = rounds_of_rescue(world);
    world.schedulers[0].signal("CONT");
    world.mended = Some(SystemTime::now());
    world.wait("the first one rescues too", |world| {
        rounds_of_rescue(world) > before
    });
    // The verdict would say so too, but only once nothing else can be waited for.
    let taken_back = "SELECT count(*) FROM history WHERE job_id = $1::text::uuid AND was = 'done'";
    let taken_back: i64 = world.rows(taken_back, &[&id])[0].get(0);
    assert_eq!(
        taken_back, 0,
        "I6: a chunk that was done is given out again"
    );
    world.schedulers.remove(0).kill();
}

/// How often schedulers told that they had looked after lost workers, or came to grief over it.
fn rounds_of_rescue(world: &World) -> usize {
    let log = std::fs::read_to_string(world.folder.path().join("scheduler.log")).unwrap();
    let told = ["workers were lost", "ended unasked"].map(|told| log.matches(told).count());
    told.iter().sum()
}

// ---- crashes between two steps

/// The broker has the chunks and the database does not know it: they are published twice.
fn published_and_not_noted(world: &mut World) {
    world.schedulers.clear();
    world.add_scheduler(&Launch::with_failpoints("published=2*off->return"));
    // More than a window, so that most of it is the scheduler's to publish.
    let documents = world.slow(64 * 40, 2);
    world.submit(&documents);
    crashes(world);
    world.add_scheduler(&Launch::with_failpoints("published=return"));
    crashes(world);
    world.restock();
    world.mended = Some(SystemTime::now());
}

/// What was sent is sent again, under the same id; nobody is told two ends.
fn told_and_not_noted(world: &mut World) {
    world.schedulers.clear();
    world.add_scheduler(&Launch::with_failpoints("scheduler.told=return"));
    let documents = world.slow(640, 5);
    let id = world.submit(&documents);
    crashes(world);
    for _ in 0..3 {
        world.add_scheduler(&Launch::with_failpoints("scheduler.told=1*off->return"));
        crashes(world);
    }
    world.restock();
    world.mended = Some(SystemTime::now());
    world.wait("an event is told twice", |world| {
        let to_receiver = world.receiver.told_of(&id).into_iter().map(|told| told.id);
        has_repeated(to_receiver)
            || has_repeated(in_stream(world, &id).into_iter().map(|told| told.id))
    });
}

/// Waits until the only scheduler has ended by itself.
fn crashes(world: &mut World) {
    world.wait("the scheduler crashed", |world| {
        world.schedulers[0].has_ended()
    });
    world.schedulers.clear();
}

fn has_repeated(ids: impl IntoIterator<Item = String>) -> bool {
    let mut known = BTreeSet::new();
    ids.into_iter().any(|id| !known.insert(id))
}
