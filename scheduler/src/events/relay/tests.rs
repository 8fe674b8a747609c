//! A relay turn by turn, with what the sink answers made up: what is noted when, and where it goes on.

use jiff::Timestamp;
use serde_json::json;
use shared::event::{FINAL_AFTER, Gap};
use shared::job::{Command, JobId};
use shared::store::NewChunk;
use tempfile::TempDir;

use super::*;
use crate::tests::{away, new_job, packed, sinks::sinks};

struct Bed {
    relay: Relay,
    store: Store,
    job: JobId,
    _folder: TempDir,
}

impl Bed {
    /// A relay that has delivered nothing yet, of these types, and a job.
    async fn new(types: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::sqlite(folder.path()).unwrap();
        let new = new_job();
        let chunk = NewChunk {
            documents: 1,
            payload: packed(1),
        };
        store.submit(&new, [Ok(chunk)].into_iter()).await.unwrap();
        let relay = relay_of(&store, types).await;
        Self {
            relay,
            store,
            job: new.id,
            _folder: folder,
        }
    }

    /// The job is paused, resumed, paused, ...: so many events, all behind the relay.
    async fn happen(&self, count: usize) -> Batch {
        for turn in 0..count {
            let command = [Command::Pause, Command::Resume][turn % 2];
            self.store.command(self.job, command).await.unwrap();
        }
        self.read().await
    }

    async fn read(&self) -> Batch {
        let position = &self.relay.position;
        self.store.undelivered(position, 10).await.unwrap()
    }

    /// What the database knows.
    async fn noted(&self) -> SinkRecord {
        self.store.sink("webhook").await.unwrap()
    }

    /// Concludes a turn that took nothing of nothing.
    async fn succeed(&mut self) {
        let batch = self.read().await;
        self.relay.conclude(&batch, 0, Ok(())).await.unwrap();
    }

    async fn fail(&mut self, reason: &'static str) {
        let batch = self.read().await;
        let failed = Err(SendError::failed("tell it", reason));
        let turn = self.relay.conclude(&batch, 0, failed).await.unwrap();
        assert!(pause(turn) > Duration::ZERO);
    }
}

async fn relay_of(store: &Store, types: &[&str]) -> Relay {
    let url = "http://127.0.0.1:1/events";
    let sinks = sinks(json!({"webhook": {"url": url, "types": types}}));
    let target = sinks.targets().remove(0);
    let opened = store.open_sink(target.name, &target.address()).await;
    Relay::new(store.clone(), target, opened.unwrap())
}

#[track_caller]
fn pause(turn: Turn) -> Duration {
    match turn {
        Turn::Wait(pause) => pause,
        Turn::Ended => panic!("ended"),
    }
}

#[tokio::test]
async fn what_was_taken_is_behind_and_what_nobody_wants_between() {
    let mut bed = Bed::new(&["resumed"]).await;
    let batch = bed.happen(5).await;
    let seq = |index: usize| batch.events[index].stamp.seq;
    assert_eq!(bed.relay.wanted(&batch).len(), 2);
    for (taken, last) in [(0, 0), (1, 2), (2, 4)] {
        bed.relay.position = Position::default();
        bed.relay.unnoted = 7;
        bed.relay.advance(&batch, taken);
        assert_eq!(bed.relay.position.seq, seq(last), "{taken} taken");
        assert_eq!(bed.relay.unnoted, 7 + taken as u64);
    }
}

#[tokio::test]
async fn an_old_gap_is_given_up_only_where_all_that_was_read_was_taken() {
    let mut bed = Bed::new(&[]).await;
    let batch = bed.happen(2).await;
    let gap = Gap {
        seq: -1,
        since: Timestamp::now() - 2 * FINAL_AFTER,
    };
    for (taken, left) in [(1, vec![gap]), (2, Vec::new())] {
        bed.relay.position = Position {
            seq: 0,
            gaps: vec![gap],
        };
        bed.relay.advance(&batch, taken);
        assert_eq!(bed.relay.position.gaps, left, "{taken} taken");
    }
}

#[tokio::test]
async fn it_looks_again_at_once_where_there_is_more_and_soon_where_more_is_near() {
    let mut bed = Bed::new(&[]).await;
    let nothing = bed.read().await;
    let mut wait = async |batch: &Batch| pause(bed.relay.conclude(batch, 0, Ok(())).await.unwrap());
    let first = wait(&nothing).await;
    assert_eq!(wait(&nothing).await, first * 2, "it is quiet");
    let mut cut = nothing.clone();
    cut.reading = Reading::Cut;
    assert_eq!(wait(&cut).await, Duration::ZERO);

    let some = bed.happen(1).await;
    let mut wait = async |batch: &Batch| pause(bed.relay.conclude(batch, 0, Ok(())).await.unwrap());
    wait(&nothing).await;
    assert_eq!(wait(&some).await, first);
    wait(&nothing).await;
    bed.relay.position.gaps = vec![Gap {
        seq: -1,
        since: Timestamp::now(),
    }];
    let mut wait = async |batch: &Batch| pause(bed.relay.conclude(batch, 0, Ok(())).await.unwrap());
    assert_eq!(wait(&nothing).await, first);
    assert_eq!(wait(&nothing).await, first);
}

#[tokio::test]
async fn what_was_delivered_is_noted_at_once() {
    let mut bed = Bed::new(&[]).await;
    let batch = bed.happen(2).await;
    bed.relay.advance(&batch, 2);
    bed.relay.conclude(&batch, 2, Ok(())).await.unwrap();
    let noted = bed.noted().await;
    assert_eq!((noted.delivered, &noted.position), (2, &bed.relay.position));
    assert_eq!(noted, bed.relay.record);
    assert_eq!(bed.relay.unnoted, 0);
}

#[tokio::test]
async fn what_was_only_passed_over_is_noted_now_and_then() {
    let long_ago = Instant::now().checked_sub(NOTE_AFTER).unwrap();
    // How many were passed over, whether it is long since it was noted, and whether it is now.
    for (passed, is_long, is_noted) in [
        (1, false, false),
        (1, true, true),
        (0, true, false),
        (NOTE_EACH - 1, false, false),
        (NOTE_EACH, false, true),
    ] {
        let mut bed = Bed::new(&[]).await;
        if is_long {
            bed.relay.noted_at = long_ago;
        }
        let before = bed.relay.noted_at;
        bed.relay.position.seq += passed;
        bed.succeed().await;
        assert_eq!(bed.relay.noted_at != before, is_noted, "{passed}");
        let expected = if is_noted { passed } else { 0 };
        assert_eq!(bed.noted().await.position.seq, expected);
        assert_eq!(bed.noted().await.delivered, 0);
    }
}

#[tokio::test]
async fn that_a_failure_is_over_is_noted_also_where_nothing_is_there_to_deliver() {
    let mut bed = Bed::new(&[]).await;
    bed.fail("it is away").await;
    assert!(bed.noted().await.failing_since.is_some());
    bed.succeed().await;
    let noted = bed.noted().await;
    assert_eq!((noted.failing_since, noted.error), (None, None));
}

#[tokio::test]
async fn how_far_it_is_ahead_of_the_database_is_a_difference() {
    let mut bed = Bed::new(&[]).await;
    bed.relay.record.position.seq = 4;
    bed.relay.position.seq = 7;
    assert_eq!(bed.relay.passed(), 3);
}

#[tokio::test]
async fn what_is_not_noted_is_at_the_end() {
    for (passed, unnoted) in [(0, 0), (2, 0), (0, 1), (2, 1)] {
        let mut bed = Bed::new(&[]).await;
        bed.relay.position.seq += passed;
        bed.relay.unnoted = unnoted;
        let before = bed.relay.noted_at;
        bed.relay.end().await;
        let noted = bed.noted().await;
        assert_eq!((noted.position.seq, noted.delivered), (passed, unnoted));
        let is_noted = (passed, unnoted) != (0, 0);
        assert_eq!(bed.relay.noted_at != before, is_noted);
    }
}

#[tokio::test]
async fn a_failure_is_kept_with_its_beginning_and_what_is_wrong_now() {
    let mut bed = Bed::new(&[]).await;
    bed.fail("it is away").await;
    let first = bed.noted().await;
    assert!(first.failing_since.is_some());
    assert_eq!(
        first.error.as_deref(),
        Some("cannot tell it: it is away"),
        "with its cause"
    );
    // The clock has steps of a millisecond.
    sleep(Duration::from_millis(5)).await;
    bed.fail("it is away").await;
    assert_eq!(bed.noted().await, first);
    bed.fail("it is odd").await;
    let now = bed.noted().await;
    assert_eq!(now.failing_since, first.failing_since);
    assert_eq!(now.error.as_deref(), Some("cannot tell it: it is odd"));
    assert_eq!(now, bed.relay.record);
}

#[tokio::test]
async fn what_was_taken_before_a_failure_is_noted_with_it() {
    for (passed, unnoted) in [(2, 0), (0, 1), (2, 1)] {
        let mut bed = Bed::new(&[]).await;
        bed.relay.position.seq += passed;
        bed.relay.unnoted = unnoted;
        bed.fail("it is away").await;
        let noted = bed.noted().await;
        assert_eq!((noted.position.seq, noted.delivered), (passed, unnoted));
        assert!(noted.failing_since.is_some());
    }
}

#[tokio::test]
async fn one_that_was_overtaken_goes_on_where_the_other_is() {
    for is_failing in [false, true] {
        for unnoted in [0, 1] {
            let mut bed = Bed::new(&[]).await;
            let mut other = relay_of(&bed.store, &[]).await;
            let batch = bed.happen(3).await;
            other.advance(&batch, 2);
            other.note().await.unwrap();
            bed.relay.unnoted = unnoted;
            if is_failing {
                bed.fail("it is away").await;
            } else if unnoted > 0 {
                bed.succeed().await;
            } else {
                bed.relay.note().await.unwrap();
            }
            assert_eq!(bed.relay.position, other.position);
            assert_eq!(bed.relay.record.delivered, 2, "and counts none twice");
            assert_eq!(bed.relay.unnoted, 0);
        }
    }
}

#[tokio::test]
async fn a_sink_that_is_gone_is_not_told_again() {
    let mut bed = Bed::new(&[]).await;
    let batch = bed.happen(2).await;
    bed.relay.advance(&batch, 1);
    let gone = bed.relay.conclude(&batch, 1, Err(SendError::Gone)).await;
    assert!(matches!(gone, Ok(Turn::Ended)));
    let noted = bed.noted().await;
    assert!(noted.disabled_at.is_some());
    assert_eq!(noted.delivered, 1, "what it took before");
}

#[tokio::test(start_paused = true)]
async fn between_two_looks_it_waits() {
    let bed = Bed::new(&["completed"]).await;
    let stop = CancellationToken::new();
    let target = bed.relay.target.clone();
    let running = tokio::spawn(relay(bed.store.clone(), target, stop.clone()));
    bed.happen(3).await;
    // This clock moves on only while everything waits, at once then.
    sleep(Duration::from_secs(600)).await;
    assert!(bed.noted().await.position.seq > 0, "it was at work");
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_away_from_the_start_is_waited_for() {
    let bed = Bed::new(&[]).await;
    let stop = CancellationToken::new();
    let target = bed.relay.target.clone();
    let running = tokio::spawn(relay(away(), target, stop.clone()));
    sleep(Duration::from_secs(60)).await;
    assert!(!running.is_finished());
    stop.cancel();
    running.await.unwrap();
}
