//! Counting of spans that are found, and the scores.

use std::ops::{AddAssign, Range};

/// Words at the edges of a name about which conventions differ.
const EDGE_WORDS: [&str; 19] = [
    "the",
    "a",
    "an",
    "mr",
    "mrs",
    "ms",
    "dr",
    "sir",
    "lord",
    "lady",
    "president",
    "minister",
    "prime",
    "senator",
    "general",
    "king",
    "queen",
    "about",
    "nearly",
];

/// Spans of the gold data, spans found, and those that are both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) gold: u64,
    pub(super) found: u64,
    pub(super) right: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.gold += other.gold;
        self.found += other.found;
        self.right += other.right;
    }
}

impl Counts {
    /// Of what was found, the share that is right.
    pub(super) fn precision(&self) -> Option<f64> {
        (self.found > 0).then(|| self.right as f64 / self.found as f64)
    }

    /// Of what there is, the share that was found.
    pub(super) fn recall(&self) -> Option<f64> {
        (self.gold > 0).then(|| self.right as f64 / self.gold as f64)
    }

    /// The harmonic mean of the two.
    pub(super) fn f1(&self) -> Option<f64> {
        let all = self.gold + self.found;
        (all > 0).then(|| 2.0 * self.right as f64 / all as f64)
    }
}

/// The counts of one label in one sentence.
pub(super) fn count(gold: &[Range<usize>], found: &[Range<usize>]) -> Counts {
    let right = found.iter().filter(|span| gold.contains(span)).count();
    Counts {
        gold: gold.len() as u64,
        found: found.len() as u64,
        right: right as u64,
    }
}

/// The span without articles, titles, a possessive and punctuation at its edges; itself where nothing else is left.
pub(super) fn trimmed(text: &str, span: &Range<usize>) -> Range<usize> {
    let mut inner = span.clone();
    loop {
        let words = &text[inner.clone()];
        let start = words.len()
            - words
                .trim_start_matches(|c: char| !c.is_alphanumeric())
                .len();
        let end = words.trim_end_matches(|c: char| !c.is_alphanumeric()).len();
        let possessive = ["'s", "’s"]
            .iter()
            .find_map(|mark| words[..end].strip_suffix(mark))
            .map(str::len);
        let first = words[start..].split_whitespace().next().unwrap_or_default();
        let is_edge = EDGE_WORDS
            .iter()
            .any(|edge| first.trim_end_matches('.').eq_ignore_ascii_case(edge));
        let next = match possessive {
            Some(end) => inner.start + start..inner.start + end,
            None if is_edge => {
                inner.start + start + first.len()..inner.start + end.max(start + first.len())
            }
            None => inner.start + start..inner.start + end.max(start),
        };
        if next.start >= next.end {
            return span.clone();
        }
        if next == inner {
            return inner;
        }
        inner = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_trimmed_and_names_are_not() {
        for (span, inner) in [
            ("the White House", "White House"),
            ("Mr. Smith's", "Smith"),
            ("Prime Minister Modi", "Modi"),
            ("\"Obama\",", "Obama"),
            ("The", "The"),
            ("$5", "5"),
            ("Rome", "Rome"),
        ] {
            assert_eq!(&span[trimmed(span, &(0..span.len()))], inner);
        }
    }

    #[test]
    fn scores_are_those_of_the_textbook() {
        let counts = count(&[0..3, 5..9, 10..12], &[0..3, 5..8]);
        assert_eq!(
            counts,
            Counts {
                gold: 3,
                found: 2,
                right: 1
            }
        );
        assert_eq!(
            (counts.precision(), counts.recall(), counts.f1()),
            (Some(0.5), Some(1.0 / 3.0), Some(0.4))
        );
        assert_eq!(Counts::default().f1(), None);
    }
}
