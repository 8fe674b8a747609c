//! The index is made when it is missing, and who we are is proved.

use super::super::fake::Fault;
use super::super::index::MAPPING;
use super::*;

#[tokio::test]
async fn it_is_made_with_the_mapping_before_the_first_document() {
    let (fake, client) = start().await;
    write(&client, &lines(&["a"])).await.unwrap();
    write(&client, &lines(&["b"])).await.unwrap();
    let world = fake.world();
    assert_eq!(world.asked, ["HEAD", "PUT", "HEAD"]);
    let expected: serde_json::Value = serde_json::from_str(MAPPING).unwrap();
    assert_eq!(world.mappings[INDEX], expected);
}

#[tokio::test]
async fn one_that_is_there_is_left_as_it_is() {
    let (fake, client) = start().await;
    fake.world().indices.entry(INDEX.to_owned()).or_default();
    fake.world().rules.may_make = false;
    write(&client, &lines(&["a"])).await.unwrap();
    assert_eq!(fake.world().asked, ["HEAD"]);
    assert_eq!(ids(&fake), ["a"]);
}

#[tokio::test]
async fn one_that_another_worker_makes_at_the_same_time_is_as_good() {
    let (fake, client) = start().await;
    fake.world().indices.entry(INDEX.to_owned()).or_default();
    // It is not seen, and the making meets it.
    fake.world().rules.may_look = false;
    write(&client, &lines(&["a"])).await.unwrap();
    assert_eq!(fake.world().asked, ["HEAD", "PUT"]);
    assert_eq!(ids(&fake), ["a"]);
}

#[tokio::test]
async fn who_may_neither_look_nor_make_writes_and_asks_no_more() {
    let (fake, client) = start().await;
    fake.world().indices.entry(INDEX.to_owned()).or_default();
    fake.world().rules.may_look = false;
    fake.world().rules.may_make = false;
    write(&client, &lines(&["a"])).await.unwrap();
    write(&client, &lines(&["b"])).await.unwrap();
    assert_eq!(fake.world().asked, ["HEAD", "PUT"]);
    assert_eq!(ids(&fake), ["a", "b"]);
}

#[tokio::test]
async fn who_may_not_make_one_that_is_missing_is_told_so() {
    let (fake, client) = start().await;
    fake.world().rules.may_make = false;
    let trouble = write(&client, &lines(&["a"])).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Unauthorised { .. }), "{trouble}");
    assert!(items(&fake).is_empty());
}

#[tokio::test]
async fn one_that_is_deleted_in_between_is_made_again() {
    let (fake, client) = start().await;
    write(&client, &lines(&["a"])).await.unwrap();
    fake.world().indices.clear();
    fake.world().mappings.clear();
    write(&client, &lines(&["b"])).await.unwrap();
    assert_eq!(ids(&fake), ["b"]);
    assert!(fake.world().mappings.contains_key(INDEX));
}

#[tokio::test]
async fn one_that_goes_between_the_look_and_the_documents_is_made_again() {
    for fault in [
        Fault::Whole(404, "index_not_found_exception"),
        Fault::Items(vec![("b", 404, "index_not_found_exception")]),
    ] {
        let (fake, client) = start().await;
        fake.will([fault]);
        assert_eq!(write(&client, &lines(&["a", "b"])).await.unwrap(), []);
        assert_eq!(fake.world().asked, ["HEAD", "PUT", "HEAD"]);
        assert_eq!(ids(&fake), ["a", "b"]);
    }
}

#[tokio::test]
async fn users_and_keys_are_shown_to_the_server_and_strangers_are_trouble() {
    let fake = Fake::start().await;
    let host = fake.url.strip_prefix("http://").unwrap();
    let named = |url: &str| settings(url);
    let ways = [
        // "user:päss" in UTF-8
        (
            named(&format!("http://user:p%C3%A4ss@{host}")),
            "Basic dXNlcjpww6Rzcw==",
        ),
        (
            Settings {
                username: Some("user".to_owned()),
                password: Some(Secret::from("päss")),
                ..named(&fake.url)
            },
            "Basic dXNlcjpww6Rzcw==",
        ),
        (
            Settings {
                api_key: Some(Secret::from("a2V5")),
                ..named(&fake.url)
            },
            "ApiKey a2V5",
        ),
    ];
    for (settings, header) in ways {
        fake.world().rules.authorization = Some(header);
        let client = opened(&settings);
        write(&client, &lines(&["a"])).await.unwrap();
        fake.world().rules.authorization = Some("Basic other");
        let trouble = write(&client, &lines(&["a"])).await.unwrap_err();
        assert!(matches!(trouble, Trouble::Unauthorised { .. }), "{trouble}");
        for text in [trouble.to_string(), format!("{client:?}")] {
            for secret in ["päss", "dXNlcjpww6Rzcw", "a2V5"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
    }
}

/// A field that is added to documents and forgotten here would not be searchable, and nobody would notice.
#[test]
fn every_field_of_a_document_has_its_place_in_the_mapping() {
    let mapping: serde_json::Value = serde_json::from_str(MAPPING).unwrap();
    let mapped: Vec<_> = mapping["mappings"]["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    let document = shared::article::CleanedArticle {
        document_id: String::new(),
        version: "1.0".into(),
        original_text: String::new(),
        cleaned_text: String::new(),
        cleaned_title: None,
        cleaned_excerpt: None,
        cleaned_author: None,
        cleaned_publication_date: None,
        cleaned_revision_date: None,
        cleaned_source_url: None,
        cleaned_categories: None,
        cleaned_tags: None,
        cleaned_media_asset_urls: None,
        cleaned_geographical_data: None,
        cleaned_embargo_date: None,
        cleaned_sentiment: None,
        cleaned_word_count: 0,
        cleaned_publisher: None,
        temporal_metadata: None,
        entities: Vec::new(),
        cleaned_additional_metadata: serde_json::Map::new(),
        corrections: Vec::new(),
        job_id: String::new(),
        batch_id: None,
        processed_at: String::new(),
    };
    let written = serde_json::to_value(document).unwrap();
    let fields: Vec<_> = written.as_object().unwrap().keys().cloned().collect();
    assert_eq!(mapped, fields);
}
