use std::ops::Range;

use proptest::prelude::*;

use super::{Correction, Options, find};
use crate::Suspicion;

fn apply(text: &str, corrections: &[Correction]) -> String {
    let mut result = String::new();
    let mut at = 0;
    for correction in corrections {
        result.push_str(&text[at..correction.range.start]);
        result.push_str(&correction.replacement);
        at = correction.range.end;
    }
    result + &text[at..]
}

fn correct(text: &str) -> String {
    apply(text, &find(text, &[], &[], &Options::default()))
}

#[track_caller]
fn unchanged(text: &str) {
    assert_eq!(correct(text), text);
}

/// What the replaced service damaged.
#[test]
fn words_and_names_of_the_news_are_left_alone() {
    for text in [
        "The vaping industry faces new rules on nicotine.",
        "She posted a selfie and a hashtag during lockdown.",
        "The crypto startup used blockchain and fintech APIs.",
        "Brexit and Biden dominated a Kyiv summit with Putin and Xi.",
        "Ukraine fired a drone at a Kursk depot in July.",
        "A Thai baht and a Polish zloty gained; the Iraqi dinar fell.",
        "de la Cruz and van der Berg and von Trier",
        "James Webb and Chris Owen",
        "ios",
        "The deepfake was shared by a vlogger who had covid and a podcast.",
        "President Zelenskyy met Recep Tayyip Erdoğan and Emmanuel Macron at the Café de Flore.",
        "Version 2.0.1 fixes CVE-2024-3094; the server is at 10.0.0.1.",
        "Read more at https://www.bbc.co.uk/news/world-12345?page=2.",
    ] {
        unchanged(text);
    }
}

#[test]
fn listed_misspellings_are_corrected() {
    assert_eq!(
        correct("The goverment recieved teh report."),
        "The government received the report."
    );
}

#[test]
fn a_correction_names_the_word_without_its_punctuation() {
    let text = "The “goverment, which fell,” was new.";
    let found = find(text, &[], &[], &Options::default());
    assert_eq!(found.len(), 1);
    assert_eq!(&text[found[0].range.clone()], "goverment");
    assert_eq!(found[0].replacement, "government");
    assert!(found[0].confidence > 0.9);
}

#[test]
fn a_listed_misspelling_is_corrected_each_time() {
    assert_eq!(
        correct("He recieved one letter and she recieved two of them."),
        "He received one letter and she received two of them."
    );
}

#[test]
fn a_slip_in_a_frequent_word_is_corrected() {
    assert_eq!(
        correct("The minister said that the negotiaxtions would go on for a week."),
        "The minister said that the negotiations would go on for a week."
    );
}

#[test]
fn an_unknown_word_that_occurs_twice_is_a_word() {
    unchanged("The negotiaxtions went on, and the negotiaxtions ended in the night.");
}

#[test]
fn nothing_protected_is_corrected() {
    let text = "The goverment recieved the report.";
    let protected = [22..26, 4..9, 9..10];
    let found = find(text, &protected, &[], &Options::default());
    assert_eq!(apply(text, &found), "The goverment received the report.");
}

#[test]
fn spellings_of_every_kind_of_english_are_left_alone() {
    unchanged(
        "The centre's programme of defence labour was organised in colour, and the center's program of \
         defense labor was organized in color; the tyre, the kerb, the cheque and the jewellery, \
         travelling, travelled and skilful; judgement and judgment, ageing and aging, grey and gray.",
    );
}

#[test]
fn addresses_tags_files_and_code_are_left_alone() {
    for text in [
        "Write to goverment@recieve.com or see www.recieve.com/goverment and recieve.py for the rest of it.",
        "They said #goverment and @recieve and goverment_recieve and /recieve/goverment and goverment2 to all.",
        "They were self-goverment and goverment-run and goverment's and don't-recieve all the time.",
        "The option --goverment and the variable $goverment and the tag <goverment> are what it has.",
    ] {
        unchanged(text);
    }
}

#[test]
fn what_is_quoted_as_misspelt_is_left_alone() {
    unchanged("The note said that they \"recieved [sic] the money\" from the bank.");
    unchanged("Many people write \"recieve\" or (recieve) or ‘recieve’ for the verb.");
}

#[test]
fn cut_words_are_left_alone() {
    unchanged("The state will pay for the new infrastruc…");
    unchanged("The state will pay for the new infrastruc...");
    unchanged("The state will pay for the new infrastructur");
    unchanged("The state will pay for the new infor mation and for the rest.");
    unchanged("The state will pay for the new govern-\nmnet and for the rest.");
    unchanged("The govt. said that the dept. of the interior had the approx. cost.");
}

#[test]
fn spoken_forms_are_left_alone() {
    unchanged("He was just lookin' at the house and sittin in the car, and youre right, he said.");
}

#[test]
fn texts_in_other_languages_are_left_alone() {
    for text in [
        "La publicacion de la informacion sobre el goverment fue una decision del presidente y de su partido.",
        "Le gouvernement a recu une lettre de la part du comite, qui a ensuite publie un communique de presse.",
        "De regering heeft gisteren een nieuw probleem met het product en de documentaire op televisie besproken.",
        "Die Regierung hat das Produkt und die Variablen explizit im neuen Vertrag mit der Kommission genannt.",
        "Il governo ha ricevuto una lettera dal comitato e ha poi pubblicato un comunicato sulla serie e la masse.",
        "O governo recebeu uma carta do comite e depois publicou um comunicado sobre a producao de vacine.",
    ] {
        unchanged(text);
    }
}

#[test]
fn foreign_words_in_an_english_sentence_are_left_alone() {
    unchanged(
        "The team won the serie against a club from Milan, and the masse of fans cheered the forex desk.",
    );
    unchanged("He quoted the line \"la publicacion de informacion\" and went on with the speech.");
}

#[test]
fn joined_spoken_and_drawn_out_words_are_left_alone() {
    unchanged("They said that noone in the town was there, and that he was rumblin along.");
    unchanged("The doomscroller and the unfollower met on a modpack forum about minigaming.");
}

#[test]
fn a_text_without_capitals_may_name_somebody() {
    unchanged("they said that the lecter of the city was there with the others today");
}

#[test]
fn a_word_with_several_readings_is_decided_by_its_neighbours_or_left_alone() {
    assert_eq!(
        correct("They said that theri house was sold."),
        "They said that their house was sold."
    );
    unchanged("It is peices of the whole that we saw.");
    unchanged("He saw the offcers in the town.");
}

#[test]
fn nobody_is_insulted_by_a_guess() {
    unchanged("They said that the fuckng and the shiit of the city were the nicect of all.");
}

#[test]
fn capitals_are_left_alone_unless_asked_for() {
    let text = "Goverment officials in the GOVERMENT said that the Teh family had left.";
    unchanged(text);
    let options = Options {
        skip_capitalized_words: false,
        ..Options::default()
    };
    assert_eq!(
        apply(text, &find(text, &[], &[], &options)),
        "Government officials in the GOVERNMENT said that the Teh family had left."
    );
}

#[test]
fn the_limits_are_kept() {
    let text = "The goverment recieved teh report.";
    let with = |options: &Options| apply(text, &find(text, &[], &[], options));
    let long = Options {
        min_word_length: 9,
        ..Options::default()
    };
    assert_eq!(with(&long), "The government recieved teh report.");
    let short = Options {
        max_word_length: 8,
        ..Options::default()
    };
    assert_eq!(with(&short), "The goverment received the report.");
    let certain = Options {
        confidence_threshold: 1.0,
        ..Options::default()
    };
    assert_eq!(with(&certain), text);
}

#[test]
fn unknown_options_are_refused() {
    assert_eq!(
        serde_json::from_str::<Options>("{}").unwrap(),
        Options::default()
    );
    assert!(serde_json::from_str::<Options>(r#"{"min_length": 3}"#).is_err());
}

#[test]
fn a_megabyte_of_anything_takes_linear_time() {
    let start = std::time::Instant::now();
    for piece in [
        "a",
        "x ",
        "goverment ",
        "-",
        "\"",
        "the teh ",
        "é",
        "qzx qzy the of and is was ",
        "[sic] ",
    ] {
        let text = piece.repeat(1_000_000 / piece.len());
        let _ = correct(&text);
    }
    assert!(start.elapsed().as_secs() < 60);
}

fn fragment() -> impl Strategy<Value = String> {
    let words = "the of and to goverment recieved teh seperate wich negotiaxtions zxqv profesional infor mation \
                 govern ment café serie Teh GOVERMENT [sic] (teh) \"adn\" ... … . , ; - — ' ’ “ ” \n 3.5 a.b \
                 unlikley commerical mulitple spokeman information report minister said week Москва 习近平";
    let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    prop_oneof![
        8 => prop::sample::select(words),
        1 => any::<String>(),
        1 => "[a-z]{1,12}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    let glue = prop::sample::select(vec![" ", " ", " ", " ", "", "\n", ", "]);
    prop::collection::vec((fragment(), glue), 0..60)
        .prop_map(|parts| parts.into_iter().map(|(word, glue)| word + glue).collect())
}

#[test]
fn what_a_model_is_sure_of_is_corrected_where_lists_would_not_dare() {
    let text = "The fire spread through the old uildings of the town before the firemen came form the city.";
    let word = |word: &str| {
        let start = text.find(word).unwrap();
        start..start + word.len()
    };
    let suspicions = |probability| {
        ["uildings", "form"].map(|name| Suspicion {
            range: word(name),
            probability,
        })
    };
    let with = |probability, protected: &[Range<usize>]| {
        let found = find(
            text,
            protected,
            &suspicions(probability),
            &Options::default(),
        );
        apply(text, &found)
    };
    assert_eq!(with(0.5, &[]), text);
    // A known word stays whatever a model says.
    assert_eq!(with(0.99, &[]), text.replace("uildings", "buildings"));
    assert_eq!(with(0.99, &[word("uildings")]), text);
}

proptest! {
    #[test]
    fn corrections_are_words_of_the_text_in_order(text in text(), loose in any::<bool>()) {
        let options = Options { skip_capitalized_words: !loose, skip_mixed_case: !loose, ..Options::default() };
        let mut end = 0;
        for correction in find(&text, &[], &[], &options) {
            prop_assert!(correction.range.start >= end);
            end = correction.range.end;
            let word = &text[correction.range.clone()];
            prop_assert!(word.bytes().all(|byte| byte.is_ascii_alphabetic()));
            prop_assert!(word != correction.replacement);
            prop_assert!((options.confidence_threshold..=1.0).contains(&correction.confidence));
        }
    }

    #[test]
    fn corrected_text_has_nothing_left_to_correct(text in text(), loose in any::<bool>()) {
        let options = Options { skip_capitalized_words: !loose, skip_mixed_case: !loose, ..Options::default() };
        let once = apply(&text, &find(&text, &[], &[], &options));
        prop_assert_eq!(find(&once, &[], &[], &options), vec![]);
    }

    #[test]
    fn any_string_is_read_without_panic(text in any::<String>()) {
        drop(find(&text, &[], &[], &Options::default()));
    }
}

/// Otherwise a correction could change what its neighbours are taken for.
#[test]
fn no_correction_is_a_small_word_of_another_language() {
    for word in [
        "como", "mais", "dans", "aux", "cette", "leur", "pero", "quien", "tiene", "donde",
    ] {
        assert!(crate::small_words::is_foreign(word));
        assert!(!super::lexicon::is_common(word, 0), "{word}");
    }
}
