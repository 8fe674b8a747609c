use proptest::prelude::*;

use super::*;

#[test]
fn whole_unambiguous_measures_are_written_in_words() {
    for (text, right) in [
        (
            "About 5 m people were affected and 3 g of the drug was seized.",
            "About 5 million people were affected and 3 grams of the drug was seized.",
        ),
        (
            "Support fell 3.5% to 41%.",
            "Support fell 3.5 percent to 41 percent.",
        ),
        (
            "closed with 12.5 m shares traded.",
            "closed with 12.5 million shares traded.",
        ),
        ("5m more people", "5 million more people"),
        (
            "Profits <5% and costs >10% of revenue.",
            "Profits <5 percent and costs >10 percent of revenue.",
        ),
        ("3,5 % of it", "3,5 percent of it"),
        (
            "50 km north of it, 1 km away and 70 kg.",
            "50 kilometers north of it, 1 kilometer away and 70 kilograms.",
        ),
        (
            "a wall 5 m high and 6 ft tall",
            "a wall 5 meters high and 6 feet tall",
        ),
        ("at 60 mph.", "at 60 miles per hour."),
    ] {
        assert_eq!(standardize(text), right);
        assert_eq!(standardize(right), right);
    }
}

#[test]
fn whatever_is_not_sure_stays_as_written() {
    for text in [
        "The 5 G network and 4 g phones rolled out.",
        "the 100m final",
        "won the 100 m in 9.8 s",
        "a 5 km run",
        "the 2000 km long pipeline",
        "a 5 m high wall",
        "10-15%",
        "10%-15%",
        "foo5%20bar",
        "USD 5 m people",
        "1.2.3%",
        "M25 km",
        "5 km/h",
        "5 km² of it",
        "3 m",
        "$5% of",
    ] {
        assert_eq!(standardize(text), text);
    }
}

#[test]
fn both_steps_together_give_what_the_fixtures_ask() {
    let fixtures = include_str!("../fixtures/corruptions.jsonl");
    let mut checked = 0;
    for line in fixtures.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let category = case["category"].as_str().unwrap();
        if !matches!(category, "currency" | "units") {
            continue;
        }
        let input = case["input"].as_str().unwrap();
        let right = case["right_if_standardising"]
            .as_str()
            .or(case["right"].as_str())
            .unwrap();
        let once = standardize(&crate::currency::standardize(input)).into_owned();
        assert_eq!(once, right);
        assert_eq!(standardize(&crate::currency::standardize(&once)), right);
        checked += 1;
    }
    assert!(checked >= 9);
}

#[test]
fn a_megabyte_of_one_mark_takes_no_time() {
    for mark in ["1", "1,", "1%", "%", "1 m ", "1\u{a0}000\u{a0}", "1."] {
        let text = mark.repeat(1_000_000 / mark.len());
        let once = standardize(&text).into_owned();
        assert_eq!(standardize(&once), once, "{mark}");
    }
}

proptest! {
    #[test]
    fn a_second_run_changes_nothing(
        parts in prop::collection::vec(prop::sample::select(vec![
            "5", "1,200", "3.5", ",", ".", "%", " ", " ", "m", "g", "km", "of", "people", "more", "high", "USD", "-", "\u{a0}", "(",
            "x", "percent", "million", "000", "\n", "é", "1",
        ]), 0..12)
    ) {
        let text = parts.concat();
        let once = standardize(&text).into_owned();
        prop_assert_eq!(standardize(&once), once.as_str());
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let once = standardize(&text).into_owned();
        prop_assert_eq!(standardize(&once), once.as_str());
    }
}
