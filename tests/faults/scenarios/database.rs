//! PostgreSQL restarted, killed, frozen and stopped for long; its rows locked, its connections ended, and none to be had.

use std::time::{Duration, Instant, SystemTime};

use reqwest::Method;
use testbed::Server;
use tests::client::Client;
use tokio_postgres::NoTls;

use crate::scenario::Profile::{Long, Short};
use crate::scenario::{Disturbance, Scenario};
use crate::world::{Launch, World};

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut all = vec![
        killed().alone(Short),
        // Not for random mixes: they ask the database themselves.
        Disturbance::new(
            "the database",
            "the database is frozen",
            80..=150,
            |world| world.servers.signal(Server::Postgres, "STOP"),
            |world| world.servers.signal(Server::Postgres, "CONT"),
        )
        .alone(Long),
        Scenario::new(
            "the database is stopped for a minute",
            Long,
            stopped_for_a_minute,
        ),
        Scenario::new(
            "the row of a job is locked for half a minute",
            Long,
            row_locked,
        ),
        Scenario::new(
            "connections to the database are ended again and again",
            Long,
            |world| {
                world.long_work_begins();
                let ended: usize = (0..30)
                    .map(|_| {
                        world.pause(1..=4);
                        end_connections(world)
                    })
                    .sum();
                assert!(ended > 10, "only {ended} connections were ended");
                world.mended = Some(SystemTime::now());
            },
        ),
        Scenario::new(
            "everybody waits for the one connection of a pool",
            Long,
            pools_exhausted,
        ),
        Scenario::new("the database has too many clients", Long, too_many_clients),
    ];
    let others = disturbances()
        .into_iter()
        .filter(|what| what.name != killed().name);
    all.extend(others.map(|what| what.alone(Long)));
    all
}

/// What random mixes have of it.
pub(crate) fn disturbances() -> Vec<Disturbance> {
    vec![
        killed(),
        Disturbance::new(
            "the database",
            "the database is restarted",
            1..=30,
            |world| world.servers.stop(Server::Postgres),
            |world| world.servers.start_again(Server::Postgres),
        ),
        Disturbance::new(
            "the database",
            "all connections to the database are ended",
            1..=10,
            |world| {
                end_connections(world);
            },
            |_| {},
        ),
    ]
}

fn killed() -> Disturbance {
    Disturbance::new(
        "the database",
        "the database is killed",
        1..=30,
        |world| world.servers.kill(Server::Postgres),
        |world| world.servers.start_again(Server::Postgres),
    )
}

/// Ends all connections of the service; how many there were.
fn end_connections(world: &World) -> usize {
    let end =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'scutch'";
    world.try_rows(end, &[]).map_or(0, |rows| rows.len())
}

// ---- away

fn stopped_for_a_minute(world: &mut World) {
    let id = world.work_begins();
    world.servers.stop(Server::Postgres);
    let over = Instant::now() + Duration::from_secs(60);
    let client = world.client();
    let documents = world.quick(10);
    while Instant::now() < over {
        assert!(
            !world.try_submit("away", &documents),
            "taken without the database"
        );
        let answer = client.get(&format!("/v1/jobs/{id}"));
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
        world.pause(10..=20);
    }
    // Nobody answered their heartbeats.
    let alive = world
        .workers
        .iter_mut()
        .filter_map(|worker| (!worker.has_ended()).then_some(()));
    assert_eq!(alive.count(), 0, "a worker goes on without the database");
    world.servers.start_again(Server::Postgres);
    world.mended = Some(SystemTime::now());
    let key = format!("k{}", world.random.u64(..));
    world.wait("a submission is taken", |world| {
        world.try_submit(&key, &documents)
    });
}

// ---- somebody else's transaction

/// A connection of somebody else, and what it has locked until this ends.
struct Other(tokio_postgres::Client);

impl Other {
    fn connect(world: &World) -> Result<Self, tokio_postgres::Error> {
        world.runtime.block_on(async {
            let url = world.servers.postgres_url();
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            tokio::spawn(connection);
            Ok(Self(client))
        })
    }

    /// One whose transaction has run these statements.
    fn holding(world: &World, statements: &str) -> Self {
        let other = Self::connect(world).unwrap();
        other.run(world, &format!("BEGIN; {statements}"));
        other
    }

    fn run(&self, world: &World, statements: &str) {
        world
            .runtime
            .block_on(self.0.batch_execute(statements))
            .unwrap();
    }

    fn end(self, world: &World) {
        self.run(world, "ROLLBACK");
    }
}

/// The job's row cannot be had for half a minute: its work waits, and the workers live.
fn row_locked(world: &mut World) {
    let id = world.work_begins();
    let lock = format!("SELECT FROM jobs WHERE job_id = '{id}' FOR UPDATE");
    let other = Other::holding(world, &lock);
    let until = Instant::now() + Duration::from_secs(30);
    // Who has no need of that row is served.
    let client = world.client();
    let answer = client.get(&format!("/v1/jobs/{id}"));
    assert_eq!(answer.status, 200, "{answer:?}");
    let documents = world.quick(64);
    let key = format!("k{}", world.random.u64(..));
    assert!(
        world.try_submit(&key, &documents),
        "a submission waits for the row of another job"
    );
    // A command needs it.
    let answer = client.try_command(&id, "pause");
    assert_eq!(answer.status, 503, "{answer:?}");
    let done = format!("SELECT count(*) FROM chunks WHERE job_id = '{id}' AND state = 'done'");
    let before = world.number(&done);
    while Instant::now() < until {
        world.pause(5..=10);
    }
    assert_eq!(world.number(&done), before, "the row was not locked");
    assert!(
        world.workers.iter_mut().all(|worker| !worker.has_ended()),
        "a worker ended over it"
    );
    other.end(world);
    world.mended = Some(SystemTime::now());
}

/// Each process has one connection, and who has it waits for locks; all is answered nevertheless, and done in the end.
fn pools_exhausted(world: &mut World) {
    let launch = Launch {
        settings: vec![("database.pool".to_owned(), "1".to_owned())],
        ..Launch::default()
    };
    world.schedulers.clear();
    world.add_scheduler(&launch);
    world.replace_producer(&launch);
    world.workers.clear();
    world.add_worker(&launch);
    world.add_worker(&launch);

    let id = world.work_begins();
    let other = Other::holding(
        world,
        "SELECT FROM jobs FOR UPDATE; SELECT FROM chunks FOR UPDATE",
    );
    let over = Instant::now() + Duration::from_secs(12);
    let submissions: Vec<_> = (0..12).map(|_| world.quick(3)).collect();
    let backends = world.backends.clone();
    let client = world.client();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let (client, backends) = (&client, &backends);
        let submit = |documents| scope.spawn(move || submit(client, backends, documents));
        let submitted: Vec<_> = submissions.iter().map(submit).collect();
        let asked: Vec<_> = (0..12)
            .map(|_| scope.spawn(|| ask(client, "/v1/jobs")))
            .collect();
        for asked in asked {
            let (status, took) = asked.join().unwrap();
            assert!(
                [200, 503].contains(&status),
                "answered with {status} after {took:?}"
            );
            assert!(
                took < Duration::from_secs(30),
                "answered with {status} only after {took:?}"
            );
        }
        submitted
            .into_iter()
            .map(|answer| answer.join().unwrap())
            .collect()
    });
    for (documents, job) in submissions.iter().zip(answers) {
        if let Some(job) = job {
            world.remember(&job, documents);
        }
    }
    while Instant::now() < over {
        world.pause(1..=5);
    }
    other.end(world);
    world.mended = Some(SystemTime::now());
    let open = format!("SELECT count(*) FROM jobs WHERE job_id = '{id}' AND completed_at IS NULL");
    world.wait("work goes on with pools of one", |world| {
        world.restock();
        world.number(&open) == 0
    });
    // The usual ones come with the end.
    world.schedulers.clear();
    world.workers.clear();
    world.replace_producer(&Launch::default());
}

/// The job, where the documents were taken.
fn submit(
    client: &Client,
    backends: &[&str],
    documents: &Vec<serde_json::Value>,
) -> Option<String> {
    let body = serde_json::json!({ "documents": documents, "persist_to_backends": backends });
    let answer = client.post("/v1/documents/batch", &body);
    assert!([202, 503].contains(&answer.status), "{answer:?}");
    answer.body["job_id"].as_str().map(str::to_owned)
}

fn ask(client: &Client, path: &str) -> (u16, Duration) {
    let begun = Instant::now();
    let answer = client.send(client.request(Method::GET, path));
    (answer.status, begun.elapsed())
}

// ---- too many clients

/// Others have all connections that there can be.
fn too_many_clients(world: &mut World) {
    world.work_begins();
    let mut others = Vec::new();
    // Whose connection is ended comes back at once, so it is tried for as long as somebody gets between.
    for _ in 0..20 {
        while let Ok(other) = Other::connect(world) {
            others.push(other);
        }
        if connections(world, &others[0]) == 0 {
            break;
        }
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'scutch'";
        others[0].run(world, end);
    }
    assert_eq!(
        connections(world, &others[0]),
        0,
        "the service has connections"
    );
    let documents = world.quick(10);
    let key = format!("k{}", world.random.u64(..));
    assert!(
        !world.try_submit(&key, &documents),
        "taken without a connection"
    );
    world.pause(100..=100);
    assert_eq!(
        connections(world, &others[0]),
        0,
        "the service has connections again"
    );
    drop(others);
    world.mended = Some(SystemTime::now());
    // Their end takes the server a moment.
    world.wait("the database has room", |world| {
        world.try_rows("SELECT 1", &[]).is_ok()
    });
    world.wait("a submission is taken", |world| {
        world.try_submit(&key, &documents)
    });
}

/// Connections of the service.
fn connections(world: &World, other: &Other) -> i64 {
    let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'scutch'";
    world
        .runtime
        .block_on(other.0.query_one(count, &[]))
        .unwrap()
        .get(0)
}
