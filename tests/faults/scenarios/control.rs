//! Commands in the midst of work: what was answered with 200 must come true, and nothing else may come of it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use reqwest::Method;
use tests::client::{Answer, Client};

use super::mix::rows_soon;
use crate::scenario::Profile::{Long, Short};
use crate::scenario::{Disturbance, Scenario};
use crate::world::{Launch, World};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("a storm of commands", Short, |world| {
            stormy(world, Duration::from_secs(5), |world| world.pause(1..=2));
        }),
        Scenario::new(
            "a storm of commands while workers are killed",
            Long,
            |world| {
                stormy(world, Duration::from_secs(30), |world| {
                    world.pause(10..=30);
                    world.kill_a_worker();
                    world.restock();
                });
            },
        ),
        Scenario::new(
            "a job is paused while a worker is frozen",
            Long,
            paused_while_frozen,
        ),
        Scenario::new(
            "a job is cancelled while its parts are joined",
            Long,
            |world| {
                cancelled_while(world, "worker.staged=sleep(3000)", "cancelled");
            },
        ),
        Scenario::new(
            "a job is cancelled when its file is there and not yet reported",
            Long,
            |world| cancelled_while(world, "worker.joined=sleep(3000)", "completed"),
        ),
        Scenario::new(
            "a job is cancelled whose worker crashed when the file was there",
            Long,
            cancelled_after_a_crash,
        )
        .within(180),
        Scenario::new("all jobs are paused for a while", Long, |world| {
            let pauses = all_paused();
            world.work_begins();
            (pauses.begin)(world);
            world.pause(20..=20);
            (pauses.end)(world);
            world.mended = Some(SystemTime::now());
        }),
    ]
}

/// What random mixes have of it. Jobs may be left paused where the scheduler was away: [`resume_all`].
pub(crate) fn disturbances() -> Vec<Disturbance> {
    vec![all_paused(), squall()]
}

// ---- a storm

/// Who gives commands at a time.
const CLIENTS: u32 = 5;
/// Between two commands of a client: all together give 50 a second.
const PACE: Duration = Duration::from_millis(100);
/// Commands of which one is to cancel, where that is allowed.
const CANCELS: u32 = 40;
/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(30);

/// A job that is given commands.
#[derive(Debug)]
struct Target {
    id: String,
    may_be_cancelled: bool,
}

/// A command and what came of it.
#[derive(Debug)]
struct Given {
    target: usize,
    command: &'static str,
    begun: Instant,
    ended: Instant,
    answer: Result<Answer, String>,
}

impl Given {
    fn status(&self) -> u16 {
        self.answer.as_ref().map_or(0, |answer| answer.status)
    }

    fn cancels(&self) -> bool {
        self.command == "cancel" && self.status() == 200
    }
}

/// Several jobs at work, half of which may be cancelled; commands for all of them, and for one that there is not.
fn stormy(world: &mut World, lasting: Duration, mut meanwhile: impl FnMut(&mut World)) {
    let mut targets = Vec::new();
    for number in 0..6 {
        let documents = world.slow(256, 15);
        targets.push(Target {
            id: world.submit(&documents),
            may_be_cancelled: number % 2 == 0,
        });
    }
    world.wait_until_begun(&targets[0].id);
    let nobody = targets.len();
    targets.push(Target {
        id: "0199c6a8-6f3e-7c43-9f0e-3f1c2a7be001".to_owned(),
        may_be_cancelled: true,
    });

    let (client, targets) = (&world.client(), &targets);
    let begun = Instant::now();
    let until = begun + lasting;
    let seeds: Vec<u64> = (0..CLIENTS).map(|_| world.random.u64(..)).collect();
    let given: Vec<Given> = thread::scope(|scope| {
        let clients: Vec<_> = seeds
            .into_iter()
            .map(|seed| scope.spawn(move || storm(client, targets, until, seed)))
            .collect();
        let mut given = Vec::new();
        while Instant::now() < until {
            meanwhile(world);
            // One at least, whatever chance has the others do.
            if given.is_empty() && begun.elapsed() > lasting / 4 {
                given.push(give(client, targets, 0, "cancel"));
            }
        }
        given.extend(
            clients
                .into_iter()
                .flat_map(|client| client.join().unwrap()),
        );
        given
    });
    let per_second = given.len() as f64 / begun.elapsed().as_secs_f64();
    println!("    {} commands, {per_second:.0} a second", given.len());

    judge(&given, nobody);
    world.restock();
    for (index, target) in targets.iter().enumerate().take(nobody) {
        let was_cancelled = given
            .iter()
            .any(|given| given.target == index && given.cancels());
        let answer = tell(client, &target.id, "resume", PATIENCE).unwrap();
        if was_cancelled {
            assert_eq!(
                answer.status, 409,
                "resumed after it was cancelled: {answer:?}"
            );
            let ended = end_of_cancelled(world, &target.id);
            expect_end(world, &target.id, ended);
        } else {
            // It may have ended in between two pauses.
            assert!([200, 409].contains(&answer.status), "{answer:?}");
            expect_end(world, &target.id, "completed");
        }
    }
    world.mended = Some(SystemTime::now());
    sweep(world);
}

/// One client, until the time is over.
fn storm(client: &Client, targets: &[Target], until: Instant, seed: u64) -> Vec<Given> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut given = Vec::new();
    let mut next = Instant::now();
    while next < until {
        thread::sleep(next.saturating_duration_since(Instant::now()));
        // One that is late catches up, but not more than a second of it.
        next = (next + PACE).max(
            Instant::now()
                .checked_sub(Duration::from_secs(1))
                .unwrap_or(next),
        );
        let target = random.usize(..targets.len());
        let command = match random.u32(..CANCELS) {
            0 if targets[target].may_be_cancelled => "cancel",
            number if number % 2 == 0 => "pause",
            _ => "resume",
        };
        given.push(give(client, targets, target, command));
    }
    given
}

fn give(client: &Client, targets: &[Target], target: usize, command: &'static str) -> Given {
    let begun = Instant::now();
    let answer = tell(client, &targets[target].id, command, PATIENCE);
    Given {
        target,
        command,
        begun,
        ended: Instant::now(),
        answer: answer.map_err(|error| error.to_string()),
    }
}

fn tell(client: &Client, id: &str, command: &str, patience: Duration) -> reqwest::Result<Answer> {
    let request = match command {
        "cancel" => client.request(Method::DELETE, &format!("/v1/jobs/{id}")),
        command => client.request(Method::PATCH, &format!("/v1/jobs/{id}/{command}")),
    };
    client.try_send(request.timeout(patience))
}

/// Each answer is one that the contract knows, and none takes back what an earlier one said.
fn judge(given: &[Given], nobody: usize) {
    for one in given {
        let is_expected = match one.status() {
            200 | 409 => one.target != nobody,
            404 => one.target == nobody,
            _ => false,
        };
        assert!(is_expected, "a command was answered {one:?}");
    }
    assert!(given.iter().any(Given::cancels), "no job was cancelled");
    for cancelled in given.iter().filter(|given| given.cancels()) {
        let later = given.iter().filter(|later| {
            later.target == cancelled.target
                && later.begun > cancelled.ended
                && later.command != "cancel"
        });
        for later in later {
            assert_eq!(later.status(), 409, "after {cancelled:?} came {later:?}");
        }
    }
}

/// How a job ended whose cancellation was accepted, which must be as cancelled; or as completed, where its files were being shown by then.
fn end_of_cancelled(world: &mut World, id: &str) -> &'static str {
    let status =
        "SELECT status FROM jobs WHERE job_id = $1::text::uuid AND completed_at IS NOT NULL";
    let mut ended = String::new();
    world.wait("a cancelled job ends", |world| {
        world.restock();
        let rows = world.rows(status, &[id]);
        ended = rows.first().map_or(String::new(), |row| row.get(0));
        !ended.is_empty()
    });
    if ended == "cancelled" {
        return "cancelled";
    }
    let joins_before = "SELECT count(*) FROM history h JOIN chunks c ON c.job_id = h.job_id AND c.chunk = h.chunk \
         WHERE h.job_id = $1::text::uuid AND c.kind = 'join' AND h.is_now = 'leased' AND h.seq < \
         (SELECT min(seq) FROM history WHERE job_id = $1::text::uuid AND what = 'job' AND desired = 'cancel')";
    let joins: i64 = world.rows(joins_before, &[id])[0].get(0);
    assert!(
        ended == "completed" && joins > 0,
        "a job that was cancelled before its parts were joined ended as {ended}"
    );
    "completed"
}

fn expect_end(world: &mut World, id: &str, ends: &'static str) {
    let job = world.jobs.iter_mut().find(|job| job.id == id);
    job.unwrap().ends = Some(ends);
}

/// Has the parts of cancelled jobs removed now: a worker looks for them when it starts, and then once a minute.
fn sweep(world: &mut World) {
    if let Some(worker) = world.workers.pop() {
        worker.stop();
    }
    world.restock();
}

// ---- single commands

/// A frozen worker cannot hear of the pause; what it does afterwards must not count.
fn paused_while_frozen(world: &mut World) {
    let id = world.work_begins();
    let holder = "SELECT w.pid::bigint FROM chunks c JOIN workers w ON w.worker_id = c.worker_id \
         WHERE c.job_id = $1::text::uuid AND c.state = 'leased'";
    let mut frozen = None;
    world.wait("a worker holds a chunk", |world| {
        let rows = world.rows(holder, &[&id]);
        let pid = rows.first().map(|row| row.get::<_, i64>(0));
        frozen = world
            .workers
            .iter()
            .position(|worker| Some(i64::from(worker.pid())) == pid);
        frozen.is_some()
    });
    let frozen = world.workers.swap_remove(frozen.unwrap());
    frozen.signal("STOP");
    world.client().command(&id, "pause");
    // Others give back at once; the chunks of the frozen one are rescued.
    let paused = format!("SELECT count(*) FROM jobs WHERE job_id = '{id}' AND status = 'paused'");
    world.wait("the job rests", |world| world.number(&paused) == 1);
    frozen.signal("CONT");
    world.workers.push(frozen);
    let dealt =
        format!("SELECT processed_documents + failed_documents FROM jobs WHERE job_id = '{id}'");
    let before = world.number(&dealt);
    world.wait("the frozen worker sees that it is lost", |world| {
        let last = world.workers.last_mut();
        last.is_some_and(|worker| worker.has_ended())
    });
    assert_eq!(
        world.number(&dealt),
        before,
        "worked on while it was paused"
    );
    assert_eq!(world.number(&paused), 1, "it rests no more");
    world.client().command(&id, "resume");
    world.mended = Some(SystemTime::now());
    expect_end(world, &id, "completed");
}

/// The command comes while the worker that joins sleeps at this place.
fn cancelled_while(world: &mut World, place: &str, ends: &'static str) {
    world.workers.clear();
    world.add_worker(&Launch::with_failpoints(place));
    let id = joining(world);
    // Claimed; the parts of so few documents are joined before the next look at the history.
    world.pause(5..=5);
    world.client().command(&id, "cancel");
    expect_end(world, &id, ends);
    world.mended = Some(SystemTime::now());
    ended(world, &id);
    if ends == "cancelled" {
        assert_eq!(
            files_of(world, &id),
            Vec::<String>::new(),
            "its file is shown"
        );
    }
    world.workers.clear();
    world.restock();
}

/// The file is there, nobody knows it, and the job is cancelled: what was shown must go.
fn cancelled_after_a_crash(world: &mut World) {
    world.workers.clear();
    world.add_worker(&Launch::with_failpoints("worker.joined=return"));
    let id = joining(world);
    world.wait_for_a_crash();
    assert_eq!(files_of(world, &id).len(), 1, "the file is there");
    world.client().command(&id, "cancel");
    world.restock();
    world.mended = Some(SystemTime::now());
    ended(world, &id);
    expect_end(world, &id, "cancelled");
    world.wait("the file of the cancelled job is gone", |world| {
        files_of(world, &id).is_empty()
    });
}

/// A job whose parts are being joined.
fn joining(world: &mut World) -> String {
    let documents = world.quick(130);
    let id = world.submit(&documents);
    let joins = format!(
        "SELECT count(*) FROM chunks WHERE job_id = '{id}' AND kind = 'join' AND state = 'leased'"
    );
    world.wait("the parts are joined", |world| world.number(&joins) > 0);
    id
}

fn ended(world: &mut World, id: &str) {
    let open = format!("SELECT count(*) FROM jobs WHERE job_id = '{id}' AND completed_at IS NULL");
    world.wait("the job ends", |world| world.number(&open) == 0);
}

/// Files of a job that are shown.
fn files_of(world: &World, id: &str) -> Vec<String> {
    let entries = std::fs::read_dir(world.output()).unwrap().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.contains(id)).collect()
}

// ---- in a mix, where nobody need answer

/// All jobs of which it is known are told to rest.
fn all_paused() -> Disturbance {
    Disturbance::new(
        "jobs",
        "all jobs are paused",
        5..=50,
        |world| {
            let client = world.client();
            for id in open_jobs(world) {
                _ = is_told(&client, &id, "pause");
            }
        },
        |world| {
            _ = try_resume_all(world);
        },
    )
}

/// Commands for all open jobs, one after the other, at random.
fn squall() -> Disturbance {
    type Blowing = Option<(Arc<AtomicBool>, JoinHandle<()>)>;
    let blowing: Rc<RefCell<Blowing>> = Rc::default();
    let begun = Rc::clone(&blowing);
    Disturbance::new(
        "jobs",
        "commands are given at random",
        20..=50,
        move |world| {
            let (client, jobs) = (world.client(), open_jobs(world));
            if jobs.is_empty() {
                return;
            }
            let (go_on, mut random) = (Arc::new(AtomicBool::new(true)), world.random.fork());
            let goes_on = Arc::clone(&go_on);
            let client = thread::spawn(move || {
                while goes_on.load(Ordering::Relaxed) {
                    let command = match random.u32(..50) {
                        0 => "cancel",
                        number if number % 2 == 0 => "pause",
                        _ => "resume",
                    };
                    _ = is_told(&client, &jobs[random.usize(..jobs.len())], command);
                    thread::sleep(Duration::from_millis(random.u64(5..30)));
                }
            });
            *begun.borrow_mut() = Some((go_on, client));
        },
        move |world| {
            if let Some((go_on, client)) = blowing.borrow_mut().take() {
                go_on.store(false, Ordering::Relaxed);
                client.join().unwrap();
            }
            _ = try_resume_all(world);
        },
    )
}

/// Has all jobs go on, whatever became of earlier tries.
pub(super) fn resume_all(world: &mut World) {
    world.wait("all jobs are told to go on", |world| {
        world.restock();
        try_resume_all(world) && jobs_where(world, PAUSED).is_some_and(|left| left.is_empty())
    });
}

const OPEN: &str = "completed_at IS NULL";
const PAUSED: &str = "completed_at IS NULL AND desired = 'pause'";

/// Whether all that rest were told to go on.
fn try_resume_all(world: &World) -> bool {
    let Some(paused) = jobs_where(world, PAUSED) else {
        return false;
    };
    let client = world.client();
    paused.iter().all(|id| is_told(&client, id, "resume"))
}

/// Whether it was answered, and soon.
fn is_told(client: &Client, id: &str, command: &str) -> bool {
    let answer = tell(client, id, command, Duration::from_secs(1));
    answer.is_ok_and(|answer| [200, 404, 409].contains(&answer.status))
}

fn open_jobs(world: &World) -> Vec<String> {
    jobs_where(world, OPEN).unwrap_or_default()
}

fn jobs_where(world: &World, condition: &str) -> Option<Vec<String>> {
    let rows = rows_soon(
        world,
        &format!("SELECT job_id::text FROM jobs WHERE {condition}"),
    )?;
    Some(rows.iter().map(|row| row.get(0)).collect())
}
