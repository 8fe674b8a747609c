use std::time::Duration;

use jiff::Timestamp;
use shared::broker::{Broker, Queue};
use shared::dispatch::WINDOW;
use shared::job::{Command, JobId, JobStatus, Priority, Refused, WorkerId};
use shared::message::Work;
use shared::store::NewJob;
use tokio_util::sync::CancellationToken;

use super::{Bed, new_job, new_worker, until};
use crate::Settings;
use crate::reconciler::reconcile;

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
    let quarantined = async || bed.broker.depth(&Queue::Quarantine).await.unwrap().messages == 1;
    until("it is rescued", quarantined).await;
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
