//! RabbitMQ restarted, killed, frozen, emptied, short of memory and disk; and its queues, connections and channels taken away.

use std::time::{Duration, Instant, SystemTime};

use testbed::Server;

use crate::scenario::Profile::{Long, Short};
use crate::scenario::{Disturbance, Scenario};
use crate::world::World;

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut all = vec![
        killed().alone(Short),
        // For longer than it takes to believe a connection dead.
        frozen(250..=300).alone(Long),
        Scenario::new(
            "jobs are submitted while the broker is stopped",
            Long,
            submitted_without,
        ),
        Scenario::new(
            "the broker is out of memory while there is work",
            Long,
            |world| {
                short_of(world, &MEMORY);
            },
        ),
        Scenario::new(
            "the broker is out of disk while there is work",
            Long,
            |world| {
                short_of(world, &DISK);
            },
        ),
        // Published again when nobody has claimed them for 15 s.
        Scenario::new("queues are deleted under their consumers", Long, |world| {
            let id = world.long_work_begins();
            chunks_with_the_broker(world, &id);
            assert!(delete_queues(world) > 0, "no message was lost");
            world.mended = Some(SystemTime::now());
        })
        .within(120),
        Scenario::new(
            "queues are deleted again and again",
            Long,
            queues_deleted_often,
        )
        .within(120),
        Scenario::new("the broker comes back without its data", Long, emptied).within(120),
        Scenario::new("acknowledgements are bad again and again", Long, |world| {
            world.long_work_begins();
            let broken: u32 = (0..5).map(|_| bad_acknowledgements(world)).sum();
            assert!(broken > 0, "no channel was hit");
            world.mended = Some(SystemTime::now());
        }),
    ];
    let others = disturbances().into_iter().filter(|what| {
        // These are there already, with more to look at.
        let is_there = ["killed", "out of", "queues"];
        !is_there.iter().any(|part| what.name.contains(part))
    });
    all.extend(others.map(|what| what.alone(Long)));
    all
}

/// What random mixes have of it.
pub(crate) fn disturbances() -> Vec<Disturbance> {
    vec![
        killed(),
        Disturbance::new(
            "the broker",
            "the broker is restarted",
            1..=50,
            |world| world.servers.stop(Server::Rabbit),
            |world| world.servers.start_again(Server::Rabbit),
        ),
        frozen(10..=80),
        of_a_moment("queues are deleted under their consumers", |world| {
            delete_queues(world);
        }),
        of_a_moment("an acknowledgement is bad", |world| {
            bad_acknowledgements(world);
        }),
        of_a_moment("the broker closes all connections", |world| {
            world
                .servers
                .rabbitmqctl(&["close_all_connections", "a test"]);
        }),
        alarm(&MEMORY),
        alarm(&DISK),
    ]
}

fn killed() -> Disturbance {
    Disturbance::new(
        "the broker",
        "the broker is killed",
        1..=30,
        |world| world.servers.kill(Server::Rabbit),
        |world| world.servers.start_again(Server::Rabbit),
    )
}

fn frozen(lasts: std::ops::RangeInclusive<u64>) -> Disturbance {
    let name = match *lasts.end() {
        ..200 => "the broker is frozen",
        _ => "the broker is frozen for half a minute",
    };
    Disturbance::new(
        "the broker",
        name,
        lasts,
        |world| world.servers.signal(Server::Rabbit, "STOP"),
        |world| world.servers.signal(Server::Rabbit, "CONT"),
    )
}

/// One that is over as soon as it was done.
fn of_a_moment(name: &'static str, act: impl Fn(&mut World) + 'static) -> Disturbance {
    Disturbance::new("the broker", name, 1..=10, act, |_| {})
}

// ---- alarms

/// Something that the broker can be short of.
struct Resource {
    /// What its alarm is called.
    name: &'static str,
    raise: [&'static str; 2],
    lower: [&'static str; 2],
}

const MEMORY: Resource = Resource {
    name: "memory",
    raise: ["set_vm_memory_high_watermark", "0.0000001"],
    lower: ["set_vm_memory_high_watermark", "0.4"],
};
const DISK: Resource = Resource {
    name: "disk",
    raise: ["set_disk_free_limit", "1000000GB"],
    lower: ["set_disk_free_limit", "50MB"],
};

fn alarm(resource: &'static Resource) -> Disturbance {
    Disturbance::new(
        "the broker",
        format!("the broker is out of {}", resource.name),
        100..=100,
        |world| {
            world.servers.rabbitmqctl(&resource.raise);
        },
        |world| {
            world.servers.rabbitmqctl(&resource.lower);
        },
    )
}

/// Submissions are taken, and what is with the broker is worked on, while it takes nothing new.
fn short_of(world: &mut World, resource: &Resource) {
    let id = world.work_begins();
    let chunks = chunks_with_the_broker(world, &id).join(", ");
    world.servers.rabbitmqctl(&resource.raise);
    let alarm = format!("resource_limit,{}", resource.name);
    world.wait("the alarm", |world| alarms(world).contains(&alarm));
    let began = Instant::now();
    submits_at_once(world, 2);
    let left = format!(
        "SELECT count(*) FROM chunks WHERE job_id = '{id}' AND state <> 'done' AND chunk IN ({chunks})"
    );
    world.wait("what is with the broker is done", |world| {
        world.number(&left) == 0
    });
    while began.elapsed() < Duration::from_secs(10) {
        world.pause(1..=5);
    }
    assert!(
        alarms(world).contains(&alarm),
        "the alarm is over too early"
    );
    world.servers.rabbitmqctl(&resource.lower);
    world.mended = Some(SystemTime::now());
}

fn alarms(world: &World) -> String {
    world
        .servers
        .rabbitmqctl(&["eval", "rabbit_alarm:get_alarms()."])
}

/// Chunks of a job that are with the broker and nobody works on; waits until there are some.
fn chunks_with_the_broker(world: &mut World, job: &str) -> Vec<String> {
    let chunks = format!(
        "SELECT chunk::text FROM chunks WHERE job_id = '{job}' AND state = 'ready' AND publish_at IS NULL"
    );
    let mut found = Vec::new();
    world.wait("chunks are with the broker", |world| {
        let rows = world.rows(&chunks, &[]);
        found = rows.iter().map(|row| row.get(0)).collect();
        !found.is_empty()
    });
    found
}

// ---- away

/// Submits so many jobs, each of which must be taken at once.
fn submits_at_once(world: &mut World, jobs: u32) {
    for _ in 0..jobs {
        let documents = world.quick(130);
        let key = format!("k{}", world.random.u64(..));
        let begun = Instant::now();
        assert!(
            world.try_submit(&key, &documents),
            "not taken without the broker"
        );
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(20), "taken only after {took:?}");
    }
}

/// Jobs are taken, paused and resumed without the broker.
fn submitted_without(world: &mut World) {
    let id = world.work_begins();
    world.servers.stop(Server::Rabbit);
    submits_at_once(world, 3);
    let client = world.client();
    client.command(&id, "pause");
    // By the heartbeats, since no hint comes.
    let leases = format!("SELECT leases FROM jobs WHERE job_id = '{id}'");
    world.wait("the job is let go of", |world| world.number(&leases) == 0);
    client.command(&id, "resume");
    world.servers.start_again(Server::Rabbit);
    world.mended = Some(SystemTime::now());
}

/// Everything that it had is gone, its queues too.
fn emptied(world: &mut World) {
    let id = world.long_work_begins();
    chunks_with_the_broker(world, &id);
    for command in ["stop_app", "reset", "start_app"] {
        world.servers.rabbitmqctl(&[command]);
    }
    world.mended = Some(SystemTime::now());
}

// ---- queues and channels

/// Deletes the queues of chunks, which are all that the database can fill again; how many messages waited there.
fn delete_queues(world: &World) -> u32 {
    let delete = r#"lists:sum([Messages || Queue <- rabbit_amqqueue:list(<<"/">>),
        {resource, _, queue, <<"scutch.work.", _/binary>>} <- [amqqueue:get_name(Queue)],
        {ok, Messages} <- [catch rabbit_amqqueue:delete(Queue, false, false, <<"a test">>)]])."#;
    number(&world.servers.rabbitmqctl(&["eval", delete]))
}

/// As soon as they are declared again they are deleted again.
fn queues_deleted_often(world: &mut World) {
    world.long_work_begins();
    let mut lost = 0;
    for _ in 0..8 {
        lost += delete_queues(world);
        world.pause(1..=20);
    }
    assert!(lost > 0, "no message was lost");
    world.mended = Some(SystemTime::now());
}

/// Has each channel that consumes do what it would do had its client acknowledged what it was never sent: it is closed
/// with 406 `PRECONDITION_FAILED`. How many there were.
fn bad_acknowledgements(world: &World) -> u32 {
    let acknowledge = "length([rabbit_channel:do(Channel, {'basic.ack', 18446744073709551615, false})
        || Channel <- rabbit_channel:list_local(),
        [{consumer_count, Count}] <- [catch rabbit_channel:info(Channel, [consumer_count])], Count > 0]).";
    number(&world.servers.rabbitmqctl(&["eval", acknowledge]))
}

fn number(said: &str) -> u32 {
    said.trim()
        .parse()
        .unwrap_or_else(|_| panic!("not a number: {said}"))
}
