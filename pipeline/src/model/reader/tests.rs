//! The whole way from texts to readings, with tiny random models: their answers mean nothing, their form must hold.

use candle_core::DType;
use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::model::tests::{bert, distilbert, roberta, scutch};

fn reader(files: &Files) -> Reader {
    Reader::new(files, &LabelMap::new(), &Device::cpu()).unwrap()
}

/// Ranges are in order, apart, and made of whole words.
fn check(text: &str, reading: &Reading) {
    let mut at = 0;
    for entity in &reading.entities {
        assert!(at <= entity.range.start && entity.range.start < entity.range.end);
        let name = text.get(entity.range.clone()).unwrap();
        assert_eq!(name.trim(), name);
        at = entity.range.end;
    }
    let mut at = 0;
    for suspicion in &reading.suspicions {
        assert!(at <= suspicion.range.start && suspicion.range.end > suspicion.range.start);
        assert!(
            text.get(suspicion.range.clone())
                .unwrap()
                .contains(char::is_alphabetic)
        );
        assert!((0.0..=1.0).contains(&suspicion.probability));
        at = suspicion.range.end;
    }
}

#[derive(Deserialize)]
struct Reference {
    text: String,
    tags: Vec<Vec<f32>>,
    typos: Vec<f32>,
}

#[test]
fn both_heads_and_the_case_classes_are_those_of_the_training() {
    let (files, reference) = scutch();
    let reference: Reference = serde_json::from_str(reference).unwrap();
    let mut reader = reader(&files);
    let document = Document::new(
        &reference.text,
        &mut reader.pieces,
        reader.capacity,
        reader.has_classes,
    );
    let scores = reader.scores(&[document]).unwrap();
    let pairs = [
        (&scores[0].tags, reference.tags.concat()),
        (&scores[0].misspelt, reference.typos),
    ];
    for (found, wanted) in pairs {
        assert_eq!(found.len(), wanted.len());
        assert!(
            found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-4),
            "{found:?} {wanted:?}"
        );
    }
}

#[test]
fn texts_without_words_have_nothing_to_tell() {
    for (files, _) in [scutch(), roberta()] {
        let mut reader = reader(&files);
        assert!(reader.read::<&str>(&[]).unwrap().is_empty());
        let readings = reader.read(&["", " \n\t\u{3000}", "\u{a0}"]).unwrap();
        assert_eq!(readings, vec![Reading::default(); 3]);
    }
}

#[test]
fn a_word_of_a_megabyte_is_read() {
    for (files, _) in [scutch(), bert(), distilbert(), roberta()] {
        let mut reader = reader(&files);
        for unit in ["a", "é", "a.", "北", "\u{301}", "x\u{200b}", "👩‍👩‍👧"] {
            let text = unit.repeat((1 << 20) / unit.len());
            // What the splitter cuts into words of one character is the next test's concern.
            let text = if words(&text) > 20_000 {
                &text[..text.floor_char_boundary(9_000)]
            } else {
                &text
            };
            check(text, &reader.read(&[text]).unwrap()[0]);
        }
    }
}

fn words(text: &str) -> usize {
    crate::model::words::split(text).count()
}

#[test]
fn a_hundred_thousand_words_are_read() {
    let (files, _) = scutch();
    let text = "Maria met the chief. ".repeat(20_000);
    let reading = &reader(&files).read(&[&text]).unwrap()[0];
    check(&text, reading);
    assert_eq!(reading.suspicions.len(), 80_000);
}

#[test]
fn no_name_reaches_across_a_blank_line() {
    let (files, _) = scutch();
    let text = "Maria Keller\n\nmet the\n \nchief of ACME ".repeat(40);
    let reading = &reader(&files).read(&[&text]).unwrap()[0];
    assert!(!reading.entities.is_empty());
    for entity in &reading.entities {
        let name = &text[entity.range.clone()];
        assert!(name.matches('\n').count() < 2, "{name:?}");
    }
}

#[test]
fn a_type_that_stands_for_nothing_is_left_out() {
    let (files, _) = bert();
    let text = "Maria Keller met the chief of Acme in Paris on Monday";
    let map = LabelMap::from(["PER", "ORG", "MISC"].map(|name| (name.to_owned(), None)));
    let reading = &Reader::new(&files, &map, &Device::cpu())
        .unwrap()
        .read(&[text])
        .unwrap()[0];
    assert!(
        reading
            .entities
            .iter()
            .all(|entity| entity.kind == crate::entity::Kind::Loc)
    );
}

#[test]
fn windows_of_one_length_stand_together_in_a_batch() {
    let (files, _) = scutch();
    let mut reader = reader(&files);
    let texts = [
        "Maria met",
        "the chief of Acme",
        "in Paris",
        "Maria",
        "met the chief of",
    ];
    let capacity = reader.capacity;
    let documents = texts.map(|text| Document::new(text, &mut reader.pieces, capacity, true));
    let places = batches::places(&documents);
    let packed = batches::pack(&documents, &places, &reader.pieces.frame);
    let lengths: Vec<usize> = packed.windows.iter().map(ExactSizeIterator::len).collect();
    assert!(lengths.is_sorted() && lengths.len() == 5, "{lengths:?}");
}

#[test]
fn what_was_done_is_counted() {
    let (files, _) = scutch();
    let mut reader = reader(&files);
    reader.budget = Budget(8);
    reader
        .read(&["Maria met the chief.", "", "In Paris"])
        .unwrap();
    let done = reader.done;
    assert_eq!((done.documents, done.words, done.halvings), (3, 7, 0));
    assert!(
        done.pieces >= done.words && done.windows == 2 && done.batches == 2,
        "{done:?}"
    );
}

#[test]
fn candles_own_operations_read_the_same() {
    for (files, _) in [scutch(), bert(), distilbert(), roberta()] {
        let texts = ["Maria Keller met the chief of Acme in Paris. ", "He left. "]
            .map(|text| text.repeat(30));
        let mut reader = reader(&files);
        let fused = reader.read(&texts).unwrap();
        let config = Config::parse(&files.config).unwrap();
        let cpu = candle_core::Device::Cpu;
        let weights = Weights::parse(&files.weights, &cpu, DType::F32).unwrap();
        reader.encoder = Encoder::in_tensors(&config, &weights).unwrap();
        reader.budget = Budget(budget::ON_CUDA);
        let plain = reader.read(&texts).unwrap();
        for (fused, plain) in fused.iter().zip(&plain) {
            assert_eq!(fused.entities, plain.entities);
            let pairs = fused.suspicions.iter().zip(&plain.suspicions);
            assert!(
                pairs
                    .clone()
                    .all(|(a, b)| (a.probability - b.probability).abs() < 1e-5)
            );
        }
    }
}

/// Scores of a document that was read with others, and alone.
fn same(reader: &mut Reader, texts: &[String]) {
    let documents: Vec<Document> = texts
        .iter()
        .map(|text| {
            Document::new(
                text,
                &mut reader.pieces,
                reader.capacity,
                reader.has_classes,
            )
        })
        .collect();
    let together = reader.scores(&documents).unwrap();
    for (document, together) in documents.into_iter().zip(together) {
        let alone = reader.scores(&[document]).unwrap();
        assert_eq!(alone[0].tags.len(), together.tags.len());
        let numbers = alone[0].tags.iter().chain(&alone[0].misspelt);
        let others = together.tags.iter().chain(&together.misspelt);
        assert!(numbers.zip(others).all(|(a, b)| (a - b).abs() < 1e-5));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_text_reads_the_same_alone_and_among_others(
        texts in proptest::collection::vec(r"((Maria|met|the chief|of|Acme|in|Paris|zzz|1,2|北京|,) ?){0,60}", 0..8),
        budget in 8_usize..400,
    ) {
        for (files, _) in [scutch(), distilbert(), roberta()] {
            let mut reader = reader(&files);
            reader.budget = Budget(budget);
            same(&mut reader, &texts);
        }
    }

    #[test]
    fn any_text_of_any_script_is_read(texts in proptest::collection::vec(r"(\PC|[ \n\t\u{0}\u{301}a-cA-C.,']){0,60}", 0..5)) {
        for (files, _) in [scutch(), bert(), roberta()] {
            let readings = reader(&files).read(&texts).unwrap();
            prop_assert_eq!(readings.len(), texts.len());
            for (text, reading) in texts.iter().zip(&readings) {
                check(text, reading);
            }
        }
    }
}
