//! The whole: idempotent, total, true in its offsets, and harmless.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::{CodePoints, html};

/// Pieces of news as it comes in, each of which wakes some step.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "The goverment recieved teh report", "He left on Friday", "It cost $2.5bn", "€20", "19,99 €", "3.5%", "5 m people",
            "Zelenskyy", "café", "Москва", "习近平", "U.S.", "5 p.m.", "https://www.bbc.co.uk/news?page=2.", "jane@example.org",
            "itâ€™s", "Ã©tÃ©", "â€œHi", "ﬁnal", "e\u{301}", "\u{ad}", "\u{200b}", "\u{200d}", "\u{a0}", "\u{2028}", "\u{85}", "\u{7f}",
            "day.The", "stopped,but", " ,", " , ", " .", "!!!!", "?!?!", ",,", "......", "...", "--", "—", "–", "“", "’", "\"", "'",
            "m", "million", "bn", "USD", "percent", "1,200.50", "12.5", "2019", "May", "in March", "last week", "10:30",
            "<NYSE: T>", "x < 5", "5>3", "&", "&copy", ";", "#", "@", "/", "_", "(", ")", "%", "$", "£", "¥",
        ]).prop_map(str::to_owned),
        2 => prop::sample::select(vec![" ", "  ", "\n", "\n\n\n", "\t", "\r\n", ". ", ", "]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["<p>", "</p>", "<br>", "<b>", "</b>", "<a href='x>y'>", "&amp;", "&nbsp;", "&#8217;", "&lt;", "<!-- x -->"])
            .prop_map(str::to_owned),
        1 => ".{0,6}",
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn options() -> impl Strategy<Value = Options> {
    prop::collection::vec(any::<bool>(), 11).prop_map(|on| Options {
        remove_html_tags: on[0],
        fix_encoding: on[1],
        normalize_whitespace: on[2],
        normalize_punctuation: on[3],
        normalize_unicode_dashes: on[4],
        normalize_smart_quotes: on[5],
        remove_excessive_punctuation: on[6],
        add_space_after_punctuation: on[7],
        standardize_currency: on[8],
        standardize_units: on[9],
        enable_typo_correction: on[10],
        ..Options::default()
    })
}

/// Whether the text is out of the promise: it spelt out markup, and is markup now.
fn spelt_out_markup(text: &str, options: &Options) -> bool {
    options.remove_html_tags && html::to_text(text) != text
}

fn clean(text: &str, options: &Options) -> Cleaned {
    Pipeline::new(options.clone())
        .clean(text, Some(date(2024, 5, 15)))
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn cleaning_what_is_clean_changes_nothing(text in pieces(), options in options()) {
        for options in [&options, &Options::default()] {
            let once = clean(&text, options);
            if spelt_out_markup(&once.text, options) {
                continue;
            }
            let twice = clean(&once.text, options);
            prop_assert_eq!(&twice.text, &once.text);
            prop_assert!(twice.corrections.is_empty());
            prop_assert_eq!(twice.entities, once.entities);
            prop_assert_eq!(twice.first_date, once.first_date);
        }
    }

    #[test]
    fn titles_and_names_settle_too(text in pieces()) {
        let pipeline = Pipeline::new(Options::default());
        for field in [Pipeline::clean_title, Pipeline::clean_name] {
            let once = field(&pipeline, &text);
            prop_assert!(!once.contains('\n'));
            if !spelt_out_markup(&once, &Options::default()) {
                prop_assert_eq!(field(&pipeline, &once), once);
            }
        }
    }

    #[test]
    fn every_span_is_one_of_the_text(text in pieces(), options in options()) {
        let cleaned = clean(&text, &options);
        let mut code_points = CodePoints::new(&cleaned.text);
        let mut end = 0;
        for entity in &cleaned.entities {
            prop_assert!(entity.range.start >= end && entity.range.start < entity.range.end);
            end = entity.range.end;
            let (from, to) = (code_points.before(entity.range.start), code_points.before(entity.range.end));
            let slice: String = cleaned.text.chars().skip(from).take(to - from).collect();
            prop_assert_eq!(slice, &cleaned.text[entity.range.clone()]);
        }
        for correction in &cleaned.corrections {
            prop_assert_ne!(&cleaned.text[correction.range.clone()], correction.original.as_str());
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in ".{0,200}", options in options()) {
        drop(clean(&text, &options));
    }

    #[test]
    fn every_letter_survives(text in "[a-zA-Zа-яА-Яα-ωא-תء-ي一-龥ぁ-んァ-ヶ가-힣ก-ฮ \n]{0,80}") {
        let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
        let options = Options { enable_typo_correction: false, ..Options::default() };
        prop_assert_eq!(letters(&clean(&text, &options).text), letters(&text));
    }
}

#[test]
fn what_the_old_service_damaged_stays_whole() {
    #[derive(serde::Deserialize)]
    struct Case {
        id: String,
        input: String,
        right: String,
    }
    let cases = include_str!("../fixtures/corruptions.jsonl").lines();
    let cases: Vec<Case> = cases
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(cases.len() >= 34);
    for Case { id, input, right } in cases {
        assert_eq!(clean(&input, &Options::default()).text, right, "{id}");
    }
}

#[test]
fn a_switched_off_pipeline_changes_nothing() {
    let off = Options {
        remove_html_tags: false,
        fix_encoding: false,
        normalize_whitespace: false,
        normalize_punctuation: false,
        remove_excessive_punctuation: false,
        add_space_after_punctuation: false,
        enable_typo_correction: false,
        ..Options::default()
    };
    let text = " <b>itâ€™s</b>\u{200b} teh day.The  end , !!!!\r\n\n\n\n";
    assert_eq!(clean(text, &off).text, text);
}

#[test]
fn a_correction_tells_where_and_how_sure() {
    let cleaned = clean(
        "Café: the goverment said so on Friday.",
        &Options::default(),
    );
    let [correction] = &cleaned.corrections[..] else {
        panic!("{:?}", cleaned.corrections)
    };
    assert_eq!(correction.original, "goverment");
    assert_eq!(&cleaned.text[correction.range.clone()], "government");
    assert!(correction.confidence > 0.7);
    assert_eq!(&cleaned.text[cleaned.entities[0].range.clone()], "Friday");
    assert_eq!(cleaned.first_date, Some(date(2024, 5, 10)));
}

#[test]
fn a_text_in_another_language_is_not_corrected() {
    let german = "Die Regierung erklärte am Freitag, sie habe den Bericht nicht recieved und werde das Gesetz nicht ändern.";
    assert_eq!(clean(german, &Options::default()).corrections, []);
}

#[test]
fn words_inside_entities_are_kept_off() {
    let options = Options::default();
    let text = "It rained in the north on teh last Friday of the month.";
    let reading = Reading {
        entities: vec![Entity {
            kind: crate::entity::Kind::Event,
            range: 26..41,
        }],
        ..Reading::default()
    };
    let pipeline = Pipeline::new(options);
    assert_eq!(
        pipeline.finish(text.to_owned(), reading, None).corrections,
        []
    );
    assert_eq!(
        pipeline
            .finish(text.to_owned(), Reading::default(), None)
            .corrections
            .len(),
        1
    );
}

#[test]
fn reading_time_is_at_least_a_minute() {
    let minutes =
        |words: usize| clean(&"word ".repeat(words), &Options::default()).reading_minutes();
    assert_eq!([0, 1, 299, 300, 1000].map(minutes), [1, 1, 1, 2, 5]);
}

#[test]
fn entities_move_with_the_words_before_and_in_them() {
    let text = "The goverment of Kyiv recieved teh report.";
    let names = |text: &str, names: &[&str]| -> Vec<Entity> {
        let of = |name: &&str| {
            let start = text.find(*name).unwrap();
            Entity {
                kind: crate::entity::Kind::Org,
                range: start..start + name.len(),
            }
        };
        names.iter().map(of).collect()
    };
    let mut options = Options::default();
    options.typo.use_ner_entities = false;
    options.entity_types = vec![crate::entity::Kind::Org];
    let reading = Reading {
        entities: names(text, &["The goverment", "Kyiv", "report"]),
        ..Reading::default()
    };
    let cleaned = Pipeline::new(options).finish(text.to_owned(), reading, None);
    assert_eq!(cleaned.text, "The government of Kyiv received the report.");
    assert_eq!(
        cleaned.entities,
        names(&cleaned.text, &["The government", "Kyiv", "report"])
    );
}
