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
/// Neighbours share about a quarter of their pieces: a word near the middle of what they share is as far from either edge, and
/// there the windows take turns. No word may be longer than half the capacity.
pub(super) fn plan(lengths: &[usize], capacity: usize) -> Vec<Window> {
    let overlap = capacity / 4;
    let mut windows = Vec::new();
    let (mut start, mut kept) = (0, 0);
    while kept < lengths.len() {
        let end = start + fitting(lengths.iter().skip(start), capacity).max(1);
        if end >= lengths.len() {
            windows.push(Window {
                words: start..lengths.len(),
                kept: kept..lengths.len(),
            });
            break;
        }
        let back = |pieces: usize| fitting(lengths[start..end].iter().rev(), pieces);
        // Always a step ahead, or a long word would be read for ever.
        let next = (end - back(overlap)).max(start + 1);
        let turn = (end - back(overlap / 2)).clamp(next.max(kept), end);
        windows.push(Window {
            words: start..end,
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
        let windows = plan(&[1; 20], 8);
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

    proptest! {
        #[test]
        fn every_word_is_kept_once_in_a_window_that_holds_it(
            lengths in proptest::collection::vec(1_usize..8, 0..200),
            capacity in 14_usize..60,
        ) {
            let windows = plan(&lengths, capacity);
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
