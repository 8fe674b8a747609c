//! Numbers against `transformers`, which wrote the references (`testdata/models/make.py`); what is refused; the thread.

use candle_core::{DType, Device as CandleDevice};
use serde::Deserialize;

use super::config::Config;
use super::document::Document;
use super::encoder::{Encoder, Packed, Products};
use super::pieces::Pieces;
use super::weights::Weights;
use super::{Device, Error, Files, LabelMap, Model};

macro_rules! model {
    ($name:ident) => {
        pub(super) fn $name() -> (Files, &'static str) {
            macro_rules! file {
                ($file:literal) => {
                    concat!("../../testdata/models/", stringify!($name), "/", $file)
                };
            }
            let files = Files {
                config: include_bytes!(file!("config.json")).to_vec(),
                tokenizer: include_bytes!(file!("tokenizer.json")).to_vec(),
                weights: include_bytes!(file!("model.safetensors")).to_vec(),
            };
            (files, include_str!(file!("reference.json")))
        }
    };
}

model!(bert);
model!(distilbert);
model!(roberta);
model!(scutch);

#[derive(Deserialize)]
struct Reference {
    text: String,
    ids: Vec<u32>,
    types: Option<Vec<u32>>,
    logits: Vec<Vec<f32>>,
}

fn encoder(files: &Files) -> (Config, Encoder) {
    let config = Config::parse(&files.config).unwrap();
    let weights = Weights::parse(&files.weights, &CandleDevice::Cpu, DType::F32).unwrap();
    let encoder = Encoder::new(&config, &weights, Products::F32).unwrap();
    (config, encoder)
}

fn close(found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() < 1e-4, "{found} {wanted}");
    }
}

#[test]
fn logits_are_those_of_transformers_alone_and_in_one_batch() {
    for (files, references) in [bert(), distilbert(), roberta()] {
        let (_, encoder) = encoder(&files);
        let references: Vec<Reference> = serde_json::from_str(references).unwrap();
        let mut batch = Packed::default();
        let mut wanted = Vec::new();
        for reference in references {
            let from = batch.ids.len();
            let count = reference.ids.len();
            let types = reference.types.unwrap_or_else(|| vec![0; count]);
            let packed = Packed {
                ids: reference.ids,
                types,
                windows: std::iter::once(0..count).collect(),
                wanted: (0..count as u32).collect(),
            };
            let logits = reference.logits.concat();
            close(&encoder.scores(&packed).unwrap().numbers, &logits);
            wanted.extend(logits);
            batch.ids.extend(packed.ids);
            batch.types.extend(packed.types);
            batch.windows.push(from..from + count);
            batch
                .wanted
                .extend((from..from + count).map(|at| at as u32));
        }
        close(&encoder.scores(&batch).unwrap().numbers, &wanted);
    }
}

#[test]
fn pieces_are_those_of_transformers() {
    for (files, references) in [bert(), distilbert(), roberta()] {
        let (config, encoder) = encoder(&files);
        let mut pieces = Pieces::new(&files.tokenizer, &config, 16, encoder.rows()).unwrap();
        for reference in serde_json::from_str::<Vec<Reference>>(references).unwrap() {
            // Twice: the second time from memory.
            for _ in 0..2 {
                let document = Document::new(&reference.text, &mut pieces, 500, false);
                let (start, end) = &pieces.frame;
                let ids = [start.as_slice(), &document.ids, end].concat();
                assert_eq!(ids, reference.ids, "{}", reference.text);
            }
        }
    }
}

fn refused(change: impl Fn(&mut Files)) -> Error {
    let (mut files, _) = bert();
    change(&mut files);
    Model::start(&files, &LabelMap::new(), &Device::cpu()).unwrap_err()
}

fn with_config(from: &str, to: &str) -> Error {
    refused(|files| {
        let config = String::from_utf8(files.config.clone()).unwrap();
        assert!(config.contains(from));
        files.config = config.replace(from, to).into_bytes();
    })
}

#[test]
fn files_that_are_no_model_are_refused_with_a_reason() {
    assert!(matches!(
        refused(|files| files.config.clear()),
        Error::Config(_)
    ));
    assert!(matches!(
        refused(|files| files.tokenizer.truncate(99)),
        Error::Tokenizer(_)
    ));
    assert!(matches!(
        refused(|files| files.weights.truncate(99)),
        Error::Compute(_)
    ));
    let unsupported = [
        (r#""model_type": "bert""#, r#""model_type": "t5""#),
        (r#""hidden_act": "gelu""#, r#""hidden_act": "silu""#),
        (r#""num_attention_heads": 2"#, r#""num_attention_heads": 0"#),
        (
            r#""max_position_embeddings": 40"#,
            r#""max_position_embeddings": 3"#,
        ),
        (r#""absolute""#, r#""relative_key""#),
        (r#""B-LOC""#, r#""S-LOC""#),
        (r#""3": "B-ORG","#, ""),
        (
            r#""use_cache": true"#,
            r#""scutch": {"word_splitter": "other"}"#,
        ),
        (
            r#""use_cache": true"#,
            r#""scutch": {"case_classes": ["a", "b"]}"#,
        ),
    ];
    for (from, to) in unsupported {
        assert!(
            matches!(with_config(from, to), Error::Unsupported { .. }),
            "{to}"
        );
    }
    let head = r#""scutch": {"heads": {"typo": {"tensor": "none"}}}"#;
    assert!(matches!(
        with_config(r#""use_cache": true"#, head),
        Error::MissingTensor(_)
    ));
    for (from, to) in [
        (
            r#""max_position_embeddings": 40"#,
            r#""max_position_embeddings": 41"#,
        ),
        (r#""hidden_size": 16"#, r#""hidden_size": 18"#),
        (
            r#""use_cache": true"#,
            r#""scutch": {"case_classes": ["lower_or_other", "title", "upper", "mixed", "digit"]}"#,
        ),
    ] {
        assert!(matches!(with_config(from, to), Error::Shape { .. }), "{to}");
    }
    let tokenizer = refused(|files| files.tokenizer = roberta().0.tokenizer);
    assert!(matches!(tokenizer, Error::Tokenizer(_)));
}

#[test]
fn a_missing_file_is_named() {
    let error = Files::read(std::path::Path::new("nowhere")).unwrap_err();
    assert!(error.to_string().contains("config.json"), "{error}");
}

#[test]
fn many_threads_ask_one_model_and_get_their_own_answers() {
    let (files, _) = scutch();
    let model = Model::start(&files, &LabelMap::new(), &Device::cpu()).unwrap();
    let texts: Vec<String> = (1..20)
        .map(|count| "Maria met the chief ".repeat(count))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let wanted = model.read(&texts).unwrap();
    std::thread::scope(|scope| {
        for (text, wanted) in texts.iter().zip(&wanted) {
            let model = model.clone();
            scope.spawn(move || {
                let found = model.read(&[text]).unwrap();
                assert_eq!(found[0].entities, wanted.entities);
                assert_eq!(found[0].suspicions.len(), wanted.suspicions.len());
            });
        }
    });
}
