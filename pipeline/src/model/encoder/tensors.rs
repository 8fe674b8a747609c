//! The encoder in Candle's terms, for every device that Candle knows.

use std::ops::Range;

use candle_core::{D, DType, Tensor};

use super::Packed;
use super::ops::{self, Norm};
use super::parameters::{self, Embeddings};
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
        let inner = ops::activate(&self.widen.apply(&x)?, encoder.activation)?;
        self.out_norm.apply(&self.narrow.apply(&inner)?, &x)
    }
}

/// What every piece gathers from the pieces of its own window.
fn attention(qkv: &Tensor, windows: &[Range<usize>], heads: usize) -> candle_core::Result<Tensor> {
    let (pieces, width) = qkv.dims2()?;
    // Queries, keys and values of every head, as strided views of one tensor: nothing is copied.
    let qkv = qkv.reshape((pieces, 3 * heads, width / 3 / heads))?;
    let one = |window: &Range<usize>| -> candle_core::Result<Tensor> {
        let qkv = qkv.narrow(0, window.start, window.len())?.transpose(0, 1)?;
        let part = |index: usize| qkv.narrow(0, index * heads, heads);
        let scores = part(0)?.matmul(&part(1)?.transpose(D::Minus2, D::Minus1)?)?;
        ops::softmax(&scores)?.matmul(&part(2)?)?.transpose(0, 1)
    };
    let parts: Vec<Tensor> = windows.iter().map(one).collect::<Result<_, _>>()?;
    Tensor::cat(&parts, 0)?.reshape((pieces, width / 3))
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
