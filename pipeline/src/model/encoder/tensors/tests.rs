//! Half precision and windows that go through together, on the CPU. That it runs on a card is not shown here.

use candle_core::{DType, Device, Tensor};
use proptest::prelude::*;

use super::*;
use crate::model::Files;
use crate::model::tests::{bert, distilbert, roberta, scutch};

/// Windows of many lengths, some of them the same, with made-up pieces.
fn packed(lengths: &[usize], rows: usize) -> Packed {
    let mut packed = Packed::default();
    for &length in lengths {
        let from = packed.ids.len();
        let ids = (from..from + length).map(|at| (at * 7 % rows) as u32);
        packed.ids.extend(ids);
        packed.windows.push(from..from + length);
    }
    packed.types = vec![0; packed.ids.len()];
    packed.wanted = (0..packed.ids.len() as u32).step_by(2).collect();
    packed
}

fn encoder(files: &Files, dtype: DType) -> TensorEncoder {
    let config = Config::parse(&files.config).unwrap();
    let weights = Weights::parse(&files.weights, &Device::Cpu, dtype).unwrap();
    TensorEncoder::new(&config, &weights).unwrap()
}

/// The largest difference between two rows of numbers, all of which are finite.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    assert!(a.iter().chain(b).all(|number| number.is_finite()));
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

#[test]
fn half_precision_scores_nearly_the_same() {
    for (files, _) in [bert(), distilbert(), roberta(), scutch()] {
        let exact = encoder(&files, DType::F32);
        let packed = packed(&[3, 9, 9, 9, 1, 30, 30, 12, 3, 3], exact.rows());
        let wanted = exact.scores(&packed).unwrap();
        let largest = wanted.iter().fold(0.0_f32, |top, x| top.max(x.abs()));
        // A few units of the last place of 10 and of 7 bits, over two layers.
        for (dtype, units) in [(DType::F16, 0.01), (DType::BF16, 0.08)] {
            let half = encoder(&files, dtype).scores(&packed).unwrap();
            let apart = difference(&wanted, &half) / largest;
            assert!(apart < units, "{dtype:?}: {apart} of {largest}");
        }
    }
}

#[test]
fn scores_too_large_for_their_sum_stay_finite_in_half_precision() {
    // A softmax without its maximum taken off would overflow in f16 above 11, a mask of f32's minimum would be infinite.
    let numbers: Vec<f32> = (0..6 * 12).map(|x| (x % 7) as f32 * 20.0 - 60.0).collect();
    let windows = [0..2, 2..4, 4..6];
    for dtype in [DType::F16, DType::BF16] {
        let qkv = Tensor::from_vec(numbers.clone(), (6, 12), &Device::Cpu).unwrap();
        let attended = attention(&qkv.to_dtype(dtype).unwrap(), &windows, 2).unwrap();
        let numbers = attended
            .to_dtype(DType::F32)
            .unwrap()
            .flatten_all()
            .unwrap();
        let numbers: Vec<f32> = numbers.to_vec1().unwrap();
        assert!(
            numbers.iter().all(|number| number.is_finite()),
            "{numbers:?}"
        );
    }
}

proptest! {
    #[test]
    fn windows_together_attend_as_each_alone(
        lengths in proptest::collection::vec(1_usize..6, 1..12),
        heads in 1_usize..4,
        seed in 0_u32..1000,
    ) {
        let pieces: usize = lengths.iter().sum();
        let width = 3 * heads * 4;
        let numbers = (0..pieces * width).map(|at| {
            let mixed = (at as u32 + seed).wrapping_mul(2_654_435_761) >> 16;
            mixed as f32 / 16_384.0 - 2.0
        });
        let qkv = Tensor::from_iter(numbers, &Device::Cpu).unwrap().reshape((pieces, width)).unwrap();
        let windows = packed(&lengths, 50).windows;
        let rows = |attended: Tensor| attended.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let together = rows(attention(&qkv, &windows, heads).unwrap());
        let single = |window: &Range<usize>| {
            let qkv = qkv.narrow(0, window.start, window.len()).unwrap();
            rows(attention(&qkv, std::slice::from_ref(&(0..window.len())), heads).unwrap())
        };
        let alone: Vec<f32> = windows.iter().flat_map(single).collect();
        prop_assert!(difference(&together, &alone) < 1e-5);
    }
}
