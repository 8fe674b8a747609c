use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;

fn value(expression: &str, sentence: &str, reference: &str) -> Option<String> {
    let reference: Option<Date> = reference.parse().ok();
    resolve(expression, sentence, reference).map(|value| value.to_string())
}

#[test]
fn every_case_of_the_fixture_holds() {
    let fixture: serde_json::Value = serde_json::from_str(include_str!("cases.json")).unwrap();
    let reference = fixture["reference"].as_str().unwrap();
    for case in fixture["cases"].as_array().unwrap() {
        let expression = case[0].as_str().unwrap();
        let found = value(expression, expression, reference);
        match case[1].as_str() {
            Some(right) => {
                let found = found.unwrap_or_else(|| panic!("{expression} did not resolve"));
                assert!(
                    right.split('|').any(|right| right == found),
                    "{expression}: {found}, not {right}"
                );
            }
            None => assert_eq!(found, None, "{expression}"),
        }
    }
}

#[test]
fn the_verbs_of_the_sentence_decide_between_past_and_future() {
    let reference = "2024-05-15"; // a Wednesday
    for (expression, sentence, right) in [
        ("Friday", "The court will rule on Friday.", "2024-05-17"),
        (
            "Friday",
            "He said on Friday that the court will rule.",
            "2024-05-10",
        ),
        ("Friday", "The verdict is due on Friday.", "2024-05-17"),
        (
            "Friday",
            "The minister is to meet them on Friday.",
            "2024-05-17",
        ),
        ("Friday", "She plans to fly on Friday.", "2024-05-17"),
        ("Friday", "Talks were held on Friday.", "2024-05-10"),
        ("Friday", "The vote is scheduled for Friday.", "2024-05-17"),
        (
            "Friday",
            "On Friday, the president will visit.",
            "2024-05-17",
        ),
        ("Wednesday", "He resigned on Wednesday.", "2024-05-15"),
        ("June", "It will open in June.", "2024-06"),
        ("June", "It opened in June.", "2023-06"),
        (
            "March 24",
            "The election is scheduled for March 24.",
            "2025-03-24",
        ),
        ("May 20", "He must leave by May 20.", "2024-05-20"),
        (
            "the weekend",
            "They will play at the weekend.",
            "2024-W20-WE",
        ),
        ("the weekend", "They played at the weekend.", "2024-W19-WE"),
        ("October 31", "The deadline is October 31.", "2024-10-31"),
        ("this summer", "The film opens this summer.", "2024-SU"),
        ("Friday, May 3", "It ended Friday, May 3.", "2024-05-03"),
        ("Friday morning", "It began Friday morning.", "2024-05-10"),
        (
            "this coming Friday",
            "It is decided this coming Friday.",
            "2024-05-17",
        ),
        (
            "March of this year",
            "It began in March of this year.",
            "2024-03",
        ),
        (
            "December 22, last year",
            "It began on December 22, last year.",
            "2023-12-22",
        ),
        (
            "the end of the year",
            "It ends by the end of the year.",
            "2024",
        ),
        ("three days ago", "It began three days ago.", "2024-05-12"),
        (
            "the third quarter",
            "Sales rose in the third quarter.",
            "2023-Q3",
        ),
        (
            "Friday",
            "On Friday, the senator won the state.",
            "2024-05-10",
        ),
        ("Friday", "They won't meet on Friday.", "2024-05-17"),
        (
            "this Sunday",
            "This Sunday, he crossed the sea.",
            "2024-05-12",
        ),
        ("June", "By June, measures were taken.", "2023-06"),
        ("June", "They must leave by June.", "2024-06"),
        (
            "June",
            "Riots broke out due to the shooting in June.",
            "2023-06",
        ),
        (
            "the first quarter of next year",
            "It opens in the first quarter of next year.",
            "2025-Q1",
        ),
        ("the summer of '42", "It was the summer of '42.", "1942-SU"),
        ("third-quarter", "Its third-quarter profit rose.", "2023-Q3"),
        (
            "the year-ago quarter",
            "It lost money in the year-ago quarter.",
            "2023-Q1",
        ),
        (
            "the latest quarter",
            "It lost money in the latest quarter.",
            "2024-Q1",
        ),
        ("05/03/2024", "It was posted 05/03/2024.", "2024-05-03"),
        ("early next year", "It opens early next year.", "2025"),
        ("June 20", "The dividend is payable June 20.", "2024-06-20"),
        (
            "the first half of next year",
            "It opens in the first half of next year.",
            "2025-H1",
        ),
        ("the 1990s", "It was built in the 1990s.", "199"),
        ("the 21st century", "It is the 21st century.", "20"),
    ] {
        assert_eq!(
            value(expression, sentence, reference).as_deref(),
            Some(right),
            "{sentence}"
        );
    }
}

#[test]
fn without_a_reference_only_absolute_dates_resolve() {
    for (expression, right) in [
        ("Friday, January 4, 2019", Some("2019-01-04")),
        ("June 2019", Some("2019-06")),
        ("2016", Some("2016")),
        ("the third quarter of 2024", Some("2024-Q3")),
        ("Christmas 2019", Some("2019-12-25")),
        ("summer 2019", Some("2019-SU")),
        ("the first half of 2019", Some("2019-H1")),
        ("25/12/2019", Some("2019-12-25")),
        ("2019-02-30", None),
        ("Friday", None),
        ("yesterday", None),
        ("two weeks ago", None),
        ("May 3", None),
        ("last year", None),
    ] {
        assert_eq!(
            value(expression, expression, "").as_deref(),
            right,
            "{expression}"
        );
    }
}

#[test]
fn lengths_and_vague_words_never_resolve() {
    for expression in [
        "24 hours",
        "30 years",
        "recent weeks",
        "that day",
        "the following day",
        "the next few days",
        "several days",
        "each year",
        "the past two years",
        "a week",
        "the day",
        "six-year",
        "years later",
        "2100 UTC",
        "02/03/2019",
        "",
        "the",
        "89th minute",
        "two days later",
        "the next day",
        "the last weekend of July",
        "in winter",
        "the quarter",
        "the last night",
    ] {
        assert_eq!(
            value(expression, expression, "2024-05-15"),
            None,
            "{expression}"
        );
    }
}

#[test]
fn the_first_date_of_a_text_is_the_first_that_resolves() {
    let text = "For 30 years nothing moved. The fire began on Tuesday morning. It ended in 2016.";
    let entities = crate::entity::find(text);
    assert_eq!(
        first_date(text, &entities, Some(date(2024, 5, 15))),
        Some(date(2024, 5, 14))
    );
    assert_eq!(first_date(text, &entities, None), Some(date(2016, 1, 1)));
    let text = "Friday, January 4, 2019 \n\nA building collapsed on Monday.";
    assert_eq!(
        first_date(text, &crate::entity::find(text), None),
        Some(date(2019, 1, 4))
    );
    assert_eq!(
        first_date("Nothing here.", &[], Some(date(2024, 5, 15))),
        None
    );
}

#[test]
fn feasts_fall_on_their_days() {
    for (expression, right) in [
        ("Easter Sunday 2025", "2025-04-20"),
        ("Good Friday, 2019", "2019-04-19"),
        ("Thanksgiving 2019", "2019-11-28"),
        ("Memorial Day 2019", "2019-05-27"),
        ("Black Friday 2019", "2019-11-29"),
        ("Easter 1818", "1818-03-22"),
        ("Easter 2038", "2038-04-25"),
    ] {
        assert_eq!(
            value(expression, expression, "").as_deref(),
            Some(right),
            "{expression}"
        );
    }
}

proptest! {
    #[test]
    fn no_expression_makes_it_panic(
        parts in prop::collection::vec(prop::sample::select(vec![
            "the ", "last ", "next ", "May ", "5", "31 ", "2016 ", "0000", "9999 ", "-", "/", ".", ",", " of ", "Friday ", "night ", "end ",
            "quarter ", "third ", "years ", "ago ", "one ", "hundred ", "billion ", "a ", "decade ", "week ", "'", "s ", "é", "Q", "H1 ",
            "Easter ", "1999999999 ", "from now", "century ", "th ", "month ", "13", "weekend ", "winter ", "this ", "coming ",
        ]), 0..10),
        sentence in any::<String>(),
        year in -9999i16..=9999, month in 1i8..=12, day in 1i8..=28,
    ) {
        let expression = parts.concat();
        let reference = date(year, month, day);
        for sentence in [expression.as_str(), sentence.as_str()] {
            if let Some(value) = resolve(&expression, sentence, Some(reference)) {
                let _ = (value.day(), value.to_string());
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), start in 0usize..40, end in 0usize..40) {
        let entity = Entity { kind: Kind::Date, range: start..end };
        let _ = first_date(&text, &[entity], Some(date(2024, 5, 15)));
        let _ = resolve(&text, &text, Some(date(2024, 5, 15)));
    }
}
