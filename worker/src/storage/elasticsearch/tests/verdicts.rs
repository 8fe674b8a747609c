//! What the server says of single documents.

use super::super::fake::Fault;
use super::*;

#[tokio::test]
async fn a_document_that_the_mapping_refuses_is_told_and_the_others_are_there() {
    let (fake, client) = start().await;
    let refusal = (400, "mapper_parsing_exception");
    fake.world().rules.refused.insert("b", refusal);
    let refused = write(&client, &lines(&["a", "b", "c"])).await.unwrap();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].index, 1);
    assert_eq!(refused[0].reason, "400 mapper_parsing_exception: as told");
    assert_eq!(ids(&fake), ["a", "c"]);
    assert_eq!(items(&fake), [3]);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_by_its_place_and_does_not_touch_the_others() {
    let (fake, client) = start().await;
    let lines = [
        line(&"é".repeat(255), "its id is longer than 500 bytes and fits"),
        line(&"漢".repeat(200), "its id has 600 bytes"),
        Bytes::from_static(b"{\"document_id\":\"a\",\n\"x\":1}"),
        line("b", "good"),
    ];
    let refused = write(&client, &lines).await.unwrap();
    let places: Vec<_> = refused.iter().map(|refused| refused.index).collect();
    assert_eq!(places, [1, 2]);
    assert_eq!(ids(&fake), ["b".to_owned(), "é".repeat(255)]);
}

#[tokio::test]
async fn only_items_that_may_go_later_are_sent_again() {
    let (fake, client) = start().await;
    fake.will([
        Fault::Items(vec![
            ("a", 429, "es_rejected_execution_exception"),
            ("c", 503, "unavailable_shards_exception"),
            ("d", 400, "document_parsing_exception"),
        ]),
        Fault::Items(vec![("c", 500, "unheard_of")]),
    ]);
    let refused = write(&client, &lines(&["a", "b", "c", "d"])).await.unwrap();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].index, 3);
    assert_eq!(ids(&fake), ["a", "b", "c"]);
    assert_eq!(items(&fake), [4, 2, 1]);
}

#[tokio::test]
async fn items_that_do_not_go_three_times_are_trouble_and_writing_again_later_brings_them() {
    let (fake, client) = start().await;
    let full = || Fault::Items(vec![("b", 429, "es_rejected_execution_exception")]);
    fake.will([full(), full(), full()]);
    let lines = lines(&["a", "b"]);
    let trouble = write(&client, &lines).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Overloaded { .. }), "{trouble}");
    assert!(
        trouble
            .to_string()
            .contains("did not accept 1 documents in 3 tries: 429 es_rejected"),
        "{trouble}"
    );
    assert_eq!(items(&fake), [2, 1, 1]);
    assert_eq!(write(&client, &lines).await.unwrap(), []);
    assert_eq!(ids(&fake), ["a", "b"]);
}

#[tokio::test]
async fn a_block_on_the_index_is_trouble_at_once_and_refuses_no_document() {
    for status in [403, 429] {
        let (fake, client) = start().await;
        fake.will([Fault::Items(vec![("b", status, "cluster_block_exception")])]);
        let trouble = write(&client, &lines(&["a", "b"])).await.unwrap_err();
        assert!(matches!(trouble, Trouble::Blocked { .. }), "{trouble}");
        assert_eq!(items(&fake), [2]);
    }
}

#[tokio::test]
async fn an_item_that_nobody_may_write_is_trouble() {
    let (fake, client) = start().await;
    fake.will([Fault::Items(vec![("a", 403, "security_exception")])]);
    let trouble = write(&client, &lines(&["a"])).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Unauthorised { .. }), "{trouble}");
}

#[tokio::test]
async fn a_closed_index_is_trouble_and_no_refusal() {
    let (fake, client) = start().await;
    fake.will([Fault::Items(vec![("a", 400, "index_closed_exception")])]);
    let trouble = write(&client, &lines(&["a"])).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Index { .. }), "{trouble}");
}

#[tokio::test]
async fn an_answer_that_tells_of_too_few_documents_is_trouble() {
    let (fake, client) = start().await;
    fake.will([Fault::Few(1)]);
    let trouble = write(&client, &lines(&["a", "b"])).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Odd { .. }), "{trouble}");
    assert!(
        trouble
            .to_string()
            .contains("2 documents were sent, and it tells of 1")
    );
}

#[tokio::test]
async fn a_request_that_is_too_large_is_halved_and_a_single_document_refused() {
    let (fake, client) = start().await;
    fake.world().rules.max_bytes = 1_000;
    let mut lines: Vec<_> = (0..20)
        .map(|n| line(&format!("d{n}"), &"x".repeat(100)))
        .collect();
    lines.insert(9, line("large", &"x".repeat(2_000)));
    let refused = write(&client, &lines).await.unwrap();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].index, 9);
    assert!(
        refused[0]
            .reason
            .starts_with("too large for Elasticsearch: a request of 2"),
        "{}",
        refused[0].reason
    );
    assert_eq!(ids(&fake).len(), 20);
    assert_eq!(items(&fake).iter().sum::<usize>(), 20);
}
