//! What one job switches on or off.

use pipeline::Options;
use shared::job::CleaningConfig;

/// The worker's options with what the job asks for instead.
pub(crate) fn with(options: &Options, asked: &CleaningConfig) -> Options {
    let mut options = options.clone();
    let letters = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    let typo = &mut options.typo;
    set(
        &mut typo.min_word_length,
        asked.typo_min_length.map(letters),
    );
    set(
        &mut typo.max_word_length,
        asked.typo_max_length.map(letters),
    );
    set(&mut typo.use_ner_entities, asked.typo_use_ner);
    set(&mut typo.confidence_threshold, asked.typo_confidence);
    set(&mut options.remove_html_tags, asked.remove_html_tags);
    set(
        &mut options.normalize_whitespace,
        asked.normalize_whitespace,
    );
    set(&mut options.fix_encoding, asked.fix_encoding);
    set(
        &mut options.normalize_punctuation,
        asked.normalize_punctuation,
    );
    set(&mut options.standardize_units, asked.standardize_units);
    set(
        &mut options.standardize_currency,
        asked.standardize_currency,
    );
    set(
        &mut options.enable_typo_correction,
        asked.enable_typo_correction,
    );
    options
}

fn set<T>(option: &mut T, asked: Option<T>) {
    if let Some(asked) = asked {
        *option = asked;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_asked_for_stays() {
        let options = Options::default();
        assert_eq!(with(&options, &CleaningConfig::default()), options);
    }

    #[test]
    fn every_switch_has_its_option() {
        let asked: CleaningConfig = serde_json::from_value(serde_json::json!({
            "remove_html_tags": false, "normalize_whitespace": false, "fix_encoding": false,
            "normalize_punctuation": false, "standardize_units": true, "standardize_currency": true,
            "enable_typo_correction": false, "typo_min_length": 4, "typo_max_length": 9,
            "typo_use_ner": false, "typo_confidence": 0.9,
        }))
        .unwrap();
        let mut expected = Options {
            remove_html_tags: false,
            normalize_whitespace: false,
            fix_encoding: false,
            normalize_punctuation: false,
            standardize_units: true,
            standardize_currency: true,
            enable_typo_correction: false,
            ..Options::default()
        };
        expected.typo.min_word_length = 4;
        expected.typo.max_word_length = 9;
        expected.typo.use_ner_entities = false;
        expected.typo.confidence_threshold = 0.9;
        assert_eq!(with(&Options::default(), &asked), expected);
    }
}
