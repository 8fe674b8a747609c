//! What an encoder is made of, as tensors of the file: names resolved, shapes checked, shaped alike for every device.

use candle_core::Tensor;

use super::Packed;
use crate::model::Error;
use crate::model::config::Config;
use crate::model::weights::Weights;

/// A product with its bias: y = weight x + bias.
pub(super) struct Linear {
    /// Output x input, as files have it.
    pub(super) weight: Tensor,
    pub(super) bias: Tensor,
}

/// A normalisation of a row: its numbers scaled and shifted.
pub(super) struct Norm {
    pub(super) scale: Tensor,
    pub(super) shift: Tensor,
    pub(super) eps: f32,
}

/// One layer.
pub(super) struct Layer {
    /// Queries, keys and values of all heads; the scale of the attention scores is in the queries once and for all.
    pub(super) qkv: Linear,
    pub(super) attention_out: Linear,
    pub(super) attention_norm: Norm,
    pub(super) widen: Linear,
    pub(super) narrow: Linear,
    pub(super) out_norm: Norm,
}

/// What a piece is before the first layer: the sum of three rows, then normalised.
pub(super) struct Embeddings {
    /// In the type of the file: most rows are never looked up.
    words: Tensor,
    positions: Tensor,
    types: Option<Tensor>,
    first_position: u32,
}

impl Embeddings {
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
        Ok(Self {
            words,
            positions,
            types,
            first_position: u32::try_from(config.first_position).unwrap_or_default(),
        })
    }

    /// How many pieces it knows.
    pub(super) fn rows(&self) -> usize {
        self.words.dims().first().copied().unwrap_or_default()
    }

    /// The rows of the words, and the sum of the other rows.
    pub(super) fn look_up(&self, packed: &Packed) -> candle_core::Result<(Tensor, Tensor)> {
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
        Ok((words, rest))
    }
}

impl Layer {
    pub(super) fn new(config: &Config, weights: &Weights, index: usize) -> Result<Self, Error> {
        let names = config.family.layer(index);
        let hidden = config.hidden;
        let scale = ((hidden / config.heads) as f64).powf(-0.5);
        let mut qkv = (Vec::new(), Vec::new());
        for (name, scale) in [
            (&names.query, scale),
            (&names.key, 1.0),
            (&names.value, 1.0),
        ] {
            let part = linear(weights, name, hidden, hidden)?;
            qkv.0.push((part.weight * scale)?);
            qkv.1.push((part.bias * scale)?);
        }
        let inner = weights.rows(&format!("{}.weight", names.widen), hidden)?;
        let inner = inner.dims().first().copied().unwrap_or_default();
        Ok(Self {
            qkv: Linear {
                weight: Tensor::cat(&qkv.0, 0)?,
                bias: Tensor::cat(&qkv.1, 0)?,
            },
            attention_out: linear(weights, &names.attention_out, hidden, hidden)?,
            attention_norm: norm(weights, &names.attention_norm, config)?,
            widen: linear(weights, &names.widen, inner, hidden)?,
            narrow: linear(weights, &names.narrow, hidden, inner)?,
            out_norm: norm(weights, &names.out_norm, config)?,
        })
    }
}

/// The normalisation of the embeddings.
pub(super) fn first_norm(config: &Config, weights: &Weights) -> Result<Norm, Error> {
    let prefix = config.family.embeddings();
    norm(weights, &format!("{prefix}.LayerNorm"), config)
}

/// The head of the labels, and behind it that of the misspellings.
pub(super) fn heads(config: &Config, weights: &Weights) -> Result<Linear, Error> {
    let labels = linear(weights, "classifier", config.labels.len(), config.hidden)?;
    let Some(head) = &config.scutch.heads.typo else {
        return Ok(labels);
    };
    let typo = linear(weights, &head.tensor, 1, config.hidden)?;
    Ok(Linear {
        weight: Tensor::cat(&[labels.weight, typo.weight], 0)?,
        bias: Tensor::cat(&[labels.bias, typo.bias], 0)?,
    })
}

fn linear(weights: &Weights, name: &str, outputs: usize, inputs: usize) -> Result<Linear, Error> {
    Ok(Linear {
        weight: weights.get(&format!("{name}.weight"), &[outputs, inputs])?,
        bias: weights.get(&format!("{name}.bias"), &[outputs])?,
    })
}

fn norm(weights: &Weights, name: &str, config: &Config) -> Result<Norm, Error> {
    Ok(Norm {
        scale: weights.get(&format!("{name}.weight"), &[config.hidden])?,
        shift: weights.get(&format!("{name}.bias"), &[config.hidden])?,
        eps: config.eps,
    })
}
