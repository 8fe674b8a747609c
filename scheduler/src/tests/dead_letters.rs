use bytes::Bytes;
use serde_json::{Value, json};
use shared::broker::{Message, Queue};
use shared::job::{JobId, Priority};
use shared::store::NewJob;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Bed, new_job, packed, until};

impl Bed {
    async fn letters(&self) -> Vec<Value> {
        let list = self.http.get("/v1/dead-letters").await.json(200);
        let letters = list["dead_letters"].as_array().unwrap().clone();
        assert_eq!(list["total_count"], letters.len());
        letters
    }

    async fn replay(&self, letter: &Value) -> super::client::Answer {
        let id = letter["id"].as_str().unwrap();
        self.http
            .ask("POST", &format!("/v1/dead-letters/{id}/replay"), "")
            .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_chunk_is_replayed_as_a_job_exactly_once() {
    let bed = Bed::new().await;
    let mut metadata = serde_json::Map::new();
    metadata.insert("source".to_owned(), "wires".into());
    let new = NewJob {
        batch_id: Some("b".to_owned()),
        priority: Priority::High,
        metadata,
        ..new_job()
    };
    let original = bed.submit_as(new, &[3]).await.id;
    bed.bury(original).await;

    let letters = bed.letters().await;
    let letter = &letters[0];
    assert_eq!(letter["kind"], "chunk");
    assert_eq!(letter["job_id"], original.to_string());
    assert_eq!(
        (&letter["chunk"], &letter["documents"]),
        (&json!(0), &json!(3))
    );
    assert_eq!(letter["bytes"], packed(3).len());
    assert!(!letter.to_string().contains("secret"));
    let path = format!("/v1/dead-letters/{}", letter["id"].as_str().unwrap());
    assert_eq!(bed.http.get(&path).await.json(200), *letter);

    let (one, other) = tokio::join!(bed.replay(letter), bed.replay(letter));
    let accepted = if one.status == 202 { &one } else { &other };
    let accepted = accepted.json(202);
    assert_eq!(
        (&accepted["status"], &accepted["total_documents"]),
        (&json!("accepted"), &json!(3))
    );
    let job: JobId = accepted["job_id"].as_str().unwrap().parse().unwrap();
    let refused = bed.replay(letter).await;
    assert_eq!(
        refused.problem(409),
        format!("the dead letter was replayed already, as job {job}")
    );
    assert_eq!(bed.letters().await[0]["replayed_as"], job.to_string());

    let jobs = bed.http.get("/v1/jobs").await.json(200);
    assert_eq!(jobs["total_count"], 2);
    let record = bed.store.job(job).await.unwrap().unwrap();
    assert_eq!(record.batch_id.as_deref(), Some("b"));
    assert_eq!(record.priority, Priority::High);
    assert_eq!(
        Value::from(record.metadata),
        json!({"source": "wires", "replay_of": original.to_string()})
    );
    let queue = Queue::Work(Priority::High);
    assert_eq!(bed.broker.depth(&queue).await.unwrap().messages, 1);
    assert_eq!(bed.claim(job, 0).await.payload, Some(packed(3)));
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_message_is_kept_and_goes_back_into_its_queue_as_it_was() {
    let mut bed = Bed::new().await;
    bed.run();
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let message = Message {
        kind: "scutch.work.v9".to_owned(),
        id: "1:2:3".to_owned(),
        headers: [
            header("x-attempt", "1"),
            header("x-first-death-queue", "scutch.submit"),
            header("x-first-death-reason", "rejected"),
            header("x-reason", "of another version"),
        ]
        .into(),
        body: Bytes::from_static(b"secret"),
        expiration: None,
    };
    bed.broker.publish(&Queue::Dead, message).await.unwrap();
    until("the letter is kept", async || {
        !bed.letters().await.is_empty()
    })
    .await;

    let letters = bed.letters().await;
    let letter = &letters[0];
    assert_eq!(
        (&letter["kind"], &letter["queue"]),
        (&json!("message"), &json!("scutch.submit"))
    );
    assert_eq!(letter["reason"], "of another version");
    assert_eq!(letter["bytes"], 6);
    assert!(!letter.to_string().contains("secret"));

    let accepted = bed.replay(letter).await.json(202);
    assert_eq!(accepted["message"], "the message is in scutch.submit again");
    assert!(accepted["job_id"].is_null());
    let mut deliveries = bed
        .broker
        .consume(Queue::Submit, 1, CancellationToken::new());
    let back = deliveries.next().await.unwrap().message;
    assert_eq!(
        (back.kind.as_str(), back.id.as_str()),
        ("scutch.work.v9", "1:2:3")
    );
    assert_eq!(back.headers, [header("x-attempt", "1")].into());
    assert_eq!(back.body, Bytes::from_static(b"secret"));
    let refused = bed.replay(letter).await;
    assert!(refused.problem(409).contains("went back into its queue"));
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_no_known_queue_is_not_replayed() {
    let mut bed = Bed::new().await;
    bed.run();
    let message = Message {
        body: Bytes::from_static(b"?"),
        ..Message::default()
    };
    bed.broker.publish(&Queue::Dead, message).await.unwrap();
    until("the letter is kept", async || {
        !bed.letters().await.is_empty()
    })
    .await;
    let letters = bed.letters().await;
    assert_eq!(
        letters[0]["reason"],
        "delivered too often without being acknowledged"
    );
    let refused = bed.replay(&letters[0]).await;
    assert!(refused.problem(409).contains("is not known"));
    assert!(bed.letters().await[0]["replayed_at"].is_null());
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_thrown_away_once() {
    let bed = Bed::new().await;
    let job = bed.submit(&[1]).await;
    bed.bury(job).await;
    let letters = bed.letters().await;
    let id = letters[0]["id"].as_str().unwrap();
    let path = format!("/v1/dead-letters/{id}");
    assert_eq!(bed.http.ask("DELETE", &path, "").await.status, 204);
    let gone = format!("there is no dead letter {id}");
    assert_eq!(bed.http.ask("DELETE", &path, "").await.problem(404), gone);
    assert_eq!(bed.http.get(&path).await.problem(404), gone);
    assert_eq!(bed.replay(&letters[0]).await.problem(404), gone);
    assert!(bed.letters().await.is_empty());
    let nonsense = bed.http.get("/v1/dead-letters/7").await;
    assert!(nonsense.problem(400).contains("must be a UUID"));
    assert_ne!(id, Uuid::nil().to_string());
    bed.end().await;
}
