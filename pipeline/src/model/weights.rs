//! The tensors of a `model.safetensors`, by name and with their shapes checked.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};

use super::Error;

/// The tensors of a file, in the type that the device computes in.
pub(super) struct Weights {
    tensors: HashMap<String, Tensor>,
    device: Device,
    dtype: DType,
}

impl Weights {
    /// The tensors of the bytes of a safetensors file (f16, bf16 or f32), on `device`.
    ///
    /// # Errors
    /// Where the bytes are no safetensors file or the device has no memory left.
    pub(super) fn parse(bytes: &[u8], device: &Device, dtype: DType) -> Result<Self, Error> {
        let tensors = candle_core::safetensors::load_buffer(bytes, device)?;
        Ok(Self {
            tensors,
            device: device.clone(),
            dtype,
        })
    }

    /// Where the tensors are.
    pub(super) fn device(&self) -> &Device {
        &self.device
    }

    /// The type that the device computes in.
    pub(super) fn dtype(&self) -> DType {
        self.dtype
    }

    /// The tensor `name`, or one of its former names: TensorFlow's `gamma` and `beta` live on in old files.
    pub(super) fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor, Error> {
        let tensor = self.any_shape(name)?;
        if tensor.dims() != shape {
            return Err(Error::Shape {
                name: name.to_owned(),
                found: tensor.dims().to_vec(),
                wanted: shape.to_vec(),
            });
        }
        Ok(tensor.to_dtype(self.dtype)?)
    }

    /// A table of rows of `width` numbers, as the file has it: most of its rows will never be looked up.
    pub(super) fn table(&self, name: &str, width: usize) -> Result<Tensor, Error> {
        let tensor = self.any_shape(name)?;
        match tensor.dims() {
            [_, found] if *found == width => Ok(tensor.clone()),
            dims => Err(Error::Shape {
                name: name.to_owned(),
                found: dims.to_vec(),
                wanted: vec![dims.first().copied().unwrap_or_default(), width],
            }),
        }
    }

    /// A matrix of rows of `width` numbers; how many, the file says.
    pub(super) fn rows(&self, name: &str, width: usize) -> Result<Tensor, Error> {
        Ok(self.table(name, width)?.to_dtype(self.dtype)?)
    }

    fn any_shape(&self, name: &str) -> Result<&Tensor, Error> {
        let former = || {
            let name = name
                .replace("LayerNorm.weight", "LayerNorm.gamma")
                .replace("LayerNorm.bias", "LayerNorm.beta");
            self.tensors.get(&name)
        };
        let tensor = self
            .tensors
            .get(name)
            .or_else(former)
            .ok_or_else(|| Error::MissingTensor(name.to_owned()))?;
        Ok(tensor)
    }
}
