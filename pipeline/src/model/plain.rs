//! The steps between the matrix products in Candle's own operations: for CUDA, and for types that the CPU's fused passes lack.
//!
//! On a card every operation is a launch, so windows of one length go through attention together.

use std::ops::Range;

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::ops;

use super::config::Activation;

/// Who computes what lies between the matrix products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    /// One fused pass in place: the CPU, in f32.
    Fused,
    /// Candle's own operations: any device, any type.
    Plain,
}

impl Arithmetic {
    /// The fastest that the device has for that type.
    pub(super) fn of(device: &Device, dtype: DType) -> Self {
        if device.is_cpu() && dtype == DType::F32 {
            Self::Fused
        } else {
            Self::Plain
        }
    }
}

/// The activation of x + bias.
pub(super) fn activate(x: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    let x = x.broadcast_add(bias)?;
    match activation {
        Activation::Gelu => x.gelu_erf(),
        Activation::Relu => x.relu(),
    }
}

/// What every piece gathers from the pieces of its own window; neighbouring windows of one length are one product.
pub(super) fn attention(qkv: &Tensor, windows: &[Range<usize>], heads: usize) -> Result<Tensor> {
    let width = qkv.dim(1)?;
    let size = width / 3 / heads;
    let together = |windows: &[Range<usize>]| -> Result<Tensor> {
        let (start, length) = windows
            .first()
            .map_or((0, 0), |first| (first.start, first.len()));
        let count = windows.len();
        // One copy brings queries, keys and values each into one piece, which CUDA's products ask for.
        let qkv = qkv
            .narrow(0, start, count * length)?
            .reshape((count, length, 3, heads, size))?
            .permute((2, 0, 3, 1, 4))?
            .contiguous()?
            .reshape((3, count * heads, length, size))?;
        let scores = product(&qkv.get(0)?, &qkv.get(1)?.transpose(D::Minus2, D::Minus1)?)?;
        // The softmax sums in f32 whatever the type, on the CPU and on CUDA.
        product(&ops::softmax_last_dim(&scores)?, &qkv.get(2)?)?
            .reshape((count, heads, length, size))?
            .transpose(1, 2)?
            .reshape((count * length, width / 3))
    };
    let groups = windows.chunk_by(|a, b| a.len() == b.len());
    let parts: Vec<Tensor> = groups.map(together).collect::<Result<_>>()?;
    Tensor::cat(&parts, 0)
}

/// The product, of what CUDA can multiply: Candle's CPU backend takes any strides, that of CUDA whole matrices alone.
fn product(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    debug_assert!(a.is_contiguous());
    debug_assert!(
        b.is_contiguous()
            || b.transpose(D::Minus2, D::Minus1)
                .is_ok_and(|b| b.is_contiguous())
    );
    a.matmul(b)
}

#[cfg(test)]
mod tests;
