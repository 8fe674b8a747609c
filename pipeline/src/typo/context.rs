//! What the words around a word say about correcting it.

use std::collections::HashMap;

use super::tokens::{Shape, Token};
use super::{candidates, confidence, derived, lexicon};

/// Words on either side within which a listed misspelling may have one other unknown word at most.
const NEAR: usize = 4;
/// Words on either side within which a guessed correction must be the only unknown word.
///
/// Twice `NEAR`: then no guess can clear the way for a listed one that was held back, and applying
/// the corrections leaves nothing new to find.
const FAR: usize = 2 * NEAR;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Known,
    /// A listed misspelling.
    Listed,
    /// A lower-case word that is neither.
    Unknown,
    /// Says nothing: numbers, names, addresses.
    Neutral,
}

/// A text's tokens with what the word lists say of each.
pub(super) struct Context<'t> {
    text: &'t str,
    tokens: &'t [Token],
    kinds: Vec<Kind>,
    times: HashMap<&'t str, u32>,
    is_short: bool,
}

impl<'t> Context<'t> {
    /// None when there is nothing to correct or the text does not read as English.
    pub(super) fn new(text: &'t str, tokens: &'t [Token], with_capitals: bool) -> Option<Self> {
        let kinds: Vec<Kind> = tokens
            .iter()
            .map(|token| kind(token, text, with_capitals))
            .collect();
        if kinds
            .iter()
            .all(|&kind| matches!(kind, Kind::Known | Kind::Neutral))
        {
            return None;
        }
        let mut times = HashMap::new();
        for (token, _) in tokens
            .iter()
            .zip(&kinds)
            .filter(|(_, kind)| **kind == Kind::Unknown)
        {
            *times.entry(token.text(text)).or_default() += 1;
        }
        let words = tokens
            .iter()
            .filter(|token| token.shape != Shape::Other)
            .count();
        let context = Self {
            text,
            tokens,
            kinds,
            times,
            is_short: words < 3,
        };
        context.reads_as_english().then_some(context)
    }

    /// Indices of the tokens that might be corrected.
    pub(super) fn suspects(&self) -> impl Iterator<Item = usize> {
        let kinds = self.kinds.iter().enumerate();
        kinds
            .filter(|(_, kind)| matches!(kind, Kind::Listed | Kind::Unknown))
            .map(|(index, _)| index)
    }

    /// The word meant at a suspect's place and the confidence in it.
    pub(super) fn correct(&self, index: usize) -> Option<(String, f32)> {
        let token = self.tokens.get(index)?;
        if token.is_fragment
            || token.is_quoted
            || self.is_kept_on_purpose(index)
            || self.is_split(index)
        {
            return None;
        }
        let (replacement, confidence) = if self.kind(index) == Some(Kind::Listed) {
            self.listed(index)?
        } else {
            self.guessed(index)?
        };
        // The last word of a text that was cut off is not misspelt.
        let is_last =
            index + 1 == self.tokens.len() && token.range().end == self.text.trim_end().len();
        let is_cut = is_last && replacement.starts_with(&self.word(index));
        (!is_cut).then_some((replacement, confidence))
    }

    fn listed(&self, index: usize) -> Option<(String, f32)> {
        let word = self.word(index);
        // Short words with a capital are names: Teh, Wich, Adn.
        let may_be_name = self.tokens.get(index)?.shape != Shape::Lower;
        if ((self.is_short || may_be_name) && word.len() < 6)
            || self.unknown_around(index, NEAR) > 1
        {
            return None;
        }
        let listed = lexicon::listed(&word)?;
        let confidence = confidence::of_listed(&listed);
        Some((listed.replacement, confidence))
    }

    fn guessed(&self, index: usize) -> Option<(String, f32)> {
        let word = self.tokens.get(index)?.text(self.text);
        if self.is_short
            || !(5..=15).contains(&word.len())
            || self.tokens.get(index)?.shape != Shape::Lower
            || self.times.get(word).is_some_and(|&times| times > 1)
            || self.unknown_around(index, FAR) > 0
            || derived::is_derived(word)
        {
            return None;
        }
        let candidates = candidates::near(word);
        let (best, confidence) = confidence::best(word, &candidates)?;
        Some((best.word.clone(), confidence))
    }

    /// True when "[sic]" follows within a few words.
    fn is_kept_on_purpose(&self, index: usize) -> bool {
        let following = self.tokens.iter().skip(index + 1).take(4);
        following.into_iter().any(|token| token.is_sic(self.text))
    }

    /// True when the word and a neighbour are a known word with a space in it ("infor mation").
    fn is_split(&self, index: usize) -> bool {
        let pair = |left: usize, right: usize| {
            self.tokens
                .get(right)
                .is_some_and(|token| token.follows_directly)
                && self
                    .tokens
                    .get(left)
                    .is_some_and(|token| token.shape != Shape::Other)
                && self
                    .tokens
                    .get(right)
                    .is_some_and(|token| token.shape == Shape::Lower)
                && lexicon::is_known_pair(&self.word(left), &self.word(right))
        };
        pair(index, index + 1)
            || index
                .checked_sub(1)
                .is_some_and(|before| pair(before, index))
    }

    fn unknown_around(&self, index: usize, reach: usize) -> usize {
        let around = self.kinds.iter().enumerate();
        around
            .skip(index.saturating_sub(reach))
            .take(reach.min(index) + reach + 1)
            .filter(|&(at, &kind)| at != index && kind == Kind::Unknown)
            .count()
    }

    /// False when more than one word in six is unknown, or a longer text lacks the small words of English.
    fn reads_as_english(&self) -> bool {
        let (mut low, mut unknown, mut small) = (0_usize, 0_usize, 0_usize);
        for (token, &kind) in self.tokens.iter().zip(&self.kinds) {
            match kind {
                Kind::Neutral => continue,
                Kind::Unknown => unknown += 1,
                Kind::Known | Kind::Listed => {
                    small += usize::from(is_small_word(token.text(self.text)))
                }
            }
            low += 1;
        }
        (unknown < 3 || unknown * 6 <= low) && (low < 20 || small * 12 >= low)
    }

    fn kind(&self, index: usize) -> Option<Kind> {
        self.kinds.get(index).copied()
    }

    fn word(&self, index: usize) -> String {
        self.tokens
            .get(index)
            .map(|token| token.text(self.text).to_ascii_lowercase())
            .unwrap_or_default()
    }
}

fn kind(token: &Token, text: &str, with_capitals: bool) -> Kind {
    let word = token.text(text);
    match token.shape {
        Shape::Lower if lexicon::is_known(word) => Kind::Known,
        Shape::Lower if lexicon::listed(word).is_some() => Kind::Listed,
        Shape::Lower | Shape::Foreign => Kind::Unknown,
        Shape::Capitalized | Shape::Upper | Shape::Mixed if with_capitals => {
            let word = word.to_ascii_lowercase();
            if !lexicon::is_known(&word) && lexicon::listed(&word).is_some() {
                Kind::Listed
            } else {
                Kind::Neutral
            }
        }
        Shape::Capitalized | Shape::Upper | Shape::Mixed | Shape::Other => Kind::Neutral,
    }
}

/// Words that are frequent in English and mean nothing in its neighbours.
fn is_small_word(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "of"
            | "and"
            | "to"
            | "that"
            | "with"
            | "from"
            | "by"
            | "for"
            | "was"
            | "were"
            | "are"
            | "is"
            | "has"
            | "have"
            | "had"
            | "it"
            | "this"
            | "which"
            | "who"
            | "his"
            | "her"
            | "their"
            | "they"
            | "you"
            | "be"
            | "been"
            | "not"
            | "but"
            | "he"
            | "she"
            | "we"
            | "its"
            | "would"
            | "will"
            | "or"
            | "as"
            | "at"
    )
}
