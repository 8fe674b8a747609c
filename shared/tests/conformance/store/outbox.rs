//! What waits to be published goes to its queue, and is noted when the broker has it.

use std::time::Duration;

use shared::broker::{Broker, Queue};
use shared::dispatch::{Dispatched, WINDOW, dispatch};
use shared::job::{Epoch, Priority};
use shared::store::{NewJob, Store};

use super::{claim, fresh_database, new_job, postgres, submit, worker};

on_both! {
    a_suspect_waits_in_quarantine_whatever_its_priority,
    what_the_broker_refuses_is_counted_and_kept,
}

async fn a_suspect_waits_in_quarantine_whatever_its_priority(store: Store) {
    let worker = worker(&store).await;
    let high = Queue::Work(Priority::High);
    let new = NewJob {
        priority: Priority::High,
        ..new_job()
    };
    let job = submit(&store, &new, 1).await;
    let outgoing = store.take_outgoing(None, 10, 10).await.unwrap();
    assert_eq!(outgoing[0].queue, high);
    store.published(&outgoing).await.unwrap();
    assert_eq!(store.unclaimed().await.unwrap(), [(high, 1)]);

    let granted = claim(&store, job, 0, worker).await.unwrap();
    assert_eq!(store.unclaimed().await.unwrap(), []);
    assert!(store.rescue(&granted.lease).await.unwrap());
    let outgoing = store.take_outgoing(None, 10, 10).await.unwrap();
    assert_eq!(outgoing[0].queue, Queue::Quarantine);
    assert_eq!(outgoing[0].work.epoch, Epoch(1));
    store.published(&outgoing).await.unwrap();
    let unclaimed = store.unclaimed().await.unwrap();
    assert_eq!(unclaimed, [(Queue::Quarantine, 1)]);

    tokio::time::sleep(Duration::from_millis(5)).await;
    for (queue, again) in [(high, 0), (Queue::Dead, 0), (Queue::Quarantine, 1)] {
        let published = store.publish_again(&queue, Duration::ZERO, 10).await;
        assert_eq!(published.unwrap(), again, "{queue:?}");
    }
}

async fn what_the_broker_refuses_is_counted_and_kept(store: Store) {
    submit(&store, &new_job(), 3).await;
    let away = Broker::memory();
    away.close().await;
    let refused = Dispatched {
        published: 0,
        refused: 3,
    };
    let dispatched = dispatch(&store, &away, None, WINDOW).await.unwrap();
    assert_eq!(dispatched, refused);
    assert_eq!(store.unclaimed().await.unwrap(), []);

    submit(&store, &new_job(), 2).await;
    let broker = Broker::memory();
    let published = Dispatched {
        published: 2,
        refused: 0,
    };
    let dispatched = dispatch(&store, &broker, None, WINDOW).await.unwrap();
    assert_eq!(dispatched, published);
    let normal = Queue::Work(Priority::Normal);
    assert_eq!(broker.depth(&normal).await.unwrap().messages, 2);
    assert_eq!(store.unclaimed().await.unwrap(), [(normal, 2)]);
    let nothing = dispatch(&store, &broker, None, WINDOW).await.unwrap();
    assert_eq!(nothing, Dispatched::default());
}
