use std::time::Duration;

use jiff::Timestamp;
use shared::broker::{Broker, Queue};
use shared::checkpoint::{self, Checkpoint};
use shared::dispatch::WINDOW;
use shared::job::{Command, JobId, JobStatus, Lease, Priority, Refused, Release, WorkerId};
use shared::message::Work;
use shared::store::{NewJob, NewWorker};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Bed, USUAL, away, new_job, new_worker, redis, until};
use crate::reconciler::reconcile;
use crate::{Settings, ended, reaper};

const QUEUE: Queue = Queue::Work(Priority::Normal);
/// Many turns of a relay that looks every 10 ms.
const MANY_TURNS: Duration = Duration::from_millis(300);

const IMPATIENT: Settings = Settings {
    tick_ms: 10,
    worker_timeout_s: 0,
    unclaimed_s: 0,
    keep_payloads_h: 0,
    keep_jobs_d: 0,
    keep_dead_letters_d: 0,
};

/// Whether it is so within these seconds, which pass at once: only on a runtime of one thread, whose clock can be moved on.
async fn in_time(seconds: u64, is_so: impl AsyncFn() -> bool) -> bool {
    for _ in 0..seconds {
        if is_so().await {
            return true;
        }
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::time::resume();
        // What was woken has its turn.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    is_so().await
}

/// A worker that works on so many chunks at a time.
async fn register(bed: &Bed, slots: u32) {
    let new = NewWorker {
        slots,
        ..new_worker(WorkerId::generate())
    };
    bed.store.register(&new).await.unwrap();
}

async fn waiting(broker: &Broker) -> u64 {
    broker.depth(&QUEUE).await.unwrap().messages
}

/// Takes so many messages out of the queue; the jobs they are of.
async fn drain(broker: &Broker, count: u64) -> Vec<JobId> {
    let mut deliveries = broker.consume(QUEUE, 1, CancellationToken::new());
    let mut jobs = Vec::new();
    for _ in 0..count {
        let delivery = deliveries.next().await.unwrap();
        jobs.push(Work::from_message(&delivery.message).unwrap().chunk.job);
        delivery.ack().await.unwrap();
    }
    jobs
}

#[tokio::test(flavor = "multi_thread")]
async fn of_each_job_a_window_is_published_at_a_time() {
    let mut bed = Bed::new().await;
    let (long, short) = (bed.submit(&[1; 50]).await, bed.submit(&[1; 2]).await);
    bed.run();
    let both = u64::from(WINDOW) + 2;
    until("the windows are published", async || {
        waiting(&bed.broker).await == both
    })
    .await;
    tokio::time::sleep(MANY_TURNS).await;
    assert_eq!(waiting(&bed.broker).await, both);

    let granted = bed.claim(long, 0).await;
    tokio::time::sleep(MANY_TURNS).await;
    assert_eq!(
        waiting(&bed.broker).await,
        both,
        "a chunk that is worked on is under way"
    );
    bed.complete(&granted, 0).await;
    until("another is published", async || {
        waiting(&bed.broker).await == both + 1
    })
    .await;
    let jobs = drain(&bed.broker, both + 1).await;
    assert_eq!(jobs.iter().filter(|job| **job == short).count(), 2);
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_job_is_not_published_until_it_goes_on() {
    let mut bed = Bed::new().await;
    let job = bed.submit(&[1]).await;
    bed.store.command(job, Command::Pause).await.unwrap();
    bed.run();
    tokio::time::sleep(MANY_TURNS).await;
    assert_eq!(waiting(&bed.broker).await, 0);
    bed.store.command(job, Command::Resume).await.unwrap();
    until("it is published", async || waiting(&bed.broker).await == 1).await;

    // Paused once more, its message is used up by a claim that is refused, and comes again with the job.
    bed.store.command(job, Command::Pause).await.unwrap();
    drain(&bed.broker, 1).await;
    let chunk = shared::job::ChunkId { job, index: 0 };
    let refused = bed.store.claim(chunk, bed.worker, false).await.unwrap();
    assert_eq!(refused, Err(Refused::Paused));
    tokio::time::sleep(MANY_TURNS).await;
    assert_eq!(waiting(&bed.broker).await, 0);
    bed.store.command(job, Command::Resume).await.unwrap();
    until("it is published again", async || {
        waiting(&bed.broker).await == 1
    })
    .await;
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_published_when_its_time_comes() {
    let mut bed = Bed::new().await;
    bed.run();
    let due = Timestamp::now() + Duration::from_millis(800);
    let new = NewJob {
        run_at: Some(due),
        ..new_job()
    };
    bed.submit_as(new, &[1]).await;
    until("it is published", async || {
        let is_published = waiting(&bed.broker).await == 1;
        assert!(!is_published || Timestamp::now() >= due);
        is_published
    })
    .await;
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chunks_of_a_lost_worker_go_to_quarantine() {
    let mut bed = Bed::with(IMPATIENT).await;
    let job = bed.submit(&[2]).await;
    let granted = bed.claim(job, 0).await;
    bed.run();
    let begun = Instant::now();
    let quarantined = async || bed.broker.depth(&Queue::Quarantine).await.unwrap().messages == 1;
    until("it is rescued", quarantined).await;
    // Only where nobody could be heard for a while are workers given the time of two heartbeats.
    assert!(begun.elapsed() < Duration::from_secs(8));
    let report = shared::store::Report {
        processed: 2,
        ..Default::default()
    };
    let late = bed.store.complete(&granted.lease, &report).await.unwrap();
    assert_eq!(late, shared::job::Completion::Stale);
    bed.end().await;
}

/// Waits until so many published chunks count as unclaimed, and were published before now: the clock has steps of a millisecond.
async fn until_unclaimed(bed: &Bed, count: u64) {
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    until("they count as unclaimed", async || {
        let unclaimed = bed.store.unclaimed().await.unwrap();
        unclaimed.iter().map(|(_, count)| count).sum::<u64>() == count
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_lost_is_published_again_and_no_more() {
    let bed = Bed::with(IMPATIENT).await;
    bed.submit(&[1, 1, 1]).await;
    let publish = async || {
        let (store, broker) = (&bed.store, &bed.broker);
        shared::dispatch::dispatch(store, broker, None, WINDOW)
            .await
            .unwrap()
            .published
    };
    assert_eq!(publish().await, 3);
    until_unclaimed(&bed, 3).await;
    assert_eq!(reconcile(&bed.scheduler).await.unwrap(), 0);
    assert_eq!(publish().await, 0);
    drain(&bed.broker, 2).await;
    assert_eq!(reconcile(&bed.scheduler).await.unwrap(), 2);
    assert_eq!(publish().await, 2);
    until_unclaimed(&bed, 3).await;
    assert_eq!(waiting(&bed.broker).await, 3);
    assert_eq!(reconcile(&bed.scheduler).await.unwrap(), 0);
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn suspects_of_all_priorities_are_counted_against_their_one_queue() {
    let bed = Bed::with(IMPATIENT).await;
    for priority in Priority::ALL {
        let new = NewJob {
            priority: *priority,
            ..new_job()
        };
        let job = bed.submit_as(new, &[1]).await.id;
        let chunk = shared::job::ChunkId { job, index: 0 };
        let worker = WorkerId::generate();
        bed.store.register(&new_worker(worker)).await.unwrap();
        let granted = bed
            .store
            .claim(chunk, worker, false)
            .await
            .unwrap()
            .unwrap();
        bed.store.deregister(worker).await.unwrap();
        assert!(bed.store.rescue(&granted.lease).await.unwrap());
    }
    let (store, broker) = (&bed.store, &bed.broker);
    let publish = async || {
        shared::dispatch::dispatch(store, broker, None, WINDOW)
            .await
            .unwrap()
    };
    assert_eq!(publish().await.published, 3);
    until_unclaimed(&bed, 3).await;
    let mut deliveries = broker.consume(Queue::Quarantine, 1, CancellationToken::new());
    deliveries.next().await.unwrap().ack().await.unwrap();
    assert_eq!(reconcile(&bed.scheduler).await.unwrap(), 1);
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_its_time_is_thrown_away() {
    let mut bed = Bed::with(IMPATIENT).await;
    let (ended, open) = (bed.submit(&[1]).await, bed.submit(&[1]).await);
    bed.store.command(ended, Command::Cancel).await.unwrap();
    bed.run();
    until("the ended job is gone", async || {
        bed.store.job(ended).await.unwrap().is_none()
    })
    .await;
    let open = bed.store.job(open).await.unwrap().unwrap();
    assert_eq!(open.job.status, JobStatus::Queued);
    bed.end().await;
}

#[tokio::test(start_paused = true)]
async fn where_more_waits_than_one_go_takes_the_next_follows_at_once_and_else_after_the_tick() {
    let tick = Duration::from_secs(60);
    let mut bed = Bed::with(Settings {
        tick_ms: tick.as_millis() as u64,
        ..USUAL
    })
    .await;
    // Four chunks for each of 100 slots: two goes.
    register(&bed, 98).await;
    bed.submit(&[1; 500]).await;
    bed.run();
    let begun = Instant::now();
    until("the window is published", async || {
        waiting(&bed.broker).await == 400
    })
    .await;
    assert!(begun.elapsed() < Duration::from_secs(1));

    // What comes later is found by the next look, and not before.
    let late = bed.submit(&[1]).await;
    tokio::time::sleep(tick / 2).await;
    assert_eq!(waiting(&bed.broker).await, 400, "not yet");
    tokio::time::sleep(tick / 2).await;
    let all = waiting(&bed.broker).await;
    let jobs = drain(&bed.broker, all).await;
    assert!(jobs.contains(&late));
    bed.end().await;
}

#[tokio::test]
async fn the_window_follows_the_workers_that_come_every_few_seconds() {
    let mut bed = Bed::new().await;
    bed.submit(&[1; 150]).await;
    bed.run();
    until("the least window is published", async || {
        waiting(&bed.broker).await == u64::from(WINDOW)
    })
    .await;
    register(&bed, 23).await;
    tokio::time::sleep(MANY_TURNS).await;
    assert_eq!(waiting(&bed.broker).await, u64::from(WINDOW), "not yet");
    assert!(in_time(6, async || waiting(&bed.broker).await == 100).await);
    bed.end().await;
}

#[tokio::test]
async fn what_the_broker_lost_is_found_out_by_itself() {
    let mut bed = Bed::with(Settings {
        unclaimed_s: 0,
        ..USUAL
    })
    .await;
    bed.submit(&[1, 1, 1]).await;
    bed.run();
    let are_there = async || waiting(&bed.broker).await == 3;
    until("they are published", are_there).await;
    drain(&bed.broker, 2).await;
    assert!(in_time(15, are_there).await);
    bed.end().await;
}

/// A chunk of the job that is worked on, with a result of it that is kept.
async fn begin(bed: &Bed, job: JobId) -> Lease {
    let lease = bed.claim(job, 0).await.lease;
    let result = [(0, bytes::Bytes::from_static(b"it"))];
    let saved = bed.scheduler.checkpoint.save(&lease, &result).await;
    assert_eq!(saved.unwrap(), checkpoint::Kept::Yes);
    lease
}

#[tokio::test]
async fn checkpoints_of_jobs_that_have_ended_are_discarded_and_no_others() {
    let mut bed = Bed::new().await;
    let (ended, open) = (bed.submit(&[1]).await, bed.submit(&[1]).await);
    let (given_back, held) = (begin(&bed, ended).await, begin(&bed, open).await);
    bed.store.command(ended, Command::Cancel).await.unwrap();
    let unfinished = Release::Unfinished;
    assert!(bed.store.release(&given_back, &unfinished).await.unwrap());
    bed.run();
    let has_none = async |lease: &Lease| {
        let kept = bed.scheduler.checkpoint.load(lease).await;
        kept.unwrap().is_empty()
    };
    assert!(in_time(20, async || has_none(&given_back).await).await);
    assert!(!has_none(&held).await);
    bed.end().await;
}

#[tokio::test]
async fn checkpoints_that_could_not_be_discarded_are_when_redis_is_back() {
    let mut bed = Bed::new().await;
    let (listener, address) = shared::http::bind("127.0.0.1:0").await.unwrap();
    drop(listener);
    let settings = checkpoint::Settings {
        url: Some(format!("redis://{address}").as_str().into()),
        ttl_s: 60,
        timeout_ms: 60_000,
    };
    bed.scheduler.checkpoint = Checkpoint::open(&settings).unwrap();
    let jobs = [bed.submit(&[1]).await, bed.submit(&[1, 1]).await];
    for job in jobs {
        bed.store.command(job, Command::Cancel).await.unwrap();
    }
    bed.run();
    // More than one round, while nobody listens.
    assert!(!in_time(40, async || false).await);
    let redis = redis::Redis::start(&mut bed.tasks, &address.to_string(), bed.stop.clone()).await;
    let keys = [(0, 0), (1, 0), (1, 1)];
    let keys = keys.map(|(job, chunk): (usize, u32)| format!("scutch:{}:ck:{chunk}", jobs[job]));
    let are_gone = async || {
        let unlinked = redis.unlinked();
        keys.iter().all(|key| unlinked.contains(key))
    };
    assert!(in_time(30, are_gone).await, "{:?}", redis.unlinked());
    // Once is enough.
    let count = redis.unlinked().len();
    assert!(!in_time(40, async || redis.unlinked().len() > count).await);
    bed.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_away_ends_no_loop() {
    let mut bed = Bed::new().await;
    bed.scheduler.store = away();
    let mut loops = tokio::task::JoinSet::new();
    loops.spawn(reaper::reap(bed.scheduler.clone(), bed.stop.clone()));
    loops.spawn(ended::discard_checkpoints(
        bed.scheduler.clone(),
        bed.stop.clone(),
    ));
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert!(loops.try_join_next().is_none());
    bed.stop.cancel();
    while loops.join_next().await.is_some() {}
    bed.end().await;
}
