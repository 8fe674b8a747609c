//! The encoder on the CPU: products with weights laid out once, fused passes between them, memory that is used again.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::attention::Attention;
use super::kernels::{self, Kernel};
use super::parameters::{self, Embeddings};
use super::product::{Narrowed, Product};
use super::{Packed, Products};
use crate::model::Error;
use crate::model::config::{Activation, Config};
use crate::model::weights::Weights;

/// Rows that go through the wide middle of a layer together, so that what they yield stays in a core's own cache.
const ROWS: usize = 96;

/// The encoder with its heads.
pub(in crate::model) struct SliceEncoder {
    embeddings: Embeddings,
    norm: Norm,
    layers: Vec<Layer>,
    heads: Product,
    attention_heads: usize,
    activation: Activation,
    hidden: usize,
    /// Memory that is not in use; as much of it as threads were ever here at once.
    idle: Mutex<Vec<Memory>>,
}

struct Layer {
    qkv: Product,
    attention_out: Product,
    attention_norm: Norm,
    widen: Product,
    narrow: Product,
    out_norm: Norm,
}

struct Norm {
    scale: Vec<f32>,
    shift: Vec<f32>,
    eps: f32,
}

/// What one batch is computed in: allocating it anew would cost more time in page faults than many a step takes.
#[derive(Default)]
struct Memory {
    x: Vec<f32>,
    qkv: Vec<f32>,
    attended: Vec<f32>,
    inner: Vec<f32>,
    sums: Vec<f32>,
    attention: Attention,
    narrowed: Narrowed,
}

impl SliceEncoder {
    /// # Errors
    /// Where a tensor is missing or has the wrong shape.
    pub(super) fn new(
        config: &Config,
        weights: &Weights,
        products: Products,
    ) -> Result<Self, Error> {
        let layer = |index| {
            let parameters = parameters::Layer::new(config, weights, index)?;
            Layer::new(&parameters, products)
        };
        Ok(Self {
            embeddings: Embeddings::new(config, weights)?,
            norm: Norm::new(&parameters::first_norm(config, weights)?)?,
            layers: (0..config.layers).map(layer).collect::<Result<_, _>>()?,
            heads: Product::new(&parameters::heads(config, weights)?, Products::F32)?,
            attention_heads: config.heads,
            activation: config.activation,
            hidden: config.hidden,
            idle: Mutex::default(),
        })
    }

    /// How many pieces it knows.
    pub(super) fn rows(&self) -> usize {
        self.embeddings.rows()
    }

    /// How many scores a piece has.
    pub(super) fn width(&self) -> usize {
        self.heads.outputs()
    }

    /// The scores of the wanted pieces, end to end.
    ///
    /// # Errors
    /// Where an id lies outside its table.
    pub(super) fn scores(&self, packed: &Packed) -> Result<Vec<f32>, Error> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut memory = idle().pop().unwrap_or_default();
        let scores = self.scores_in(packed, &mut memory);
        idle().push(memory);
        scores
    }

    fn scores_in(&self, packed: &Packed, memory: &mut Memory) -> Result<Vec<f32>, Error> {
        let (words, rest) = self.embeddings.look_up(packed)?;
        memory.x = words.flatten_all()?.to_vec1()?;
        let rest: Vec<f32> = rest.flatten_all()?.to_vec1()?;
        self.norm.apply(&mut memory.x, &rest);
        // Behind the attention of the last layer no piece looks at another: only the wanted ones go on.
        let last = self.layers.len().saturating_sub(1);
        for (index, layer) in self.layers.iter().enumerate() {
            layer.attend(self, &packed.windows, memory);
            if index == last {
                for rows in [&mut memory.x, &mut memory.attended] {
                    *rows = gather(rows, self.hidden, &packed.wanted);
                }
            }
            layer.go_on(self, memory);
        }
        if self.layers.is_empty() {
            memory.x = gather(&memory.x, self.hidden, &packed.wanted);
        }
        let mut scores = Vec::new();
        self.heads
            .apply(&memory.x, &mut scores, &mut memory.narrowed);
        Ok(scores)
    }
}

impl Layer {
    fn new(parameters: &parameters::Layer, products: Products) -> Result<Self, Error> {
        Ok(Self {
            qkv: Product::new(&parameters.qkv, products)?,
            attention_out: Product::new(&parameters.attention_out, products)?,
            attention_norm: Norm::new(&parameters.attention_norm)?,
            widen: Product::new(&parameters.widen, products)?,
            narrow: Product::new(&parameters.narrow, products)?,
            out_norm: Norm::new(&parameters.out_norm)?,
        })
    }

    /// Gathers what every piece attends to, from `x`.
    fn attend(&self, encoder: &SliceEncoder, windows: &[Range<usize>], memory: &mut Memory) {
        self.qkv
            .apply(&memory.x, &mut memory.qkv, &mut memory.narrowed);
        memory.attended.resize(memory.x.len(), 0.0);
        for window in windows {
            memory.attention.apply(
                &memory.qkv,
                encoder.hidden,
                window,
                encoder.attention_heads,
                &mut memory.attended,
            );
        }
    }

    /// What the layer makes of `x` and of what was gathered, in place of `x`.
    fn go_on(&self, encoder: &SliceEncoder, memory: &mut Memory) {
        let Memory {
            x,
            attended,
            inner,
            sums,
            narrowed,
            ..
        } = memory;
        self.attention_out.apply(attended, sums, narrowed);
        self.attention_norm.apply(sums, x);
        std::mem::swap(x, sums);
        let activation = match encoder.activation {
            Activation::Gelu => Kernel::Gelu,
            Activation::Relu => Kernel::Relu,
        };
        for x in x.chunks_mut(ROWS * encoder.hidden) {
            self.widen.apply(x, inner, narrowed);
            kernels::run(inner, self.widen.outputs(), &activation);
            self.narrow.apply(inner, sums, narrowed);
            self.out_norm.apply(sums, x);
            x.copy_from_slice(sums);
        }
    }
}

impl Norm {
    fn new(norm: &parameters::Norm) -> Result<Self, Error> {
        Ok(Self {
            scale: norm.scale.to_vec1()?,
            shift: norm.shift.to_vec1()?,
            eps: norm.eps,
        })
    }

    /// The normalised x + residual, in place of x.
    fn apply(&self, x: &mut [f32], residual: &[f32]) {
        let kernel = Kernel::Norm {
            residual,
            scale: &self.scale,
            shift: &self.shift,
            eps: self.eps,
        };
        kernels::run(x, self.scale.len(), &kernel);
    }
}

/// Some rows of a matrix.
fn gather(rows: &[f32], width: usize, wanted: &[u32]) -> Vec<f32> {
    let mut some = Vec::with_capacity(wanted.len() * width);
    for &row in wanted {
        some.extend_from_slice(&rows[row as usize * width..][..width]);
    }
    some
}
