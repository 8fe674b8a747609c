//! Disks that are full or cannot be written, and crashes between the steps that put a file on one.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use testbed::Server;

use super::poison::{plain, until_ended};
use crate::scenario::Profile::Long;
use crate::scenario::{Disturbance, Scenario};
use crate::world::{Launch, World};

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut all = vec![
        Scenario::new("the disk of the outputs is full", Long, outputs_full),
        Scenario::new("the disk of the database is full", Long, database_full)
            .within(120)
            .in_its_own_world(),
        Scenario::new("the disk of the broker is full", Long, broker_full)
            .within(180)
            .in_its_own_world(),
        Scenario::new(
            "a worker crashes between the writing and the naming of its files",
            Long,
            crashes_before_names,
        ),
    ];
    all.push(Scenario::new(
        "the folder of the outputs cannot be written for a while",
        Long,
        outputs_read_only,
    ));
    all
}

/// What random mixes have of it.
pub(crate) fn disturbances() -> Vec<Disturbance> {
    vec![Disturbance::new(
        "the outputs",
        "the folder of the outputs cannot be written",
        10..=60,
        |world| {
            let mounted = ReadOnly::over(&world.output());
            world.undo.push(Box::new(mounted));
        },
        |world| world.undo.clear(),
    )]
}

/// Chunks wait, their job says why, and all goes on when there is room again.
fn outputs_full(world: &mut World) {
    let disk = SmallDisk::over(&world.output(), 16);
    let id = world.work_begins();
    disk.fill();
    wait_until_told(world, &id, "No space left on device");
    disk.free();
    world.mended = Some(SystemTime::now());
    all_end(world);
    disk.give_back();
}

fn outputs_read_only(world: &mut World) {
    let id = world.work_begins();
    let mounted = ReadOnly::over(&world.output());
    wait_until_told(world, &id, "Read-only file system");
    drop(mounted);
    world.mended = Some(SystemTime::now());
}

/// Waits until a job is told to wait for this reason, and a while more.
fn wait_until_told(world: &mut World, job: &str, why: &str) {
    let told = format!(
        "SELECT count(*) FROM jobs WHERE job_id = '{job}' AND error_message LIKE '%{why}%'"
    );
    world.wait("the job says why it waits", |world| world.number(&told) > 0);
    world.pause(20..=40);
}

/// PostgreSQL refuses what needs room, or ends when its log needs some; then it is started again, as somebody must.
fn database_full(world: &mut World) {
    let data = world.servers.folder(Server::Postgres).join("data");
    world.servers.stop(Server::Postgres);
    let disk = SmallDisk::over(&data, used_mib(&data) + 40);
    world.servers.start_again(Server::Postgres);
    world.work_begins();
    disk.fill();
    let log = world.servers.folder(Server::Postgres).join("log");
    world.wait("the database lacks room", |_| {
        says(&log, "No space left on device")
    });
    world.pause(60..=100);
    let has_ended = says(&log, "PANIC");
    println!(
        "    PostgreSQL {}",
        if has_ended { "ended" } else { "went on" }
    );
    disk.free();
    world.servers.start_again(Server::Postgres);
    world.mended = Some(SystemTime::now());
    all_end(world);
    world.servers.stop(Server::Postgres);
    disk.give_back();
    world.servers.start_again(Server::Postgres);
}

/// Not the alarm, which comes before and is set as low as may be, but a broker that cannot write. RabbitMQ 3.10.8 can leave a queue that
/// it does not open again (`corrupt_log`, `gap_between_snapshot_and_first_index`); whoever looks after it throws its data away then, which
/// is done here in any case: what it had was only a hint.
fn broker_full(world: &mut World) {
    let data = world.servers.folder(Server::Rabbit).join("mnesia");
    world.servers.stop(Server::Rabbit);
    let disk = SmallDisk::over(&data, used_mib(&data) + 200);
    world.servers.start_again(Server::Rabbit);
    world.servers.rabbitmqctl(&["set_disk_free_limit", "1"]);
    world.work_begins();
    disk.fill();
    let log = world.servers.folder(Server::Rabbit).join("log");
    // Until it writes something, it lacks nothing.
    world.wait("the broker lacks room", |world| {
        let quick = world.quick(64);
        world.submit(&quick);
        world.pause(5..=10);
        says(&log, "enospc")
    });
    world.pause(60..=100);
    world.servers.kill(Server::Rabbit);
    run("find", &[path(&data), "-mindepth", "1", "-delete"]);
    world.servers.start_again(Server::Rabbit);
    world.mended = Some(SystemTime::now());
    all_end(world);
    world.servers.stop(Server::Rabbit);
    disk.give_back();
    world.servers.start_again(Server::Rabbit);
}

/// A part, and a job's file while it is staged: what has no name is nothing. Between the names and the commit see the failpoints
/// `worker.staged`, `worker.joined` and `worker.written`.
fn crashes_before_names(world: &mut World) {
    install("strace");
    world.workers.clear();
    world.add_worker(&crash_at_first_rename());
    let documents = plain(world, 64);
    let id = world.submit(&documents);
    world.wait_for_a_crash();
    let parts = world.output().join(".parts").join(&id);
    assert_eq!(names_in(&parts), ["0.1#1"], "a part without its name");
    // Its documents are cleaned, and nobody joins them yet.
    world.add_worker(&Launch::with_failpoints("worker.completed=return"));
    world.wait_for_a_crash();
    world.add_worker(&crash_at_first_rename());
    world.wait_for_a_crash();
    let names = names_in(&parts);
    assert!(
        names
            .iter()
            .any(|name| name.starts_with("joined.") && name.contains('#')),
        "{names:?}"
    );
    world.mended = Some(SystemTime::now());
    world.restock();
    until_ended(world, &id, &Launch::default());
}

/// Killed when it is about to give a file its name. With its tracer it would go on; so it ends with it.
fn crash_at_first_rename() -> Launch {
    let calls = "rename,renameat,renameat2";
    let inject = format!("inject={calls}:signal=KILL:when=1");
    let trace = format!("trace={calls}");
    let prefix = [
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        &trace,
        "-e",
        &inject,
        "setpriv",
        "--pdeathsig",
        "KILL",
    ];
    Launch {
        prefix: prefix.map(str::to_owned).into(),
        ..Launch::default()
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Waits for the end of all work.
fn all_end(world: &mut World) {
    world.wait("the end of all jobs", |world| {
        world.restock();
        world.number("SELECT count(*) FROM jobs WHERE completed_at IS NULL") == 0
    });
}

fn says(log: &Path, words: &str) -> bool {
    let text = std::fs::read(log).unwrap();
    String::from_utf8_lossy(&text).contains(words)
}

/// What a folder takes, in MiB.
fn used_mib(folder: &Path) -> u64 {
    let said = run("du", &["-sm", path(folder)]);
    said.split_whitespace().next().unwrap().parse().unwrap()
}

/// A small disk in the place of a folder, with what is in it.
struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    fn over(folder: &Path, mib: u64) -> Self {
        let aside = aside(folder);
        run("cp", &["-a", path(folder), path(&aside)]);
        let size = format!("size={mib}m");
        run(
            "mount",
            &["-t", "tmpfs", "-o", &size, "tmpfs", path(folder)],
        );
        let disk = Self {
            folder: folder.to_owned(),
        };
        // With the owner and rights of the folder.
        run("cp", &["-aT", path(&aside), path(folder)]);
        run("rm", &["-r", path(&aside)]);
        disk
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }

    /// Takes all room there is.
    fn fill(&self) {
        let mut filler = std::fs::File::create(self.filler()).unwrap();
        for size in [1 << 20, 4096] {
            let zeros = vec![0; size];
            while filler.write_all(&zeros).is_ok() {}
        }
    }

    /// Gives it back.
    fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    /// Puts what is on it where it was, while nobody writes.
    fn give_back(self) {
        let (folder, aside) = (self.folder.clone(), aside(&self.folder));
        run("cp", &["-a", path(&folder), path(&aside)]);
        drop(self);
        run("rm", &["-r", path(&folder)]);
        std::fs::rename(aside, folder).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(
            Command::new("umount")
                .args(["--lazy", path(&self.folder)])
                .status(),
        );
    }
}

fn aside(folder: &Path) -> PathBuf {
    folder.with_extension("aside")
}

/// A folder that can be read and not written.
struct ReadOnly {
    folder: PathBuf,
}

impl ReadOnly {
    fn over(folder: &Path) -> Self {
        run("mount", &["--bind", path(folder), path(folder)]);
        let mounted = Self {
            folder: folder.to_owned(),
        };
        run("mount", &["-o", "remount,bind,ro", path(folder)]);
        mounted
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        drop(
            Command::new("umount")
                .args(["--lazy", path(&self.folder)])
                .status(),
        );
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs a command of the system, which these scenarios need root for; what it said.
#[track_caller]
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// Installs a Debian package, where its program is not there.
fn install(program: &str) {
    if Command::new(program).arg("--version").output().is_err() {
        println!("    installing {program} with apt");
        run(
            "apt-get",
            &["install", "-qq", "-y", "--no-install-recommends", program],
        );
    }
}
