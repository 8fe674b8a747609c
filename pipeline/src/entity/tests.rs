use std::str::FromStr;

use proptest::prelude::*;

use super::*;

/// Returns the text of `marked` without its marks, and the entities marked as `<KIND words>`.
fn unmark(marked: &str) -> (String, Vec<Entity>) {
    let mut text = String::new();
    let mut entities = Vec::new();
    let mut rest = marked;
    while let Some((before, tail)) = rest.split_once('<') {
        text.push_str(before);
        let (inside, tail) = tail.split_once('>').unwrap();
        let (kind, words) = inside.split_once(' ').unwrap();
        let start = text.len();
        text.push_str(words);
        entities.push(Entity {
            kind: Kind::from_str(kind).unwrap(),
            range: start..text.len(),
        });
        rest = tail;
    }
    text.push_str(rest);
    (text, entities)
}

#[test]
fn news_phrases_hold_exactly_the_marked_entities() {
    let phrases = include_str!("phrases.txt");
    let mut checked = 0;
    let mut wrong = Vec::new();
    for line in phrases
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let (text, right) = unmark(line);
        let found = find(&text);
        if found != right {
            let found: Vec<_> = found
                .iter()
                .map(|entity| format!("{} {}", entity.kind, &text[entity.range.clone()]))
                .collect();
            wrong.push(format!("{line}\n    found {found:?}"));
        }
        checked += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked >= 80, "{checked}");
}

#[test]
fn a_kind_reads_back_from_its_name_in_text_and_json() {
    for kind in Kind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
        let json = serde_json::to_string(&kind).unwrap();
        assert_eq!(json, format!("\"{kind}\""));
        assert_eq!(serde_json::from_str::<Kind>(&json).unwrap(), kind);
    }
    let unknown = Kind::from_str("CARDINAL").unwrap_err();
    assert!(
        unknown
            .to_string()
            .starts_with("unknown entity type \"CARDINAL\"; known are PERSON, ORG")
    );
}

fn assert_well_formed(text: &str) {
    let mut last = 0;
    for entity in find(text) {
        assert!(
            entity.range.start >= last && entity.range.end > entity.range.start,
            "{text:?}"
        );
        let words = text.get(entity.range.clone()).unwrap();
        assert_eq!(words, words.trim(), "{text:?}");
        assert!(
            !words.ends_with([',', ';', ':', '-', '–', '(', '\'', '"']),
            "{words:?} in {text:?}"
        );
        last = entity.range.end;
    }
}

#[test]
fn a_megabyte_of_one_mark_takes_no_time() {
    for mark in [
        "1",
        "$",
        "1,",
        "$1",
        "1 ",
        "the ",
        "one ",
        "the end of ",
        "May ",
        "a ",
        "-",
        "1-",
        "é",
        "1:",
        "last ",
        "hundred ",
        "one hundred ",
        "millions of ",
        "early ",
        "3 to ",
        "2016 ",
        "2016-",
        "Monday, ",
        "US",
        "Q3 ",
        "https://",
        "@",
        "'90",
        "\u{a0}",
        "1\u{a0}000\u{a0}",
        "  ",
    ] {
        let length = if matches!(mark, "1" | "$" | "1,") {
            1_000_000
        } else {
            100_000
        };
        assert_well_formed(&mark.repeat(length / mark.len()));
    }
}

proptest! {
    #[test]
    fn entities_are_in_order_and_on_boundaries_in_fragments(
        parts in prop::collection::vec(prop::sample::select(vec![
            "the ", "last ", "next ", "May", "March ", "Jan", ". ", "5", "31", "2016", "2019", "1,200", "-", "–", " ", " ", ",", " of ", "$",
            "€", "bn", " million", " percent", "%", "Friday", " night", "early ", "end", "quarter", "third ", "years", "-old", " ago",
            "one", "hundred ", "half ", "a ", "pm", " p.m.", ":30", " GMT", "Christmas", "'", "s", "é", "\u{a0}", "\n", "Q3", "FY", "USD", "US",
            "dollars", "week", "th", "st", "in ", "to ", "and ", "today", "T", "/", "@", "#", "://", "x", "season", "summer", " before", "day",
        ]), 0..14)
    ) {
        assert_well_formed(&parts.concat());
    }

    #[test]
    fn entities_are_in_order_and_on_boundaries_in_any_text(text in any::<String>()) {
        assert_well_formed(&text);
    }
}
