//! What the words around a word say about correcting it.

use std::collections::HashMap;

use super::confidence::{Detected, Witnessed};
use super::tally::Tally;
use super::tokens::{Shape, Token};
use super::{candidates, confidence, derived, lexicon};
use crate::{Suspicion, small_words};

/// Words on either side within which a listed misspelling may have one other unknown word at most.
const NEAR: usize = 2;
/// Words on either side within which a guessed correction must be the only unknown word.
///
/// Twice `NEAR`: then no guess can clear the way for a listed one that was held back, and applying
/// the corrections leaves nothing new to find.
const FAR: usize = 2 * NEAR;
/// From this suspicion on a word counts as misspelt: the model is right in 99 of 100 such words.
const SURE: f32 = 0.9;

/// What the word lists say of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
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
    tally: Tally,
    suspicions: &'t [Suspicion],
}

impl<'t> Context<'t> {
    /// None when there is nothing to correct or the text does not read as English.
    pub(super) fn new(
        text: &'t str,
        tokens: &'t [Token],
        suspicions: &'t [Suspicion],
        with_capitals: bool,
    ) -> Option<Self> {
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
        let context = Self {
            tally: Tally::new(text, tokens, &kinds),
            text,
            tokens,
            kinds,
            times,
            suspicions,
        };
        context.tally.reads_as_english().then_some(context)
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
            || self.is_in_foreign_phrase(index)
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
        if ((self.tally.is_label() || may_be_name) && word.len() < 6)
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
        if !self.tally.is_fit_for_guesses()
            || !(4..=15).contains(&word.len())
            || self.tokens.get(index)?.shape != Shape::Lower
            || self.times.get(word).is_some_and(|&times| times > 1)
        {
            return None;
        }
        // What the word lists may only suspect, a model that saw the sentence can be sure of.
        let is_sure = self
            .suspicion(index)
            .is_some_and(|suspicion| suspicion >= SURE);
        let is_misspelling = lexicon::is_listed_open(word);
        if !is_sure
            && (self.unknown_around(index, FAR) > 0 || !is_misspelling && derived::is_derived(word))
        {
            return None;
        }
        let (before, after) = (self.before(index), self.after(index));
        let witnessed = candidates::near(word, is_sure)
            .into_iter()
            .map(|candidate| Witnessed {
                witnesses: u64::from(
                    before
                        .as_ref()
                        .is_some_and(|before| lexicon::is_frequent_pair(before, &candidate.word)),
                ) + u64::from(
                    after
                        .as_ref()
                        .is_some_and(|after| lexicon::is_frequent_pair(&candidate.word, after)),
                ),
                candidate,
            });
        let detected = match (is_sure, is_misspelling) {
            (true, _) => Detected::Surely,
            (false, true) => Detected::Listed,
            (false, false) => Detected::Perhaps,
        };
        confidence::best(word, witnessed.collect(), detected)
    }

    /// How suspicious the model finds a word, where one read the text.
    fn suspicion(&self, index: usize) -> Option<f32> {
        let range = self.tokens.get(index)?.range();
        let suspicions = self.suspicions;
        let at = suspicions.binary_search_by_key(&range.start, |one| one.range.start);
        let found = suspicions.get(at.ok()?)?;
        (found.range == range).then_some(found.probability)
    }

    /// The word that directly precedes, as it reads after correction.
    fn before(&self, index: usize) -> Option<String> {
        let follows = self.tokens.get(index)?.follows_directly;
        follows.then(|| self.reading(index.checked_sub(1)?))?
    }

    /// The word that directly follows, as it reads after correction.
    fn after(&self, index: usize) -> Option<String> {
        let follows = self.tokens.get(index + 1)?.follows_directly;
        follows.then(|| self.reading(index + 1))?
    }

    fn reading(&self, index: usize) -> Option<String> {
        match self.kind(index)? {
            Kind::Listed => self.correct(index).map(|(replacement, _)| replacement),
            Kind::Known | Kind::Unknown | Kind::Neutral => None,
        }
        .or_else(|| Some(self.word(index)))
    }

    /// True when "sic" in brackets follows within a few words.
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

    /// True when a small word of another language stands beside the word: it may be part of a quotation.
    fn is_in_foreign_phrase(&self, index: usize) -> bool {
        let around = self.tokens.iter().enumerate();
        around
            .skip(index.saturating_sub(NEAR))
            .take(NEAR.min(index) + NEAR + 1)
            .any(|(at, token)| {
                at != index
                    && matches!(token.shape, Shape::Lower | Shape::Foreign)
                    && small_words::is_foreign(token.text(self.text))
            })
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
