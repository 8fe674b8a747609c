//! Which version of a document stays, and how documents are shared out to requests.

use super::*;

fn text(fake: &Fake, id: &str) -> String {
    fake.documents(INDEX)[id].source["cleaned_text"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn every_document_is_in_the_index_as_it_was_given() {
    let (fake, client) = start().await;
    let lines = [line("a", "one"), line("b/ü \"", "two"), line("c", "three")];
    assert_eq!(write(&client, &lines).await.unwrap(), []);
    let documents = fake.documents(INDEX);
    assert_eq!(documents.len(), 3);
    for line in &lines {
        let source: serde_json::Value = serde_json::from_slice(line).unwrap();
        let id = source["document_id"].as_str().unwrap();
        assert_eq!(documents[id].source, source);
    }
    assert_eq!(fake.world().seen[0].content_type, "application/x-ndjson");
}

#[tokio::test]
async fn an_empty_batch_asks_nobody() {
    let (fake, client) = start().await;
    assert_eq!(write(&client, &[]).await.unwrap(), []);
    assert!(fake.world().asked.is_empty());
}

#[tokio::test]
async fn writing_again_changes_nothing() {
    let (fake, client) = start().await;
    let lines = lines(&["a", "b"]);
    for _ in 0..3 {
        assert_eq!(write(&client, &lines).await.unwrap(), []);
    }
    assert_eq!(ids(&fake), ["a", "b"]);
}

#[tokio::test]
async fn a_later_job_wins_and_a_later_claim_within_a_job_whatever_the_order() {
    let (fake, client) = start().await;
    // Job, claim, and who must be there afterwards.
    let history = [
        (100, 2, "first job, second claim", true),
        (100, 1, "first job, first claim, late", false),
        (200, 1, "second job", true),
        (100, 9, "first job, late", false),
        (200, 1, "second job again", true),
        (200, 3, "second job, third claim", true),
    ];
    let mut expected = "";
    for (second, epoch, text_now, wins) in history {
        let refused = write_as(&client, second, epoch, &[line("a", text_now)]).await;
        assert_eq!(refused.unwrap(), [], "{text_now}");
        if wins {
            expected = text_now;
        }
        assert_eq!(text(&fake, "a"), expected);
    }
}

#[tokio::test]
async fn requests_stay_within_their_bounds_and_a_larger_document_goes_alone() {
    let fake = Fake::start().await;
    let client = opened(&Settings {
        bulk_items: 10,
        bulk_bytes: 3_000,
        ..settings(&fake.url)
    });
    let mut lines: Vec<_> = (0..73)
        .map(|n| line(&format!("d{n}"), &"x".repeat(n * 7)))
        .collect();
    lines.insert(40, line("large", &"x".repeat(5_000)));
    assert_eq!(write(&client, &lines).await.unwrap(), []);
    assert_eq!(ids(&fake).len(), 74);
    let seen = fake.world().seen.clone();
    assert_eq!(seen.iter().map(|seen| seen.items).sum::<usize>(), 74);
    let (mut full, mut large) = (0, 0);
    for request in seen {
        assert!(request.items <= 10);
        if request.bytes > 3_000 {
            assert_eq!(request.items, 1);
            large += 1;
        }
        full += usize::from(request.items == 10);
    }
    assert_eq!(large, 1);
    assert!(full > 1);
}
