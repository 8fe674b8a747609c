//! Frequent words one slip away from an unknown word (Damerau distance 1).
//!
//! The first letter is kept, or changed places with the second, unless the word is sure to be misspelt.

use fst::raw::{Fst, Node, Output};

use super::lexicon::{self, Frequency};

/// What would have to have gone wrong for the word meant to become the word written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slip {
    /// Two neighbouring letters changed places.
    Swapped,
    /// A letter was written twice, or one of a double letter was left out.
    Doubled,
    /// A letter of the word meant is missing.
    Missing,
    /// A letter too many was written.
    Extra,
    /// A letter was written for another.
    Replaced,
}

/// A frequent word that differs from the word written by one slip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) word: String,
    pub(super) frequency: Frequency,
    pub(super) slip: Slip,
    /// Letters of the word written before the slip.
    pub(super) at: usize,
}

/// Every candidate for a word in lower-case ASCII, the most frequent first.
///
/// Walks the word list along the word and tries each slip at each letter: the cost grows with the
/// length of the word and not with the size of the list. `first_too` also tries slips at the first letter.
pub(super) fn near(word: &str, first_too: bool) -> Vec<Candidate> {
    let Some(map) = lexicon::frequencies() else {
        return Vec::new();
    };
    let mut search = Search {
        fst: map.as_fst(),
        word: word.as_bytes(),
        first_too,
        found: Vec::new(),
    };
    search.run();
    let mut found = search.found;
    found.sort_by(|a, b| (b.frequency.level, &a.word).cmp(&(a.frequency.level, &b.word)));
    found.dedup_by(|a, b| a.word == b.word);
    found
}

struct Search<'w, 'f> {
    fst: &'f Fst<&'static [u8]>,
    word: &'w [u8],
    first_too: bool,
    found: Vec<Candidate>,
}

impl<'f> Search<'_, 'f> {
    fn run(&mut self) {
        let mut place = (self.fst.root(), Output::zero());
        for at in 0..=self.word.len() {
            if at == 0 && !self.first_too {
                self.swap(place, at);
            } else {
                self.slips(place, at);
            }
            let Some(next) = self
                .word
                .get(at)
                .and_then(|&letter| self.step(place, letter))
            else {
                return;
            };
            place = next;
        }
    }

    /// Tries every slip after the first `at` letters.
    fn slips(&mut self, place: (Node<'f>, Output), at: usize) {
        let here = self.word.get(at).copied();
        let before = at.checked_sub(1).and_then(|at| self.word.get(at).copied());
        if here.is_some() {
            let slip = if here == before {
                Slip::Doubled
            } else {
                Slip::Extra
            };
            self.finish(place, at, slip, &[], at + 1);
        }
        self.swap(place, at);
        for transition in place.0.transitions() {
            let letter = transition.inp;
            let there = (self.fst.node(transition.addr), place.1.cat(transition.out));
            let slip = if Some(letter) == before || Some(letter) == here {
                Slip::Doubled
            } else {
                Slip::Missing
            };
            self.finish(there, at, slip, &[letter], at);
            if here.is_some() && here != Some(letter) {
                self.finish(there, at, Slip::Replaced, &[letter], at + 1);
            }
        }
    }

    /// Tries the two letters after the first `at` in the other order.
    fn swap(&mut self, place: (Node<'f>, Output), at: usize) {
        if let Some(&[here, next]) = self.word.get(at..at + 2)
            && here != next
            && let Some(one) = self.step(place, next)
            && let Some(two) = self.step(one, here)
        {
            self.finish(two, at, Slip::Swapped, &[next, here], at + 2);
        }
    }

    /// Follows the rest of the word from `place` and keeps the word that it ends in.
    fn finish(
        &mut self,
        mut place: (Node<'f>, Output),
        at: usize,
        slip: Slip,
        middle: &[u8],
        rest: usize,
    ) {
        let rest = self.word.get(rest..).unwrap_or_default();
        for &letter in rest {
            let Some(next) = self.step(place, letter) else {
                return;
            };
            place = next;
        }
        if !place.0.is_final() {
            return;
        }
        let start = self.word.get(..at).unwrap_or_default();
        let letters = start.iter().chain(middle).chain(rest);
        self.found.push(Candidate {
            word: letters.map(|&letter| char::from(letter)).collect(),
            frequency: lexicon::frequency(place.1.cat(place.0.final_output()).value()),
            slip,
            at,
        });
    }

    fn step(&self, place: (Node<'f>, Output), letter: u8) -> Option<(Node<'f>, Output)> {
        let transition = place.0.transition(place.0.find_input(letter)?);
        Some((self.fst.node(transition.addr), place.1.cat(transition.out)))
    }
}
