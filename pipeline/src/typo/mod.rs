//! Typo correction without a model: listed misspellings, and single slips of a frequent word.
//!
//! A false change is worse than a missed one. A known word is never touched, a word is changed only
//! where one reading is far likelier than any other, and a text that does not read as English is
//! left alone. The word lists and their licences are described in `data/typo/README.md`.

mod candidates;
mod confidence;
mod context;
mod derived;
mod lexicon;
mod options;
mod tally;
mod tokens;

use std::ops::Range;

use context::Context;
pub use options::Options;
use tokens::{Shape, Token};

use crate::Suspicion;

/// One misspelt word and the word meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Correction {
    /// The whole word, in bytes of the text searched.
    pub range: Range<usize>,
    /// What to put in its place, in the case of the original.
    pub replacement: String,
    /// Estimated probability that the change is right, 0 to 1.
    pub confidence: f32,
}

/// Corrections of `text` in order and without overlap; applying all of them leaves nothing to find.
///
/// Nothing inside a `protected` byte range is corrected: these are the names that entity recognition
/// found, in any order. Linear in the length of the text.
#[must_use]
pub fn find(
    text: &str,
    protected: &[Range<usize>],
    suspicions: &[Suspicion],
    options: &Options,
) -> Vec<Correction> {
    let tokens = tokens::read(text);
    let with_capitals = !options.skip_capitalized_words;
    let Some(context) = Context::new(text, &tokens, suspicions, with_capitals) else {
        return Vec::new();
    };
    let protected = sorted(protected);
    context
        .suspects()
        .filter_map(|index| {
            let token = tokens.get(index)?;
            let word = token.text(text);
            let length = word.len();
            if length < options.min_word_length.max(3)
                || length > options.max_word_length
                || !may_be_corrected(token, options)
                || is_inside(&protected, &token.range())
            {
                return None;
            }
            let (replacement, confidence) = context.correct(index)?;
            (confidence >= options.confidence_threshold).then(|| Correction {
                range: token.range(),
                replacement: in_case_of(word, token.shape, replacement),
                confidence,
            })
        })
        .collect()
}

fn may_be_corrected(token: &Token, options: &Options) -> bool {
    match token.shape {
        Shape::Lower => true,
        Shape::Capitalized | Shape::Upper => !options.skip_capitalized_words,
        Shape::Mixed => !options.skip_mixed_case && !options.skip_capitalized_words,
        Shape::Foreign | Shape::Other => false,
    }
}

fn in_case_of(word: &str, shape: Shape, replacement: String) -> String {
    match shape {
        Shape::Lower | Shape::Foreign | Shape::Other => replacement,
        Shape::Upper => replacement.to_ascii_uppercase(),
        Shape::Capitalized | Shape::Mixed => {
            if !word.starts_with(|c: char| c.is_ascii_uppercase()) {
                return replacement;
            }
            let mut letters = replacement.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase())
                .into_iter()
                .chain(letters)
                .collect()
        }
    }
}

/// Ranges in order of their start, each merged with those it touches.
fn sorted(ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut ranges = ranges.to_vec();
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            Some(_) | None => merged.push(range),
        }
    }
    merged
}

fn is_inside(merged: &[Range<usize>], word: &Range<usize>) -> bool {
    let after = merged.partition_point(|range| range.end <= word.start);
    merged
        .get(after)
        .is_some_and(|range| range.start < word.end)
}

#[cfg(test)]
mod tests;
