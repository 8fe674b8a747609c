//! How sure a correction is.
//!
//! The weights of a guess come from a logistic regression on 1.6 million words of news, reports and
//! letters: slips made up after a keyboard's layout against rare words that were taken out of the word
//! lists for the time of the test. They were then rounded, and lowered where a wrong guess was seen.

use super::candidates::{Candidate, Slip};
use super::lexicon::Listed;

/// What one neighbour that often stands beside a candidate is worth, in levels of frequency.
const PAIR: u64 = 8;
/// What two letters in the wrong order are worth against other slips, in levels of frequency.
const SWAP: u64 = 10;

/// What a usual misspelling of an ending is worth, in levels of frequency.
const USUAL: u64 = 24;

/// How it is known that a word is misspelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detected {
    /// No list knows it.
    Perhaps,
    /// It is listed as a misspelling of more than one word.
    Listed,
    /// The model that read its sentence is sure.
    Surely,
}

/// A candidate with the number of neighbours, 0 to 2, that often stand beside it.
pub(super) struct Witnessed {
    pub(super) candidate: Candidate,
    pub(super) witnesses: u64,
}

impl Witnessed {
    fn score(&self, word: &str) -> u64 {
        let usual = if is_usual(word, &self.candidate.word) {
            USUAL
        } else {
            0
        };
        let swap = if self.candidate.slip == Slip::Swapped {
            SWAP
        } else {
            0
        };
        self.candidate.frequency.level + PAIR * self.witnesses + swap + usual
    }
}

/// Confidence in the correction of a listed misspelling.
pub(super) fn of_listed(listed: &Listed) -> f32 {
    if listed.is_one_slip { 0.99 } else { 0.95 }
}

/// The best of the candidates for an unknown word and the confidence in it.
pub(super) fn best(
    word: &str,
    mut candidates: Vec<Witnessed>,
    detected: Detected,
) -> Option<(String, f32)> {
    candidates.sort_by(|a, b| {
        (b.score(word), &a.candidate.word).cmp(&(a.score(word), &b.candidate.word))
    });
    let lead = match candidates.as_slice() {
        [first, second, ..] => Some(first.score(word) - second.score(word)),
        [] | [_] => None,
    };
    let first = candidates.into_iter().next()?;
    let Candidate {
        slip,
        at,
        frequency,
        ..
    } = first.candidate;
    let is_sure = detected == Detected::Surely;
    // The first letter is seldom wrong, and nearly any four letters are a word of some language.
    let needed = match slip {
        _ if is_sure => 0,
        Slip::Swapped => u64::from(at == 0 || word.len() < 5),
        Slip::Doubled | Slip::Missing | Slip::Extra | Slip::Replaced if word.len() < 5 => 2,
        Slip::Doubled | Slip::Missing | Slip::Extra | Slip::Replaced => 0,
    };
    let shortest = if is_sure { 3 } else { 4 };
    if first.candidate.word.len() < shortest || !frequency.is_common || first.witnesses < needed {
        return None;
    }
    let mut odds = 3.9 + 0.25 * (frequency.level as f32 - 20.0);
    // Long words have few neighbours, and fewest by an exchange of two letters.
    let long = if slip == Slip::Swapped { 8 } else { 10 };
    odds += 0.4 * word.len().saturating_sub(long) as f32;
    odds += match first.witnesses {
        0 => 0.0,
        1 => 1.0,
        _ => 1.5,
    };
    odds += match slip {
        Slip::Swapped | Slip::Doubled => 0.0,
        Slip::Missing => -1.0,
        Slip::Extra => -1.5,
        Slip::Replaced => replacement_odds(word, &first.candidate),
    };
    let is_usual = is_usual(word, &first.candidate.word);
    // A change at the end is an ending of another word, or of another language, more often than a slip.
    odds += match (word.len() - at, slip) {
        (_, Slip::Swapped) => 0.0,
        _ if is_usual => 1.0,
        (0 | 1, Slip::Doubled) => -4.0,
        (0 | 1, _) => -2.0,
        (2, _) => -0.5,
        (_, _) => 0.0,
    };
    // A rival nearly as likely leaves it open.
    odds += match lead {
        Some(0..6) => -6.0,
        Some(6..12) => -2.5,
        Some(12..20) => -1.2,
        Some(_) | None => 0.0,
    };
    if word.len() < 5 {
        odds -= 1.0;
    }
    if detected == Detected::Listed {
        odds += 1.5;
    }
    if is_sure {
        odds = odds_of_sure(odds, word, &first.candidate, lead);
    }
    Some((first.candidate.word, 1.0 / (1.0 + (-odds).exp())))
}

/// The odds where the word is surely misspelt, so that only the choice of the word meant is open.
///
/// From a logistic regression on 645 misspellings of five kinds put into held-out news, rounded, and lowered where
/// wrong choices were read: a false change is worse than a missed one.
fn odds_of_sure(odds: f32, word: &str, candidate: &Candidate, lead: Option<u64>) -> f32 {
    let mut sure = 2.9 + 0.5 * odds;
    // A letter left out is the commonest slip by far, and the odds above doubt it for the sake of rare words.
    sure += match candidate.slip {
        Slip::Missing => 2.6,
        Slip::Extra | Slip::Swapped => -1.0,
        Slip::Doubled | Slip::Replaced => 0.0,
    };
    // "ther" is more often "there" or "their" than "the".
    sure -= match (lead, candidate.slip) {
        (Some(0..12), Slip::Extra) => 2.5,
        (Some(0..12), _) => 1.2,
        (_, _) => 0.0,
    };
    if candidate.at == 0 {
        sure -= 2.0;
    }
    if word.len() < 5 {
        sure -= 1.2;
    }
    sure
}

/// True for an ending that people misspell in one way, whatever the word: "potentialy", "recoverd", "authorites".
fn is_usual(word: &str, candidate: &str) -> bool {
    [
        ("aly", "ally"),
        ("fuly", "fully"),
        ("d", "ed"),
        ("ites", "ities"),
    ]
    .into_iter()
    .any(|(written, meant)| {
        let stem = word.strip_suffix(written);
        stem.is_some_and(|stem| !stem.ends_with('e') && candidate.strip_suffix(meant) == Some(stem))
    })
}

/// Keys side by side are hit for each other, vowels are written for each other; the rest is rare.
fn replacement_odds(word: &str, candidate: &Candidate) -> f32 {
    let written = word.as_bytes().get(candidate.at);
    let meant = candidate.word.as_bytes().get(candidate.at);
    let (Some(&written), Some(&meant)) = (written, meant) else {
        return -3.0;
    };
    let is_vowel = |letter: u8| b"aeiouy".contains(&letter);
    if are_neighbours(written, meant) {
        0.0
    } else if is_vowel(written) && is_vowel(meant) {
        -0.7
    } else {
        -3.0
    }
}

/// True for keys that touch on a QWERTY keyboard, each row half a key further right.
fn are_neighbours(a: u8, b: u8) -> bool {
    const ROWS: [&[u8]; 3] = [b"qwertyuiop", b"asdfghjkl", b"zxcvbnm"];
    let place = |letter: u8| {
        ROWS.iter().enumerate().find_map(|(row, keys)| {
            let column = keys.iter().position(|&key| key == letter)?;
            Some((row, 2 * column + row))
        })
    };
    let (Some((row_a, column_a)), Some((row_b, column_b))) = (place(a), place(b)) else {
        return false;
    };
    row_a.abs_diff(row_b) <= 1 && column_a.abs_diff(column_b) <= 2
}
