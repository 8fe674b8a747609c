//! Redis emptied, restarted, killed, frozen, and without memory: work goes on as ever, and only what it alone had is lost.

use std::process::Command;
use std::time::SystemTime;

use testbed::Server;
use tests::redis::flush_redis;

use crate::scenario::Profile::{Long, Short};
use crate::scenario::{Disturbance, Scenario};
use crate::world::World;

const FROZEN: &str = "Redis is frozen";

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut all = vec![
        Scenario::new("Redis is frozen while there is work", Short, |world| {
            let id = world.work_begins();
            freeze(world);
            let done =
                format!("SELECT count(*) FROM chunks WHERE job_id = '{id}' AND state = 'done'");
            let before = world.number(&done);
            world.wait("work goes on", |world| world.number(&done) >= before + 5);
            thaw(world);
            world.mended = Some(SystemTime::now());
        }),
        Scenario::new("Redis is frozen until jobs have ended", Long, |world| {
            let id = world.work_begins();
            freeze(world);
            wait_for_the_end(world, &id);
            thaw(world);
            world.mended = Some(SystemTime::now());
        }),
        Scenario::new("jobs come and end without Redis", Long, |world| {
            world.redis_was_lost = true;
            world.servers.kill(Server::Redis);
            let id = world.work_begins();
            wait_for_the_end(world, &id);
            world.servers.start_again(Server::Redis);
            world.mended = Some(SystemTime::now());
        }),
        Scenario::new("Redis is emptied again and again", Long, |world| {
            world.long_work_begins();
            for _ in 0..20 {
                empty(world);
                world.pause(1..=4);
            }
            world.mended = Some(SystemTime::now());
        }),
    ];
    // Frozen it is already, with more to look at.
    let others = disturbances()
        .into_iter()
        .filter(|what| what.name != FROZEN);
    all.extend(others.map(|what| what.alone(Long)));
    all
}

/// What random mixes have of it.
pub(crate) fn disturbances() -> Vec<Disturbance> {
    let of_redis = |name: &str, lasts, begin: fn(&mut World), end: fn(&mut World)| {
        Disturbance::new("Redis", name, lasts, begin, end)
    };
    vec![
        of_redis("Redis is emptied", 1..=10, empty, |_| {}),
        of_redis(
            "Redis is killed",
            1..=80,
            |world| {
                world.redis_was_lost = true;
                world.servers.kill(Server::Redis);
            },
            |world| world.servers.start_again(Server::Redis),
        ),
        of_redis(
            "Redis is restarted",
            1..=30,
            |world| {
                world.redis_was_lost = true;
                world.servers.stop(Server::Redis);
            },
            |world| world.servers.start_again(Server::Redis),
        ),
        of_redis(FROZEN, 30..=80, freeze, thaw),
        of_redis(
            "Redis has no memory",
            30..=80,
            |world| set_memory(world, "1"),
            |world| set_memory(world, "0"),
        ),
    ]
}

/// The stream of events goes with it.
fn empty(world: &mut World) {
    world.redis_was_lost = true;
    flush_redis(world.servers.redis_url());
}

fn freeze(world: &mut World) {
    world.servers.signal(Server::Redis, "STOP");
}

fn thaw(world: &mut World) {
    world.servers.signal(Server::Redis, "CONT");
}

/// How much it may keep, in bytes; beyond that it refuses to write. 0: all that there is.
fn set_memory(world: &mut World, bytes: &str) {
    let output = Command::new("redis-cli")
        .args([
            "-u",
            world.servers.redis_url(),
            "CONFIG",
            "SET",
            "maxmemory",
            bytes,
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn wait_for_the_end(world: &mut World, id: &str) {
    let open = format!("SELECT count(*) FROM jobs WHERE job_id = '{id}' AND completed_at IS NULL");
    world.wait("the job ends", |world| world.number(&open) == 0);
}
