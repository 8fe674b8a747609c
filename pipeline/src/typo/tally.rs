//! What a whole text says of its language.

use super::context::Kind;
use super::lexicon;
use super::tokens::{Shape, Token};
use crate::small_words;

/// Counts over all words of a text; no correction changes what is concluded from them.
#[derive(Debug, Default)]
pub(super) struct Tally {
    words: usize,
    low: usize,
    unknown: usize,
    english: usize,
    foreign: usize,
    capitals: usize,
}

impl Tally {
    pub(super) fn new(text: &str, tokens: &[Token], kinds: &[Kind]) -> Self {
        let mut tally = Self::default();
        for (token, &kind) in tokens.iter().zip(kinds) {
            tally.words += usize::from(token.shape != Shape::Other);
            match token.shape {
                Shape::Lower => {
                    tally.low += 1;
                    tally.unknown += usize::from(kind == Kind::Unknown);
                    tally.add_small_word(token.text(text), kind);
                }
                Shape::Capitalized => {
                    tally.capitals += 1;
                    tally.add_small_word(&token.text(text).to_ascii_lowercase(), kind);
                }
                Shape::Upper | Shape::Mixed => tally.capitals += 1,
                Shape::Foreign => tally.add_small_word(token.text(text), kind),
                Shape::Other => {}
            }
        }
        tally
    }

    /// A listed misspelling counts as what it stands for, so that correcting it changes nothing here.
    fn add_small_word(&mut self, word: &str, kind: Kind) {
        if word.len() > 6 {
            return;
        }
        let listed = (kind == Kind::Listed)
            .then(|| lexicon::listed(word))
            .flatten();
        let word = listed
            .as_ref()
            .map_or(word, |listed| listed.replacement.as_str());
        self.english += usize::from(small_words::is_english(word));
        self.foreign += usize::from(small_words::is_foreign(word));
    }

    /// False when the text lacks the small words of English, or more than one word in six is unknown.
    ///
    /// Unknown words with letters beyond ASCII do not count: an interview printed in two scripts is English too.
    pub(super) fn reads_as_english(&self) -> bool {
        let has_grammar =
            self.foreign <= self.english && (self.low < 20 || self.english * 12 >= self.low);
        has_grammar && (self.unknown < 3 || self.unknown * 6 <= self.low)
    }

    /// True for a tag, a name, a label: its words have no sentence around them.
    pub(super) fn is_label(&self) -> bool {
        self.words < 3
    }

    /// True when the text is sure to be English and writes names with a capital.
    pub(super) fn is_fit_for_guesses(&self) -> bool {
        !self.is_label() && self.english >= 2 && self.capitals > 0
    }
}
