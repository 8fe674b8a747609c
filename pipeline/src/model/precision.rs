//! The type of the numbers that a model computes in.

use candle_core::DType;
use serde::{Deserialize, Serialize};

use super::Error;
use super::encoder::{self, Products};

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
        if kind == Kind::Cpu && self == Self::Auto && coarsest != Self::Auto {
            return coarsest
                .resolve(kind, Self::Auto)
                .or_else(|_| Self::F32.resolve(kind, Self::Auto));
        }
        let dtype = match (kind, self) {
            (Kind::Cpu, Self::Bf16) if encoder::has_bf16() => {
                return Ok((DType::F32, Products::Bf16));
            }
            (Kind::Cpu, Self::Int8) if encoder::has_int8() => {
                return Ok((DType::F32, Products::Int8));
            }
            (Kind::Cpu, Self::Auto | Self::F32) | (Kind::Cuda, Self::F32) => DType::F32,
            (Kind::Cuda, Self::Auto | Self::F16) => DType::F16,
            (Kind::Cuda, Self::Bf16) => DType::BF16,
            (Kind::Cpu, Self::F16 | Self::Bf16) | (_, Self::Int8) => {
                return Err(Error::Precision(self.as_str()));
            }
        };
        Ok((dtype, Products::F32))
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
                encoder::has_bf16().then_some(DType::F32),
                encoder::has_int8().then_some(DType::F32),
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
        let fastest = if encoder::has_int8() {
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
