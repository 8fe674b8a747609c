//! The two implementations against each other; `model::tests` holds them to `transformers`.

use candle_core::{DType, Device};

use super::*;
use crate::model::Files;
use crate::model::tests::{bert, distilbert, roberta, scutch};

/// Windows of several lengths; of some only every third piece is wanted.
fn batch(config: &Config, rows: usize) -> Packed {
    let mut packed = Packed::default();
    for length in [16, 3, 1, 15, 9] {
        let from = packed.ids.len();
        packed.windows.push(from..from + length);
        for at in from..from + length {
            packed.ids.push((at * 7 % rows) as u32);
            let classes = config.scutch.case_classes.len().max(1);
            packed.types.push((at % classes) as u32);
            if length > 9 || at % 3 == 0 {
                packed.wanted.push(at as u32);
            }
        }
    }
    packed
}

fn parsed(files: &Files) -> (Config, Weights) {
    let config = Config::parse(&files.config).unwrap();
    let weights = Weights::parse(&files.weights, &Device::Cpu, DType::F32).unwrap();
    (config, weights)
}

fn farthest(found: &[f32], wanted: &[f32]) -> f32 {
    assert_eq!(found.len(), wanted.len());
    let apart = found.iter().zip(wanted).map(|(a, b)| (a - b).abs());
    apart.fold(0.0, f32::max)
}

#[test]
fn slices_and_tensors_give_the_same_scores() {
    for (files, _) in [scutch(), bert(), distilbert(), roberta()] {
        let (config, weights) = parsed(&files);
        let tensors = TensorEncoder::new(&config, &weights).unwrap();
        let slices = SliceEncoder::new(&config, &weights, Products::F32).unwrap();
        let packed = batch(&config, slices.rows());
        let wanted = tensors.scores(&packed).unwrap();
        let found = slices.scores(&packed).unwrap();
        assert!(farthest(&found, &wanted) < 1e-5);
        // Once more in memory that holds the last batch.
        assert_eq!(slices.scores(&packed).unwrap(), found);
    }
}

#[test]
fn rounded_scores_are_near_the_exact_ones() {
    for (files, _) in [scutch(), bert(), distilbert(), roberta()] {
        let (config, weights) = parsed(&files);
        let exact = SliceEncoder::new(&config, &weights, Products::F32).unwrap();
        let packed = batch(&config, exact.rows());
        let wanted = exact.scores(&packed).unwrap();
        let size = wanted.iter().fold(0.0_f32, |size, x| size.max(x.abs()));
        for products in [Products::Bf16, Products::Int8] {
            let rounded = SliceEncoder::new(&config, &weights, products).unwrap();
            let apart = farthest(&rounded.scores(&packed).unwrap(), &wanted);
            assert!(apart < 0.05 * size, "{products:?} {apart} {size}");
        }
    }
}

#[test]
fn a_window_reads_the_same_to_the_last_bit_in_any_batch() {
    let (config, weights) = parsed(&scutch().0);
    for products in [Products::F32, Products::Bf16, Products::Int8] {
        let encoder = Encoder::new(&config, &weights, products).unwrap();
        let packed = batch(&config, encoder.rows());
        let together = encoder.scores(&packed).unwrap().numbers;
        let single = |window: &Range<usize>| {
            let here = |at: &u32| window.contains(&(*at as usize));
            let wanted = packed.wanted.iter().copied().filter(here);
            Packed {
                ids: packed.ids[window.clone()].to_vec(),
                types: packed.types[window.clone()].to_vec(),
                windows: std::iter::once(0..window.len()).collect(),
                wanted: wanted.map(|at| at - window.start as u32).collect(),
            }
        };
        let alone = encoder.scores_of(&packed.windows, single).unwrap();
        let alone: Vec<f32> = alone
            .into_iter()
            .flat_map(|scores| scores.numbers)
            .collect();
        assert_eq!(alone, together);
    }
}
