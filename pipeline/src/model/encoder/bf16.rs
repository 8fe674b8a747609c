//! Products of numbers rounded to bf16, summed in f32, on processors with AVX512-BF16: twice the operations of f32.
//!
//! Laid out as in [`super::avx512`], with pairs of neighbouring inputs in the place of single ones.
#![cfg(target_arch = "x86_64")]

use std::arch::x86_64::{
    __m256bh, __m512, __m512bh, __m512i, _mm512_cvtneps_pbh, _mm512_dpbf16_ps,
    _mm512_maskz_loadu_ps, _mm512_set1_epi32, _mm512_setzero_ps,
};
use std::mem::transmute;

use super::avx512::{Panels, WIDEST, store};
use super::matrix::{Rows, RowsMut};

/// Sixteen pairs of numbers, the first in the low half of each, aligned as they are loaded fastest.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Pairs([u32; 16]);

/// Shows that the processor multiplies bf16.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bf16(());

/// A matrix, rounded once.
pub(super) struct RoundedMatrix {
    bf16: Bf16,
    panels: Panels<Pairs>,
}

/// The rows of the last product, rounded; kept so that the memory is.
pub(super) type Rounded = Vec<u32>;

impl Bf16 {
    /// Some where the processor and the system have AVX512-BF16.
    pub(super) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bf16"))
            .then_some(Self(()))
    }
}

impl RoundedMatrix {
    /// The matrix whose columns (one per output) these rows are.
    pub(super) fn from_columns(bf16: Bf16, columns: Rows<'_>, inputs: usize) -> Self {
        let pairs = inputs.div_ceil(2);
        let mut panels = Panels::zeros(pairs, columns.count, Pairs([0; 16]));
        let mut rounded = vec![0; pairs];
        for output in 0..columns.count {
            let stride = columns.stride;
            bf16.round(&columns.numbers[output * stride..][..stride], &mut rounded);
            let (panel, vectors, place) = panels.panel_of(output);
            for (pairs, pair) in panel.chunks_exact_mut(vectors).zip(&rounded) {
                pairs[place / 16].0[place % 16] = *pair;
            }
        }
        Self { bf16, panels }
    }

    /// `out` = `x` times this matrix, plus the bias (empty, or padded to whole vectors) in every row.
    #[expect(unsafe_code, reason = "calls what is compiled for AVX512-BF16")]
    pub(super) fn multiply(
        &self,
        x: Rows<'_>,
        bias: &[f32],
        out: RowsMut<'_>,
        rounded: &mut Rounded,
    ) {
        rounded.resize(x.count * self.panels.inputs, 0);
        let rows = rounded.chunks_exact_mut(self.panels.inputs.max(1));
        for (row, rounded) in rows.enumerate() {
            let from = row * x.stride;
            let to = (from + x.stride).min(x.numbers.len());
            self.bf16.round(&x.numbers[from..to], rounded);
        }
        // SAFETY: `self.bf16` exists only where the processor has AVX512-BF16.
        unsafe { self.multiply_rounded(rounded, bias, out) }
    }

    #[target_feature(enable = "avx512f,avx512bf16")]
    fn multiply_rounded(&self, x: &[u32], bias: &[f32], out: RowsMut<'_>) {
        let Panels {
            lanes,
            inputs,
            outputs,
        } = &self.panels;
        for (index, panel) in lanes.chunks((WIDEST * inputs).max(1)).enumerate() {
            let column = index * WIDEST * 16;
            let tiles = Tiles {
                x,
                inputs: *inputs,
                bias: bias.get(column..).unwrap_or_default(),
                columns: (outputs - column).min(WIDEST * 16),
                stride: out.stride,
            };
            let out = out.numbers.get_mut(column..).unwrap_or_default();
            match panel.len() / inputs {
                1 => tiles.down(panel.as_chunks::<1>().0, out),
                2 => tiles.down(panel.as_chunks::<2>().0, out),
                _ => tiles.down(panel.as_chunks::<WIDEST>().0, out),
            }
        }
    }
}

impl Bf16 {
    /// Rounds as many numbers as there is room for, to the nearest and of two equally near to the even one.
    #[expect(unsafe_code, reason = "calls what is compiled for AVX512-BF16")]
    fn round(self, numbers: &[f32], rounded: &mut [u32]) {
        // SAFETY: a value of this type exists only where the processor has AVX512-BF16.
        unsafe { round(numbers, rounded) }
    }
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn round(numbers: &[f32], rounded: &mut [u32]) {
    for (numbers, rounded) in numbers.chunks(16).zip(rounded.chunks_mut(8)) {
        let vector = match numbers.first_chunk() {
            Some(numbers) => pack(*numbers),
            None => {
                let mut some = [0.0; 16];
                some[..numbers.len()].copy_from_slice(numbers);
                pack(some)
            }
        };
        rounded.copy_from_slice(&vector[..rounded.len()]);
    }
}

#[expect(unsafe_code, reason = "vectors are made of arrays")]
#[target_feature(enable = "avx512f,avx512bf16")]
fn pack(numbers: [f32; 16]) -> [u32; 8] {
    // SAFETY: both are as large, and any bits are a value of either type.
    let vector = unsafe { transmute::<[f32; 16], __m512>(numbers) };
    // SAFETY: as above.
    unsafe { transmute::<__m256bh, [u32; 8]>(_mm512_cvtneps_pbh(vector)) }
}

/// What the tiles below one another share.
struct Tiles<'a> {
    x: &'a [u32],
    inputs: usize,
    bias: &'a [f32],
    columns: usize,
    stride: usize,
}

impl Tiles<'_> {
    #[target_feature(enable = "avx512f,avx512bf16")]
    fn down<const V: usize>(&self, panel: &[[Pairs; V]], out: &mut [f32]) {
        let count = self.x.len() / self.inputs;
        let mut row = 0;
        while row < count {
            row += match count - row {
                8.. => self.tile::<8, V>(row, panel, out),
                4.. => self.tile::<4, V>(row, panel, out),
                2.. => self.tile::<2, V>(row, panel, out),
                _ => self.tile::<1, V>(row, panel, out),
            };
        }
    }

    /// R rows of the result from `row` on; returns R.
    #[expect(
        unsafe_code,
        reason = "vectors are loaded by pointer and made of arrays"
    )]
    #[target_feature(enable = "avx512f,avx512bf16")]
    fn tile<const R: usize, const V: usize>(
        &self,
        row: usize,
        panel: &[[Pairs; V]],
        out: &mut [f32],
    ) -> usize {
        let mut rows = [[].as_slice(); R];
        for (r, x) in rows.iter_mut().enumerate() {
            *x = &self.x[(row + r) * self.inputs..][..panel.len()];
        }
        let mut sums = [[_mm512_setzero_ps(); V]; R];
        if !self.bias.is_empty() {
            let bias = &self.bias[..16 * V];
            for sums in &mut sums {
                for (v, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: `bias` holds 16 numbers for each of the V vectors.
                    *sum = unsafe { _mm512_maskz_loadu_ps(!0, bias.as_ptr().add(16 * v)) };
                }
            }
        }
        for (input, pairs) in panel.iter().enumerate() {
            for (sums, x) in sums.iter_mut().zip(&rows) {
                // SAFETY: each of the rows has one pair per pair of inputs of the panel.
                let x = unsafe { x.get_unchecked(input) }.cast_signed();
                // SAFETY: both are as large, and any bits are a value of either type.
                let x = unsafe { transmute::<__m512i, __m512bh>(_mm512_set1_epi32(x)) };
                for (sum, weights) in sums.iter_mut().zip(pairs) {
                    // SAFETY: as above.
                    let weights = unsafe { transmute::<[u32; 16], __m512bh>(weights.0) };
                    *sum = _mm512_dpbf16_ps(*sum, x, weights);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            let from = (row + r) * self.stride;
            store(sums, &mut out[from..][..self.columns]);
        }
        R
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_bf16_holds_are_multiplied_exactly() {
        let Some(bf16) = Bf16::detect() else { return };
        for (count, inputs, outputs) in [(1, 1, 1), (3, 5, 17), (9, 32, 48), (17, 33, 100)] {
            let small = |at: usize| (at * 7 % 13) as f32 - 6.0;
            let x: Vec<f32> = (0..count * inputs).map(small).collect();
            let columns: Vec<f32> = (0..outputs * inputs).map(|at| small(at + 3)).collect();
            let columns = Rows::dense(&columns, inputs);
            let matrix = RoundedMatrix::from_columns(bf16, columns, inputs);
            let bias: Vec<f32> = (0..outputs.next_multiple_of(16)).map(small).collect();
            let mut out = vec![0.0; count * outputs];
            let to = RowsMut {
                numbers: &mut out,
                stride: outputs,
            };
            matrix.multiply(Rows::dense(&x, inputs), &bias, to, &mut Vec::new());
            for (row, x) in out.chunks_exact(outputs).zip(x.chunks_exact(inputs)) {
                let columns = columns.numbers.chunks_exact(inputs);
                for ((found, column), bias) in row.iter().zip(columns).zip(&bias) {
                    let sum: f32 = x.iter().zip(column).map(|(x, w)| x * w).sum();
                    assert_eq!(*found, sum + bias);
                }
            }
        }
    }
}
