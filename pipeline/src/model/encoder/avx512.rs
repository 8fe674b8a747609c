//! Products on processors with AVX-512, about as many operations a second as such a processor has.
//!
//! The weights lie in panels of 48 columns, so that a product reads them from front to back. A tile of 8 rows x 48 columns
//! of the result stays in 24 of the 32 vector registers while all inputs pass by. Each number of the result is one sum in one
//! order, whatever rows stand beside it: so a window reads the same, to the last bit, in any batch.
//!
//! [`super::bf16`] and [`super::int8`] have tiles of their own, alike in form. With the loops in one piece for all three, behind
//! a trait, the model was 1 to 7 % slower, and with the start of the sums in a function of its own the products took three
//! times as long: then the compiler keeps the sums in memory.
#![cfg(target_arch = "x86_64")]

use std::arch::x86_64::{
    __m512, _mm512_fmadd_ps, _mm512_load_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps,
    _mm512_set1_ps, _mm512_setzero_ps,
};

use super::matrix::{Rows, RowsMut};

/// Vectors side by side in a panel, at most.
pub(super) const WIDEST: usize = 3;

/// A vector register's numbers, aligned as it loads them fastest.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Lanes(pub(super) [f32; 16]);

/// Shows that the processor has AVX-512.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx512(());

/// Columns in panels: of each input (or group of neighbouring ones), lanes `L` of 16 columns, the last filled up.
pub(super) struct Panels<L> {
    pub(super) lanes: Vec<L>,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
}

impl Panels<Lanes> {
    pub(super) fn empty() -> Self {
        Self {
            lanes: Vec::new(),
            inputs: 0,
            outputs: 0,
        }
    }

    /// Becomes the matrix whose columns these rows are.
    pub(super) fn fill_with_columns(&mut self, columns: Rows<'_>, inputs: usize) {
        self.reset(inputs, columns.count);
        for output in 0..columns.count {
            let (panel, vectors, place) = self.panel_of(output);
            let column = &columns.numbers[output * columns.stride..][..inputs];
            for (lanes, x) in panel.chunks_exact_mut(vectors).zip(column) {
                lanes[place / 16].0[place % 16] = *x;
            }
        }
    }

    /// Becomes the matrix whose rows these are.
    pub(super) fn fill_with_rows(&mut self, rows: Rows<'_>, outputs: usize) {
        self.reset(rows.count, outputs);
        for output in (0..outputs).step_by(16) {
            let (panel, vectors, place) = self.panel_of(output);
            let width = (outputs - output).min(16);
            for (row, lanes) in panel.chunks_exact_mut(vectors).enumerate() {
                let part = &rows.numbers[row * rows.stride + output..][..width];
                match part.first_chunk() {
                    Some(part) => lanes[place / 16].0 = *part,
                    None => lanes[place / 16].0[..width].copy_from_slice(part),
                }
            }
        }
    }

    fn reset(&mut self, inputs: usize, outputs: usize) {
        (self.inputs, self.outputs) = (inputs, outputs);
        // What an earlier matrix left beside the last column is multiplied as well, and never stored.
        self.lanes
            .resize(inputs * outputs.div_ceil(16), Lanes([0.0; 16]));
    }
}

impl<L: Copy> Panels<L> {
    /// Room for a matrix, all `zero`.
    pub(super) fn zeros(inputs: usize, outputs: usize, zero: L) -> Self {
        Self {
            lanes: vec![zero; inputs * outputs.div_ceil(16)],
            inputs,
            outputs,
        }
    }

    /// The panel of a column, how many vectors wide it is, and the column's place in it.
    pub(super) fn panel_of(&mut self, output: usize) -> (&mut [L], usize, usize) {
        let first = output / (16 * WIDEST) * WIDEST;
        let vectors = (self.outputs.div_ceil(16) - first).min(WIDEST);
        let panel = &mut self.lanes[first * self.inputs..][..vectors * self.inputs];
        (panel, vectors, output - first * 16)
    }
}

impl Avx512 {
    /// Some where the processor and the system have AVX-512.
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx512f").then_some(Self(()))
    }

    /// `out` = `x` times the matrix of the panels, plus the bias (empty, or padded to whole vectors) in every row.
    #[expect(unsafe_code, reason = "calls what is compiled for AVX-512")]
    pub(super) fn multiply(
        self,
        x: Rows<'_>,
        panels: &Panels<Lanes>,
        bias: &[f32],
        out: RowsMut<'_>,
    ) {
        // SAFETY: a value of this type exists only where the processor has AVX-512.
        unsafe { multiply(x, panels, bias, out) }
    }
}

#[target_feature(enable = "avx512f")]
fn multiply(x: Rows<'_>, panels: &Panels<Lanes>, bias: &[f32], out: RowsMut<'_>) {
    let width = WIDEST * panels.inputs;
    for (index, panel) in panels.lanes.chunks(width.max(1)).enumerate() {
        let column = index * WIDEST * 16;
        let tiles = Tiles {
            x,
            bias: bias.get(column..).unwrap_or_default(),
            columns: (panels.outputs - column).min(WIDEST * 16),
            stride: out.stride,
        };
        let out = out.numbers.get_mut(column..).unwrap_or_default();
        match panel.len() / panels.inputs {
            1 => tiles.down(panel.as_chunks::<1>().0, out),
            2 => tiles.down(panel.as_chunks::<2>().0, out),
            _ => tiles.down(panel.as_chunks::<WIDEST>().0, out),
        }
    }
}

/// What the tiles below one another share.
struct Tiles<'a> {
    x: Rows<'a>,
    bias: &'a [f32],
    columns: usize,
    stride: usize,
}

impl Tiles<'_> {
    #[target_feature(enable = "avx512f")]
    fn down<const V: usize>(&self, panel: &[[Lanes; V]], out: &mut [f32]) {
        let mut row = 0;
        while row < self.x.count {
            row += match self.x.count - row {
                8.. => self.tile::<8, V>(row, panel, out),
                4.. => self.tile::<4, V>(row, panel, out),
                2.. => self.tile::<2, V>(row, panel, out),
                _ => self.tile::<1, V>(row, panel, out),
            };
        }
    }

    /// R rows of the result from `row` on; returns R.
    #[expect(unsafe_code, reason = "vectors are loaded and stored by pointer")]
    #[target_feature(enable = "avx512f")]
    fn tile<const R: usize, const V: usize>(
        &self,
        row: usize,
        panel: &[[Lanes; V]],
        out: &mut [f32],
    ) -> usize {
        let inputs = panel.len();
        let mut rows = [[].as_slice(); R];
        for (r, x) in rows.iter_mut().enumerate() {
            *x = &self.x.numbers[(row + r) * self.x.stride..][..inputs];
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
        for (input, lanes) in panel.iter().enumerate() {
            let mut weights = [_mm512_setzero_ps(); V];
            for (weights, lanes) in weights.iter_mut().zip(lanes) {
                // SAFETY: `Lanes` are 16 numbers, aligned to 64 bytes.
                *weights = unsafe { _mm512_load_ps(lanes.0.as_ptr()) };
            }
            for (sums, x) in sums.iter_mut().zip(&rows) {
                // SAFETY: each of the rows has one number per input of the panel.
                let x = _mm512_set1_ps(unsafe { *x.get_unchecked(input) });
                for (sum, weights) in sums.iter_mut().zip(&weights) {
                    *sum = _mm512_fmadd_ps(x, *weights, *sum);
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

/// Stores the first numbers of V vectors.
#[expect(unsafe_code, reason = "vectors are stored by pointer")]
#[target_feature(enable = "avx512f")]
pub(super) fn store<const V: usize>(vectors: &[__m512; V], out: &mut [f32]) {
    for (vector, out) in vectors.iter().zip(out.chunks_mut(16)) {
        let mask = 0xffff >> (16 - out.len());
        // SAFETY: the mask lets through as many numbers as `out` has.
        unsafe { _mm512_mask_storeu_ps(out.as_mut_ptr(), mask, *vector) };
    }
}
