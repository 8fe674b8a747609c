//! No text, however broken, may bring the loading down.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::{Sources, load_in};
use super::Setting;

/// Pieces that mean something to YAML or to us, and keys of the reference.
fn fragments() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "process",
            "threads",
            "cleaning",
            "typo",
            "entities",
            "store",
            "password",
            "labels",
            "sinks",
            ": ",
            ":",
            "\n",
            "\n  ",
            "\n- ",
            "- ",
            "- - ",
            "? ",
            "[",
            "]",
            "{",
            "}",
            ", ",
            "'",
            "\"",
            "\\",
            "\\x",
            "\\u12",
            "|",
            ">",
            "|-\n ",
            ">2\n",
            "&a ",
            "*a",
            "<<: ",
            "!!str ",
            "!x!y ",
            "!<a> ",
            "%YAML 1.2\n",
            "%TAG ! a\n",
            "---",
            "\n---\n",
            "...",
            "\n...\n",
            "#",
            " # ",
            "~",
            "true",
            "12",
            "0x",
            "1e5",
            ".inf",
            "${A}",
            "${B:-",
            "$${",
            "\t",
            "\r",
            "\r\n",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\0",
            "é",
            "日本",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_loaded_or_refused(text in prop_oneof![fragments(), any::<String>()]) {
        let setting = Setting::file(&text).and_variable("A", "[x");
        if let Err(refused) = setting.load() {
            prop_assert!(!refused.to_string().is_empty());
        }
    }

    #[test]
    fn any_text_as_defaults_is_loaded_or_refused(text in fragments()) {
        let directory = Setting::new().directory;
        drop(load_in::<serde_json::Value>(directory.path(), &text, &Sources::default()));
    }

    #[test]
    fn no_broken_file_tells_the_secret_of_a_variable(text in fragments(), tail in fragments()) {
        let reference = "store: {password: \"${DB_PASSWORD}\", url: ${DB_PASSWORD}}";
        let setting = Setting::file(&format!("{text}{reference}\n{tail}"))
            .and_variable("SCUTCH__STORE__PASSWORD", "h_1")
            .and_variable("SCUTCH__STORE__URL", "amqp://h_1@x")
            .and_variable("DB_PASSWORD", "h_1");
        if let Err(refused) = setting.load() {
            prop_assert!(!refused.to_string().contains("h_1"), "{}", refused);
        }
    }

    #[test]
    fn any_variable_and_flag_is_loaded_or_refused(
        name in prop_oneof!["(PROCESS|CLEANING|STORE|LABELS|SINKS|É)?(__(THREADS|TYPO|PASSWORD|URL|_|A)){0,3}(_FILE)?", any::<String>()],
        value in prop_oneof![fragments(), any::<String>()],
    ) {
        let setting = Setting::new()
            .and_variable(&format!("SCUTCH__{name}"), &value)
            .and_flag("--set", &name.to_lowercase().replace("__", "."), &value);
        drop(setting.load());
        drop(Setting::new().and_variable(&name, &value).load());
    }
}

#[test]
fn a_long_text_takes_no_long_time() {
    let long = 1 << 20;
    let texts = [
        "[".repeat(long),
        "{".repeat(long),
        "- ".repeat(long / 2),
        "a: ".repeat(long / 3),
        "a".repeat(long),
        format!("process: {}", "x".repeat(long - 9)),
        format!("{}: 1", "x".repeat(long - 3)),
        "a: 1\n".repeat(long / 5),
        "&a ".repeat(long / 3),
        "? ".repeat(long / 2),
        "\n".repeat(long),
        " ".repeat(long),
        "'".repeat(long),
        "\"".repeat(long),
        "#".repeat(long),
        format!("labels: {{a: '{}'}}", "${A}".repeat(long / 4 - 4)),
        format!("sinks: [{}]", "1,".repeat(long / 2 - 5)),
        format!("cleaning: {{entities: [{}]}}", "1,".repeat(long / 2 - 14)),
    ];
    for text in texts {
        let start = Instant::now();
        let setting = Setting::file(&text).and_variable("A", "x");
        drop(setting.load().map_err(|refused| refused.to_string()));
        let name: String = text.chars().take(20).collect();
        println!("{:>8} ms  {name:?}", start.elapsed().as_millis());
        assert!(start.elapsed() < Duration::from_secs(20), "{name}");
    }
}
