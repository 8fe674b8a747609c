//! How sure a correction is.

use super::candidates::{Candidate, Slip};
use super::lexicon::Listed;

/// Confidence in the correction of a listed misspelling.
pub(super) fn of_listed(listed: &Listed) -> f32 {
    if listed.is_one_slip { 0.99 } else { 0.95 }
}

/// The best candidate for an unknown word and the confidence in it, from all candidates by frequency.
pub(super) fn best<'c>(word: &str, candidates: &'c [Candidate]) -> Option<(&'c Candidate, f32)> {
    let (first, others) = candidates.split_first()?;
    if !first.frequency.is_common {
        return None;
    }
    let lead = others
        .iter()
        .map(|other| first.frequency.level - other.frequency.level)
        .min();
    Some((first, estimate(word, first, lead)))
}

fn estimate(word: &str, candidate: &Candidate, lead: Option<u64>) -> f32 {
    let level = candidate.frequency.level as f32;
    let length = word.len() as f32;
    let mut odds = -3.0 + 0.13 * (level - 10.0) + 0.35 * (length - 5.0);
    odds += match candidate.slip {
        Slip::Swapped => 3.0,
        Slip::Doubled => 1.6,
        Slip::Missing => 1.2,
        Slip::Extra => 0.8,
        Slip::Replaced => 0.4,
    };
    // A change at the end is an ending of another word, or of another language, more often than a slip.
    let from_end = word.len().saturating_sub(candidate.at);
    if from_end <= 1 {
        odds -= 2.5;
    } else if from_end == 2 && candidate.slip != Slip::Swapped {
        odds -= 0.7;
    }
    // Another word four times rarer is no rival; one nearly as frequent leaves it open.
    odds -= match lead {
        Some(0..4) => 6.0,
        Some(4..8) => 1.0,
        Some(_) | None => 0.0,
    };
    1.0 / (1.0 + (-odds).exp())
}
