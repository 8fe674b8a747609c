//! Backends and receivers that are slow, fail, take a part, forget, or hang.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use tests::elasticsearch::Mode;

use super::poison::{plain, until_ended};
use crate::receiver::Manner;
use crate::scenario::Profile::{Long, Short};
use crate::scenario::{Disturbance, Scenario};
use crate::world::{Launch, World};

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut all = vec![
        Scenario::new(
            "elasticsearch takes some documents and refuses some",
            Short,
            refuses,
        ),
        Scenario::new(
            "elasticsearch is away for all of the work",
            Long,
            away_for_all_of_it,
        )
        .within(120),
        Scenario::new(
            "elasticsearch is killed again and again",
            Long,
            killed_again_and_again,
        )
        .within(120),
        Scenario::new(
            "the receiver of events is away for all of the work",
            Long,
            nobody_is_told,
        ),
    ];
    all.extend(
        disturbances()
            .into_iter()
            .map(|what| what.alone(Long).within(120)),
    );
    all
}

/// What random mixes have of it.
pub(crate) fn disturbances() -> Vec<Disturbance> {
    let mut all: Vec<Disturbance> = [
        ("elasticsearch fails", Mode::Fails),
        ("elasticsearch is too busy", Mode::Busy),
        ("elasticsearch is slow", Mode::Slow(700)),
        ("elasticsearch hangs", Mode::Hangs),
        ("elasticsearch forgets to answer", Mode::Forgets),
        (
            "elasticsearch takes some documents of each request",
            Mode::Partly,
        ),
    ]
    .into_iter()
    .map(|(name, mode)| {
        Disturbance::new(
            "elasticsearch",
            name,
            20..=100,
            move |world| world.elasticsearch.set(mode),
            |world| world.elasticsearch.set(Mode::Takes),
        )
    })
    .collect();
    all.push(Disturbance::new(
        "elasticsearch",
        "elasticsearch is killed",
        10..=60,
        |world| world.elasticsearch.kill(),
        |world| world.elasticsearch.start_again(),
    ));
    let receivers = [
        ("the receiver of events fails", Manner::Fails),
        ("the receiver of events is told too much", Manner::Refuses),
        ("the receiver of events is slow", Manner::Slow(700)),
        ("the receiver of events hangs", Manner::Hangs),
        ("the receiver of events forgets to answer", Manner::Forgets),
    ];
    all.extend(receivers.into_iter().map(|(name, manner)| {
        Disturbance::new(
            "the receiver",
            name,
            20..=100,
            move |world| world.receiver.set(manner),
            |world| world.receiver.set(Manner::Takes),
        )
    }));
    all
}

/// What it refuses for ever is told as its failure, and is in the other backends; what it sends away for now it gets.
fn refuses(world: &mut World) {
    world.elasticsearch.set(Mode::Refuses);
    let documents = plain(world, 400);
    let id = world.submit(&documents);
    let refused = format!(
        "SELECT count(*) FROM failures WHERE job_id = '{id}' AND backend = 'elasticsearch' AND reason LIKE '400%'"
    );
    world.wait("it has refused some", |world| world.number(&refused) > 10);
    until_ended(world, &id, &Launch::default());
    assert!(world.number(&refused) < 80);
    world.elasticsearch.set(Mode::Takes);
    world.mended = Some(SystemTime::now());
    let quick = world.quick(10);
    world.submit(&quick);
}

/// The files and rows are there, the job is not completed and nobody is told so, also where workers are lost meanwhile.
fn away_for_all_of_it(world: &mut World) {
    world.elasticsearch.set(Mode::Fails);
    let documents = plain(world, 400);
    let id = world.submit(&documents);
    world.wait("the others have everything", |world| {
        let job = world.client().get(&format!("/v1/jobs/{id}")).body;
        let state = |backend: &str| job["backends"][backend]["state"].clone();
        state("jsonl") == "complete" && state("postgresql") == "complete"
    });
    world.kill_a_worker();
    world.restock();
    world.pause(80..=100);
    world.kill_a_worker();
    world.restock();
    let job: Value = world.client().get(&format!("/v1/jobs/{id}")).body;
    assert_eq!(
        (&job["status"], &job["backends"]["elasticsearch"]["behind"]),
        (&"running".into(), &400.into()),
        "{job}"
    );
    let told = world.receiver.told_of(&id);
    assert!(
        told.iter().all(|told| told.event != "completed"),
        "{told:?}"
    );
    world.elasticsearch.set(Mode::Takes);
    world.mended = Some(SystemTime::now());
    until_ended(world, &id, &Launch::default());
}

/// With what it had, each time.
fn killed_again_and_again(world: &mut World) {
    world.work_begins();
    for _ in 0..6 {
        world.elasticsearch.kill();
        world.pause(5..=30);
        world.elasticsearch.start_again();
        world.pause(5..=30);
    }
    world.mended = Some(SystemTime::now());
}

/// The job ends all the same, and it is told when the receiver is back.
fn nobody_is_told(world: &mut World) {
    world.receiver.set(Manner::Fails);
    let documents = world.quick(400);
    let id = world.submit(&documents);
    until_ended(world, &id, &Launch::default());
    world.pause(50..=50);
    assert_eq!(world.receiver.told_of(&id).len(), 0);
    // The scheduler that knows how far it came is lost as well.
    world.schedulers.clear();
    world.restock();
    world.receiver.set(Manner::Hangs);
    std::thread::sleep(Duration::from_secs(3));
    world.receiver.set(Manner::Takes);
    world.mended = Some(SystemTime::now());
}
