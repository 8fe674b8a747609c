//! Products of numbers of 8 bits, summed in whole numbers, on processors with AVX512-VNNI: four times the operations of f32.
//!
//! The weights of an output share a scale that is found once; a row is spread over 0..=255 between its lowest and its highest
//! number when it comes. Laid out as in [`super::avx512`], with four neighbouring inputs in the place of one.
#![cfg(target_arch = "x86_64")]

use std::arch::x86_64::{
    __m128i, __m512, __m512i, _mm512_cvtepi32_ps, _mm512_cvtps_epi32, _mm512_cvtusepi32_epi8,
    _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps,
    _mm512_reduce_max_ps, _mm512_reduce_min_ps, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_setzero_si512, _mm512_sub_ps,
};
use std::mem::transmute;

use super::avx512::{Panels, WIDEST, store};
use super::matrix::{Rows, RowsMut, padded};

/// Four inputs' weights of sixteen outputs, aligned as they are loaded fastest.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Quads([[i8; 4]; 16]);

/// Shows that the processor multiplies numbers of 8 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Int8(());

/// A matrix in 8 bits.
pub(super) struct ScaledMatrix {
    int8: Int8,
    panels: Panels<Quads>,
    /// What a weight of 1 stands for, of each output.
    scales: Vec<f32>,
    /// The sum of what the weights stand for, of each output.
    sums: Vec<f32>,
}

/// The rows of the last product in 8 bits; kept so that the memory is.
#[derive(Default)]
pub(super) struct ScaledRows {
    /// Four numbers each, the first in the lowest bits.
    quads: Vec<u32>,
    spreads: Vec<Spread>,
}

/// A row's number n of 8 bits stands for `low` + n * `step`.
#[derive(Clone, Copy, Debug, Default)]
struct Spread {
    low: f32,
    step: f32,
}

impl Int8 {
    /// Some where the processor and the system have AVX512-VNNI.
    pub(super) fn detect() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni");
        has_all.then_some(Self(()))
    }

    /// Spreads a row over 8 bits, with zeros behind it where there is room for more.
    #[expect(unsafe_code, reason = "calls what is compiled for AVX-512")]
    fn spread(self, numbers: &[f32], quads: &mut [u32]) -> Spread {
        // SAFETY: a value of this type exists only where the processor has AVX-512.
        unsafe { spread(numbers, quads) }
    }
}

impl ScaledMatrix {
    /// The matrix whose columns (one per output) these rows are.
    pub(super) fn from_columns(int8: Int8, columns: Rows<'_>, inputs: usize) -> Self {
        let outputs = columns.count;
        let mut panels = Panels::zeros(inputs.div_ceil(4), outputs, Quads([[0; 4]; 16]));
        let mut scales = vec![0.0; padded(outputs)];
        let mut sums = vec![0.0; padded(outputs)];
        for output in 0..outputs {
            let column = &columns.numbers[output * columns.stride..][..inputs];
            let most = column.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            let scale = (most / 127.0).max(f32::MIN_POSITIVE);
            let (panel, vectors, place) = panels.panel_of(output);
            let mut sum = 0;
            for (quads, four) in panel.chunks_exact_mut(vectors).zip(column.chunks(4)) {
                let quad = &mut quads[place / 16].0[place % 16];
                for (weight, x) in quad.iter_mut().zip(four) {
                    *weight = (x / scale).round() as i8;
                    sum += i32::from(*weight);
                }
            }
            scales[output] = scale;
            sums[output] = sum as f32 * scale;
        }
        Self {
            int8,
            panels,
            scales,
            sums,
        }
    }

    /// `out` = `x` times this matrix, plus the bias (padded to whole vectors) in every row.
    #[expect(unsafe_code, reason = "calls what is compiled for AVX512-VNNI")]
    pub(super) fn multiply(
        &self,
        x: Rows<'_>,
        bias: &[f32],
        out: RowsMut<'_>,
        scaled: &mut ScaledRows,
    ) {
        scaled.quads.resize(x.count * self.panels.inputs, 0);
        scaled.spreads.clear();
        let rows = scaled.quads.chunks_exact_mut(self.panels.inputs.max(1));
        for (row, quads) in rows.enumerate() {
            let from = row * x.stride;
            let to = (from + x.stride).min(x.numbers.len());
            let spread = self.int8.spread(&x.numbers[from..to], quads);
            scaled.spreads.push(spread);
        }
        // SAFETY: `self.int8` exists only where the processor has AVX512-VNNI.
        unsafe { self.multiply_scaled(scaled, bias, out) }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn multiply_scaled(&self, x: &ScaledRows, bias: &[f32], out: RowsMut<'_>) {
        let Panels {
            lanes,
            inputs,
            outputs,
        } = &self.panels;
        for (index, panel) in lanes.chunks((WIDEST * inputs).max(1)).enumerate() {
            let column = index * WIDEST * 16;
            let tiles = Tiles {
                x,
                scales: self.scales[column..].as_chunks().0,
                sums: self.sums[column..].as_chunks().0,
                bias: bias[column..].as_chunks().0,
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

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn spread(numbers: &[f32], quads: &mut [u32]) -> Spread {
    let (chunks, rest) = numbers.as_chunks::<16>();
    let mut last = [0.0; 16];
    last[..rest.len()].copy_from_slice(rest);
    // The range always holds zero, so that it is never empty for a row that is not.
    let (mut low, mut high) = (vector(&last), vector(&last));
    for chunk in chunks {
        low = _mm512_min_ps(low, vector(chunk));
        high = _mm512_max_ps(high, vector(chunk));
    }
    let low = _mm512_reduce_min_ps(low).min(0.0);
    let high = _mm512_reduce_max_ps(high).max(0.0);
    let step = ((high - low) / 255.0).max(f32::MIN_POSITIVE);
    let (lows, parts) = (_mm512_set1_ps(low), _mm512_set1_ps(1.0 / step));
    let round = |chunk| {
        let above = _mm512_mul_ps(_mm512_sub_ps(vector(chunk), lows), parts);
        bytes(_mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(above)))
    };
    let (fours, others) = quads.as_chunks_mut::<4>();
    for (four, chunk) in fours.iter_mut().zip(chunks) {
        *four = round(chunk);
    }
    if fours.len() > chunks.len() {
        fours[chunks.len()] = round(&last);
    } else {
        others.copy_from_slice(&round(&last)[..others.len()]);
    }
    Spread { low, step }
}

#[expect(unsafe_code, reason = "vectors are made of arrays")]
#[target_feature(enable = "avx512f")]
fn vector(numbers: &[f32; 16]) -> __m512 {
    // SAFETY: both are as large, and any bits are a value of either type.
    unsafe { transmute::<[f32; 16], __m512>(*numbers) }
}

#[expect(unsafe_code, reason = "arrays are made of vectors")]
fn bytes(vector: __m128i) -> [u32; 4] {
    // SAFETY: both are as large, and any bits are a value of either type.
    unsafe { transmute::<__m128i, [u32; 4]>(vector) }
}

/// What the tiles below one another share.
struct Tiles<'a> {
    x: &'a ScaledRows,
    scales: &'a [[f32; 16]],
    sums: &'a [[f32; 16]],
    bias: &'a [[f32; 16]],
    columns: usize,
    stride: usize,
}

impl Tiles<'_> {
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn down<const V: usize>(&self, panel: &[[Quads; V]], out: &mut [f32]) {
        let count = self.x.spreads.len();
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
    #[expect(unsafe_code, reason = "vectors are made of arrays")]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn tile<const R: usize, const V: usize>(
        &self,
        row: usize,
        panel: &[[Quads; V]],
        out: &mut [f32],
    ) -> usize {
        let inputs = panel.len();
        let mut rows = [[].as_slice(); R];
        for (r, x) in rows.iter_mut().enumerate() {
            *x = &self.x.quads[(row + r) * inputs..][..inputs];
        }
        let mut sums = [[_mm512_setzero_si512(); V]; R];
        for (input, quads) in panel.iter().enumerate() {
            for (sums, x) in sums.iter_mut().zip(&rows) {
                // SAFETY: each of the rows has one four per four inputs of the panel.
                let x = _mm512_set1_epi32(unsafe { x.get_unchecked(input) }.cast_signed());
                for (sum, weights) in sums.iter_mut().zip(quads) {
                    // SAFETY: both are as large, and any bits are a value of either type.
                    let weights = unsafe { transmute::<[[i8; 4]; 16], __m512i>(weights.0) };
                    *sum = _mm512_dpbusd_epi32(*sum, x, weights);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            let from = (row + r) * self.stride;
            let out = &mut out[from..][..self.columns];
            self.finish(*sums, self.x.spreads[row + r], out);
        }
        R
    }

    /// Stores what the sums of a row stand for.
    ///
    /// Apart from the loop over the inputs: with all this in the same function the compiler keeps the sums in memory.
    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn finish<const V: usize>(&self, sums: [__m512i; V], spread: Spread, out: &mut [f32]) {
        let (low, step) = (_mm512_set1_ps(spread.low), _mm512_set1_ps(spread.step));
        let mut numbers = [_mm512_setzero_ps(); V];
        for (v, (number, sum)) in numbers.iter_mut().zip(sums).enumerate() {
            let start = _mm512_fmadd_ps(low, vector(&self.sums[v]), vector(&self.bias[v]));
            let scale = _mm512_mul_ps(step, vector(&self.scales[v]));
            *number = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), scale, start);
        }
        store(&numbers, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same in whole numbers, one by one, and how far a product may be from the exact one.
    fn naive(x: &[f32], column: &[f32]) -> (f32, f32) {
        let most = column.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        let scale = most / 127.0;
        let low = x.iter().fold(0.0_f32, |low, x| low.min(*x));
        let high = x.iter().fold(0.0_f32, |high, x| high.max(*x));
        let step = (high - low) / 255.0;
        let (mut sum, mut weights, mut apart) = (0, 0, 0.0);
        for (x, w) in x.iter().zip(column) {
            let weight = (w / scale).round() as i32;
            sum += ((x - low) * (1.0 / step)).round_ties_even() as i32 * weight;
            weights += weight;
            apart += 0.5 * (step * w.abs() + scale * x.abs() + step * scale);
        }
        let found = sum as f32 * scale * step + weights as f32 * scale * low;
        (found, apart)
    }

    #[test]
    fn products_of_any_size_are_the_naive_ones_and_near_the_exact_ones() {
        let Some(int8) = Int8::detect() else { return };
        let sizes = [
            (1, 1, 1),
            (3, 5, 17),
            (2, 16, 16),
            (9, 31, 48),
            (17, 33, 100),
            (8, 384, 50),
        ];
        for (count, inputs, outputs) in sizes {
            let some = |at: usize| ((at * 37 + 5) % 101) as f32 / 50.0 - 0.7;
            let x: Vec<f32> = (0..count * inputs).map(some).collect();
            let columns: Vec<f32> = (0..outputs * inputs).map(|at| some(at * at)).collect();
            let matrix = ScaledMatrix::from_columns(int8, Rows::dense(&columns, inputs), inputs);
            let bias: Vec<f32> = (0..padded(outputs)).map(some).collect();
            let mut out = vec![0.0; count * outputs];
            let to = RowsMut {
                numbers: &mut out,
                stride: outputs,
            };
            let memory = &mut ScaledRows::default();
            matrix.multiply(Rows::dense(&x, inputs), &bias, to, memory);
            for (row, x) in out.chunks_exact(outputs).zip(x.chunks_exact(inputs)) {
                let columns = columns.chunks_exact(inputs);
                for ((found, column), bias) in row.iter().zip(columns).zip(&bias) {
                    let found = found - bias;
                    let (wanted, apart) = naive(x, column);
                    assert!((found - wanted).abs() < 1e-4, "{found} {wanted}");
                    let exact: f32 = x.iter().zip(column).map(|(x, w)| x * w).sum();
                    assert!((found - exact).abs() < apart + 1e-4, "{found} {exact}");
                }
            }
        }
    }

    #[test]
    fn a_row_of_zeros_yields_the_bias() {
        let Some(int8) = Int8::detect() else { return };
        let matrix = ScaledMatrix::from_columns(int8, Rows::dense(&[1.0, 2.0], 2), 2);
        let (mut out, mut bias) = ([0.0], [0.0; 16]);
        bias[0] = 3.0;
        let to = RowsMut {
            numbers: &mut out,
            stride: 1,
        };
        let memory = &mut ScaledRows::default();
        matrix.multiply(Rows::dense(&[0.0, 0.0], 2), &bias, to, memory);
        assert_eq!(out, [3.0]);
    }
}
