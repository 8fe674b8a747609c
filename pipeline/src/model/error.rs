//! What can go wrong with a model.

use std::io;
use std::path::PathBuf;

use super::device::{Absent, DeviceChoice};

/// Why a model could not be loaded or could not read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of the model's folder is missing or unreadable.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// `config.json` is no JSON or lacks a key.
    #[error("config.json of the model cannot be understood")]
    Config(#[source] serde_json::Error),
    /// `config.json` asks for something that is not built in.
    #[error("the model's {key} is {found}; {wanted}")]
    Unsupported {
        /// The key of `config.json`.
        key: &'static str,
        /// What it says.
        found: String,
        /// What it may say.
        wanted: &'static str,
    },
    /// `tokenizer.json` cannot be used.
    #[error("tokenizer.json of the model cannot be used: {0}")]
    Tokenizer(String),
    /// `model.safetensors` lacks a tensor.
    #[error("model.safetensors has no tensor {0}")]
    MissingTensor(String),
    /// A tensor does not fit the rest of the model.
    #[error("tensor {name} of the model has the shape {found:?}, not {wanted:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that the rest of the model asks for.
        wanted: Vec<usize>,
    },
    /// Candle failed: a broken weights file, or no memory left on the device.
    #[error("the model cannot compute")]
    Compute(#[from] candle_core::Error),
    /// The device that was asked for cannot be had.
    #[error(
        "{wanted} cannot be had: {absent}; {todo} (docs/gpu.md), or set the device to auto or cpu"
    )]
    NoDevice {
        /// The device.
        wanted: DeviceChoice,
        /// Why not.
        absent: Absent,
        /// What may help.
        todo: &'static str,
    },
    /// The device does not compute in that type: no CPU does in f16, in bf16 only one with AVX512-BF16,
    /// and in int8 only one with AVX512-VNNI; no card does in int8.
    #[error(
        "this device does not compute in {0}; set the precision to f32 or auto, or take another device"
    )]
    Precision(&'static str),
    /// The model's thread could not be started.
    #[error("cannot start the model's thread")]
    Spawn(#[source] io::Error),
    /// The program has a mistake that this request found; the model goes on with the next.
    #[error("the model failed at {place}; please report it")]
    Panicked {
        /// The place in the code; what was said there may quote a text and is dropped.
        place: String,
    },
    /// The model's thread has ended, which is a bug.
    #[error("the model's thread has ended")]
    Gone,
}
