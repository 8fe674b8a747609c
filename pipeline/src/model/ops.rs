//! The steps between the matrix products: one fused pass in place on the CPU, `plain` elsewhere.

use candle_core::{CpuStorage, InplaceOp1, InplaceOp2, InplaceOp3, Layout, Result, Tensor, bail};
use candle_nn::ops;
use rayon::prelude::*;

use super::config::Activation;
use super::kernels::{self, Kernel};
use super::plain::{self, Arithmetic};

/// Numbers that one thread works through before it pays to wake another.
const GRAIN: usize = 1 << 15;

/// x + bias; `x` must not be used afterwards.
pub(super) fn bias(x: Tensor, bias: &Tensor, by: Arithmetic) -> Result<Tensor> {
    if by == Arithmetic::Plain {
        return x.broadcast_add(bias);
    }
    x.inplace_op2(bias, &Biased(None))?;
    Ok(x)
}

/// The activation of x + bias; `x` must not be used afterwards.
pub(super) fn activate(
    x: Tensor,
    bias: &Tensor,
    activation: Activation,
    by: Arithmetic,
) -> Result<Tensor> {
    if by == Arithmetic::Plain {
        return plain::activate(&x, bias, activation);
    }
    x.inplace_op2(bias, &Biased(Some(activation)))?;
    Ok(x)
}

/// The softmax over the last dimension; `x` must not be used afterwards.
pub(super) fn softmax(x: Tensor) -> Result<Tensor> {
    x.inplace_op1(&Softmax)?;
    Ok(x)
}

/// The parameters of a layer normalisation, and the bias that is added before it.
pub(super) struct Norm {
    /// Three rows: bias, scale, shift.
    rows: Tensor,
    eps: f32,
}

impl Norm {
    pub(super) fn new(bias: &Tensor, scale: &Tensor, shift: &Tensor, eps: f32) -> Result<Self> {
        let rows = Tensor::stack(&[bias, scale, shift], 0)?;
        Ok(Self { rows, eps })
    }

    /// The normalised x + bias + residual; `x` must not be used afterwards.
    pub(super) fn apply(&self, x: Tensor, residual: &Tensor, by: Arithmetic) -> Result<Tensor> {
        if by == Arithmetic::Plain {
            let (bias, scale, shift) = (self.rows.get(0)?, self.rows.get(1)?, self.rows.get(2)?);
            let x = (x.broadcast_add(&bias)? + residual)?;
            // Sums in f32 whatever the type, so eps does not vanish in f16.
            return ops::layer_norm(&x, &scale, &shift, self.eps);
        }
        x.inplace_op3(residual, &self.rows, self)?;
        Ok(x)
    }
}

struct Biased(Option<Activation>);

struct Softmax;

impl InplaceOp2 for Biased {
    fn name(&self) -> &'static str {
        "bias"
    }

    fn cpu_fwd(
        &self,
        x: &mut CpuStorage,
        layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<()> {
        let bias = numbers(bias, bias_layout)?;
        let kernel = match self.0 {
            None => Kernel::Bias(bias),
            Some(Activation::Gelu) => Kernel::BiasGelu(bias),
            Some(Activation::Relu) => Kernel::BiasRelu(bias),
        };
        each_part(x, layout, |_, part, width| {
            kernels::run(part, width, &kernel)
        })
    }
}

impl InplaceOp1 for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn cpu_fwd(&self, x: &mut CpuStorage, layout: &Layout) -> Result<()> {
        each_part(x, layout, |_, part, width| {
            kernels::run(part, width, &Kernel::Softmax)
        })
    }
}

impl InplaceOp3 for Norm {
    fn name(&self) -> &'static str {
        "norm"
    }

    fn cpu_fwd(
        &self,
        x: &mut CpuStorage,
        layout: &Layout,
        residual: &CpuStorage,
        residual_layout: &Layout,
        rows: &CpuStorage,
        rows_layout: &Layout,
    ) -> Result<()> {
        let residual = numbers(residual, residual_layout)?;
        let rows = numbers(rows, rows_layout)?;
        let mut rows = rows.chunks_exact((rows.len() / 3).max(1));
        let (Some(bias), Some(scale), Some(shift)) = (rows.next(), rows.next(), rows.next()) else {
            bail!("a normalisation without its three rows")
        };
        each_part(x, layout, |start, part, width| {
            let residual = residual.get(start..start + part.len()).unwrap_or_default();
            let kernel = Kernel::Norm {
                residual,
                bias,
                scale,
                shift,
                eps: self.eps,
            };
            kernels::run(part, width, &kernel);
        })
    }
}

/// Calls `work(start, part, width)` for parts of whole rows, on all threads where the matrix is large.
fn each_part(
    x: &mut CpuStorage,
    layout: &Layout,
    work: impl Fn(usize, &mut [f32], usize) + Sync,
) -> Result<()> {
    let width = layout.dims().last().copied().unwrap_or_default().max(1);
    let Some((from, to)) = layout.contiguous_offsets() else {
        bail!("a strided tensor cannot be changed in place")
    };
    let CpuStorage::F32(numbers) = x else {
        bail!("the CPU computes in f32")
    };
    let Some(numbers) = numbers.get_mut(from..to) else {
        bail!("a tensor larger than its storage")
    };
    let part = (GRAIN / width).max(1) * width;
    if numbers.len() <= part {
        work(0, numbers, width);
    } else {
        numbers
            .par_chunks_mut(part)
            .enumerate()
            .for_each(|(index, numbers)| work(index * part, numbers, width));
    }
    Ok(())
}

fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage.as_slice::<f32>()?, layout.contiguous_offsets()) {
        (numbers, Some((from, to))) if to <= numbers.len() => Ok(&numbers[from..to]),
        _ => bail!("a strided tensor where whole rows are wanted"),
    }
}
