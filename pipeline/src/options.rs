//! What the pipeline does and what it leaves alone: the section `cleaning` of the configuration.

use serde::{Deserialize, Serialize};

use crate::{entity, typo};

/// The switches of the pipeline. The reference, with what each does, is the embedded default configuration of the command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// HTML to text.
    pub remove_html_tags: bool,
    /// Mojibake, Unicode normalisation, invisible and control characters.
    pub fix_encoding: bool,
    /// One kind of space, trimmed lines, at most one blank line.
    pub normalize_whitespace: bool,
    /// No space before a comma or full stop; the next two switches say what else.
    pub normalize_punctuation: bool,
    /// With `normalize_punctuation`: typographic dashes become `-`.
    pub normalize_unicode_dashes: bool,
    /// With `normalize_punctuation`: curly quotes become straight ones.
    pub normalize_smart_quotes: bool,
    /// "!!!!" becomes "!".
    pub remove_excessive_punctuation: bool,
    /// "day.The" becomes "day. The".
    pub add_space_after_punctuation: bool,
    /// "$2.5bn" becomes "USD 2.5 billion".
    pub standardize_currency: bool,
    /// "3.5%" becomes "3.5 percent".
    pub standardize_units: bool,
    /// Misspelt words of the text are corrected.
    pub enable_typo_correction: bool,
    /// How careful the correction is.
    pub typo: typo::Options,
    /// The entity types that are given out; none: no entities.
    pub entity_types: Vec<entity::Kind>,
    /// Whether the language is detected.
    pub detect_language: bool,
    /// Whether the first date that the text speaks of is resolved.
    pub find_first_date: bool,
}

impl Default for Options {
    /// What the embedded default configuration of the command says; a test there keeps the two alike.
    fn default() -> Self {
        use entity::Kind;
        Self {
            remove_html_tags: true,
            fix_encoding: true,
            normalize_whitespace: true,
            normalize_punctuation: true,
            normalize_unicode_dashes: false,
            normalize_smart_quotes: false,
            remove_excessive_punctuation: true,
            add_space_after_punctuation: true,
            standardize_currency: false,
            standardize_units: false,
            enable_typo_correction: true,
            typo: typo::Options::default(),
            entity_types: vec![
                Kind::Person,
                Kind::Org,
                Kind::Gpe,
                Kind::Loc,
                Kind::Date,
                Kind::Time,
                Kind::Money,
                Kind::Percent,
            ],
            detect_language: true,
            find_first_date: true,
        }
    }
}
