//! Numbers against `transformers`, which wrote the references (`testdata/models/make.py`).

use candle_core::{DType, Device};
use serde::Deserialize;

use super::config::Config;
use super::encoder::{Encoder, Packed};
use super::files::Files;
use super::weights::Weights;

macro_rules! model {
    ($name:literal) => {
        (
            Files {
                config: include_bytes!(concat!("../../testdata/models/", $name, "/config.json")).to_vec(),
                tokenizer: include_bytes!(concat!("../../testdata/models/", $name, "/tokenizer.json")).to_vec(),
                weights: include_bytes!(concat!("../../testdata/models/", $name, "/model.safetensors")).to_vec(),
            },
            include_str!(concat!("../../testdata/models/", $name, "/reference.json")),
        )
    };
}

#[derive(Deserialize)]
struct Reference {
    #[expect(dead_code, reason = "read by the tests of words")]
    text: String,
    ids: Vec<u32>,
    types: Option<Vec<u32>>,
    logits: Vec<Vec<f32>>,
}

fn encoder(files: &Files) -> Encoder {
    let config = Config::parse(&files.config).unwrap();
    let weights = Weights::parse(&files.weights, &Device::Cpu, DType::F32).unwrap();
    Encoder::new(&config, &weights).unwrap()
}

fn models() -> [(Files, &'static str); 3] {
    [model!("bert"), model!("distilbert"), model!("roberta")]
}

#[test]
fn logits_are_those_of_transformers_alone_and_in_one_batch() {
    for (files, references) in models() {
        let encoder = encoder(&files);
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
                windows: vec![0..count],
                wanted: (0..count as u32).collect(),
            };
            let logits = reference.logits.concat();
            close(&encoder.scores(&packed).unwrap().numbers, &logits);
            wanted.extend(logits);
            batch.ids.extend(packed.ids);
            batch.types.extend(packed.types);
            batch.windows.push(from..from + count);
            batch.wanted.extend((from..from + count).map(|at| at as u32));
        }
        close(&encoder.scores(&batch).unwrap().numbers, &wanted);
    }
}

fn close(found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() < 1e-4, "{found} {wanted}");
    }
}
