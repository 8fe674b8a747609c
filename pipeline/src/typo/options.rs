use serde::{Deserialize, Serialize};

/// Limits of what [`find`](super::find) may correct; the default is the safest setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Shortest word looked at, in code points. Nothing under three letters is ever corrected.
    pub min_word_length: usize,
    /// Longest word looked at, in code points.
    pub max_word_length: usize,
    /// Leave words that start with a capital alone; without it only listed misspellings are corrected in them.
    pub skip_capitalized_words: bool,
    /// Leave words with a capital inside alone; without it only listed misspellings are corrected in them.
    pub skip_mixed_case: bool,
    /// Leave words inside entities alone. The caller decides by it what it hands over as protected.
    pub use_ner_entities: bool,
    /// Least [`Correction::confidence`](super::Correction::confidence) returned, 0 to 1.
    pub confidence_threshold: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            min_word_length: 2,
            max_word_length: 15,
            skip_capitalized_words: true,
            skip_mixed_case: true,
            use_ner_entities: true,
            confidence_threshold: 0.7,
        }
    }
}
