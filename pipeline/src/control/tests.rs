use super::kind::{Kind, kind};
use super::{may_be_suspect, remove_controls};
use proptest::prelude::*;
use std::borrow::Cow;

#[track_caller]
fn check(text: &str, right: &str) {
    assert_eq!(remove_controls(text), right, "of {text:?}");
}

#[track_caller]
fn stays(text: &str) {
    assert!(
        matches!(remove_controls(text), Cow::Borrowed(same) if same == text),
        "{text:?} became {:?}",
        remove_controls(text)
    );
}

#[test]
fn plain_text_is_borrowed() {
    stays("");
    stays("Plain text,\n\twith “quotes” – and €20; naïve, Zelenskyy, 北京.\n\n");
    stays("\u{fffd} is kept, so are \u{fffc}, \u{e000} and \u{3000}");
}

#[test]
fn every_line_break_is_one_line_feed() {
    check(
        "a\r\nb\rc\u{85}d\u{2028}e\u{2029}f\u{b}g\u{c}h",
        "a\nb\nc\nd\ne\nf\ng\nh",
    );
    check("a\r\n\r\nb\r\r\n", "a\n\nb\n\n");
}

#[test]
fn terminal_escapes_go_with_their_parameters() {
    check("\u{1}\u{1b}[36;44mfoo\u{1b}[0m", "foo");
    check("\u{1b}[?25lhidden\u{1b}[K", "hidden");
    check("\u{1b}[12;34 and \u{1b} text", "[12;34 and  text");
    check("\u{1b}\u{1b}[m[31m", "[31m");
}

#[test]
fn controls_and_invisible_characters_go() {
    check("\u{feff}a\0b\u{7f}c\u{9d}d", "abcd");
    check(
        "co\u{ad}op\u{200b}er\u{2060}ate\u{206a}\u{fff9}",
        "cooperate",
    );
    check(
        "\u{200e}left\u{202a} to\u{202c} right\u{2067}",
        "left to right",
    );
    check("no\u{200d}joi\u{200c}ner", "nojoiner");
    check("stray\u{e0001}\u{e0067}", "stray");
}

#[test]
fn direction_marks_stay_with_right_to_left_letters() {
    stays("\u{202b}שלום\u{202c} (AB\u{200e})");
    stays("‏مرحبا");
    check("\u{202b}שלום\u{200b}\u{202c}", "\u{202b}שלום\u{202c}");
}

#[test]
fn joiners_stay_where_a_script_needs_them() {
    stays("می\u{200c}خواهم");
    stays("क्\u{200d}ष and ന്\u{200d} at the end");
    check("می\u{ad}\u{200c}\0خواهم a\u{200c}b", "می\u{200c}خواهم ab");
    stays("ภาษา\u{200b}ไทย");
    stays("ខ្មែរ\u{200b}abc");
}

#[test]
fn emoji_sequences_stay_whole() {
    stays("👩\u{200d}👩\u{200d}👧 🏳\u{fe0f}\u{200d}🌈 👩🏽\u{200d}⚕\u{fe0f} 1\u{fe0f}\u{20e3}");
    stays("🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}");
    stays("🏴\u{e0075}\u{e0073}\u{e006f}\u{e0068}\u{e007f} ohio");
    stays("葛\u{e0100}");
    check("👩\u{200d} alone", "👩 alone");
}

#[test]
fn visible_format_characters_stay() {
    stays("\u{600}١٢ \u{6dd} \u{70f} \u{8e2} \u{110bd} \u{180e} \u{1d173}");
}

#[test]
fn the_quick_look_misses_no_character() {
    for c in '\0'..=char::MAX {
        let mut buffer = [0; 4];
        let bytes = c.encode_utf8(&mut buffer).as_bytes();
        if kind(c) != Kind::Plain {
            assert!(may_be_suspect(bytes), "{:x}", c as u32);
        }
        assert!(
            kind(c) == Kind::Plain || !c.is_alphanumeric(),
            "{:x}",
            c as u32
        );
    }
}

#[test]
fn long_runs_take_linear_time() {
    for unit in [
        "\u{200d}",
        "\u{1b}[",
        "\u{1b}[;",
        "\r",
        "\u{200e}",
        "\u{e0020}",
        "\u{200b}a",
    ] {
        let text = unit.repeat(200_000 / unit.len());
        let once = remove_controls(&text).into_owned();
        assert_eq!(remove_controls(&once), once);
    }
}

fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC",
        any::<char>().prop_map(String::from),
        prop::sample::select(vec![
            "\r",
            "\n",
            "\r\n",
            "\u{1b}",
            "\u{1b}[31m",
            "\u{1b}[",
            "\0",
            "\u{85}",
            "\u{2028}",
            "\u{ad}",
            "\u{200b}",
            "\u{200c}",
            "\u{200d}",
            "\u{200e}",
            "\u{202e}",
            "\u{2060}",
            "\u{feff}",
            "\u{fffd}",
            "\u{61c}",
            "\u{e0067}",
            "\u{e007f}",
            "\u{e0001}",
            "a",
            " ",
            "é",
            "e\u{301}",
            "ش",
            "ם",
            "क्",
            "ไ",
            "🏴",
            "👩",
            "\u{fe0f}",
            "\u{1f3fd}",
            "31",
            "m",
            "[",
            ";",
        ])
        .prop_map(String::from),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(fragment(), 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn removing_twice_is_removing_once(text in text()) {
        let once = remove_controls(&text).into_owned();
        prop_assert_eq!(remove_controls(&once), once.as_str());
    }

    #[test]
    fn everything_visible_stays_in_order(text in text()) {
        let text = text.replace('\u{1b}', "");
        let plain = |text: &str| text.chars().filter(|&c| c != '\n' && kind(c) == Kind::Plain).collect::<String>();
        prop_assert_eq!(plain(&remove_controls(&text)), plain(&text));
    }

    #[test]
    fn no_control_is_left(text in text()) {
        let left = remove_controls(&text);
        prop_assert!(!left.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
    }
}
