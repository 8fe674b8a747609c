//! The messages in full, so that a reader sees how they look.

use super::super::{Sources, load_in};
use super::Setting;

/// Compares what `setting` is refused with to `expected`, leaving out the heading of one mistake.
fn assert_refused(setting: &Setting, expected: &str) {
    let refused = setting.refused();
    let message = refused.strip_prefix("the configuration has a mistake:\n  ");
    assert_eq!(message.unwrap_or(&refused), expected);
}

fn assert_file_refused(text: &str, expected: &str) {
    assert_refused(&Setting::file(text), expected);
}

#[test]
fn all_mistakes_are_reported_together_from_top_to_bottom() {
    let setting = Setting::file(
        "process:
  threads: many
  input: ${NOWHERE}
cleaning:
  enabeld: false
  mode: rough
  typo:
    confidence: high
    confidence: 0.5
store: none
sinks:
- {name: hub, api_key: k, retries: -1}
",
    )
    .and_variable("SCUTCH__CLEANING__TYPO__MIN_LENGTH", "3")
    .and_variable("SCUTCH__CLEANING__ENABLED", "yes")
    .and_flag("--threads", "process.threads", "300");
    assert_refused(
        &setting,
        "the configuration has 11 mistakes:
  scutch.yaml:2:12: process.threads: expected an integer, found the string \"many\"
  scutch.yaml:3:10: process.input: the variable `NOWHERE` is not set; set it, or write `${NOWHERE:-default}`
  scutch.yaml:5:3: cleaning.enabeld: unknown key; did you mean `enabled`?
  scutch.yaml:6:9: cleaning.mode: unknown word `rough`; expected one of `gentle`, `thorough`, `off`
  scutch.yaml:8:17: cleaning.typo.confidence: expected a number, found the string \"high\"
  scutch.yaml:9:5: cleaning.typo.confidence: duplicate key, already set on line 8; keep one of the two
  scutch.yaml:10:8: store: expected a section, found the string \"none\"; its keys are `password`, `url`, `log_file`
  scutch.yaml:12:36: sinks[0].retries: expected an integer from 0 to 4294967295, found the integer -1
  environment SCUTCH__CLEANING__ENABLED: cleaning.enabled: expected true or false, found the string \"yes\"
  environment SCUTCH__CLEANING__TYPO__MIN_LENGTH: cleaning.typo.min_length: unknown key; did you mean `min_word_length`?
  --threads: process.threads: expected an integer from 0 to 255, found the integer 300",
    );
}

#[test]
fn an_unknown_key_is_met_with_the_nearest_one_or_with_all() {
    assert_file_refused(
        "cleaning: {typo: {min_word_lenght: 3}}",
        "scutch.yaml:1:19: cleaning.typo.min_word_lenght: unknown key; did you mean `min_word_length`?",
    );
    assert_file_refused(
        "min_word_length: 3",
        "scutch.yaml:1:1: min_word_length: unknown key; did you mean `cleaning.typo.min_word_length`?",
    );
    assert_file_refused(
        "cleaning.typo: {}",
        "scutch.yaml:1:1: cleaning.typo: unknown key; the keys at the top are \
         `process`, `cleaning`, `store`, `labels`, `sinks`",
    );
    assert_file_refused(
        "process:\n  speed: 3\n",
        "scutch.yaml:2:3: process.speed: unknown key; the keys of `process` are `threads`, `input`",
    );
    assert_refused(
        &Setting::new().and_variable("SCUTCH__PROCES__THREADS", "1"),
        "environment SCUTCH__PROCES__THREADS: proces: unknown key; did you mean `process`?",
    );
    assert_refused(
        &Setting::new().and_flag("--set", "process.thread", "1"),
        "--set: process.thread: unknown key; did you mean `threads`?",
    );
    assert_file_refused(
        "sinks:\n- {nam: hub}\n",
        "scutch.yaml:2:9: sinks[0].nam: unknown key `nam`; did you mean `name`? Expected one of `name`, `api_key`, `retries`",
    );
}

#[test]
fn a_value_of_another_type_is_refused_with_the_one_expected() {
    for (text, expected) in [
        (
            "cleaning: {enabled: maybe}",
            "21: cleaning.enabled: expected true or false, found the string \"maybe\"",
        ),
        (
            "cleaning: {enabled: 'true'}",
            "21: cleaning.enabled: expected true or false, found the string \"true\"; remove the quotes",
        ),
        (
            "cleaning: {enabled: }",
            "12: cleaning.enabled: expected true or false, found nothing",
        ),
        (
            "process: {threads: 1.5}",
            "20: process.threads: expected an integer, found the number 1.5",
        ),
        (
            "process: {threads: [1]}",
            "11: process.threads: expected an integer, found a list",
        ),
        (
            "process: {threads: {a: 1}}",
            "11: process.threads: expected an integer, found a section",
        ),
        (
            "process: {input: [a]}",
            "11: process.input: expected a single value or null, found a list",
        ),
        (
            "process: {input: 5}",
            "18: process.input: expected a string, found the integer 5; put it in quotes",
        ),
        (
            "cleaning: {typo: {confidence: .inf}}",
            "31: cleaning.typo.confidence: expected a number, found the string \".inf\"",
        ),
        (
            "cleaning: {entities: ORG}",
            "22: cleaning.entities: expected a list, found the string \"ORG\"; write `[a, b]`",
        ),
        (
            "cleaning: {entities: [ORG, [], 0x1F]}",
            "28: cleaning.entities[1]: expected a string, found a list\n  scutch.yaml:1:32: cleaning.entities[2]: expected a string, found the integer 0x1F; put it in quotes",
        ),
        (
            "store: {log_file: ~}",
            "9: store.log_file: expected a string, found nothing; write \"\" for an empty string",
        ),
        (
            "store: {log_file: 007}",
            "19: store.log_file: expected a string, found the integer 007; put it in quotes",
        ),
        (
            "process: [1]",
            "1: process: expected a section, found a list; its keys are `threads`, `input`",
        ),
        (
            "labels: 3",
            "9: labels: expected a section, found the integer 3; write `key: value` below it",
        ),
        (
            "[1, 2]",
            "1: expected keys and values at the top, found a list; its keys are `process`, `cleaning`, `store`, `labels`, `sinks`",
        ),
        (
            "hello",
            "1: expected keys and values at the top, found the string \"hello\"; its keys are `process`, `cleaning`, `store`, `labels`, `sinks`",
        ),
        (
            "cleaning: {mode: genle}",
            "18: cleaning.mode: unknown word `genle`; did you mean `gentle`? Expected one of `gentle`, `thorough`, `off`",
        ),
        (
            "sinks: [{name: a}]",
            "9: sinks[0]: the key `api_key` is missing",
        ),
        (
            "sinks: [3]",
            "9: sinks[0]: expected a section, found the integer 3",
        ),
    ] {
        let message = Setting::file(text).refused();
        let (_, message) = message.split_once("scutch.yaml:1:").unwrap();
        assert_eq!(message, expected, "{text}");
    }
    assert_refused(
        &Setting::new().and_variable("SCUTCH__CLEANING", "off"),
        "environment SCUTCH__CLEANING: cleaning: expected a section, found the string \"off\"; \
         its keys are `enabled`, `mode`, `entities`, `typo`",
    );
    assert_refused(
        &Setting::new().and_variable("SCUTCH__PROCESS__THREADS__MIN", "1"),
        "environment SCUTCH__PROCESS__THREADS__MIN: process.threads: expected an integer, found a section",
    );
    assert_refused(
        &Setting::new().and_variable("SCUTCH__CLEANING__ENTITIES", "[ORG"),
        "environment SCUTCH__CLEANING__ENTITIES: cleaning.entities: broken list; \
         write `a,b` or `[a, b]`, with quotes around what holds a comma",
    );
}

#[test]
fn broken_yaml_is_refused_with_line_and_column() {
    for (text, place, reason) in [
        (
            "process:\n  threads: 2\n input: a\n",
            "3:2",
            "while parsing a block mapping, did not find expected key",
        ),
        (
            "process: {threads: 2",
            "2:1",
            "while parsing a flow mapping, did not find expected ',' or '}'",
        ),
        (
            "store:\n  url: \"a\n",
            "2:8",
            "while scanning a quoted scalar, found unexpected end of stream",
        ),
        (
            "store:\n\turl: a\n",
            "2:2",
            "tabs disallowed within this context (block indentation)",
        ),
    ] {
        let right = "check the indentation, colons and quotes there";
        assert_file_refused(
            text,
            &format!("scutch.yaml:{place}: broken YAML: {reason}; {right}"),
        );
    }
}

#[test]
fn lines_and_columns_are_those_an_editor_shows() {
    for (text, place) in [
        ("process:\r\n  # é\r\n  threads: x\r\n", "3:12"),
        ("\u{feff}process: {threads: x}", "1:20"),
        ("store: {log_file: \"日本 é\", url: 3}", "1:32"),
        ("store:\n  url: |\n    a\n    b\n  log_file: 3\n", "5:13"),
        ("cleaning:\n  entities:\n  - A\n\n  - 3\n", "5:5"),
    ] {
        let message = Setting::file(text).refused();
        assert!(
            message.contains(&format!("scutch.yaml:{place}: ")),
            "{message}"
        );
    }
}

#[test]
fn yaml_beyond_plain_keys_and_values_is_refused() {
    for (text, expected) in [
        (
            "a: 1\n---\nb: 2\n",
            "2:1: a second document begins here; keep one document, remove `---`",
        ),
        (
            "store: {url: é\0b}",
            "1:15: the character \\u{0} is not allowed in YAML; \
             remove it, or write it as an escape between double quotes",
        ),
        (
            "store: &s {url: a}\n",
            "1:11: store: anchors (`&name`) are not supported; write the value out in each place",
        ),
        (
            "labels: {a: &s b, c: *s}\n",
            "1:16: labels.a: anchors (`&name`) are not supported; write the value out in each place\n  \
             scutch.yaml:1:22: labels.c: aliases (`*name`) are not supported; write the value out in each place",
        ),
        (
            "labels:\n  <<: {a: 1}\n",
            "2:3: labels.<<: merge keys are not supported; write the value out in each place",
        ),
        (
            "store:\n  url: !!str a\n",
            "2:14: store.url: tags (`!name`) are not supported; remove it; quotes make a value a string",
        ),
        (
            "store:\n  url: a\n  log_file: b\n  url: c\n",
            "4:3: store.url: duplicate key, already set on line 2; keep one of the two",
        ),
        (
            "? [a, b]\n: 1\n",
            "1:3: a key must be a single word; write `key: value`",
        ),
        (
            "labels: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]",
            "1:41: labels[0][0][0][0][0][0][0][0][0][0][0][…: \
             nested more than 32 levels deep; no setting is that deep",
        ),
    ] {
        let message = Setting::file(text).refused();
        let (_, message) = message.split_once("scutch.yaml:").unwrap();
        assert_eq!(message, expected);
    }
}

#[test]
fn a_list_with_a_refused_item_is_refused_once() {
    let right = "set it, or write `${NOWHERE:-default}`";
    let wrong = format!("the variable `NOWHERE` is not set; {right}");
    assert_file_refused(
        "cleaning: {entities: [ORG, \"${NOWHERE}\"]}",
        &format!("scutch.yaml:1:28: cleaning.entities[1]: {wrong}"),
    );
    assert_file_refused(
        "sinks:\n- name: hub\n  api_key: ${NOWHERE}\n",
        &format!("scutch.yaml:3:12: sinks[0].api_key: {wrong}"),
    );
}

#[test]
fn a_file_that_cannot_be_read_is_refused() {
    let named = Setting::new().and_path_variable("SCUTCH_CONFIG", "missing.yaml");
    assert_refused(
        &named,
        "missing.yaml: the file cannot be read: No such file or directory (os error 2); \
         check `--config`, `SCUTCH_CONFIG` and the file itself",
    );
    let latin_1 = Setting::new().and_file("scutch.yaml", b"store:\n  url: caf\xe9\n");
    assert_refused(
        &latin_1,
        "scutch.yaml: the file is not UTF-8 on line 2; \
         check `--config`, `SCUTCH_CONFIG` and the file itself",
    );
    let long = Setting::file(&"#".repeat((1 << 20) + 1));
    assert_refused(
        &long,
        "scutch.yaml: the file is longer than 1 MiB; \
         check `--config`, `SCUTCH_CONFIG` and the file itself",
    );
    let secret = Setting::new().and_path_variable("SCUTCH__STORE__PASSWORD_FILE", "missing");
    assert_refused(
        &secret,
        "environment SCUTCH__STORE__PASSWORD_FILE (missing): store.password: \
         the file cannot be read: No such file or directory (os error 2); \
         name a readable file that holds the value",
    );
}

#[test]
fn two_variables_for_one_key_are_refused() {
    let setting = Setting::new()
        .and_variable("SCUTCH__STORE__PASSWORD_FILE", "/run/secrets/password")
        .and_variable("SCUTCH__STORE__PASSWORD", "abcd");
    assert_refused(
        &setting,
        "environment SCUTCH__STORE__PASSWORD_FILE: store.password: \
         the same key is set by SCUTCH__STORE__PASSWORD; unset one of the two",
    );
}

#[test]
fn a_long_or_harmful_value_is_not_repeated_in_full() {
    let long = "x".repeat(1000);
    let cut = format!("{}…", "x".repeat(40));
    assert_file_refused(
        &format!("cleaning: {{enabled: {long}}}"),
        &format!(
            "scutch.yaml:1:21: cleaning.enabled: expected true or false, found the string \"{cut}\""
        ),
    );
    assert_file_refused(
        &format!("cleaning: {{mode: {long}}}"),
        &format!(
            "scutch.yaml:1:18: cleaning.mode: unknown word `{cut}`; \
             expected one of `gentle`, `thorough`, `off`"
        ),
    );
    assert_file_refused(
        &format!("process: {{{long}: 1}}"),
        &format!(
            "scutch.yaml:1:11: process.{cut}: unknown key; the keys of `process` are `threads`, `input`"
        ),
    );
    assert_file_refused(
        r#"cleaning: {enabled: "\e[31m\u202e\n"}"#,
        r#"scutch.yaml:1:21: cleaning.enabled: expected true or false, found the string "\u{1b}[31m\u{202e}\n""#,
    );
}

#[test]
fn a_mistake_in_the_defaults_is_refused_at_its_place() {
    let refused = |defaults: &str| {
        let directory = Setting::new().directory;
        let sources = Sources::default();
        let loaded = load_in::<super::Typo>(directory.path(), defaults, &sources);
        loaded.unwrap_err().to_string()
    };
    assert_eq!(
        refused("min_word_length: 2\nconfidence: ${NOWHERE}\n"),
        "the configuration has a mistake:\n  default:2:13: confidence: the variable `NOWHERE` is not set; \
         set it, or write `${NOWHERE:-default}`"
    );
    assert_eq!(
        refused("min_word_length: -2\nconfidence: 1\n"),
        "the configuration has a mistake:\n  default:1:18: min_word_length: \
         expected an integer from 0 to 4294967295, found the integer -2"
    );
    assert_eq!(
        refused("min_word_length: 2\n"),
        "the configuration has a mistake:\n  default:1:1: the key `confidence` is missing"
    );
}
