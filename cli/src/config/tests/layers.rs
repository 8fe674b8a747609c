use serde_json::json;

use super::super::Sources;
use super::{Mode, Setting, entry};

#[test]
fn the_defaults_alone_are_complete() {
    let loaded = Setting::new().loaded();
    assert_eq!(loaded.settings.process.threads, 2);
    assert_eq!(loaded.settings.process.input, None);
    assert!(loaded.settings.cleaning.enabled);
    assert_eq!(loaded.settings.cleaning.typo.min_word_length, 2);
    let listing: Vec<String> = loaded.values.iter().map(ToString::to_string).collect();
    let expected = [
        "process.threads: 2  # default",
        "process.input: null  # default",
        "cleaning.enabled: true  # default",
        "cleaning.mode: \"gentle\"  # default",
        "cleaning.entities: [\"PERSON\",\"ORG\"]  # default",
        "cleaning.typo.min_word_length: 2  # default",
        "cleaning.typo.confidence: 0.7  # default",
        "store.password: null  # default",
        "store.url: \"postgres://localhost/news\"  # default",
        "store.log_file: \"\"  # default",
        "labels: {}  # default",
        "sinks: []  # default",
    ];
    assert_eq!(listing, expected);
}

#[test]
fn each_layer_wins_over_the_one_before() {
    let key = "process.threads";
    let setting = Setting::file("# ours\nprocess:\n  threads: 3\n");
    assert_eq!(entry(&setting, key), "process.threads: 3  # scutch.yaml:3");
    let setting = setting.and_variable("SCUTCH__PROCESS__THREADS", "4");
    assert_eq!(
        entry(&setting, key),
        "process.threads: 4  # environment SCUTCH__PROCESS__THREADS"
    );
    let setting = setting.and_flag("--threads", key, "5");
    assert_eq!(entry(&setting, key), "process.threads: 5  # --threads");
    let setting = setting.and_flag("-t", key, "6");
    assert_eq!(entry(&setting, key), "process.threads: 6  # -t");
}

#[test]
fn a_flag_for_the_file_wins_over_the_variable_and_that_over_the_usual_file() {
    let mut setting = Setting::file("process: {threads: 3}")
        .and_file("named.yaml", "process: {threads: 4}")
        .and_file("given.yaml", "process: {threads: 5}")
        .and_variable("SCUTCH_CONFIG", "");
    assert_eq!(setting.loaded().settings.process.threads, 3);
    setting = setting.and_path_variable("SCUTCH_CONFIG", "named.yaml");
    assert_eq!(setting.loaded().settings.process.threads, 4);
    setting.sources.file = Some(setting.directory.path().join("given.yaml"));
    assert_eq!(setting.loaded().settings.process.threads, 5);
}

#[test]
fn a_section_is_merged_and_a_list_is_replaced() {
    let loaded = Setting::file(
        "cleaning:\n  typo: {confidence: 1}\n  entities:\n  - GPE\nprocess:\nlabels: {a: 1}\n",
    )
    .and_variable("scutch__labels__b", "two")
    .loaded();
    assert_eq!(loaded.settings.cleaning.typo.min_word_length, 2);
    assert!((loaded.settings.cleaning.typo.confidence - 1.0).abs() < f64::EPSILON);
    assert_eq!(loaded.settings.cleaning.entities, ["GPE"]);
    assert_eq!(json!(loaded.settings.labels), json!({"a": 1, "b": "two"}));
}

#[test]
fn sections_in_a_list_reach_the_settings() {
    let text = "sinks:\n- name: hub\n  api_key: ${KEY}\n- {name: b, api_key: '1', retries: 3}\n";
    let sinks = Setting::file(text)
        .and_variable("KEY", "77")
        .loaded()
        .settings
        .sinks;
    let read: Vec<_> = sinks
        .iter()
        .map(|sink| (sink.name.as_str(), sink.api_key.as_str(), sink.retries))
        .collect();
    assert_eq!(read, [("hub", "77", 0), ("b", "1", 3)]);
}

#[test]
fn a_file_without_settings_changes_nothing() {
    for text in [
        "",
        "# nothing yet\n",
        "---\n",
        "{}",
        "\u{feff}# BOM\r\n",
        "~",
    ] {
        let loaded = Setting::file(text).loaded();
        assert!(
            loaded.values.iter().all(|entry| entry.origin.is_default()),
            "{text:?}"
        );
    }
}

#[test]
fn the_case_of_a_variable_does_not_matter() {
    let loaded = Setting::new()
        .and_variable("Scutch__Cleaning__MODE", "thorough")
        .and_variable("SCUTCH_THREADS", "not ours")
        .and_variable("SCUTCHY__A", "not ours")
        .loaded();
    assert_eq!(loaded.settings.cleaning.mode, Mode::Thorough);
}

#[test]
fn a_variable_is_read_as_its_key_expects() {
    let loaded = Setting::new()
        .and_variable("SCUTCH__CLEANING__ENTITIES", "GPE, 12 ,true")
        .and_variable("SCUTCH__PROCESS__INPUT", "007")
        .and_variable("SCUTCH__STORE__PASSWORD", "12345")
        .and_variable("SCUTCH__STORE__URL", "false")
        .and_variable("SCUTCH__CLEANING__TYPO__CONFIDENCE", "1")
        .loaded();
    assert_eq!(loaded.settings.cleaning.entities, ["GPE", "12", "true"]);
    assert_eq!(loaded.settings.process.input.as_deref(), Some("007"));
    assert_eq!(loaded.settings.store.password.unwrap().0, "12345");
    assert_eq!(loaded.settings.store.url, "false");
}

#[test]
fn a_list_from_a_variable_may_be_written_as_yaml_or_be_empty() {
    let entities = |text: &str| {
        let setting = Setting::new().and_variable("SCUTCH__CLEANING__ENTITIES", text);
        setting.loaded().settings.cleaning.entities
    };
    assert_eq!(entities("[GPE, \"a, b\"]"), ["GPE", "a, b"]);
    assert_eq!(entities("ORG"), ["ORG"]);
    assert!(entities("").is_empty());
    assert!(entities("[]").is_empty());
}

#[test]
fn a_secret_file_gives_its_text_without_the_last_newline() {
    for (text, expected) in [
        ("hunter22", "hunter22"),
        ("hunter22\n", "hunter22"),
        ("hunter22\r\n", "hunter22"),
        ("hunter22\n\n", "hunter22\n"),
        (" 1234 ", " 1234 "),
    ] {
        let loaded = Setting::new()
            .and_file("secret", text)
            .and_path_variable("SCUTCH__STORE__PASSWORD_FILE", "secret")
            .loaded();
        assert_eq!(loaded.settings.store.password.unwrap().0, expected);
    }
}

#[test]
fn a_key_that_ends_in_file_is_that_key() {
    let setting = Setting::new().and_variable("SCUTCH__STORE__LOG_FILE", "a.log");
    assert_eq!(setting.loaded().settings.store.log_file, "a.log");
    let setting = Setting::new()
        .and_file("name", "b.log\n")
        .and_path_variable("SCUTCH__STORE__LOG_FILE_FILE", "name");
    assert_eq!(setting.loaded().settings.store.log_file, "b.log");
}

#[test]
fn a_variable_in_the_file_cannot_bring_in_structure() {
    let trick = "x\nprocess: {threads: 9} # [a, b] ${HOME}";
    let loaded = Setting::file("store:\n  url: ${URL}\n  log_file: a $${URL}\n")
        .and_variable("URL", trick)
        .loaded();
    assert_eq!(loaded.settings.store.url, trick);
    assert_eq!(loaded.settings.store.log_file, "a ${URL}");
    assert_eq!(loaded.settings.process.threads, 2);
}

#[test]
fn a_substituted_scalar_is_typed_afterwards() {
    let text = "process: \n  threads: ${THREADS:-7}\n  input: ${PIN}\nstore:\n  url: ${PIN}\n";
    let loaded = Setting::file(text).and_variable("PIN", "0123").loaded();
    assert_eq!(loaded.settings.process.threads, 7);
    assert_eq!(loaded.settings.process.input.as_deref(), Some("0123"));
    assert_eq!(loaded.settings.store.url, "0123");
}

#[test]
fn a_check_of_the_caller_names_the_place_of_the_value() {
    let setting = Setting::file("process:\n  threads: 0\ncleaning:\n  entities: [A]\n");
    let loaded = setting.loaded();
    let place = |key| {
        let refusal = loaded
            .refuse(key, "0 threads do nothing", "at least 1")
            .to_string();
        super::without(setting.directory.path(), &refusal)
    };
    let tail = "0 threads do nothing; at least 1";
    assert_eq!(
        place("process.threads"),
        format!("scutch.yaml:2:12: process.threads: {tail}")
    );
    assert_eq!(
        place("cleaning.entities[0]"),
        format!("scutch.yaml:4:3: cleaning.entities[0]: {tail}")
    );
    assert_eq!(
        place("store.url"),
        format!("default:14:8: store.url: {tail}")
    );
    assert_eq!(place("nowhere"), format!("configuration: nowhere: {tail}"));
}

#[test]
fn the_real_working_directory_is_the_usual_one() {
    let loaded = super::super::load::<super::Settings>(super::DEFAULTS, &Sources::default());
    assert!(loaded.is_ok());
}
