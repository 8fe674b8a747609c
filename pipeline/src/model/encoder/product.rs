//! A linear layer: a product with weights that were laid out once, and a bias.

use super::Products;
#[cfg(target_arch = "x86_64")]
use super::bf16::{Bf16, RoundedMatrix};
#[cfg(target_arch = "x86_64")]
use super::int8::{Int8, ScaledMatrix, ScaledRows};
use super::matrix::{Matrix, Rows, RowsMut, padded};
use super::parameters::Linear;
use crate::model::Error;

/// y = weight x + bias, row by row.
pub(super) struct Product {
    weights: Weights,
    /// Filled up with zeros to [`padded`].
    bias: Vec<f32>,
    inputs: usize,
    outputs: usize,
}

enum Weights {
    Exact(Matrix),
    #[cfg(target_arch = "x86_64")]
    Rounded(RoundedMatrix),
    #[cfg(target_arch = "x86_64")]
    Scaled(ScaledMatrix),
}

/// Memory for the rows of a product in fewer bits.
#[derive(Default)]
pub(super) struct Narrowed {
    #[cfg(target_arch = "x86_64")]
    rounded: Vec<u32>,
    #[cfg(target_arch = "x86_64")]
    scaled: ScaledRows,
}

impl Product {
    pub(super) fn new(linear: &Linear, products: Products) -> Result<Self, Error> {
        let (outputs, inputs) = linear.weight.dims2()?;
        let numbers: Vec<f32> = linear.weight.flatten_all()?.to_vec1()?;
        let mut bias: Vec<f32> = linear.bias.to_vec1()?;
        bias.resize(padded(outputs), 0.0);
        let columns = Rows::dense(&numbers, inputs);
        let weights = match products {
            #[cfg(target_arch = "x86_64")]
            Products::Bf16 if let Some(bf16) = Bf16::detect() => {
                Weights::Rounded(RoundedMatrix::from_columns(bf16, columns, inputs))
            }
            #[cfg(target_arch = "x86_64")]
            Products::Int8 if let Some(int8) = Int8::detect() => {
                Weights::Scaled(ScaledMatrix::from_columns(int8, columns, inputs))
            }
            Products::F32 | Products::Bf16 | Products::Int8 => {
                let mut matrix = Matrix::new();
                matrix.fill_with_columns(columns, inputs);
                Weights::Exact(matrix)
            }
        };
        Ok(Self {
            weights,
            bias,
            inputs,
            outputs,
        })
    }

    /// How many numbers a row of the result has.
    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Makes `out` the product of the rows of `x`; `narrowed` is memory to work in.
    pub(super) fn apply(&self, x: &[f32], out: &mut Vec<f32>, narrowed: &mut Narrowed) {
        let x = Rows::dense(x, self.inputs);
        out.resize(x.count * self.outputs, 0.0);
        let out = RowsMut {
            numbers: out,
            stride: self.outputs,
        };
        match &self.weights {
            Weights::Exact(matrix) => matrix.multiply(x, &self.bias, out),
            #[cfg(target_arch = "x86_64")]
            Weights::Rounded(matrix) => matrix.multiply(x, &self.bias, out, &mut narrowed.rounded),
            #[cfg(target_arch = "x86_64")]
            Weights::Scaled(matrix) => matrix.multiply(x, &self.bias, out, &mut narrowed.scaled),
        }
    }
}
