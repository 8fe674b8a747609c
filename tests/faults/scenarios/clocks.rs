//! Clocks that are stepped by an hour: of the processes, where nothing may depend on them, and of the database, which is the one that counts.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use testbed::{Server, root};

use crate::scenario::Profile::Long;
use crate::scenario::Scenario;
use crate::world::{Launch, World};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("the clock of a scheduler is stepped", Long, |world| {
            let clock = Clock::set(world);
            world.schedulers.clear();
            world.add_scheduler(&clock.launch());
            expect_clock(world.schedulers[0].pid());
            stepped(world, &clock);
            world.schedulers.clear();
        }),
        Scenario::new("the clocks of the workers are stepped", Long, |world| {
            let clock = Clock::set(world);
            world.workers.clear();
            for _ in 0..2 {
                world.add_worker(&clock.launch());
            }
            expect_clock(world.workers[0].pid());
            stepped(world, &clock);
            world.workers.clear();
        }),
        Scenario::new(
            "the clock of the database is set forward by an hour",
            Long,
            |world| {
                database_stepped(world, 0, HOUR);
            },
        )
        .in_its_own_world(),
        Scenario::new(
            "the clock of the database is set back by an hour",
            Long,
            |world| {
                database_stepped(world, HOUR, 0);
            },
        )
        .in_its_own_world(),
    ]
}

const HOUR: i64 = 3600;

/// The time of day of processes that are started with it: libfaketime, which leaves the monotonic clock as it is.
struct Clock {
    file: PathBuf,
    library: PathBuf,
}

impl Clock {
    /// One that is right as yet.
    fn set(world: &World) -> Self {
        let clock = Self {
            file: world.folder.path().join("clock"),
            library: library(),
        };
        clock.step(0);
        clock
    }

    /// From now on it is so many seconds ahead.
    fn step(&self, seconds: i64) {
        let new = self.file.with_extension("new");
        std::fs::write(&new, format!("{seconds:+}\n")).unwrap();
        // The user of PostgreSQL reads it too, and never half of it.
        std::fs::rename(&new, &self.file).unwrap();
    }

    fn environment(&self) -> Vec<(String, String)> {
        let file = self.file.to_str().unwrap();
        [
            ("LD_PRELOAD", self.library.to_str().unwrap()),
            ("FAKETIME_TIMESTAMP_FILE", file),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("NO_FAKE_STAT", "1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    fn launch(&self) -> Launch {
        Launch {
            environment: self.environment(),
            ..Launch::default()
        }
    }
}

/// libfaketime, installed where it is missing.
fn library() -> PathBuf {
    let find = || {
        let folders = std::fs::read_dir("/usr/lib").ok()?.flatten();
        let mut found = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
        found.find(|path| path.exists())
    };
    if let Some(found) = find() {
        return found;
    }
    println!("    installing with apt: faketime");
    let mut install = Command::new("apt-get");
    install.args([
        "install",
        "-qq",
        "-y",
        "--no-install-recommends",
        "faketime",
    ]);
    let installed = install.env("DEBIAN_FRONTEND", "noninteractive").output();
    let is_installed = installed.is_ok_and(|output| output.status.success());
    assert!(is_installed, "this scenario needs the package faketime");
    find().unwrap()
}

/// A process whose clock cannot be stepped would show nothing.
#[track_caller]
fn expect_clock(pid: u32) {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    assert!(
        maps.contains("libfaketime"),
        "process {pid} has its own clock"
    );
}

/// An hour ahead, an hour behind, and right again, in the midst of work.
fn stepped(world: &mut World, clock: &Clock) {
    for seconds in [HOUR, -HOUR, 0] {
        world.work_begins();
        clock.step(seconds);
        world.pause(30..=50);
    }
    let documents = world.quick(100);
    world.submit(&documents);
    world.mended = Some(SystemTime::now());
}

/// Of all clocks that of the database alone counts.
fn database_stepped(world: &mut World, before: i64, after: i64) {
    let clock = Clock::set(world);
    clock.step(before);
    start_database_again(world, &clock);
    let ahead = |world: &World| {
        world.number("SELECT CAST(extract(epoch FROM clock_timestamp()) AS BIGINT)") - now_s()
    };
    assert!(
        (ahead(world) - before).abs() < 60,
        "the clock of the database is as set"
    );
    // More than is with the broker at a time, so that some of it waits to be published.
    let documents = world.slow(64 * 60, 4);
    let id = world.submit(&documents);
    world.wait_until_begun(&id);
    clock.step(after);
    assert!(
        (ahead(world) - after).abs() < 60,
        "the clock of the database is stepped"
    );
    println!("    {}", told(world, &id));
    world.pause(100..=100);
    println!("    after 10 s: {}", told(world, &id));
    if after < before {
        // What was to be published at a time that has not come again waits for it.
        clock.step(before);
        world.pause(20..=20);
        println!("    right again: {}", told(world, &id));
    }
    let offset = Duration::from_secs(u64::try_from(before.max(after)).unwrap());
    world.mended = Some(SystemTime::now() + offset);
    let documents = world.quick(200);
    world.submit(&documents);
}

fn now_s() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(since.unwrap().as_secs()).unwrap()
}

/// Where things stand, for whoever reads what a step of the clock does.
fn told(world: &World, id: &str) -> String {
    let count = |statement: &str| world.number(&format!("SELECT count(*) FROM {statement}"));
    let chunks = |condition: &str| count(&format!("chunks WHERE job_id = '{id}' AND {condition}"));
    format!(
        "workers active {}, lost {}; chunks done {}, leased {}, suspect {}, to be published later than now {}",
        count("workers WHERE state = 'active'"),
        count("workers WHERE state = 'lost'"),
        chunks("state = 'done'"),
        chunks("state = 'leased'"),
        chunks("crashes > 0"),
        chunks("state = 'ready' AND publish_at > clock_timestamp()"),
    )
}

/// Stops the database and starts it with this clock.
fn start_database_again(world: &mut World, clock: &Clock) {
    let data: String = world.rows("SHOW data_directory", &[])[0].get(0);
    let folder = PathBuf::from(&data);
    let folder = folder
        .parent()
        .and_then(|postgres| postgres.parent())
        .unwrap();
    world.servers.stop(Server::Postgres);
    let output = Command::new(root().join("tools/servers.sh"))
        .args([
            "start-one".as_ref(),
            folder.as_os_str(),
            "postgres".as_ref(),
        ])
        .envs(clock.environment())
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
}
