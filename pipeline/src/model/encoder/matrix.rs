//! A matrix that rows are multiplied by, laid out as the processor wants it.

#[cfg(target_arch = "x86_64")]
use super::avx512::{Avx512, Lanes, Panels};

/// Rows of numbers, `stride` apart.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) numbers: &'a [f32],
    pub(super) stride: usize,
    pub(super) count: usize,
}

/// Where rows of results go, `stride` apart.
pub(super) struct RowsMut<'a> {
    pub(super) numbers: &'a mut [f32],
    pub(super) stride: usize,
}

impl<'a> Rows<'a> {
    /// The rows of a whole matrix without gaps.
    pub(super) fn dense(numbers: &'a [f32], width: usize) -> Self {
        Self {
            numbers,
            stride: width,
            count: numbers.len() / width.max(1),
        }
    }
}

/// Numbers of input x output that rows of as many inputs are multiplied by; it can be filled again and again.
pub(super) struct Matrix {
    inputs: usize,
    outputs: usize,
    layout: Layout,
}

enum Layout {
    /// Input x output, row by row, for the crate `gemm`.
    Plain(Vec<f32>),
    #[cfg(target_arch = "x86_64")]
    Panels(Avx512, Panels<Lanes>),
}

impl Matrix {
    /// An empty matrix in the layout that is fastest here.
    pub(super) fn new() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx512) = Avx512::detect() {
            return Self {
                inputs: 0,
                outputs: 0,
                layout: Layout::Panels(avx512, Panels::empty()),
            };
        }
        Self::portable()
    }

    /// An empty matrix for any processor.
    pub(super) fn portable() -> Self {
        Self {
            inputs: 0,
            outputs: 0,
            layout: Layout::Plain(Vec::new()),
        }
    }

    /// Becomes the matrix whose columns (one per output) these rows are.
    pub(super) fn fill_with_columns(&mut self, columns: Rows<'_>, inputs: usize) {
        (self.inputs, self.outputs) = (inputs, columns.count);
        match &mut self.layout {
            Layout::Plain(numbers) => {
                numbers.resize(inputs * columns.count, 0.0);
                for output in 0..columns.count {
                    let column = &columns.numbers[output * columns.stride..][..inputs];
                    for (row, x) in numbers.chunks_exact_mut(columns.count).zip(column) {
                        row[output] = *x;
                    }
                }
            }
            #[cfg(target_arch = "x86_64")]
            Layout::Panels(_, panels) => panels.fill_with_columns(columns, inputs),
        }
    }

    /// Becomes the matrix whose rows (one per input) these are.
    pub(super) fn fill_with_rows(&mut self, rows: Rows<'_>, outputs: usize) {
        (self.inputs, self.outputs) = (rows.count, outputs);
        match &mut self.layout {
            Layout::Plain(numbers) => {
                numbers.clear();
                for row in 0..rows.count {
                    numbers.extend_from_slice(&rows.numbers[row * rows.stride..][..outputs]);
                }
            }
            #[cfg(target_arch = "x86_64")]
            Layout::Panels(_, panels) => panels.fill_with_rows(rows, outputs),
        }
    }

    /// `out` = `x` times this matrix, plus the bias in every row.
    ///
    /// The bias is empty, or has as many numbers as there are outputs, rounded up to [`padded`].
    pub(super) fn multiply(&self, x: Rows<'_>, bias: &[f32], out: RowsMut<'_>) {
        match &self.layout {
            Layout::Plain(numbers) => multiply(x, numbers, (self.inputs, self.outputs), bias, out),
            #[cfg(target_arch = "x86_64")]
            Layout::Panels(avx512, panels) => avx512.multiply(x, panels, bias, out),
        }
    }
}

/// The next multiple of the numbers in a vector register.
pub(super) fn padded(numbers: usize) -> usize {
    numbers.next_multiple_of(16)
}

#[expect(unsafe_code, reason = "the crate gemm takes pointers")]
fn multiply(
    x: Rows<'_>,
    weights: &[f32],
    (inputs, outputs): (usize, usize),
    bias: &[f32],
    out: RowsMut<'_>,
) {
    for row in 0..x.count {
        let row = &mut out.numbers[row * out.stride..][..outputs];
        match bias.get(..outputs) {
            Some(bias) => row.copy_from_slice(bias),
            None => row.fill(0.0),
        }
    }
    let Some(last) = x.count.checked_sub(1) else {
        return;
    };
    assert!(last * x.stride + inputs <= x.numbers.len() && weights.len() == inputs * outputs);
    let (x_stride, out_stride) = (x.stride as isize, out.stride as isize);
    // SAFETY: every row of `out` was just sliced and every row of `x` lies within it, as do the weights, by the assertion;
    // `out` is borrowed for writing, so it is apart from both.
    unsafe {
        gemm::gemm(
            x.count,
            outputs,
            inputs,
            out.numbers.as_mut_ptr(),
            1,
            out_stride,
            true,
            x.numbers.as_ptr(),
            1,
            x_stride,
            weights.as_ptr(),
            1,
            outputs as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers without a pattern.
    pub(in super::super) fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed | 1;
        let next = |_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as f32 / u32::MAX as f32 - 0.5
        };
        (0..count).map(next).collect()
    }

    fn naive(x: Rows<'_>, columns: Rows<'_>, inputs: usize, bias: &[f32]) -> Vec<f32> {
        let mut all = Vec::new();
        for row in 0..x.count {
            for output in 0..columns.count {
                let (x, w) = (
                    &x.numbers[row * x.stride..][..inputs],
                    &columns.numbers[output * columns.stride..][..inputs],
                );
                let sum: f32 = x.iter().zip(w).map(|(x, w)| x * w).sum();
                all.push(sum + bias.get(output).unwrap_or(&0.0));
            }
        }
        all
    }

    proptest! {
        #[test]
        fn a_product_of_any_size_is_the_naive_one(
            count in 0_usize..20,
            inputs in 1_usize..70,
            outputs in 1_usize..130,
            gap in 0_usize..5,
            has_bias in any::<bool>(),
            seed in any::<u32>(),
        ) {
            let stride = inputs + gap;
            let left = numbers(count * stride, seed);
            let x = Rows { numbers: &left, stride, count };
            let right = numbers(outputs * stride, seed ^ 1234);
            let columns = Rows { numbers: &right, stride, count: outputs };
            let transposed: Vec<f32> = (0..inputs * stride.max(outputs))
                .map(|at| (at / stride.max(outputs), at % stride.max(outputs)))
                .map(|(input, output)| if output < outputs { right[output * stride + input] } else { 9.0 })
                .collect();
            let rows = Rows { numbers: &transposed, stride: stride.max(outputs), count: inputs };
            let bias = if has_bias { numbers(padded(outputs), seed ^ 77) } else { Vec::new() };
            let wanted = naive(x, columns, inputs, &bias);
            for mut matrix in [Matrix::new(), Matrix::portable()] {
                for is_by_rows in [false, true] {
                    if is_by_rows {
                        matrix.fill_with_rows(rows, outputs);
                    } else {
                        matrix.fill_with_columns(columns, inputs);
                    }
                    let wide = outputs + gap;
                    let mut out = vec![7.0; count * wide];
                    matrix.multiply(x, &bias, RowsMut { numbers: &mut out, stride: wide });
                    for (row, wanted) in out.chunks_exact(wide).zip(wanted.chunks_exact(outputs)) {
                        for (found, wanted) in row.iter().zip(wanted) {
                            prop_assert!((found - wanted).abs() < 1e-5, "{} {}", found, wanted);
                        }
                        // What lies between the rows is not touched.
                        prop_assert!(row[outputs..].iter().all(|x| *x == 7.0));
                    }
                }
            }
        }
    }
}
