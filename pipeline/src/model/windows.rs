//! Cuts long documents into windows that overlap, and says which window speaks for which word.

use std::ops::Range;

/// A stretch of words that the model reads at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// The words that are read.
    pub(super) words: Range<usize>,
    /// Those of them whose scores come from this window; the others are context.
    pub(super) kept: Range<usize>,
}

/// Windows of at most `capacity` pieces over words that have `lengths` pieces; each word is kept by exactly one.
///
/// A window ends behind the last sentence that fits, if that fills half of it: a sentence needs little of its neighbours.
/// Where none ends there, it and the next share a quarter of their pieces and take turns in the middle of what they share:
/// there a word is as far from either edge. `ends[word]` is true where a sentence ends behind a word. No word may be longer
/// than half the capacity.
pub(super) fn plan(lengths: &[usize], ends: &[bool], capacity: usize) -> Vec<Window> {
    let mut windows = Vec::new();
    let (mut start, mut kept) = (0, 0);
    while kept < lengths.len() {
        let end = start + fitting(lengths.iter().skip(start), capacity).max(1);
        let half = (start + (end - start) / 2).max(kept);
        let stop = (half..end.min(ends.len())).rfind(|&word| ends[word]);
        let (words, next, turn) = if end >= lengths.len() {
            (start..lengths.len(), lengths.len(), lengths.len())
        } else if let Some(stop) = stop {
            (start..stop + 1, stop + 1, stop + 1)
        } else {
            let back = |pieces: usize| end - fitting(lengths[start..end].iter().rev(), pieces);
            // Always a step ahead, or a long word would be read for ever.
            let next = back(capacity / 4).max(start + 1);
            (
                start..end,
                next,
                back(capacity / 8).clamp(next.max(kept), end),
            )
        };
        windows.push(Window {
            words,
            kept: kept..turn,
        });
        (start, kept) = (next, turn);
    }
    windows
}

/// How many of the words fit into so many pieces.
fn fitting<'a>(lengths: impl Iterator<Item = &'a usize>, pieces: usize) -> usize {
    let mut sum = 0;
    lengths
        .take_while(|&&length| {
            sum += length;
            sum <= pieces
        })
        .count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_share_a_quarter_and_take_turns_in_its_middle() {
        let windows = plan(&[1; 20], &[false; 20], 8);
        assert_eq!(
            windows[0],
            Window {
                words: 0..8,
                kept: 0..7
            }
        );
        assert_eq!(
            windows[1],
            Window {
                words: 6..14,
                kept: 7..13
            }
        );
        assert_eq!(
            windows[2],
            Window {
                words: 12..20,
                kept: 13..20
            }
        );
    }

    #[test]
    fn a_window_ends_behind_a_sentence_where_it_can() {
        let mut ends = [false; 20];
        ends[6] = true;
        ends[8] = true;
        let windows = plan(&[1; 20], &ends, 8);
        assert_eq!(
            windows[0],
            Window {
                words: 0..7,
                kept: 0..7
            }
        );
        // The next end would leave more than half of this one empty.
        assert_eq!(
            windows[1],
            Window {
                words: 7..15,
                kept: 7..14
            }
        );
        assert_eq!(windows[2].words.start, 13);
    }

    proptest! {
        #[test]
        fn every_word_is_kept_once_in_a_window_that_holds_it(
            (lengths, ends) in (0_usize..200).prop_flat_map(|words| {
                let ends = proptest::collection::vec(proptest::bool::weighted(0.1), words);
                (proptest::collection::vec(1_usize..8, words), ends)
            }),
            capacity in 14_usize..60,
        ) {
            let windows = plan(&lengths, &ends, capacity);
            let mut at = 0;
            for Window { words, kept } in windows {
                prop_assert_eq!(kept.start, at);
                prop_assert!(words.start <= kept.start && kept.end <= words.end);
                prop_assert!(lengths[words].iter().sum::<usize>() <= capacity);
                at = kept.end;
            }
            prop_assert_eq!(at, lengths.len());
        }
    }
}
