//! Settings that cannot be are told by name, before anything is sent.

use std::io::Write as _;

use super::*;

fn refused(change: impl FnOnce(&mut Settings)) -> String {
    let mut settings = settings("https://host:9200");
    change(&mut settings);
    shared::chain::chain(&Elasticsearch::open(&settings).unwrap_err())
}

#[test]
fn without_a_url_there_is_no_such_output() {
    let mut settings = settings("");
    settings.url = None;
    settings.index = "Not looked at".to_owned();
    assert!(Elasticsearch::open(&settings).unwrap().is_none());
}

#[test]
fn a_url_that_cannot_be_is_told_without_itself() {
    for url in [
        "",
        "host:9200",
        "ftp://user:secret@host",
        "https://user:secret@host/?pretty",
        "https://user:secret@host/#x",
        "https://user:secret@ho st/",
        "https://user@host",
        "https://:secret@host",
    ] {
        let told = refused(|settings| settings.url = Some(Secret::from(url)));
        assert!(told.starts_with("output.elasticsearch.url "), "{told}");
        assert!(!told.contains("secret"), "{told}");
    }
}

#[test]
fn an_index_that_cannot_be_is_told() {
    for index in [
        "", "News", "_a", "-a", "+a", "..", ".a", "a b", "a,b", "a*", "a/b", "a:b", "a#",
    ] {
        let told = refused(|settings| settings.index = index.to_owned());
        assert!(
            told.starts_with("output.elasticsearch.index "),
            "{index}: {told}"
        );
    }
    let too_long = refused(|settings| settings.index = "a".repeat(256));
    assert!(too_long.contains("has 256 bytes"), "{too_long}");
}

#[test]
fn numbers_that_cannot_be_are_told() {
    assert!(refused(|it| it.bulk_items = 0).contains("elasticsearch.bulk_items is 0; 1 to 500"));
    assert!(refused(|it| it.bulk_items = 501).contains("elasticsearch.bulk_items is 501"));
    assert!(refused(|it| it.bulk_bytes = 0).contains("elasticsearch.bulk_bytes is 0"));
    assert!(refused(|it| it.timeout_ms = 0).contains("elasticsearch.timeout_ms is 0"));
}

#[test]
fn there_is_one_way_to_say_who_we_are() {
    let user = |it: &mut Settings| it.username = Some("user".to_owned());
    let password = |it: &mut Settings| it.password = Some(Secret::from("secret"));
    let key = |it: &mut Settings| it.api_key = Some(Secret::from("secret"));
    let in_url = |it: &mut Settings| it.url = Some(Secret::from("https://user:secret@host"));
    let told = [
        (
            "api_key ",
            refused(|it| {
                user(it);
                password(it);
                key(it);
            }),
        ),
        (
            "api_key ",
            refused(|it| {
                in_url(it);
                key(it);
            }),
        ),
        (
            "username ",
            refused(|it| {
                in_url(it);
                user(it);
            }),
        ),
        ("username ", refused(user)),
        ("password ", refused(password)),
        (
            "api_key ",
            refused(|it| it.api_key = Some(Secret::from("secret\n2"))),
        ),
    ];
    for (which, told) in told {
        assert!(
            told.starts_with(&format!("output.elasticsearch.{which}")),
            "{told}"
        );
        assert!(!told.contains("secret"), "{told}");
    }
}

#[test]
fn certificates_that_cannot_be_had_are_told() {
    let missing = refused(|it| it.ca_file = Some("/no/such/file".into()));
    assert!(
        missing.starts_with("output.elasticsearch.ca_file: cannot read /no/such/file: "),
        "{missing}"
    );
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"no certificate").unwrap();
    let path = file.path().to_owned();
    let empty = refused(|it| it.ca_file = Some(path.clone()));
    assert!(empty.contains("holds no certificate"), "{empty}");
    let plain = refused(|it| {
        it.url = Some(Secret::from("http://host"));
        it.ca_file = Some(path);
    });
    assert!(
        plain.starts_with("output.elasticsearch.ca_file is set, but url is not https"),
        "{plain}"
    );
}

#[test]
fn settings_are_read_by_name_and_do_not_print_their_secrets() {
    let read: Settings = serde_json::from_value(json!({
        "url": "https://user:secret@host", "index": INDEX, "username": null, "password": "secret",
        "api_key": "secret", "ca_file": null, "bulk_items": 500, "bulk_bytes": 5_000_000, "timeout_ms": 30_000,
    }))
    .unwrap();
    assert!(!format!("{read:?}").contains("secret"), "{read:?}");
    assert!(serde_json::from_value::<Settings>(json!({ "urls": "x" })).is_err());
}
