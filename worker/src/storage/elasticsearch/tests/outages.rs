//! The server as a whole is slow, away, overloaded, or another one.

use std::time::Duration;

use shared::chain::chain;

use super::super::fake::Fault;
use super::*;

/// Lets the faults happen to a batch of three; the documents must be there afterwards, once each.
async fn survives(faults: impl IntoIterator<Item = Fault>, requests: usize) {
    let (fake, client) = start().await;
    survives_at(&fake, &client, faults, requests).await;
}

async fn survives_at(
    fake: &Fake,
    client: &Elasticsearch,
    faults: impl IntoIterator<Item = Fault>,
    requests: usize,
) {
    fake.will(faults);
    assert_eq!(write(client, &lines(&["a", "b", "c"])).await.unwrap(), []);
    assert_eq!(ids(fake), ["a", "b", "c"]);
    assert_eq!(items(fake), vec![3; requests]);
}

#[tokio::test]
async fn an_answer_that_is_torn_is_asked_for_again() {
    survives([Fault::Torn], 2).await;
}

#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_again() {
    survives([Fault::Lost, Fault::Lost], 3).await;
}

#[tokio::test]
async fn an_answer_that_is_too_late_is_asked_for_again() {
    let fake = Fake::start().await;
    let client = opened(&Settings {
        // Longer than any other answer on a slow machine.
        timeout_ms: 3_000,
        ..settings(&fake.url)
    });
    let slow = Fault::Slow(Duration::from_secs(600));
    survives_at(&fake, &client, [slow], 2).await;
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_asked_for_again() {
    survives([Fault::Garbage(r#"{"took":3,"items":[{"index":{"_id""#)], 2).await;
}

#[tokio::test]
async fn a_server_that_is_overloaded_twice_is_asked_a_third_time() {
    survives(
        [
            Fault::Whole(429, "circuit_breaking_exception"),
            Fault::Whole(503, "x"),
        ],
        3,
    )
    .await;
}

async fn fails(faults: impl IntoIterator<Item = Fault>) -> (Trouble, usize) {
    let (fake, client) = start().await;
    fake.will(faults);
    let lines = lines(&["a", "b"]);
    let trouble = write(&client, &lines).await.unwrap_err();
    let requests = items(&fake).len();
    assert_eq!(
        write(&client, &lines).await.unwrap(),
        [],
        "later it goes well"
    );
    assert_eq!(ids(&fake), ["a", "b"]);
    (trouble, requests)
}

#[tokio::test]
async fn a_server_that_stays_overloaded_is_trouble_after_three_tries() {
    let full = || Fault::Whole(429, "es_rejected_execution_exception");
    let (trouble, requests) = fails([full(), full(), full()]).await;
    assert!(matches!(trouble, Trouble::Overloaded { .. }), "{trouble}");
    assert_eq!(requests, 3);
}

#[tokio::test]
async fn connections_that_break_three_times_are_trouble() {
    let (trouble, requests) = fails([Fault::Torn, Fault::Lost, Fault::Torn]).await;
    assert!(matches!(trouble, Trouble::Away { .. }), "{trouble}");
    assert_eq!(requests, 3);
}

#[tokio::test]
async fn a_request_that_is_not_permitted_is_trouble_at_once() {
    for status in [401, 403] {
        let (trouble, requests) = fails([Fault::Whole(status, "security_exception")]).await;
        assert!(matches!(trouble, Trouble::Unauthorised { .. }), "{trouble}");
        assert_eq!(requests, 1);
    }
    let (trouble, _) = fails([Fault::Whole(403, "cluster_block_exception")]).await;
    assert!(matches!(trouble, Trouble::Blocked { .. }), "{trouble}");
}

#[tokio::test]
async fn what_is_not_understood_of_a_whole_request_refuses_no_document() {
    let (trouble, _) = fails([Fault::Whole(400, "illegal_argument_exception")]).await;
    assert!(matches!(trouble, Trouble::Index { .. }), "{trouble}");
    for status in [302, 404, 405, 406, 415] {
        let (trouble, requests) = fails([Fault::Whole(status, "")]).await;
        assert!(
            matches!(trouble, Trouble::Odd { .. }),
            "{status}: {trouble}"
        );
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn another_kind_of_server_is_trouble() {
    let page = || Fault::Garbage("<html>Welcome</html>");
    let (trouble, _) = fails([page(), page(), page()]).await;
    assert!(chain(&trouble).contains("not JSON"), "{}", chain(&trouble));
    for answer in [
        "{}",
        r#"{"acknowledged":true}"#,
        r#"{"items":[{"index":{"_id":"a","status":400,"error":"x"}}]}"#,
    ] {
        let (trouble, requests) = fails([Fault::Garbage(answer)]).await;
        assert!(matches!(trouble, Trouble::Odd { .. }), "{trouble}");
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_trouble_that_names_it_without_its_password() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap();
    drop(listener);
    let client = opened(&settings(&format!("http://user:secret@{host}/prefix")));
    let trouble = write(&client, &lines(&["a"])).await.unwrap_err();
    let told = chain(&trouble);
    assert!(
        told.starts_with(&format!("http://{host}/prefix gave no answer in 3 tries")),
        "{told}"
    );
    for text in [told, format!("{trouble:?}"), format!("{client:?}")] {
        assert!(!text.contains("secret"), "{text}");
    }
}
