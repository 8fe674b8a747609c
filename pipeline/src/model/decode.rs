//! From scores to tags: the best sequence among the legal ones.

use super::labels::{Labels, Tag};

/// The best legal tags of a sequence of words: an "inside" always follows a "begin" or "inside" of its type.
///
/// Viterbi's search (1967) with hard constraints: the sum of the scores is the largest that any legal sequence has. Of equal
/// ones the lower label wins. `scores` holds `labels.tags.len()` numbers per word; `starts(word)` is true where no name may
/// reach across the gap before a word. Time and memory are linear in the words.
pub(super) fn best(labels: &Labels, scores: &[f32], starts: impl Fn(usize) -> bool) -> Vec<Tag> {
    let tags = &labels.tags;
    let insides: Vec<Vec<usize>> = tags.iter().map(|tag| predecessors(tags, *tag)).collect();
    // Where each label's best way came from, word by word.
    let mut back: Vec<u16> = Vec::with_capacity(scores.len());
    let mut ways = vec![f32::NEG_INFINITY; tags.len()];
    for (word, scores) in scores.chunks_exact(tags.len()).enumerate() {
        let is_start = word == 0 || starts(word);
        // An impossible way must not become possible by numbers alone: the top is that of the label before, whatever it is.
        let top = highest(&ways, 0..tags.len());
        let base = if word == 0 { 0.0 } else { ways[top] };
        let next = (0..tags.len()).map(|label| {
            let (from, way) = match tags[label] {
                Tag::Outside | Tag::Begin(_) => (top, 0.0),
                Tag::Inside(_) if is_start => (top, f32::NEG_INFINITY),
                Tag::Inside(_) => {
                    let from = highest(&ways, insides[label].iter().copied());
                    (from, ways[from] - base)
                }
            };
            back.push(u16::try_from(from).unwrap_or_default());
            way + finite(scores[label])
        });
        ways = next.collect();
    }
    trace(tags, &back, highest(&ways, 0..tags.len()))
}

/// The labels that an "inside" may follow.
fn predecessors(tags: &[Tag], tag: Tag) -> Vec<usize> {
    let Tag::Inside(kind) = tag else {
        return Vec::new();
    };
    let is_same = |label: &usize| matches!(tags[*label], Tag::Begin(other) | Tag::Inside(other) if other == kind);
    (0..tags.len()).filter(is_same).collect()
}

fn trace(tags: &[Tag], back: &[u16], last: usize) -> Vec<Tag> {
    let mut label = last;
    let mut best: Vec<Tag> = back
        .chunks_exact(tags.len())
        .rev()
        .map(|from| {
            let tag = tags[label];
            label = usize::from(from[label]);
            tag
        })
        .collect();
    best.reverse();
    best
}

fn highest(ways: &[f32], labels: impl Iterator<Item = usize>) -> usize {
    let mut best: Option<usize> = None;
    for label in labels {
        if best.is_none_or(|best| ways[label] > ways[best]) {
            best = Some(label);
        }
    }
    best.unwrap_or_default()
}

/// A broken number must not decide: it counts as the worst there is.
fn finite(score: f32) -> f32 {
    if score.is_finite() { score } else { -1e30 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::labels::LabelMap;

    fn labels() -> Labels {
        let names = ["O", "B-PER", "I-PER", "I-LOC", "B-LOC"].map(str::to_owned);
        Labels::new(&names, &LabelMap::new()).unwrap()
    }

    fn is_legal(tags: &[Tag], starts: impl Fn(usize) -> bool) -> bool {
        tags.iter()
            .enumerate()
            .all(|(word, tag)| match (tag, word) {
                (Tag::Inside(_), 0) => false,
                (Tag::Inside(kind), _) => {
                    let before = tags[word - 1];
                    !starts(word) && (before == Tag::Begin(*kind) || before == Tag::Inside(*kind))
                }
                (Tag::Outside | Tag::Begin(_), _) => true,
            })
    }

    fn sum(labels: &Labels, scores: &[f32], tags: &[Tag]) -> f32 {
        let rows = scores.chunks_exact(labels.tags.len());
        rows.zip(tags)
            .map(|(row, tag)| row[labels.tags.iter().position(|other| other == tag).unwrap()])
            .sum()
    }

    /// Every sequence of tags, by trying all.
    fn all(labels: &Labels, words: usize) -> Vec<Vec<Tag>> {
        (0..words).fold(vec![Vec::new()], |sequences, _| {
            let longer = |sequence: &Vec<Tag>| {
                let sequence = sequence.clone();
                labels
                    .tags
                    .iter()
                    .map(move |tag| [sequence.as_slice(), &[*tag]].concat())
            };
            sequences.iter().flat_map(longer).collect()
        })
    }

    #[test]
    fn no_words_have_no_tags() {
        assert!(best(&labels(), &[], |_| false).is_empty());
    }

    #[test]
    fn numbers_that_are_none_yield_a_legal_sequence() {
        for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let tags = best(&labels(), &[broken; 50], |_| false);
            assert!(tags.len() == 10 && is_legal(&tags, |_| false));
        }
    }

    proptest! {
        #[test]
        fn the_sequence_is_legal_and_no_legal_one_is_better(
            scores in proptest::collection::vec(-4.0_f32..4.0, 0..5).prop_flat_map(|seed| {
                proptest::collection::vec(-4.0_f32..4.0, seed.len() * 5)
            }),
            start in 0_usize..5,
        ) {
            let labels = labels();
            let starts = |word: usize| word == start;
            let tags = best(&labels, &scores, starts);
            prop_assert_eq!(tags.len() * 5, scores.len());
            prop_assert!(is_legal(&tags, starts));
            let found = sum(&labels, &scores, &tags);
            for other in all(&labels, tags.len()) {
                prop_assert!(!is_legal(&other, starts) || sum(&labels, &scores, &other) <= found + 1e-4);
            }
        }
    }
}
