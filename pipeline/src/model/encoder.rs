//! The transformer encoder and its heads, over the pieces of many windows at once.
//!
//! The windows of a batch are laid end to end, without padding: only attention looks from piece to piece, and it runs
//! window by window. So no mask is needed (a mask of `f32::MIN` is what makes stock encoders yield NaN in f16), no padding
//! is computed, and a window reads the same in any batch.
//!
//! Architectures: BERT (Devlin et al. 2019), DistilBERT (Sanh et al. 2019), RoBERTa (Liu et al. 2019), with post-layer
//! normalisation as in `transformers`. There are two implementations of the same network: [`slices`] in fused passes over
//! slices on the CPU, [`tensors`] in Candle's operations everywhere else.

mod attention;
mod avx512;
mod bf16;
mod int8;
mod kernels;
mod matrix;
mod parameters;
mod product;
mod slices;
mod tensors;

use std::ops::Range;

use candle_core::DType;
use rayon::prelude::*;

use super::Error;
use super::config::Config;
use super::weights::Weights;

use slices::SliceEncoder;
use tensors::TensorEncoder;

/// What the encoder on the CPU multiplies in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Products {
    /// Numbers of 32 bits: equal to `transformers` within 1e-4.
    #[default]
    F32,
    /// Weights and the rows that they are multiplied by are rounded to bf16 (8 bits of mantissa), sums are kept in f32.
    ///
    /// About twice as fast on processors that multiply such numbers (AVX512-BF16); the same as `F32` on others.
    Bf16,
    /// Weights and the rows that they are multiplied by are rounded to 8 bits: weights by output, rows by themselves.
    ///
    /// On processors that multiply such numbers (AVX512-VNNI); the same as `F32` on others.
    Int8,
}

impl Products {
    /// True where the processor multiplies such numbers.
    pub(super) fn are_had(self) -> bool {
        match self {
            Self::F32 => true,
            #[cfg(target_arch = "x86_64")]
            Self::Bf16 => bf16::Bf16::detect().is_some(),
            #[cfg(target_arch = "x86_64")]
            Self::Int8 => int8::Int8::detect().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Bf16 | Self::Int8 => false,
        }
    }
}

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
pub(super) enum Encoder {
    Slices(SliceEncoder),
    Tensors(TensorEncoder),
}

impl Encoder {
    /// The encoder that a configuration and a file of weights describe, where the weights are.
    ///
    /// # Errors
    /// Where a tensor is missing or has the wrong shape.
    pub(super) fn new(
        config: &Config,
        weights: &Weights,
        products: Products,
    ) -> Result<Self, Error> {
        if weights.device().is_cpu() && weights.dtype() == DType::F32 {
            Ok(Self::Slices(SliceEncoder::new(config, weights, products)?))
        } else {
            Ok(Self::Tensors(TensorEncoder::new(config, weights)?))
        }
    }

    /// The encoder in Candle's operations, also where the CPU has a faster one.
    #[cfg(test)]
    pub(super) fn in_tensors(config: &Config, weights: &Weights) -> Result<Self, Error> {
        Ok(Self::Tensors(TensorEncoder::new(config, weights)?))
    }

    /// How many pieces it knows.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Slices(encoder) => encoder.rows(),
            Self::Tensors(encoder) => encoder.rows(),
        }
    }

    /// How many batches it computes at the same time.
    pub(super) fn at_once(&self) -> usize {
        match self {
            Self::Slices(_) => rayon::current_num_threads(),
            Self::Tensors(_) => 1,
        }
    }

    /// The scores of the wanted pieces, in their order.
    ///
    /// # Errors
    /// Where the device has no memory left or an id lies outside its table.
    pub(super) fn scores(&self, packed: &Packed) -> Result<Scores, Error> {
        let (width, numbers) = match self {
            _ if packed.wanted.is_empty() => (self.width(), Vec::new()),
            Self::Slices(encoder) => (encoder.width(), encoder.scores(packed)?),
            Self::Tensors(encoder) => (encoder.width(), encoder.scores(packed)?),
        };
        Ok(Scores { width, numbers })
    }

    /// The scores of many batches, each packed when its turn comes.
    ///
    /// On the CPU every thread computes batches of its own from the first layer to the last: threads that share each product
    /// wait for one another some forty times a batch.
    ///
    /// # Errors
    /// See [`Encoder::scores`].
    pub(super) fn scores_of<B: Sync>(
        &self,
        batches: &[B],
        pack: impl Fn(&B) -> Packed + Sync,
    ) -> Result<Vec<Scores>, Error> {
        let scores = |batch| self.scores(&pack(batch));
        match self {
            // One batch is not worth waking another thread.
            Self::Slices(_) if batches.len() > 1 => batches.par_iter().map(scores).collect(),
            Self::Slices(_) | Self::Tensors(_) => batches.iter().map(scores).collect(),
        }
    }

    fn width(&self) -> usize {
        match self {
            Self::Slices(encoder) => encoder.width(),
            Self::Tensors(encoder) => encoder.width(),
        }
    }
}

#[cfg(test)]
mod tests;
