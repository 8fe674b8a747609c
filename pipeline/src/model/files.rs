//! The three files of a model, read whole.

use std::fs;
use std::path::Path;

use super::{Error, Precision};

/// The bytes of a model in the Hugging Face layout.
///
/// A folder gives them, or the program itself carries them (`include_bytes!`).
#[derive(Clone, Debug)]
pub struct Files<B = Vec<u8>> {
    /// `config.json`
    pub config: B,
    /// `tokenizer.json`
    pub tokenizer: B,
    /// `model.safetensors`
    pub weights: B,
}

impl Files<&'static [u8]> {
    /// The coarsest precision that the built-in model was measured to bear: mean F1 on held-out gold within 0.1 points of f32.
    pub const COARSEST: Precision = Precision::Int8;

    /// The model that the program carries: `models/ner-typo-en` of the repository.
    pub fn built_in() -> Self {
        Self {
            config: include_bytes!("../../../models/ner-typo-en/config.json"),
            tokenizer: include_bytes!("../../../models/ner-typo-en/tokenizer.json"),
            weights: include_bytes!("../../../models/ner-typo-en/model.safetensors"),
        }
    }
}

impl Files {
    /// The files of a folder; the weights are read, not mapped: mapping is unsafe if someone changes the file.
    ///
    /// # Errors
    /// [`Error::Read`] names the file that could not be read.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let file = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).map_err(|source| Error::Read { path, source })
        };
        Ok(Self {
            config: file("config.json")?,
            tokenizer: file("tokenizer.json")?,
            weights: file("model.safetensors")?,
        })
    }
}
