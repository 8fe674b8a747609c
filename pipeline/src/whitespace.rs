//! White space: one kind of space, no blanks at the ends of lines, at most one blank line between paragraphs.

use std::borrow::Cow;

/// The text with every run of spaces, tabs and no-break spaces made one space, lines trimmed, and runs of blank lines made
/// one blank line; paragraph breaks survive. Nothing at the start and end.
///
/// Line ends of every kind (`\r\n`, `\r`, NEL, VT, FF, U+2028, U+2029) become `\n`.
pub(crate) fn normalize(text: &str) -> Cow<'_, str> {
    if is_normal(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut gap = Gap::default();
    for c in text.chars() {
        if c.is_whitespace() {
            gap.add(c);
        } else {
            if !out.is_empty() {
                out.push_str(gap.shown());
            }
            gap = Gap::default();
            out.push(c);
        }
    }
    if out == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(out)
    }
}

/// As [`normalize`], on one line: for titles, names and keywords.
pub(crate) fn single_line(text: &str) -> Cow<'_, str> {
    let normal = normalize(text);
    if normal.contains('\n') {
        Cow::Owned(normal.split_whitespace().collect::<Vec<_>>().join(" "))
    } else {
        normal
    }
}

/// A run of white space between two visible characters.
#[derive(Default)]
struct Gap {
    is_there: bool,
    line_ends: usize,
    follows_return: bool,
}

impl Gap {
    fn add(&mut self, c: char) {
        let completes_crlf = c == '\n' && self.follows_return;
        self.is_there = true;
        self.follows_return = c == '\r';
        self.line_ends += match c {
            _ if completes_crlf => 0,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' => 1,
            // A paragraph separator is a blank line on its own.
            '\u{2029}' => 2,
            _ => 0,
        };
    }

    fn shown(&self) -> &'static str {
        match self.line_ends {
            0 if !self.is_there => "",
            0 => " ",
            1 => "\n",
            _ => "\n\n",
        }
    }
}

/// Whether nothing is to be done.
fn is_normal(text: &str) -> bool {
    let mut line_ends = 0;
    let mut after_space = false;
    // The start counts as a line's start, so that a leading blank is found.
    let mut at_line_start = true;
    for c in text.chars() {
        match c {
            ' ' if after_space || at_line_start => return false,
            ' ' => after_space = true,
            '\n' if after_space || line_ends == 2 || (at_line_start && line_ends == 0) => {
                return false;
            }
            '\n' => {
                line_ends += 1;
                at_line_start = true;
            }
            _ if c.is_whitespace() => return false,
            _ => (after_space, at_line_start, line_ends) = (false, false, 0),
        }
    }
    !after_space && line_ends == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{normalize, single_line};

    #[test]
    fn paragraph_breaks_survive() {
        for (raw, clean) in [
            ("One.  \n\n\nTwo.", "One.\n\nTwo."),
            ("One.\n \t\n\u{a0}\nTwo.", "One.\n\nTwo."),
            ("One.\nTwo.", "One.\nTwo."),
            (
                "One.\r\nTwo.\r\n\r\nThree.\rFour.",
                "One.\nTwo.\n\nThree.\nFour.",
            ),
            (
                "One.\u{2028}Two.\u{2029}Three.\u{85}Four.",
                "One.\nTwo.\n\nThree.\nFour.",
            ),
        ] {
            assert_eq!(normalize(raw), clean, "{raw:?}");
        }
    }

    #[test]
    fn every_kind_of_blank_is_one_space() {
        assert_eq!(
            normalize(" a\u{a0}b \t c\u{2009}\u{202f}d\u{3000}e "),
            "a b c d e"
        );
        assert_eq!(normalize(" \n\t "), "");
    }

    #[test]
    fn a_name_stays_on_one_line() {
        assert_eq!(single_line(" Jane\n\n  Doe\u{a0}"), "Jane Doe");
    }

    proptest! {
        #[test]
        fn only_white_space_changes(text in "[ \\t\\n\\r\u{a0}\u{2028}a-cé。]*|.*") {
            let once = normalize(&text).into_owned();
            prop_assert_eq!(normalize(&once), once.as_str());
            let visible = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(visible(&once), visible(&text));
        }
    }
}
