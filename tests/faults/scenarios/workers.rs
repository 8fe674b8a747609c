//! Workers that crash, freeze, and are told to stop.

use std::time::SystemTime;

use crate::scenario::Profile::{Long, Short};
use crate::scenario::{Disturbance, Profile, Scenario};
use crate::world::{Launch, World};

/// Where a worker that has claimed a chunk can crash, in the order of its work.
const PLACES: [(&str, Profile); 5] = [
    ("worker.checkpointed", Long),
    ("worker.inferred", Long),
    ("worker.written", Short),
    ("worker.uncommitted", Long),
    ("worker.completed", Short),
];

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut all: Vec<Scenario> = PLACES
        .into_iter()
        .map(|(place, profile)| {
            let name = format!("a worker crashes at {place}");
            Scenario::new(name, profile, move |world| crashes_at(world, place))
        })
        .collect();
    all.push(Scenario::new(
        "workers crash while they join the parts",
        Short,
        crashes_while_joining,
    ));
    all.push(frozen().alone(Short));
    all.extend(disturbances().into_iter().map(|what| what.alone(Long)));
    all
}

/// What random mixes have of it.
pub(crate) fn disturbances() -> Vec<Disturbance> {
    vec![
        Disturbance::new(
            "a worker",
            "a worker is killed",
            1..=10,
            World::kill_a_worker,
            World::restock,
        ),
        Disturbance::new(
            "a worker",
            "a worker is told to stop",
            1..=10,
            |world| {
                if let Some(worker) = world.workers.pop() {
                    worker.stop();
                }
            },
            World::restock,
        ),
    ]
}

/// The process ends between two steps of its work, and another goes on.
fn crashes_at(world: &mut World, place: &str) {
    world.add_worker(&Launch::with_failpoints(format!("{place}=1*off->return")));
    world.work_begins();
    world.wait_for_a_crash();
    world.mended = Some(SystemTime::now());
}

/// The file is staged and not shown, and then shown and not reported.
fn crashes_while_joining(world: &mut World) {
    world.workers.clear();
    world.add_worker(&Launch::with_failpoints("worker.staged=return"));
    let documents = world.quick(130);
    world.submit(&documents);
    world.wait_for_a_crash();
    world.add_worker(&Launch::with_failpoints("worker.joined=return"));
    world.wait_for_a_crash();
    world.mended = Some(SystemTime::now());
}

/// Stopped for twice the lease: what it writes afterwards counts for nothing, and it goes on as another.
fn frozen() -> Disturbance {
    Disturbance::new(
        "a worker",
        "a worker is frozen for twice its lease",
        120..=120,
        |world| world.workers[0].signal("STOP"),
        |world| world.workers[0].signal("CONT"),
    )
}
