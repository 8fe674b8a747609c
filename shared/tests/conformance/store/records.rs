//! What is written comes back as it was, and what a call answers is what is kept.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use shared::article::{Problem, ProblemKind};
use shared::event::CleanedDocument;
use shared::job::{ChunkState, Command, JobId, JobStatus, Priority};
use shared::store::{CommandError, Failure, NewJob, Report, Store, Submission};
use shared::trace::Traceparent;

use super::{all_good, chunk, claim, complete, fresh_database, new_job, postgres, submit, worker};

on_both! {
    a_job_comes_back_as_it_was_submitted,
    a_nul_in_what_people_send_harms_nothing,
    what_a_command_answers_is_what_is_kept,
    events_tell_the_job_as_it_was_then,
    what_was_cleaned_is_told_with_its_chunk,
    chunks_are_counted_by_their_state,
}

async fn a_job_comes_back_as_it_was_submitted(store: Store) {
    let refused = Failure {
        chunk: None,
        document: 4,
        document_id: None,
        problem: Problem {
            kind: ProblemKind::MissingField,
            field: Some("title".to_owned()),
            reason: "no title".to_owned(),
        },
        backend: None,
    };
    let new = NewJob {
        batch_id: Some("b1".to_owned()),
        priority: Priority::High,
        // Long over, and before the clocks of both began: due at once.
        run_at: Some(Timestamp::from_microsecond(-1_500_000).unwrap()),
        metadata: json!({"edition": {"pages": [1, null, 2.5]}, "upstream": "desk"})
            .as_object()
            .unwrap()
            .clone(),
        trace: Some(Traceparent::generate()),
        rejected: vec![refused.clone()],
        ..new_job()
    };
    let Submission::New(made) = store
        .submit(&new, [chunk(), chunk()].into_iter())
        .await
        .unwrap()
    else {
        panic!("not new");
    };
    let kept = store.job(new.id).await.unwrap().unwrap();
    assert_eq!(kept, *made);
    assert_eq!((kept.rejected, kept.chunks, kept.version), (1, 2, 1));
    assert_eq!((kept.job.total, kept.job.open_chunks), (4, 2));
    assert_eq!(
        (kept.batch_id, kept.priority, kept.run_at),
        (new.batch_id, new.priority, new.run_at)
    );
    assert_eq!((kept.metadata, kept.trace), (new.metadata, new.trace));
    let (failures, count) = store.failures(new.id, 10, 0).await.unwrap();
    assert_eq!((failures, count), (vec![refused], 1));
    let outgoing = store.take_outgoing(None, 10, 10).await.unwrap();
    assert_eq!(outgoing.len(), 2, "it is due");
}

async fn a_nul_in_what_people_send_harms_nothing(store: Store) {
    // As the value of a member, as its name, and inside of a list.
    for metadata in [
        json!({"a": "x\0y"}),
        json!({"a\0b": 1}),
        json!({"a": [{"b": "\0"}]}),
    ] {
        let new = NewJob {
            metadata: metadata.as_object().unwrap().clone(),
            ..new_job()
        };
        let job = submit(&store, &new, 1).await;
        let kept = store.job(job).await.unwrap().unwrap().metadata;
        let text = serde_json::to_string(&metadata).unwrap();
        let without: serde_json::Value =
            serde_json::from_str(&text.replace("\\u0000", "\u{fffd}")).unwrap();
        let kept = serde_json::Value::from(kept);
        assert!(kept == metadata || kept == without, "{kept}");
    }
}

async fn what_a_command_answers_is_what_is_kept(store: Store) {
    let job = submit(&store, &new_job(), 1).await;
    let mut version = 1;
    for command in [
        Command::Pause,
        Command::Resume,
        Command::Pause,
        Command::Cancel,
    ] {
        let answered = store.command(job, command).await.unwrap();
        assert_eq!(answered, store.job(job).await.unwrap().unwrap());
        version += 1;
        assert_eq!(answered.version, version, "{command}");
        // Asked twice: nothing has changed.
        assert_eq!(store.command(job, command).await.unwrap(), answered);
    }
    let late = store.command(job, Command::Resume).await;
    assert!(matches!(late, Err(CommandError::Conflict(_))), "{late:?}");
    let unknown = JobId::generate();
    let none = store.command(unknown, Command::Pause).await;
    assert!(matches!(none, Err(CommandError::NoSuchJob(id)) if id == unknown));
}

async fn events_tell_the_job_as_it_was_then(store: Store) {
    let worker = worker(&store).await;
    let new = NewJob {
        batch_id: Some("b1".to_owned()),
        ..new_job()
    };
    let job = submit(&store, &new, 2).await;
    let granted = claim(&store, job, 0, worker).await.unwrap();
    store.command(job, Command::Pause).await.unwrap();
    assert!(complete(&store, &granted.lease, &all_good()).await);
    store.command(job, Command::Resume).await.unwrap();
    let granted = claim(&store, job, 1, worker).await.unwrap();
    // So long that it cannot be taken for nothing.
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert!(complete(&store, &granted.lease, &all_good()).await);
    let join = claim(&store, job, 2, worker).await.unwrap();
    assert!(complete(&store, &join.lease, &Report::default()).await);

    let events = store.events(job, 0, 100).await.unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|event| {
            let processed = event.data["documents_processed"].as_u64().unwrap();
            (event.event.as_str(), processed)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("started", 0),
            ("progress", 2),
            ("paused", 2),
            ("resumed", 2),
            ("progress", 4),
            ("completed", 4)
        ]
    );
    for event in &events {
        assert_eq!(event.data["job_id"], json!(job), "{event:?}");
        assert_eq!(event.data["batch_id"], "b1");
        assert_eq!(event.data["documents_total"], 4);
        assert_eq!(event.data["documents_failed"], 0);
    }
    assert_eq!(events[0].data["checkpoint_interval"], 10);
    assert_eq!(events[1].data["progress_percent"], 50.0);
    let took = events[5].data["processing_time_ms"].as_i64().unwrap();
    let times = [0, 5].map(|index: usize| events[index].time.as_millisecond());
    assert_eq!(took, times[1] - times[0]);
    assert!((30..60_000).contains(&took), "{took}");
}

async fn what_was_cleaned_is_told_with_its_chunk(store: Store) {
    let worker = worker(&store).await;
    let job = submit(&store, &new_job(), 1).await;
    let granted = claim(&store, job, 0, worker).await.unwrap();
    let document = |id: &str| CleanedDocument {
        document_id: id.to_owned(),
        language: Some("en".to_owned()),
        word_count: 2,
        entities: 1,
        corrections: 0,
    };
    let report = Report {
        cleaned: vec![document("a"), document("b")],
        ..all_good()
    };
    assert!(complete(&store, &granted.lease, &report).await);
    let events = store.events(job, 0, 100).await.unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.event.as_str()).collect();
    assert_eq!(kinds, ["started", "cleaned", "progress"]);
    let cleaned = &events[1];
    assert_eq!(cleaned.data["documents"], json!(report.cleaned));
    assert_eq!(cleaned.data["documents_processed"], 2, "these among them");
    assert_eq!(cleaned.id, format!("{job}:cleaned:0"));
}

async fn chunks_are_counted_by_their_state(store: Store) {
    let worker = worker(&store).await;
    let job = submit(&store, &new_job(), 4).await;
    let granted = claim(&store, job, 0, worker).await.unwrap();
    assert!(complete(&store, &granted.lease, &all_good()).await);
    claim(&store, job, 1, worker).await.unwrap();
    let mut states = store.chunk_states(job).await.unwrap();
    states.sort();
    let expected = [
        (ChunkState::Ready, 2),
        (ChunkState::Leased, 1),
        (ChunkState::Done, 1),
    ];
    assert_eq!(states, expected);
    let record = store.job(job).await.unwrap().unwrap();
    assert_eq!(record.job.status, JobStatus::Running);
}
