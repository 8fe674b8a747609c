//! Attention within one window, head by head, with every step in a product over whole rows.

use std::ops::Range;

use super::kernels::{self, Kernel};
use super::matrix::{Matrix, Rows, RowsMut, padded};

/// Memory to work in: the keys and values of one head, and how much each piece attends to each.
pub(super) struct Attention {
    keys: Matrix,
    values: Matrix,
    scores: Vec<f32>,
}

impl Default for Attention {
    fn default() -> Self {
        Self {
            keys: Matrix::new(),
            values: Matrix::new(),
            scores: Vec::new(),
        }
    }
}

impl Attention {
    /// Writes what every piece of a window gathers from the window into its rows of `out`.
    ///
    /// `qkv` has the queries, keys and values of all heads in every row; `out` has a third as many columns.
    pub(super) fn apply(
        &mut self,
        qkv: &[f32],
        hidden: usize,
        window: &Range<usize>,
        heads: usize,
        out: &mut [f32],
    ) {
        let (count, width) = (window.len(), hidden / heads);
        let stride = padded(count);
        self.scores.resize(count * stride, 0.0);
        for head in 0..heads {
            let part = |index: usize| Rows {
                numbers: &qkv[window.start * 3 * hidden + index * hidden + head * width..],
                stride: 3 * hidden,
                count,
            };
            self.keys.fill_with_columns(part(1), width);
            self.values.fill_with_rows(part(2), width);
            let scores = RowsMut {
                numbers: &mut self.scores,
                stride,
            };
            self.keys.multiply(part(0), &[], scores);
            // Whole vectors are faster, and what is infinitely far away has no weight.
            for row in self.scores.chunks_exact_mut(stride) {
                row[count..].fill(f32::NEG_INFINITY);
            }
            kernels::run(&mut self.scores, stride, &Kernel::Softmax);
            let weights = Rows {
                numbers: &self.scores,
                stride,
                count,
            };
            let out = RowsMut {
                numbers: &mut out[window.start * hidden + head * width..],
                stride: hidden,
            };
            self.values.multiply(weights, &[], out);
        }
    }
}
