//! The rules against every state and every input, and against random histories.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn worker(n: u128) -> WorkerId {
    WorkerId(uuid::Uuid::from_u128(n))
}

fn job() -> Job {
    Job {
        status: JobStatus::Queued,
        desired: Desired::Run,
        total: 3,
        processed: 0,
        failed: 0,
        open_chunks: 1,
        leases: 0,
        deliveries: 0,
        backends: BTreeMap::new(),
        join: Join::Needless,
        started_at: None,
        paused_at: None,
        resumed_at: None,
        completed_at: None,
        error: None,
    }
}

fn done(processed: u64, failed: u64) -> Done {
    Done {
        processed,
        failed,
        ..Done::default()
    }
}

fn lease(epoch: i64, by: WorkerId) -> Lease {
    Lease {
        chunk: ChunkId {
            job: JobId(uuid::Uuid::nil()),
            index: 0,
        },
        epoch: Epoch(epoch),
        worker: by,
    }
}

/// A chunk in each state, as it can be.
fn chunk_in(state: ChunkState) -> Chunk {
    let mut chunk = Chunk::new(3, at(0));
    chunk.state = state;
    match state {
        ChunkState::Ready => {}
        ChunkState::Leased => {
            chunk.epoch = Epoch(1);
            chunk.worker = Some(worker(1));
            chunk.publish_at = None;
        }
        ChunkState::Done | ChunkState::Dead | ChunkState::Cancelled => {
            chunk.epoch = Epoch(1);
            chunk.publish_at = None;
        }
    }
    chunk
}

/// A job with that chunk in each status and wish that can be together.
fn jobs_of(chunk: &Chunk) -> Vec<Job> {
    let mut jobs = Vec::new();
    for &status in JobStatus::ALL {
        for &desired in Desired::ALL {
            let mut job = job();
            job.status = status;
            job.desired = desired;
            job.open_chunks = u64::from(chunk.state.is_open());
            job.leases = u64::from(chunk.state == ChunkState::Leased);
            let is_possible = match status {
                JobStatus::Queued => job.leases == 0 && job.open_chunks > 0,
                JobStatus::Running => job.open_chunks > 0,
                JobStatus::Paused => job.leases == 0 && job.open_chunks > 0,
                JobStatus::Completed | JobStatus::Failed | JobStatus::Cancelled => {
                    job.open_chunks == 0
                }
            };
            if is_possible {
                jobs.push(job);
            }
        }
    }
    jobs
}

#[test]
fn only_a_ready_chunk_of_a_job_that_is_to_run_is_claimed_by_a_living_worker() {
    for &state in ChunkState::ALL {
        let chunk = chunk_in(state);
        for job in jobs_of(&chunk) {
            for is_alive in [true, false] {
                let claimed = claim(&job, &chunk, worker(2), is_alive, at(9));
                let may = state == ChunkState::Ready
                    && job.desired == Desired::Run
                    && !job.status.is_terminal()
                    && is_alive;
                match claimed {
                    Claim::Granted(change) => {
                        assert!(may, "{state} {job:?}");
                        assert_eq!(change.chunk.state, ChunkState::Leased);
                        assert_eq!(change.chunk.epoch, Epoch(chunk.epoch.0 + 1));
                        assert_eq!(change.job.leases, job.leases + 1);
                        assert_eq!(change.job.status, JobStatus::Running);
                    }
                    Claim::Refused(_, after) => {
                        assert!(!may, "{state} {job:?}");
                        // Its message is used up: it must not be forgotten.
                        if after.state == ChunkState::Ready && !job.status.is_terminal() {
                            assert!(after.publish_at.is_some());
                        }
                        assert_eq!(after.state, chunk.state);
                    }
                }
            }
        }
    }
}

#[test]
fn a_chunk_that_waits_for_its_next_attempt_is_not_claimed_before() {
    let mut chunk = chunk_in(ChunkState::Ready);
    chunk.run_at = Some(at(10));
    chunk.publish_at = None;
    let early = claim(&job(), &chunk, worker(1), true, at(9));
    assert!(
        matches!(early, Claim::Refused(Refused::NotDue, after) if after.publish_at == Some(at(10)))
    );
    assert!(matches!(
        claim(&job(), &chunk, worker(1), true, at(10)),
        Claim::Granted(_)
    ));
}

/// Every report of a worker about a chunk, by lease, and whether it changed anything.
fn reports(job: &Job, chunk: &Chunk, by: &Lease) -> Vec<(&'static str, bool)> {
    let now = at(9);
    let wait = Duration::from_secs(1);
    let reason = String::new;
    let environment = Release::Environment {
        wait,
        reason: reason(),
    };
    let fault = Release::Fault {
        wait,
        reason: reason(),
    };
    vec![
        (
            "complete",
            matches!(
                complete(job, chunk, by, &done(2, 1), now),
                Completion::Done(_)
            ),
        ),
        (
            "unfinished",
            release(job, chunk, by, &Release::Unfinished, now).is_some(),
        ),
        (
            "environment",
            release(job, chunk, by, &environment, now).is_some(),
        ),
        ("fault", release(job, chunk, by, &fault, now).is_some()),
        ("rescue", rescue(job, chunk, by, now).is_some()),
        ("trying", trying(chunk, by, Some(1)).is_some()),
    ]
}

#[test]
fn a_report_counts_only_from_the_holder_of_the_newest_lease() {
    for &state in ChunkState::ALL {
        let chunk = chunk_in(state);
        for job in jobs_of(&chunk) {
            for by in [
                lease(1, worker(1)),
                lease(1, worker(2)),
                lease(0, worker(1)),
            ] {
                let holds = state == ChunkState::Leased && by == lease(1, worker(1));
                for (report, changed) in reports(&job, &chunk, &by) {
                    assert_eq!(changed, holds, "{report} in {state} by {by:?}");
                }
            }
        }
    }
}

#[test]
fn a_report_that_forgets_a_document_is_no_report() {
    let chunk = chunk_in(ChunkState::Leased);
    let mut job = job();
    job.leases = 1;
    for (processed, failed) in [(2, 0), (3, 1), (0, 0)] {
        assert_eq!(
            complete(
                &job,
                &chunk,
                &lease(1, worker(1)),
                &done(processed, failed),
                at(9)
            ),
            Completion::Miscounted
        );
    }
}

#[test]
fn every_command_in_every_state() {
    use Command::{Cancel, Pause, Resume};
    use JobStatus::{Cancelled, Completed, Failed, Paused, Queued, Running};
    for &state in ChunkState::ALL {
        let chunk = chunk_in(state);
        for job in jobs_of(&chunk) {
            for &what in Command::ALL {
                let answer = command(&job, what, at(9));
                let refused = match (what, job.status) {
                    (Cancel, Cancelled) => false,
                    (_, Completed | Failed | Cancelled) => true,
                    (Pause | Resume, Queued | Running | Paused) => job.desired == Desired::Cancel,
                    (Cancel, Queued | Running | Paused) => false,
                };
                let Ok((after, _)) = answer else {
                    assert!(refused, "{what} {job:?}");
                    continue;
                };
                assert!(!refused, "{what} {job:?}");
                // Nothing is worked on: it takes effect at once.
                if job.leases == 0 && !job.status.is_terminal() {
                    match what {
                        Pause => assert_eq!(after.status, Paused),
                        Cancel => assert_eq!(after.status, Cancelled),
                        Resume => assert!(matches!(after.status, Queued | Running)),
                    }
                }
                let again = command(&after, what, at(9));
                assert_eq!(again, Ok((after, Vec::new())), "asked twice: {what}");
            }
        }
    }
}

#[test]
fn a_job_of_only_failures_is_failed_and_a_mixed_one_completed() {
    for (processed, status) in [(0, JobStatus::Failed), (1, JobStatus::Completed)] {
        let mut job = job();
        job.leases = 1;
        let chunk = chunk_in(ChunkState::Leased);
        let by = lease(1, worker(1));
        let Completion::Done(change) =
            complete(&job, &chunk, &by, &done(processed, 3 - processed), at(9))
        else {
            panic!("not done");
        };
        assert_eq!(change.job.status, status);
        assert_eq!(change.job.completed_at, Some(at(9)));
    }
}

#[test]
fn a_job_with_files_is_completed_only_when_they_are_joined() {
    let mut job = job();
    job.join = Join::Due;
    job.leases = 1;
    let by = lease(1, worker(1));
    let Completion::Done(change) =
        complete(&job, &chunk_in(ChunkState::Leased), &by, &done(3, 0), at(9))
    else {
        panic!("not done");
    };
    assert_eq!(
        change.job.status,
        JobStatus::Queued,
        "no claim was made in this test"
    );
    assert!(change.effects.contains(&Effect::InsertJoin));
    assert_eq!((change.job.join, change.job.open_chunks), (Join::Open, 1));

    let mut joining = chunk_in(ChunkState::Leased);
    joining.kind = ChunkKind::Join;
    joining.documents = 0;
    let mut job = change.job;
    job.leases = 1;
    // Cancelled too late: the files are there.
    job.desired = Desired::Cancel;
    let Completion::Done(change) = complete(&job, &joining, &by, &done(0, 0), at(10)) else {
        panic!("not done");
    };
    assert_eq!(change.job.status, JobStatus::Completed);
    assert_eq!(change.effects, [Effect::Event(Event::Completed)]);
}

#[test]
fn a_backend_that_is_behind_holds_the_end_of_the_job_and_not_its_files() {
    let mut job = job();
    job.join = Join::Due;
    job.leases = 1;
    job.backends = [Backend::Jsonl, Backend::Elasticsearch]
        .map(|backend| (backend, BackendProgress::default()))
        .into();
    let by = lease(1, worker(1));
    let mut report = done(3, 0);
    let chunk = chunk_in(ChunkState::Leased);
    assert_eq!(
        complete(&job, &chunk, &by, &report, at(9)),
        Completion::Miscounted,
        "it says nothing of a backend"
    );
    let away = Taken::Behind {
        wait: Duration::from_secs(1),
        reason: "away".to_owned(),
    };
    report.taken = [(Backend::Elasticsearch, away)].into();
    let Completion::Done(change) = complete(&job, &chunk, &by, &report, at(9)) else {
        panic!("not done");
    };
    let delivery = Effect::InsertDelivery {
        backend: Backend::Elasticsearch,
        documents: 3,
        due: at(10),
    };
    assert_eq!(
        change.effects[1..],
        [delivery, Effect::InsertJoin],
        "after the progress"
    );
    let state = |job: &Job, backend| job.backend_state(backend).unwrap();
    let mut job = change.job;
    assert_eq!((job.open_chunks, job.deliveries), (2, 1));
    assert_eq!(state(&job, Backend::Elasticsearch), BackendState::Behind);
    assert_eq!(state(&job, Backend::Jsonl), BackendState::Writing);

    // The files are joined, and the job still waits.
    let mut joining = chunk_in(ChunkState::Leased);
    (joining.kind, joining.documents) = (ChunkKind::Join, 0);
    job.leases = 1;
    let Completion::Done(change) = complete(&job, &joining, &by, &done(0, 0), at(10)) else {
        panic!("not done");
    };
    let mut job = change.job;
    assert!(!job.status.is_terminal());
    assert_eq!(state(&job, Backend::Jsonl), BackendState::Complete);

    // It is away still, and then it is back and refuses one.
    let source = 0;
    let backend = Backend::Elasticsearch;
    let mut delivering = chunk_in(ChunkState::Leased);
    delivering.kind = ChunkKind::Deliver;
    delivering.delivery = Some(Delivery { backend, source });
    job.leases = 1;
    let why = Release::Environment {
        wait: Duration::from_secs(5),
        reason: "still away".to_owned(),
    };
    let change = release(&job, &delivering, &by, &why, at(11)).unwrap();
    let progress = &change.job.backends[&backend];
    assert_eq!(
        (progress.behind, progress.error.as_deref()),
        (3, Some("still away"))
    );
    let Completion::Done(change) = complete(&job, &delivering, &by, &done(2, 1), at(12)) else {
        panic!("not done");
    };
    let progress = &change.job.backends[&backend];
    assert_eq!(
        (progress.accepted, progress.refused, progress.behind),
        (2, 1, 0)
    );
    assert_eq!(progress.error, None);
    assert_eq!(change.job.status, JobStatus::Completed);
    assert_eq!((change.job.processed, change.job.failed), (3, 0));
}

#[test]
fn a_fault_is_tried_again_and_given_up_and_trouble_outside_is_tried_for_ever() {
    let by = lease(1, worker(1));
    let wait = Duration::from_secs(60);
    for (is_fault, lots) in [(true, MAX_ATTEMPTS), (false, 1000)] {
        let mut chunk = chunk_in(ChunkState::Leased);
        chunk.attempts = lots - 1;
        let mut job = job();
        job.leases = 1;
        let reason = "the disk is full".to_owned();
        let why = if is_fault {
            Release::Fault { wait, reason }
        } else {
            Release::Environment { wait, reason }
        };
        let change = release(&job, &chunk, &by, &why, at(0)).unwrap();
        if is_fault {
            assert_eq!(change.chunk.state, ChunkState::Dead);
            assert_eq!(change.job.failed, 3);
            assert!(matches!(change.effects[0], Effect::Bury { .. }));
            assert_eq!(change.job.status, JobStatus::Failed);
        } else {
            assert_eq!(change.chunk.state, ChunkState::Ready);
            assert_eq!(change.chunk.run_at, Some(at(60)));
            assert_eq!(change.job.error.as_deref(), Some("the disk is full"));
        }
    }
}

#[test]
fn a_document_that_costs_workers_is_found_and_the_others_come_through() {
    let (mut job, mut chunk) = (job(), chunk_in(ChunkState::Ready));
    let poison = 1;
    let mut lost = 0;
    loop {
        let Claim::Granted(change) = claim(&job, &chunk, worker(1), true, at(9)) else {
            panic!("refused");
        };
        (job, chunk) = (change.job, change.chunk);
        let by = lease(chunk.epoch.0, worker(1));
        if chunk.poison().contains(&poison) {
            let Completion::Done(change) = complete(&job, &chunk, &by, &done(2, 1), at(9)) else {
                panic!("not done");
            };
            assert_eq!(change.job.status, JobStatus::Completed);
            break;
        }
        if chunk.is_suspect() {
            for document in 0..=poison {
                chunk = trying(&chunk, &by, Some(document)).unwrap();
            }
        }
        let change = rescue(&job, &chunk, &by, at(9)).unwrap();
        (job, chunk) = (change.job, change.chunk);
        lost += 1;
        assert!(lost <= MAX_CRASHES_OF_A_DOCUMENT + 1, "it is never found");
    }
    assert_eq!(lost, 1 + MAX_CRASHES_OF_A_DOCUMENT);
}

#[test]
fn a_document_that_came_through_was_not_what_workers_were_lost_on() {
    let by = lease(1, worker(1));
    let mut chunk = chunk_in(ChunkState::Leased);
    chunk.losses = [(0, MAX_CRASHES_OF_A_DOCUMENT - 1), (1, 1)].into();
    chunk = trying(&chunk, &by, Some(0)).unwrap();
    // Whose answer was lost is told again.
    chunk = trying(&chunk, &by, Some(0)).unwrap();
    assert_eq!(chunk.losses.len(), 2);
    chunk = trying(&chunk, &by, Some(1)).unwrap();
    assert_eq!(chunk.losses, [(1, 1)].into());
    chunk = trying(&chunk, &by, None).unwrap();
    assert_eq!(chunk.losses, [].into());
    let mut job = job();
    job.leases = 1;
    let change = rescue(&job, &chunk, &by, at(9)).unwrap();
    assert_eq!((change.chunk.crashes, change.chunk.losses.len()), (1, 0));
}

#[test]
fn a_chunk_that_costs_workers_before_any_document_is_given_up() {
    let (mut job, mut chunk) = (job(), chunk_in(ChunkState::Ready));
    for _ in 0..MAX_CRASHES {
        let Claim::Granted(change) = claim(&job, &chunk, worker(1), true, at(9)) else {
            panic!("refused");
        };
        let by = lease(change.chunk.epoch.0, worker(1));
        let change = rescue(&change.job, &change.chunk, &by, at(9)).unwrap();
        (job, chunk) = (change.job, change.chunk);
    }
    assert_eq!(chunk.state, ChunkState::Dead);
    assert_eq!(job.status, JobStatus::Failed);
}

#[test]
fn a_ready_chunk_of_a_job_that_has_ended_is_closed() {
    let chunk = chunk_in(ChunkState::Ready);
    let ended = [
        JobStatus::Completed,
        JobStatus::Failed,
        JobStatus::Cancelled,
    ];
    for status in ended {
        for &desired in Desired::ALL {
            let mut job = job();
            (job.status, job.desired) = (status, desired);
            let claimed = claim(&job, &chunk, worker(2), true, at(9));
            assert_eq!(claimed, Claim::Refused(Refused::Closed, chunk.clone()));
        }
    }
}

#[test]
fn progress_is_told_once_for_each_percent() {
    let chunk = chunk_in(ChunkState::Leased);
    let by = lease(1, worker(1));
    // Three documents of so many; another chunk is open.
    for (total, before, is_told) in [(300, 0, true), (1_000, 0, false), (1_000, 7, true)] {
        let mut job = job();
        (job.total, job.open_chunks, job.leases) = (total, 2, 1);
        (job.processed, job.failed) = (before, 0);
        let Completion::Done(change) = complete(&job, &chunk, &by, &done(1, 2), at(9)) else {
            panic!("not done");
        };
        let told = [Effect::Event(Event::Progress)];
        let expected = if is_told { &told[..] } else { &[] };
        assert_eq!(change.effects, expected, "{before} and 3 of {total}");
    }
}

#[test]
fn progress_is_what_was_dealt_with_in_percent_rounded_down() {
    let mut job = job();
    (job.total, job.processed, job.failed) = (8, 3, 2);
    assert_eq!(job.progress_percent(), 62.5);
    assert_eq!(percent(1, 3), 33.33);
    assert_eq!(percent(9_999_999, 10_000_000), 99.99);
    assert_eq!(percent(2, 2), 100.0);
    assert_eq!(percent(0, 0), 100.0);
}

#[test]
fn a_chunk_of_which_nothing_came_through_names_no_backend() {
    let chunk = chunk_in(ChunkState::Leased);
    let by = lease(1, worker(1));
    let mut job = job();
    (job.open_chunks, job.leases) = (2, 1);
    let behind = BackendProgress {
        error: Some("away".to_owned()),
        ..BackendProgress::default()
    };
    job.backends = [(Backend::Elasticsearch, behind)].into();
    let mut report = done(0, 3);
    report.taken = [(Backend::Elasticsearch, Taken::Accepted { refused: 0 })].into();
    assert_eq!(
        complete(&job, &chunk, &by, &report, at(9)),
        Completion::Miscounted
    );
    let Completion::Done(change) = complete(&job, &chunk, &by, &done(0, 3), at(9)) else {
        panic!("not done");
    };
    assert_eq!(
        change.job.backends, job.backends,
        "it was given nothing, so nothing is known of it"
    );
}

#[test]
fn files_are_joined_only_of_a_job_that_has_any_and_is_to_go_on() {
    let chunk = chunk_in(ChunkState::Leased);
    let by = lease(1, worker(1));
    for (processed, desired, status) in [
        (0, Desired::Run, JobStatus::Failed),
        (0, Desired::Pause, JobStatus::Failed),
        (3, Desired::Cancel, JobStatus::Cancelled),
        (0, Desired::Cancel, JobStatus::Cancelled),
    ] {
        let mut job = job();
        (job.join, job.desired, job.leases) = (Join::Due, desired, 1);
        let report = done(processed, 3 - processed);
        let Completion::Done(change) = complete(&job, &chunk, &by, &report, at(9)) else {
            panic!("not done");
        };
        assert_eq!(change.job.status, status, "{processed} {desired}");
        assert_eq!((change.job.join, change.job.open_chunks), (Join::Due, 0));
        assert!(!change.effects.contains(&Effect::InsertJoin));
    }
    // Not before the last of several, nor twice.
    for (open_chunks, join) in [(2, Join::Due), (1, Join::Needless), (2, Join::Open)] {
        let mut job = job();
        (job.join, job.open_chunks, job.leases) = (join, open_chunks, 1);
        let Completion::Done(change) = complete(&job, &chunk, &by, &done(3, 0), at(9)) else {
            panic!("not done");
        };
        assert!(!change.effects.contains(&Effect::InsertJoin), "{join}");
        assert_eq!(change.job.join, join);
    }
}

#[test]
fn a_job_without_files_that_is_cancelled_as_its_last_chunk_ends_is_cancelled() {
    let mut job = job();
    (job.desired, job.leases) = (Desired::Cancel, 1);
    let chunk = chunk_in(ChunkState::Leased);
    let done = complete(&job, &chunk, &lease(1, worker(1)), &done(3, 0), at(9));
    let Completion::Done(change) = done else {
        panic!("not done");
    };
    assert_eq!(change.job.status, JobStatus::Cancelled);
    assert_eq!(
        change.effects.last(),
        Some(&Effect::Event(Event::Cancelled))
    );
}

#[test]
fn a_fault_waits_and_is_counted_until_it_is_the_last() {
    let by = lease(1, worker(1));
    let why = Release::Fault {
        wait: Duration::from_secs(60),
        reason: "broken".to_owned(),
    };
    for attempts in 0..MAX_ATTEMPTS {
        let mut chunk = chunk_in(ChunkState::Leased);
        chunk.attempts = attempts;
        let mut job = job();
        job.leases = 1;
        let change = release(&job, &chunk, &by, &why, at(0)).unwrap();
        assert_eq!(change.chunk.attempts, attempts + 1);
        let is_last = attempts + 1 == MAX_ATTEMPTS;
        let (state, due) = match is_last {
            true => (ChunkState::Dead, None),
            false => (ChunkState::Ready, Some(at(60))),
        };
        assert_eq!(change.chunk.state, state, "after {attempts}");
        assert_eq!((change.chunk.run_at, change.chunk.publish_at), (due, due));
    }
}

#[test]
fn what_joins_or_delivers_is_never_given_up() {
    let by = lease(1, worker(1));
    let fault = Release::Fault {
        wait: Duration::ZERO,
        reason: "broken".to_owned(),
    };
    for kind in [ChunkKind::Join, ChunkKind::Deliver] {
        let mut chunk = chunk_in(ChunkState::Leased);
        (chunk.kind, chunk.attempts, chunk.crashes) = (kind, 1_000, 1_000);
        let mut job = job();
        job.leases = 1;
        for change in [
            release(&job, &chunk, &by, &fault, at(0)).unwrap(),
            rescue(&job, &chunk, &by, at(0)).unwrap(),
        ] {
            assert_eq!(change.chunk.state, ChunkState::Ready, "{kind}");
            assert_eq!(change.job.open_chunks, 1);
            assert_eq!(change.effects, []);
        }
    }
}

#[test]
fn trouble_outside_is_counted_and_told_of_the_files_alone() {
    let by = lease(1, worker(1));
    let (wait, reason) = (Duration::from_secs(1), "the disk is full".to_owned());
    let trouble = Release::Environment {
        wait,
        reason: reason.clone(),
    };
    let fault = Release::Fault { wait, reason };
    let chunk = chunk_in(ChunkState::Leased);
    let mut job = job();
    job.leases = 1;
    job.backends = [Backend::Jsonl, Backend::Elasticsearch]
        .map(|backend| (backend, BackendProgress::default()))
        .into();
    for (why, told) in [(trouble, Some("the disk is full")), (fault, None)] {
        let change = release(&job, &chunk, &by, &why, at(0)).unwrap();
        assert_eq!(change.chunk.attempts, 1);
        let error = |backend| change.job.backends[&backend].error.as_deref();
        assert_eq!(error(Backend::Jsonl), told, "{why:?}");
        assert_eq!(error(Backend::Elasticsearch), None, "{why:?}");
        assert_eq!(change.job.error.as_deref(), Some("the disk is full"));
    }
}

#[test]
fn what_was_wrong_with_the_files_is_over_once_they_are_joined() {
    let by = lease(1, worker(1));
    let mut joining = chunk_in(ChunkState::Leased);
    (joining.kind, joining.documents) = (ChunkKind::Join, 0);
    let mut job = job();
    (job.join, job.leases, job.processed) = (Join::Open, 1, 3);
    job.backends = [Backend::Jsonl, Backend::Elasticsearch]
        .map(|backend| (backend, BackendProgress::default()))
        .into();
    for progress in job.backends.values_mut() {
        progress.error = Some("the disk is full".to_owned());
    }
    let Completion::Done(change) = complete(&job, &joining, &by, &done(0, 0), at(9)) else {
        panic!("not done");
    };
    let error = |backend| change.job.backends[&backend].error.as_deref();
    assert_eq!(error(Backend::Jsonl), None);
    assert_eq!(error(Backend::Elasticsearch), Some("the disk is full"));
}

#[test]
fn a_delivery_is_due_when_its_backend_is_tried_again() {
    let delivery = Delivery {
        backend: Backend::Elasticsearch,
        source: 7,
    };
    let chunk = Chunk::deliver(delivery, 3, at(5));
    assert_eq!((chunk.kind, chunk.documents), (ChunkKind::Deliver, 3));
    assert_eq!(chunk.delivery, Some(delivery));
    assert_eq!((chunk.run_at, chunk.publish_at), (Some(at(5)), Some(at(5))));
    let join = Chunk::join(at(5));
    assert_eq!((join.kind, join.documents), (ChunkKind::Join, 0));
    assert_eq!((join.run_at, join.publish_at), (None, Some(at(5))));
}

#[test]
fn a_backend_is_seen_to_be_what_it_has_and_lacks() {
    use BackendState::{Behind, Cancelled, Complete, Waiting, Writing};
    use JobStatus::Running;
    let (file, table) = (Backend::Jsonl, Backend::Postgresql);
    let (ended, failed) = (JobStatus::Cancelled, JobStatus::Failed);
    // The job's status; its open chunks, how many of them deliver, and the join; the backend; what it accepted, refused and lacks.
    for (status, (open, deliveries, join), backend, (accepted, refused, behind), expected) in [
        (Running, (1, 0, Join::Due), file, (0, 0, 0), Waiting),
        (Running, (1, 0, Join::Due), file, (2, 0, 0), Writing),
        (Running, (1, 0, Join::Due), table, (0, 0, 0), Waiting),
        (Running, (1, 0, Join::Due), table, (2, 0, 0), Writing),
        (Running, (1, 0, Join::Due), table, (0, 2, 0), Writing),
        (Running, (1, 0, Join::Due), table, (2, 2, 0), Writing),
        (Running, (2, 1, Join::Needless), table, (0, 0, 1), Behind),
        (Running, (2, 1, Join::Needless), table, (1, 0, 1), Behind),
        (Running, (1, 1, Join::Needless), table, (0, 0, 1), Behind),
        // Another one is behind, or only the files are to be joined.
        (Running, (1, 1, Join::Needless), table, (2, 0, 0), Complete),
        (Running, (1, 0, Join::Open), table, (2, 0, 0), Complete),
        (Running, (2, 1, Join::Open), table, (2, 0, 0), Complete),
        (Running, (2, 1, Join::Done), table, (2, 0, 0), Writing),
        (Running, (2, 1, Join::Open), file, (2, 0, 0), Writing),
        (Running, (1, 1, Join::Done), file, (2, 0, 0), Complete),
        // Of a cancelled job the files are removed.
        (ended, (0, 0, Join::Done), file, (2, 0, 0), Cancelled),
        (ended, (0, 0, Join::Due), table, (2, 0, 0), Complete),
        (ended, (0, 0, Join::Due), table, (2, 0, 1), Cancelled),
        (failed, (0, 0, Join::Due), file, (0, 0, 0), Complete),
    ] {
        let mut job = job();
        (job.status, job.join) = (status, join);
        (job.open_chunks, job.deliveries) = (open, deliveries);
        let progress = BackendProgress {
            accepted,
            refused,
            behind,
            error: None,
        };
        job.backends = [(backend, progress)].into();
        let state = job.backend_state(backend);
        assert_eq!(state, Some(expected), "{backend} of {job:?}");
        assert_eq!(job.backend_state(Backend::Parquet), None, "it has none");
    }
}

/// A whole job as a store would keep it.
#[derive(Debug, Clone)]
struct World {
    job: Job,
    chunks: Vec<Chunk>,
    events: Vec<Event>,
}

#[derive(Debug, Clone)]
enum Step {
    Claim(usize, u128),
    /// How many came through, and whether a backend was away.
    Complete(usize, u64, bool),
    Release(usize, u8),
    Rescue(usize),
    /// What an older holder says too late.
    Stale(usize, u8),
    Command(Command),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let chunk = 0..7_usize;
    let step = prop_oneof![
        6 => (chunk.clone(), 1..4_u128).prop_map(|(c, w)| Step::Claim(c, w)),
        5 => (chunk.clone(), 0..4_u64, any::<bool>()).prop_map(|(c, n, away)| Step::Complete(c, n, away)),
        2 => (chunk.clone(), 0..3_u8).prop_map(|(c, k)| Step::Release(c, k)),
        1 => chunk.clone().prop_map(Step::Rescue),
        2 => (chunk, 0..3_u8).prop_map(|(c, k)| Step::Stale(c, k)),
        2 => prop::sample::select(Command::ALL).prop_map(Step::Command),
    ];
    prop::collection::vec(step, 1..120)
}

impl World {
    fn new(backends: &[Backend]) -> Self {
        let mut job = job();
        job.total = 9;
        job.open_chunks = 3;
        job.backends = backends
            .iter()
            .map(|backend| (*backend, BackendProgress::default()))
            .collect();
        if backends.iter().any(|backend| backend.is_file()) {
            job.join = Join::Due;
        }
        Self {
            job,
            chunks: vec![Chunk::new(3, at(0)); 3],
            events: Vec::new(),
        }
    }

    fn apply(&mut self, index: Option<usize>, change: Change) {
        let Change {
            job,
            chunk,
            effects,
        } = change;
        self.job = job;
        if let Some(index) = index {
            self.chunks[index] = chunk;
        }
        for effect in effects {
            match effect {
                Effect::Event(event) => self.events.push(event),
                Effect::InsertJoin => self.chunks.push(Chunk::join(at(0))),
                Effect::InsertDelivery {
                    backend, documents, ..
                } => {
                    let source = index.unwrap() as u32;
                    let delivery = Delivery { backend, source };
                    self.chunks.push(Chunk::deliver(delivery, documents, at(0)));
                }
                Effect::Bury { .. } => {}
                Effect::CancelOpenChunks => {
                    for chunk in self.chunks.iter_mut().filter(|chunk| chunk.state.is_open()) {
                        chunk.state = ChunkState::Cancelled;
                    }
                }
            }
        }
    }

    fn step(&mut self, step: &Step) {
        let now = at(9);
        let wait = Duration::ZERO;
        let index = match step {
            Step::Claim(c, _)
            | Step::Complete(c, _, _)
            | Step::Release(c, _)
            | Step::Rescue(c)
            | Step::Stale(c, _) => *c,
            Step::Command(what) => {
                if let Ok((job, effects)) = command(&self.job, *what, now) {
                    let chunk = self.chunks[0].clone();
                    self.apply(
                        None,
                        Change {
                            job,
                            chunk,
                            effects,
                        },
                    );
                }
                return;
            }
        };
        let Some(chunk) = self.chunks.get(index).cloned() else {
            return;
        };
        let holder = lease(chunk.epoch.0, chunk.worker.unwrap_or(worker(9)));
        let release_of = |kind: u8| match kind {
            0 => Release::Unfinished,
            1 => Release::Fault {
                wait,
                reason: String::new(),
            },
            _ => Release::Environment {
                wait,
                reason: String::new(),
            },
        };
        let change = match step {
            Step::Claim(_, by) => match claim(&self.job, &chunk, worker(*by), true, now) {
                Claim::Granted(change) => {
                    assert_eq!(self.job.desired, Desired::Run);
                    Some(change)
                }
                Claim::Refused(_, after) => {
                    self.chunks[index] = after;
                    None
                }
            },
            Step::Complete(_, processed, is_away) => {
                let mut done = done((*processed).min(chunk.documents), 0);
                done.failed = chunk.documents - done.processed;
                if chunk.kind == ChunkKind::Documents && done.processed > 0 {
                    done.taken = self.taken(*is_away);
                }
                match complete(&self.job, &chunk, &holder, &done, now) {
                    Completion::Done(change) => Some(change),
                    Completion::Stale | Completion::Miscounted => None,
                }
            }
            Step::Release(_, kind) => release(&self.job, &chunk, &holder, &release_of(*kind), now),
            Step::Rescue(_) => rescue(&self.job, &chunk, &holder, now),
            Step::Stale(_, kind) => {
                let stale = lease(chunk.epoch.0 - 1, worker(1));
                assert!(release(&self.job, &chunk, &stale, &release_of(*kind), now).is_none());
                assert_eq!(
                    complete(&self.job, &chunk, &stale, &done(chunk.documents, 0), now),
                    Completion::Stale
                );
                None
            }
            Step::Command(_) => None,
        };
        if let Some(change) = change {
            self.apply(Some(index), change);
        }
    }

    /// What the backends that are no files say.
    fn taken(&self, is_away: bool) -> BTreeMap<Backend, Taken> {
        let backends = self
            .job
            .backends
            .keys()
            .filter(|backend| !backend.is_file());
        let taken = |backend: &Backend| {
            let taken = if is_away {
                Taken::Behind {
                    wait: Duration::ZERO,
                    reason: "away".to_owned(),
                }
            } else {
                Taken::Accepted { refused: 1 }
            };
            (*backend, taken)
        };
        backends.map(taken).collect()
    }

    fn check(&self, before: &Self) {
        let Job {
            processed, failed, ..
        } = self.job;
        let count = |state| self.chunks.iter().filter(|c| c.state == state).count() as u64;
        let of_documents = |c: &&Chunk| c.kind == ChunkKind::Documents;
        let sum =
            |of: fn(&Chunk) -> u64| self.chunks.iter().filter(of_documents).map(of).sum::<u64>();
        let deliveries = self.chunks.iter().filter(|c| c.kind == ChunkKind::Deliver);
        let open = deliveries.filter(|c| c.state.is_open());
        let behind: Vec<&Chunk> = open.collect();
        assert_eq!(self.job.deliveries, behind.len() as u64);
        for (backend, progress) in &self.job.backends {
            let dealt_with = progress.accepted + progress.refused + progress.behind;
            assert_eq!(
                dealt_with, processed,
                "{backend} has, refuses or lacks each"
            );
            let kept = behind.iter().filter(|c| {
                c.delivery
                    .is_some_and(|delivery| delivery.backend == *backend)
            });
            if self.job.status != JobStatus::Cancelled {
                assert_eq!(progress.behind, kept.map(|c| c.documents).sum::<u64>());
            }
        }
        assert_eq!(self.job.leases, count(ChunkState::Leased));
        assert_eq!(
            self.job.open_chunks,
            count(ChunkState::Leased) + count(ChunkState::Ready)
        );
        assert_eq!(processed, sum(|c| c.processed), "counters are rows");
        assert_eq!(failed, sum(|c| c.failed), "counters are rows");
        assert!(processed + failed <= self.job.total);
        for (chunk, before) in self.chunks.iter().zip(&before.chunks) {
            assert!(chunk.epoch >= before.epoch);
            assert_eq!(chunk.worker.is_some(), chunk.state == ChunkState::Leased);
            if !before.state.is_open() {
                assert_eq!(chunk, before, "what is closed stays closed");
            }
            if chunk.state == ChunkState::Ready {
                assert!(chunk.publish_at.is_some(), "nothing is forgotten");
            }
        }
        let terminal: Vec<_> = self.events.iter().filter(|e| e.is_terminal()).collect();
        if self.job.status.is_terminal() {
            assert_eq!(terminal.len(), 1);
            assert_eq!(self.events.last(), Some(terminal[0]), "it is the last");
            assert_eq!((self.job.open_chunks, self.job.leases), (0, 0));
            if before.job.status.is_terminal() {
                assert_eq!(self.job, before.job, "what has ended stays as it is");
            }
        } else {
            assert!(terminal.is_empty());
            assert!(self.job.open_chunks > 0, "something is left to be done");
        }
        match self.job.status {
            JobStatus::Completed => {
                assert!(processed > 0 && processed + failed == self.job.total);
                for backend in self.job.backends.keys() {
                    let state = self.job.backend_state(*backend);
                    assert_eq!(state, Some(BackendState::Complete));
                }
            }
            JobStatus::Failed => assert!(processed == 0 && failed == self.job.total),
            JobStatus::Paused => assert_eq!(self.job.leases, 0),
            JobStatus::Queued | JobStatus::Running | JobStatus::Cancelled => {}
        }
    }

    /// Does what is left to be done, as willing workers would.
    fn finish(&mut self) {
        for _ in 0..20 {
            let chunks = self.chunks.len();
            for index in 0..chunks {
                self.step(&Step::Claim(index, 1));
                self.step(&Step::Complete(index, 3, false));
            }
        }
    }
}

proptest! {
    #[test]
    fn no_history_breaks_a_job(
        steps in steps(),
        backends in prop::sample::subsequence(Backend::ALL, 0..=4),
    ) {
        let mut world = World::new(&backends);
        for step in &steps {
            let before = world.clone();
            world.step(step);
            world.check(&before);
        }
        // And none leaves it stuck: told to go on, it ends.
        world.step(&Step::Command(Command::Resume));
        world.finish();
        prop_assert!(world.job.status.is_terminal(), "{:?}", world.job);
    }
}
