//! The steps between the matrix products in Candle's own operations.

use candle_core::{Result, Tensor};
use candle_nn::ops;

use crate::model::config::Activation;

/// The activation of x.
pub(super) fn activate(x: &Tensor, activation: Activation) -> Result<Tensor> {
    match activation {
        Activation::Gelu => x.gelu_erf(),
        Activation::Relu => x.relu(),
    }
}

/// The softmax over the last dimension.
pub(super) fn softmax(x: &Tensor) -> Result<Tensor> {
    ops::softmax_last_dim(x)
}

/// The parameters of a layer normalisation.
pub(super) struct Norm {
    pub(super) scale: Tensor,
    pub(super) shift: Tensor,
    pub(super) eps: f32,
}

impl Norm {
    /// The normalised x + residual.
    pub(super) fn apply(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor> {
        ops::layer_norm(&(x + residual)?, &self.scale, &self.shift, self.eps)
    }
}
