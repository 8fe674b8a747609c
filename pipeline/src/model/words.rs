//! Cuts a text into the words that the model reads, exactly as its training does (`models/train/words.py`).
//!
//! A word is
//! 1. an abbreviation of single letters with a dot behind each ("U.S.", "a.m."), two at least; or
//! 2. letters, numbers and marks, joined by one of `. & _ ' ’` between them ("AT&T", "won't"), or by `,` or `:` between digits
//!    ("1,200", "10:30"); a possessive "'s" at its end is a word of its own; or
//! 3. any other character that is not white space, alone.

use std::ops::Range;

use unicode_general_category::{GeneralCategory, get_general_category};

/// The words of a text in order, as byte ranges; together they hold all that is not white space.
pub(super) fn split(text: &str) -> Words<'_> {
    Words {
        text,
        at: 0,
        before: None,
        possessive: None,
    }
}

/// See [`split`].
pub(super) struct Words<'t> {
    text: &'t str,
    /// Where the next word is looked for.
    at: usize,
    /// The character before `at`.
    before: Option<char>,
    /// The "'s" that was cut off the word before.
    possessive: Option<Range<usize>>,
}

impl Iterator for Words<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        if let Some(range) = self.possessive.take() {
            return Some(range);
        }
        let mut rest = self.text.get(self.at..)?;
        let first = loop {
            let first = rest.chars().next()?;
            if !first.is_whitespace() {
                break first;
            }
            self.before = Some(first);
            rest = &rest[first.len_utf8()..];
        };
        let start = self.text.len() - rest.len();
        let dotted = if self.before.is_some_and(is_part) {
            0
        } else {
            dotted(rest)
        };
        if dotted > 0 {
            return Some(self.take(start, dotted));
        }
        let joined = joined(rest);
        if joined == 0 {
            return Some(self.take(start, first.len_utf8()));
        }
        let mut word = self.take(start, joined);
        let base = word.start + without_possessive(&rest[..joined]);
        if base < word.end {
            self.possessive = Some(base..word.end);
            word.end = base;
        }
        Some(word)
    }
}

impl Words<'_> {
    fn take(&mut self, start: usize, length: usize) -> Range<usize> {
        self.at = start + length;
        self.before = self.text[..self.at].chars().next_back();
        start..self.at
    }
}

/// The length of the abbreviation that `text` starts with, or 0.
fn dotted(text: &str) -> usize {
    let mut chars = text.chars();
    let mut length = 0;
    let mut pairs = 0;
    loop {
        let mut ahead = chars.clone();
        match (ahead.next(), ahead.next()) {
            (Some(letter), Some('.')) if is_letter(letter) => {
                length += letter.len_utf8() + 1;
                pairs += 1;
                chars = ahead;
            }
            (next, _) => {
                let is_cut_off = next.is_some_and(is_part);
                return if pairs < 2 || is_cut_off { 0 } else { length };
            }
        }
    }
}

/// The length of the word with its joints that `text` starts with, or 0.
fn joined(text: &str) -> usize {
    let mut before = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, next)| next);
        let goes_on = is_part(c)
            || match (before, c, next) {
                (Some(_), '.' | '&' | '_' | '\'' | '’', Some(next)) => is_part(next),
                (Some(before), ',' | ':', Some(next)) => is_digit(before) && is_digit(next),
                _ => false,
            };
        if !goes_on {
            return at;
        }
        before = Some(c);
    }
    text.len()
}

/// The length of a word without its possessive.
fn without_possessive(word: &str) -> usize {
    word.strip_suffix(['s', 'S'])
        .and_then(|word| word.strip_suffix(['\'', '’']))
        .map_or(word.len(), str::len)
}

fn is_part(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    c.is_alphanumeric() || is_mark(c)
}

fn is_letter(c: char) -> bool {
    use GeneralCategory::{
        LowercaseLetter, ModifierLetter, OtherLetter, TitlecaseLetter, UppercaseLetter,
    };
    if c.is_ascii() {
        return c.is_ascii_alphabetic();
    }
    matches!(
        get_general_category(c),
        LowercaseLetter | ModifierLetter | OtherLetter | TitlecaseLetter | UppercaseLetter
    )
}

fn is_mark(c: char) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};
    matches!(
        get_general_category(c),
        EnclosingMark | NonspacingMark | SpacingMark
    )
}

fn is_digit(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_digit();
    }
    get_general_category(c) == GeneralCategory::DecimalNumber
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::split;

    fn words(text: &str) -> Vec<&str> {
        split(text).map(|range| &text[range]).collect()
    }

    #[test]
    fn words_are_those_of_the_training() {
        for (text, wanted) in [
            (
                "The U.S. won't, said AT&T's Dr. No.",
                "The|U.S.|won't|,|said|AT&T|'s|Dr|.|No|.",
            ),
            ("U.S.A and D.C., a.m. x.y.z", "U.S.A|and|D.C.|,|a.m.|x.y.z"),
            (
                "$1,200.50 at 10:30, 6-3 or a,b",
                "$|1,200.50|at|10:30|,|6|-|3|or|a|,|b",
            ),
            ("NASA'S ’s s's", "NASA|'S|’|s|s|'s"),
            ("Cafe\u{301} _a_b_", "Cafe\u{301}|_|a_b|_"),
            ("東京。 e\u{200b} \u{200b}", "東京|。|e|\u{200b}|\u{200b}"),
            (" \n", ""),
        ] {
            assert_eq!(words(text).join("|"), wanted, "{text}");
        }
    }

    #[test]
    fn a_word_of_a_megabyte_is_cut_in_linear_time() {
        for unit in ["a", "a.", "'", "1,", "a's", "é\u{301}", "a b.c. "] {
            let text = unit.repeat((1 << 20) / unit.len());
            assert!(split(&text).count() > 0);
        }
    }

    proptest! {
        #[test]
        fn words_hold_all_that_is_no_white_space(text in r"(\PC|[a-c.'’, 1:&_\n]){0,40}") {
            let mut at = 0;
            for range in split(&text) {
                prop_assert!(range.start < range.end);
                prop_assert!(text[at..range.start].chars().all(char::is_whitespace));
                prop_assert!(!text[range.clone()].contains(char::is_whitespace));
                at = range.end;
            }
            prop_assert!(text[at..].chars().all(char::is_whitespace));
        }
    }
}
