//! The transformer encoder and its heads, over the pieces of many windows at once.
//!
//! The windows of a batch are laid end to end, without padding: only attention looks from piece to piece, and it runs
//! window by window. So no mask is needed (a mask of `f32::MIN` is what makes stock encoders yield NaN in f16), no padding
//! is computed, and a window reads the same in any batch.
//!
//! Architectures: BERT (Devlin et al. 2019), DistilBERT (Sanh et al. 2019), RoBERTa (Liu et al. 2019), with post-layer
//! normalisation as in `transformers`.

use std::ops::Range;

use candle_core::{D, Tensor};
use rayon::prelude::*;

use super::Error;
use super::config::{Activation, Config};
use super::ops::{self, Norm};
use super::plain::{self, Arithmetic};
use super::weights::Weights;

/// What goes into the encoder: the pieces of several windows, end to end.
#[derive(Clone, Debug, Default)]
pub(super) struct Packed {
    /// The number of each piece.
    pub(super) ids: Vec<u32>,
    /// The token type (case class) of each piece.
    pub(super) types: Vec<u32>,
    /// Where each window stands, in order, without gaps.
    pub(super) windows: Vec<Range<usize>>,
    /// The pieces whose scores are wanted.
    pub(super) wanted: Vec<u32>,
}

/// The scores of the wanted pieces.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scores {
    /// How many numbers each piece has: one per label, and the logit of being misspelt where the model has that head.
    pub(super) width: usize,
    /// The numbers, piece by piece.
    pub(super) numbers: Vec<f32>,
}

/// The encoder with its heads.
pub(super) struct Encoder {
    /// In the type of the file.
    words: Tensor,
    positions: Tensor,
    types: Option<Tensor>,
    norm: Norm,
    layers: Vec<Layer>,
    /// Both heads side by side.
    heads: Linear,
    attention_heads: usize,
    first_position: u32,
    activation: Activation,
    pub(super) arithmetic: Arithmetic,
}

struct Linear {
    /// Input x output, so that rows stand as the product wants them.
    weight: Tensor,
    bias: Tensor,
}

struct Layer {
    qkv: Linear,
    attention_out: Tensor,
    attention_norm: Norm,
    widen: Linear,
    narrow: Tensor,
    out_norm: Norm,
}

impl Encoder {
    /// The encoder that a configuration and a file of weights describe.
    ///
    /// # Errors
    /// Where a tensor is missing or has the wrong shape.
    pub(super) fn new(config: &Config, weights: &Weights) -> Result<Self, Error> {
        let hidden = config.hidden;
        let prefix = config.family.embeddings();
        let words = weights.table(&format!("{prefix}.word_embeddings.weight"), hidden)?;
        let positions = config.first_position + config.positions;
        let positions = weights.get(
            &format!("{prefix}.position_embeddings.weight"),
            &[positions, hidden],
        )?;
        let types = if config.family.has_token_types() {
            let name = format!("{prefix}.token_type_embeddings.weight");
            Some(match config.scutch.case_classes.len() {
                0 => weights.rows(&name, hidden)?,
                classes => weights.get(&name, &[classes, hidden])?,
            })
        } else {
            None
        };
        let none = Tensor::zeros(hidden, weights.dtype(), words.device())?;
        let norm = norm(weights, &format!("{prefix}.LayerNorm"), &none, config)?;
        let layers = (0..config.layers).map(|index| Layer::new(config, weights, index));
        Ok(Self {
            norm,
            layers: layers.collect::<Result<_, _>>()?,
            heads: heads(config, weights)?,
            attention_heads: config.heads,
            first_position: u32::try_from(config.first_position).unwrap_or_default(),
            activation: config.activation,
            arithmetic: Arithmetic::of(words.device(), weights.dtype()),
            words,
            positions,
            types,
        })
    }

    /// How many pieces it knows.
    pub(super) fn rows(&self) -> usize {
        self.words.dims().first().copied().unwrap_or_default()
    }

    /// The scores of the wanted pieces, in their order.
    ///
    /// # Errors
    /// Where the device has no memory left or an id lies outside its table.
    pub(super) fn scores(&self, packed: &Packed) -> Result<Scores, Error> {
        let width = self.heads.bias.elem_count();
        if packed.wanted.is_empty() {
            let numbers = Vec::new();
            return Ok(Scores { width, numbers });
        }
        let mut x = self.embed(packed)?;
        for layer in &self.layers {
            x = layer.apply(x, &packed.windows, self)?;
        }
        let wanted = Tensor::new(packed.wanted.as_slice(), x.device())?;
        let x = self.heads.apply(&x.index_select(&wanted, 0)?)?;
        let x = ops::bias(x, &self.heads.bias, self.arithmetic)?;
        let numbers = x
            .to_dtype(candle_core::DType::F32)?
            .flatten_all()?
            .to_vec1()?;
        Ok(Scores { width, numbers })
    }

    fn embed(&self, packed: &Packed) -> Result<Tensor, Error> {
        let device = self.words.device();
        let first = self.first_position;
        let positions: Vec<u32> = packed
            .windows
            .iter()
            .flat_map(|window| (first..).take(window.len()))
            .collect();
        let positions = Tensor::new(positions, device)?;
        let words = self
            .words
            .index_select(&Tensor::new(packed.ids.as_slice(), device)?, 0)?
            .to_dtype(self.positions.dtype())?;
        let mut rest = self.positions.index_select(&positions, 0)?;
        if let Some(types) = &self.types {
            let types = types.index_select(&Tensor::new(packed.types.as_slice(), device)?, 0)?;
            rest = (rest + types)?;
        }
        Ok(self.norm.apply(words, &rest, self.arithmetic)?)
    }
}

impl Layer {
    fn new(config: &Config, weights: &Weights, index: usize) -> Result<Self, Error> {
        let names = config.family.layer(index);
        let hidden = config.hidden;
        let square = [hidden, hidden];
        // The scale of the attention scores goes into the queries once and for all.
        let scale = ((hidden / config.heads) as f64).powf(-0.5);
        let mut qkv = (Vec::new(), Vec::new());
        for (name, scale) in [
            (&names.query, scale),
            (&names.key, 1.0),
            (&names.value, 1.0),
        ] {
            let part = (weights.get(&format!("{name}.weight"), &square)? * scale)?;
            qkv.0.push(part);
            qkv.1
                .push((weights.get(&format!("{name}.bias"), &[hidden])? * scale)?);
        }
        let qkv = Linear::new(&Tensor::cat(&qkv.0, 0)?, Tensor::cat(&qkv.1, 0)?)?;
        let widen = weights.rows(&format!("{}.weight", names.widen), hidden)?;
        let inner = widen.dims().first().copied().unwrap_or_default();
        let widen = Linear::new(
            &widen,
            weights.get(&format!("{}.bias", names.widen), &[inner])?,
        )?;
        let attention_out = weights.get(&format!("{}.weight", names.attention_out), &square)?;
        let attention_bias = weights.get(&format!("{}.bias", names.attention_out), &[hidden])?;
        let narrow = weights.get(&format!("{}.weight", names.narrow), &[hidden, inner])?;
        let narrow_bias = weights.get(&format!("{}.bias", names.narrow), &[hidden])?;
        Ok(Self {
            qkv,
            attention_out: attention_out.t()?.contiguous()?,
            attention_norm: norm(weights, &names.attention_norm, &attention_bias, config)?,
            widen,
            narrow: narrow.t()?.contiguous()?,
            out_norm: norm(weights, &names.out_norm, &narrow_bias, config)?,
        })
    }

    fn apply(
        &self,
        x: Tensor,
        windows: &[Range<usize>],
        encoder: &Encoder,
    ) -> Result<Tensor, Error> {
        let by = encoder.arithmetic;
        let qkv = ops::bias(self.qkv.apply(&x)?, &self.qkv.bias, by)?;
        let attended = match by {
            Arithmetic::Fused => attention(&qkv, windows, encoder.attention_heads)?,
            Arithmetic::Plain => plain::attention(&qkv, windows, encoder.attention_heads)?,
        };
        let x = self
            .attention_norm
            .apply(attended.matmul(&self.attention_out)?, &x, by)?;
        let inner = self.widen.apply(&x)?;
        let inner = ops::activate(inner, &self.widen.bias, encoder.activation, by)?;
        Ok(self.out_norm.apply(inner.matmul(&self.narrow)?, &x, by)?)
    }
}

/// What every piece gathers from the pieces of its own window.
pub(super) fn attention(
    qkv: &Tensor,
    windows: &[Range<usize>],
    heads: usize,
) -> Result<Tensor, Error> {
    let (pieces, width) = qkv.dims2()?;
    // Queries, keys and values of every head, as strided views of one tensor: nothing is copied.
    let qkv = qkv.reshape((pieces, 3 * heads, width / 3 / heads))?;
    let one = |window: &Range<usize>| -> candle_core::Result<Tensor> {
        let qkv = qkv.narrow(0, window.start, window.len())?.transpose(0, 1)?;
        let part = |index: usize| qkv.narrow(0, index * heads, heads);
        let scores = part(0)?.matmul(&part(1)?.transpose(D::Minus2, D::Minus1)?)?;
        ops::softmax(scores)?.matmul(&part(2)?)?.transpose(0, 1)
    };
    let parts: Vec<Tensor> = windows.par_iter().map(one).collect::<Result<_, _>>()?;
    Ok(Tensor::cat(&parts, 0)?.reshape((pieces, width / 3))?)
}

impl Linear {
    /// From a weight as files have it: output x input.
    fn new(weight: &Tensor, bias: Tensor) -> Result<Self, Error> {
        let weight = weight.t()?.contiguous()?;
        Ok(Self { weight, bias })
    }

    /// The product alone: what follows adds the bias.
    fn apply(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        x.matmul(&self.weight)
    }
}

fn norm(weights: &Weights, name: &str, bias: &Tensor, config: &Config) -> Result<Norm, Error> {
    let scale = weights.get(&format!("{name}.weight"), &[config.hidden])?;
    let shift = weights.get(&format!("{name}.bias"), &[config.hidden])?;
    Ok(Norm::new(bias, &scale, &shift, config.eps)?)
}

/// The head of the labels, and behind it that of the misspellings.
fn heads(config: &Config, weights: &Weights) -> Result<Linear, Error> {
    let mut names = vec![("classifier", config.labels.len())];
    names.extend(
        config
            .scutch
            .heads
            .typo
            .as_ref()
            .map(|head| (head.tensor.as_str(), 1)),
    );
    let mut parts = (Vec::new(), Vec::new());
    for (name, rows) in names {
        parts
            .0
            .push(weights.get(&format!("{name}.weight"), &[rows, config.hidden])?);
        parts.1.push(weights.get(&format!("{name}.bias"), &[rows])?);
    }
    Linear::new(&Tensor::cat(&parts.0, 0)?, Tensor::cat(&parts.1, 0)?)
}
