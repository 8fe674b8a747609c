//! The forward pass alone, to measure it and to compare its numbers with those of other programs.

use super::config::Config;
use super::encoder::{Encoder, Packed};
use super::weights::Weights;
use super::{Device, DeviceChoice, Error, Files, Precision};

/// A model without tokenizer and decoder, on the CPU.
pub struct Forward(Encoder);

impl Forward {
    /// The network of these files.
    ///
    /// # Errors
    /// Where the files are not a model that this program can read.
    pub fn new<B: AsRef<[u8]>>(files: &Files<B>, precision: Precision) -> Result<Self, Error> {
        let config = Config::parse(files.config.as_ref())?;
        let device = Device::open(DeviceChoice::Cpu, precision, Precision::F32)?;
        let weights = Weights::parse(files.weights.as_ref(), &device.candle, device.dtype)?;
        Ok(Self(Encoder::new(&config, &weights, device.products)?))
    }

    /// The scores of every piece of every window, end to end; all windows are one batch, on this thread.
    ///
    /// A window is the numbers of its pieces and their token types.
    ///
    /// # Errors
    /// Where a number lies outside its table.
    pub fn scores(&self, windows: &[(Vec<u32>, Vec<u32>)]) -> Result<Vec<f32>, Error> {
        let mut packed = Packed::default();
        for (ids, types) in windows {
            let from = packed.ids.len();
            packed.ids.extend(ids);
            packed.types.extend(types);
            packed.windows.push(from..packed.ids.len());
        }
        packed.wanted = (0..).take(packed.ids.len()).collect();
        Ok(self.0.scores(&packed)?.numbers)
    }
}
