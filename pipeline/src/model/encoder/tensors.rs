//! The encoder in Candle's terms, for every device that Candle knows.

use std::ops::Range;

use candle_core::{D, DType, Tensor};
use candle_nn::ops;

use super::Packed;
use super::parameters::{self, Embeddings, Norm};
use crate::model::Error;
use crate::model::config::{Activation, Config};
use crate::model::weights::Weights;

/// The encoder with its heads, on the device of its weights and in their type.
pub(in crate::model) struct TensorEncoder {
    embeddings: Embeddings,
    norm: Norm,
    layers: Vec<Layer>,
    heads: Linear,
    attention_heads: usize,
    activation: Activation,
}

struct Layer {
    qkv: Linear,
    attention_out: Linear,
    attention_norm: Norm,
    widen: Linear,
    narrow: Linear,
    out_norm: Norm,
}

struct Linear {
    /// Input x output, so that rows stand as the product wants them.
    weight: Tensor,
    bias: Tensor,
}

impl TensorEncoder {
    /// # Errors
    /// Where a tensor is missing or has the wrong shape.
    pub(super) fn new(config: &Config, weights: &Weights) -> Result<Self, Error> {
        let layer = |index| Layer::new(parameters::Layer::new(config, weights, index)?);
        Ok(Self {
            embeddings: Embeddings::new(config, weights)?,
            norm: parameters::first_norm(config, weights)?,
            layers: (0..config.layers).map(layer).collect::<Result<_, _>>()?,
            heads: Linear::new(parameters::heads(config, weights)?)?,
            attention_heads: config.heads,
            activation: config.activation,
        })
    }

    /// How many pieces it knows.
    pub(super) fn rows(&self) -> usize {
        self.embeddings.rows()
    }

    /// How many scores a piece has.
    pub(super) fn width(&self) -> usize {
        self.heads.bias.elem_count()
    }

    /// The scores of the wanted pieces, end to end.
    ///
    /// # Errors
    /// Where the device has no memory left or an id lies outside its table.
    pub(super) fn scores(&self, packed: &Packed) -> Result<Vec<f32>, Error> {
        let (words, rest) = self.embeddings.look_up(packed)?;
        let mut x = self.norm.apply(&words, &rest)?;
        for layer in &self.layers {
            x = layer.apply(&x, &packed.windows, self)?;
        }
        let wanted = Tensor::new(packed.wanted.as_slice(), x.device())?;
        let x = self.heads.apply(&x.index_select(&wanted, 0)?)?;
        Ok(x.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?)
    }
}

impl Layer {
    fn new(parameters: parameters::Layer) -> Result<Self, Error> {
        Ok(Self {
            qkv: Linear::new(parameters.qkv)?,
            attention_out: Linear::new(parameters.attention_out)?,
            attention_norm: parameters.attention_norm,
            widen: Linear::new(parameters.widen)?,
            narrow: Linear::new(parameters.narrow)?,
            out_norm: parameters.out_norm,
        })
    }

    fn apply(
        &self,
        x: &Tensor,
        windows: &[Range<usize>],
        encoder: &TensorEncoder,
    ) -> candle_core::Result<Tensor> {
        let attended = attention(&self.qkv.apply(x)?, windows, encoder.attention_heads)?;
        let x = self
            .attention_norm
            .apply(&self.attention_out.apply(&attended)?, x)?;
        let inner = self.widen.apply(&x)?;
        let inner = match encoder.activation {
            Activation::Gelu => inner.gelu_erf(),
            Activation::Relu => inner.relu(),
        }?;
        self.out_norm.apply(&self.narrow.apply(&inner)?, &x)
    }
}

impl Norm {
    /// The normalised x + residual.
    fn apply(&self, x: &Tensor, residual: &Tensor) -> candle_core::Result<Tensor> {
        ops::layer_norm(&(x + residual)?, &self.scale, &self.shift, self.eps)
    }
}

/// What every piece gathers from the pieces of its own window.
///
/// On a card every operation is a launch, so neighbouring windows of one length go through together.
fn attention(qkv: &Tensor, windows: &[Range<usize>], heads: usize) -> candle_core::Result<Tensor> {
    let width = qkv.dim(1)?;
    let size = width / 3 / heads;
    let together = |windows: &[Range<usize>]| -> candle_core::Result<Tensor> {
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
    let parts: Vec<Tensor> = groups.map(together).collect::<candle_core::Result<_>>()?;
    Tensor::cat(&parts, 0)
}

/// The product, of what CUDA can multiply: Candle's CPU backend takes any strides, that of CUDA whole matrices alone.
fn product(a: &Tensor, b: &Tensor) -> candle_core::Result<Tensor> {
    debug_assert!(a.is_contiguous());
    debug_assert!(
        b.is_contiguous()
            || b.transpose(D::Minus2, D::Minus1)
                .is_ok_and(|b| b.is_contiguous())
    );
    a.matmul(b)
}

impl Linear {
    fn new(parameters: parameters::Linear) -> candle_core::Result<Self> {
        Ok(Self {
            weight: parameters.weight.t()?.contiguous()?,
            bias: parameters.bias,
        })
    }

    fn apply(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        x.matmul(&self.weight)?.broadcast_add(&self.bias)
    }
}

#[cfg(test)]
mod tests;
