//! Unicode normalisation form C (Unicode Standard Annex 15).

use std::ops::Range;
use std::sync::LazyLock;

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::badness::next_non_ascii;

/// The text in form C, or nothing if it is so already.
pub(super) fn compose(text: &str) -> Option<String> {
    let look = &*QUICK_LOOK;
    let mut composed = String::new();
    let mut done = 0;
    let mut at = 0;
    while let Some((place, c)) = next_non_ascii(text, at) {
        at = place + c.len_utf8();
        if !look.is_doubtful(c, text.get(..place).unwrap_or_default()) {
            continue;
        }
        let cluster = look.cluster(text, place);
        at = cluster.end;
        let old = text.get(cluster.clone()).unwrap_or_default();
        if !is_composed(old) {
            composed.push_str(text.get(done..cluster.start).unwrap_or_default());
            composed.extend(old.nfc());
            done = cluster.end;
        }
    }
    if done == 0 {
        return None;
    }
    composed.push_str(text.get(done..).unwrap_or_default());
    Some(composed)
}

/// Whether the text is in form C.
pub(super) fn is_composed(text: &str) -> bool {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => true,
        IsNormalized::No => false,
        IsNormalized::Maybe => text.nfc().eq(text.chars()),
    }
}

/// What is known of the first plane, one bit a character, so that clean text of any script is passed quickly.
pub(super) struct QuickLook {
    /// Characters that are never changed nor joined to the one before.
    stable: Vec<u64>,
    /// Those of them that also separate marks from marks.
    starters: Vec<u64>,
}

/// The look at the first plane; made once, in about two milliseconds.
pub(super) static QUICK_LOOK: LazyLock<QuickLook> = LazyLock::new(QuickLook::new);

impl QuickLook {
    fn new() -> Self {
        let mut look = Self {
            stable: vec![0; 0x1_0000 / 64],
            starters: vec![0; 0x1_0000 / 64],
        };
        for c in '\0'..='\u{ffff}' {
            let (word, bit) = place(c);
            let is_stable = matches!(is_nfc_quick([c].into_iter()), IsNormalized::Yes);
            if let Some(stable) = look.stable.get_mut(word).filter(|_| is_stable) {
                *stable |= bit;
            }
            let is_starter = is_stable && canonical_combining_class(c) == 0;
            if let Some(starters) = look.starters.get_mut(word).filter(|_| is_starter) {
                *starters |= bit;
            }
        }
        look
    }

    /// Whether this character may keep the text from being in form C, `before` being the text before it.
    pub(super) fn is_doubtful(&self, c: char, before: &str) -> bool {
        if c < '\u{300}' || is_in(&self.starters, c) || matches!(c, '\u{1f000}'..='\u{1faff}') {
            return false;
        }
        // One mark after a starter is in order; only two could be in the wrong one.
        let follows_starter = || {
            let last = before.chars().next_back();
            last.is_none_or(|last| is_in(&self.starters, last))
        };
        !(is_in(&self.stable, c) && follows_starter())
    }

    /// The stretch around a doubtful character that can be normalised by itself: from a starter to before the next.
    pub(super) fn cluster(&self, text: &str, place: usize) -> Range<usize> {
        let (before, after) = text.split_at_checked(place).unwrap_or((text, ""));
        let is_starter = |&(_, c): &(usize, char)| is_in(&self.starters, c);
        let start = before.char_indices().rev().find(is_starter);
        let end = after.char_indices().skip(1).find(is_starter);
        start.map_or(0, |(start, _)| start)..end.map_or(text.len(), |(end, _)| place + end)
    }
}

fn is_in(set: &[u64], c: char) -> bool {
    let (word, bit) = place(c);
    set.get(word).is_some_and(|word| word & bit != 0)
}

fn place(c: char) -> (usize, u64) {
    (c as usize / 64, 1 << (c as u32 % 64))
}

#[cfg(test)]
mod tests {
    use super::{QUICK_LOOK, UnicodeNormalization, compose};
    use crate::encoding::table::traits;
    use proptest::prelude::*;

    /// Letters with marks of several classes, parts of Hangul syllables, singletons.
    const MARKED: &str = "[a-eé\u{300}-\u{36f}\u{5b0}-\u{5bd}\u{64b}-\u{655}\u{900}-\u{9ff}\u{e30}-\u{e4f}\u{1100}-\u{11ff}가각\u{1f000}\u{2126}]{1,8}";

    fn is_doubtful(text: &str) -> bool {
        text.char_indices()
            .any(|(at, c)| QUICK_LOOK.is_doubtful(c, &text[..at]))
    }

    #[test]
    fn marks_join_their_letters() {
        assert_eq!(compose("cafe\u{301}").as_deref(), Some("café"));
        assert_eq!(compose("café"), None);
        assert_eq!(compose("x\u{301}"), None);
    }

    #[test]
    fn every_character_that_changes_is_doubtful() {
        for c in '\0'..=char::MAX {
            let text = String::from(c);
            let is_same = text.nfc().eq([c]);
            assert!(is_doubtful(&text) || is_same, "{:x}", c as u32);
            assert!(traits(c) == 0 || is_same, "{:x}", c as u32);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn clusters_make_up_the_form_of_the_whole(text in MARKED) {
            let whole: String = text.nfc().collect();
            prop_assert_eq!(compose(&text).unwrap_or_else(|| text.clone()), whole);
        }

        #[test]
        fn text_without_doubtful_characters_is_in_form_c(text in MARKED) {
            prop_assert!(is_doubtful(&text) || text.nfc().eq(text.chars()));
        }
    }
}
