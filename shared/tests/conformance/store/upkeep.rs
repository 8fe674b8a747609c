//! What nobody needs any more goes, a kind at a time, and nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use shared::job::{ChunkId, Command, JobId, Release};
use shared::store::{
    DeadLetterKind, DeadMessage, Pruned, ReplayError, Retention, Store, WorkerState,
};
use uuid::Uuid;

use super::{claim, fresh_database, new_job, postgres, submit, worker};

const DAY: Duration = Duration::from_secs(86_400);
const KEEP: Retention = Retention {
    payloads: DAY,
    jobs: DAY,
    dead_letters: DAY,
    workers: DAY,
};

on_both! {
    each_kind_goes_when_its_own_time_is_over,
    jobs_that_ended_lately_are_named_with_their_chunks,
    a_message_that_was_given_up_is_kept_as_it_was,
    a_dead_letter_is_replayed_once_and_discarded_once,
}

fn message() -> DeadMessage {
    DeadMessage {
        queue: Some("scutch.work.normal".to_owned()),
        kind: "scutch.work.v9".to_owned(),
        id: "m1".to_owned(),
        headers: BTreeMap::from([("x-attempt".to_owned(), "3".to_owned())]),
        body: Bytes::from_static(b"\0\xff"),
        reason: "it cannot be read".to_owned(),
    }
}

/// Until the clock, which has steps of a millisecond, has moved on.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(5)).await;
}

async fn each_kind_goes_when_its_own_time_is_over(store: Store) {
    let (gone, _here) = (worker(&store).await, worker(&store).await);
    store.deregister(gone).await.unwrap();
    let mut ended = Vec::new();
    for _ in 0..2 {
        let job = submit(&store, &new_job(), 1).await;
        store.command(job, Command::Cancel).await.unwrap();
        ended.push(job);
    }
    for _ in 0..3 {
        store.keep_dead_message(&message()).await.unwrap();
    }
    a_moment().await;
    assert_eq!(store.prune(KEEP).await.unwrap(), Pruned::default());

    let mut keep = KEEP;
    keep.dead_letters = Duration::ZERO;
    let pruned = Pruned {
        dead_letters: 3,
        ..Pruned::default()
    };
    assert_eq!(store.prune(keep).await.unwrap(), pruned);
    assert_eq!(store.dead_letters(10, 0).await.unwrap(), (Vec::new(), 0));

    keep = KEEP;
    keep.workers = Duration::ZERO;
    let pruned = Pruned {
        workers: 1,
        ..Pruned::default()
    };
    assert_eq!(store.prune(keep).await.unwrap(), pruned);
    let workers = store.workers(10).await.unwrap();
    assert_eq!(workers.len(), 1);
    assert_eq!(workers[0].state, WorkerState::Active);

    keep = KEEP;
    keep.payloads = Duration::ZERO;
    let pruned = Pruned {
        payloads: 2,
        ..Pruned::default()
    };
    assert_eq!(store.prune(keep).await.unwrap(), pruned);
    keep = KEEP;
    keep.jobs = Duration::ZERO;
    let pruned = Pruned {
        jobs: 2,
        ..Pruned::default()
    };
    assert_eq!(store.prune(keep).await.unwrap(), pruned);
    for job in ended {
        assert!(store.job(job).await.unwrap().is_none());
    }
}

async fn jobs_that_ended_lately_are_named_with_their_chunks(store: Store) {
    let mut ended: Vec<(JobId, u32)> = Vec::new();
    for chunks in [3, 1, 2] {
        let job = submit(&store, &new_job(), chunks).await;
        store.command(job, Command::Cancel).await.unwrap();
        ended.push((job, chunks as u32));
        a_moment().await;
    }
    submit(&store, &new_job(), 1).await;
    assert_eq!(store.ended_within(DAY, 10).await.unwrap(), ended);
    assert_eq!(store.ended_within(DAY, 2).await.unwrap(), ended[..2]);
    let none = store.ended_within(Duration::ZERO, 10).await.unwrap();
    assert_eq!(none, []);
}

async fn a_message_that_was_given_up_is_kept_as_it_was(store: Store) {
    let message = message();
    store.keep_dead_message(&message).await.unwrap();
    let (letters, count) = store.dead_letters(10, 0).await.unwrap();
    assert_eq!((letters.len(), count), (1, 1));
    let letter = &letters[0];
    assert_eq!(letter.kind, DeadLetterKind::Message);
    assert_eq!((letter.job, letter.chunk), (None, None));
    assert_eq!(letter.queue, message.queue);
    assert_eq!(letter.message_kind.as_ref(), Some(&message.kind));
    assert_eq!(letter.message_id.as_ref(), Some(&message.id));
    assert_eq!(letter.headers, message.headers);
    assert_eq!(letter.reason, message.reason);
    assert_eq!((letter.documents, letter.bytes), (0, 2));
    assert_eq!((letter.replayed_at, letter.replayed_as), (None, None));
    let same = store.dead_letter(letter.id).await.unwrap();
    assert_eq!(same.as_ref(), Some(letter));
    assert_eq!(store.dead_letter(Uuid::now_v7()).await.unwrap(), None);
    let replay = store.replay(letter.id).await.unwrap();
    assert_eq!((&replay.letter, &replay.body), (letter, &message.body));
}

async fn a_dead_letter_is_replayed_once_and_discarded_once(store: Store) {
    let worker = worker(&store).await;
    let job = submit(&store, &new_job(), 1).await;
    for _ in 0..5 {
        let granted = claim(&store, job, 0, worker).await.unwrap();
        let fault = Release::Fault {
            wait: Duration::ZERO,
            reason: "broken".to_owned(),
        };
        assert!(store.release(&granted.lease, &fault).await.unwrap());
    }
    store.keep_dead_message(&message()).await.unwrap();
    let (letters, count) = store.dead_letters(1, 1).await.unwrap();
    assert_eq!((letters.len(), count), (1, 2), "a page of the older ones");
    let letter = &letters[0];
    let chunk = ChunkId { job, index: 0 };
    assert_eq!(letter.kind, DeadLetterKind::Chunk);
    assert_eq!(letter.job, Some(chunk.job));
    assert_eq!((letter.chunk, letter.documents), (Some(chunk.index), 2));
    let again = JobId::generate();
    store.replayed(letter.id, Some(again)).await.unwrap();
    let told = store.dead_letter(letter.id).await.unwrap().unwrap();
    assert_eq!(told.replayed_as, Some(again));
    assert!(told.replayed_at.is_some());
    let twice = store.replay(letter.id).await;
    assert!(matches!(twice, Err(ReplayError::Replayed(job)) if job == Some(again)));
    assert!(store.discard_dead_letter(letter.id).await.unwrap());
    assert!(!store.discard_dead_letter(letter.id).await.unwrap());
    let none = store.replay(letter.id).await;
    assert!(matches!(none, Err(ReplayError::NoSuchLetter(id)) if id == letter.id));
    assert_eq!(store.dead_letters(10, 0).await.unwrap().1, 1);
}
