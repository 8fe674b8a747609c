//! Workers come, are seen, and go.

use std::time::Duration;

use shared::job::{Refused, WorkerId};
use shared::store::{NewWorker, Pulse, Store, WorkerState};

use super::{claim, fresh_database, new_job, postgres, submit, worker};

on_both! {
    workers_are_listed_as_they_said_they_are,
    only_active_workers_count_for_the_slots,
    a_worker_that_has_ended_gets_no_chunk_and_loses_those_it_had,
}

async fn workers_are_listed_as_they_said_they_are(store: Store) {
    let new = |host: &str| NewWorker {
        id: WorkerId::generate(),
        host: host.to_owned(),
        pid: 4711,
        version: "0.1.0".to_owned(),
        device: "cpu".to_owned(),
        slots: 3,
    };
    let (first, second) = (new("one"), new("two"));
    store.register(&first).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    store.register(&second).await.unwrap();
    store.heartbeat(first.id, 2, true).await.unwrap();
    let workers = store.workers(10).await.unwrap();
    let listed: Vec<_> = workers.iter().map(|record| &record.worker).collect();
    assert_eq!(listed, [&second, &first], "the newest first");
    assert_eq!(workers[0].state, WorkerState::Active);
    assert_eq!(
        (workers[1].state, workers[1].busy),
        (WorkerState::Draining, 2)
    );
    assert!(workers[1].seen_at > workers[1].started_at);
    assert_eq!(workers[0].seen_at, workers[0].started_at);
    assert_eq!(store.workers(1).await.unwrap(), workers[..1]);
}

async fn only_active_workers_count_for_the_slots(store: Store) {
    assert_eq!(store.slots().await.unwrap(), 0);
    let (one, two) = (worker(&store).await, worker(&store).await);
    assert_eq!(store.slots().await.unwrap(), 4);
    store.heartbeat(one, 0, true).await.unwrap();
    assert_eq!(store.slots().await.unwrap(), 2, "it takes nothing new");
    store.deregister(two).await.unwrap();
    assert_eq!(store.slots().await.unwrap(), 0);
}

async fn a_worker_that_has_ended_gets_no_chunk_and_loses_those_it_had(store: Store) {
    let job = submit(&store, &new_job(), 2).await;
    let (ended, other) = (worker(&store).await, worker(&store).await);
    claim(&store, job, 0, ended).await.unwrap();
    store.deregister(ended).await.unwrap();
    let refused = claim(&store, job, 1, ended).await;
    assert_eq!(refused, Err(Refused::WorkerLost));
    let beat = store.heartbeat(ended, 1, false).await.unwrap();
    assert_eq!(beat, Pulse::Lost);
    // It was not lost: it said that it ends. What it held is taken back all the same.
    let reaped = store.reap(Duration::from_secs(3_600)).await.unwrap();
    assert_eq!(reaped, (0, 1));
    let granted = claim(&store, job, 0, other).await.unwrap();
    assert_eq!(granted.lease.epoch.0, 2);
    let gone = store.workers(10).await.unwrap();
    let gone = gone.iter().find(|record| record.worker.id == ended);
    assert_eq!(gone.unwrap().state, WorkerState::Gone);
}
