//! The type of the numbers that a model computes in.

use candle_core::DType;
use serde::{Deserialize, Serialize};

use super::Error;
use super::encoder::Products;

/// The type of numbers that is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// What suits the device and the model: on the CPU the fastest that the model was measured to bear, f16 on CUDA.
    #[default]
    Auto,
    /// 32 bits.
    F32,
    /// 16 bits with a long fraction.
    F16,
    /// 16 bits with the range of f32.
    Bf16,
    /// Products of 8 bits, all else in f32; only on CPUs that have AVX512-VNNI.
    Int8,
}

/// What kinds of devices differ in what they can compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Cpu,
    Cuda,
}

impl Precision {
    /// The type that a kind of device holds its numbers in, and what its products are computed in where that is the CPU.
    ///
    /// `coarsest` is what `Auto` may choose at most; where this CPU does not have it, `Auto` is f32.
    ///
    /// # Errors
    /// [`Error::Precision`] where the device cannot compute in it.
    pub(super) fn resolve(self, kind: Kind, coarsest: Self) -> Result<(DType, Products), Error> {
        let refused = || Error::Precision(self.as_str());
        match (kind, self) {
            (Kind::Cpu, Self::Auto) => Ok((DType::F32, coarsest.on_cpu().unwrap_or_default())),
            (Kind::Cpu, _) => Ok((DType::F32, self.on_cpu().ok_or_else(refused)?)),
            (Kind::Cuda, Self::F32) => Ok((DType::F32, Products::F32)),
            (Kind::Cuda, Self::Auto | Self::F16) => Ok((DType::F16, Products::F32)),
            (Kind::Cuda, Self::Bf16) => Ok((DType::BF16, Products::F32)),
            (Kind::Cuda, Self::Int8) => Err(refused()),
        }
    }

    /// What the products on this CPU are computed in; `None` where it has no such.
    fn on_cpu(self) -> Option<Products> {
        let products = match self {
            Self::F32 => Products::F32,
            Self::Bf16 => Products::Bf16,
            Self::Int8 => Products::Int8,
            Self::Auto | Self::F16 => return None,
        };
        products.are_had().then_some(products)
    }

    /// As the configuration has it.
    fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_has_a_type_of_its_own_and_refuses_what_it_cannot() {
        let resolved = |kind| {
            [
                Precision::Auto,
                Precision::F32,
                Precision::F16,
                Precision::Bf16,
                Precision::Int8,
            ]
            .map(|precision| {
                precision
                    .resolve(kind, Precision::F32)
                    .ok()
                    .map(|(dtype, _)| dtype)
            })
        };
        assert_eq!(
            resolved(Kind::Cpu),
            [
                Some(DType::F32),
                Some(DType::F32),
                None,
                Products::Bf16.are_had().then_some(DType::F32),
                Products::Int8.are_had().then_some(DType::F32),
            ]
        );
        let on_cuda = [DType::F16, DType::F32, DType::F16, DType::BF16].map(Some);
        assert_eq!(resolved(Kind::Cuda)[..4], on_cuda);
        assert_eq!(resolved(Kind::Cuda)[4], None);
        let error = Precision::F16
            .resolve(Kind::Cpu, Precision::F32)
            .unwrap_err()
            .to_string();
        assert!(error.contains("f16") && error.contains("f32"), "{error}");
    }

    #[test]
    fn left_open_it_is_the_fastest_that_model_and_processor_bear() {
        let products = |precision: Precision, coarsest| {
            let (dtype, products) = precision.resolve(Kind::Cpu, coarsest).unwrap();
            assert_eq!(dtype, DType::F32);
            products
        };
        let fastest = if Products::Int8.are_had() {
            Products::Int8
        } else {
            Products::F32
        };
        assert_eq!(products(Precision::Auto, Precision::Int8), fastest);
        assert_eq!(products(Precision::Auto, Precision::F32), Products::F32);
        assert_eq!(products(Precision::F32, Precision::Int8), Products::F32);
        let on_cuda = Precision::Auto.resolve(Kind::Cuda, Precision::Int8);
        assert_eq!(on_cuda.unwrap().0, DType::F16);
    }
}
