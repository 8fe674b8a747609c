//! A place in a text from which grammars read words, marks and numbers; copying it is backtracking.

use super::lexicon::{self, Word};
use crate::number::{self, Number};

/// A byte place in a text, always on a character boundary.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

/// A run of ASCII letters that is a whole word.
#[derive(Clone, Copy)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    pub(crate) word: Word,
    pub(crate) after: Cursor<'a>,
}

impl Token<'_> {
    /// Returns whether it starts with a capital letter.
    pub(crate) fn is_capitalised(&self) -> bool {
        self.text
            .starts_with(|first: char| first.is_ascii_uppercase())
    }
}

/// Returns whether the character belongs to a word, quickly for punctuation beyond ASCII.
pub(crate) fn is_word_char(next: char) -> bool {
    match next {
        '\0'..='\x7f' => next.is_ascii_alphanumeric() || next == '_',
        // General punctuation and the signs of currencies: dashes, curly quotation marks, the euro.
        '\u{2000}'..='\u{206f}' | '\u{20a0}'..='\u{20cf}' | '\u{a0}'..='\u{a9}' => false,
        // Latin, Cyrillic and Devanagari letters, without the costly table.
        '\u{c0}'..='\u{24f}' => !matches!(next, '×' | '÷'),
        '\u{400}'..='\u{481}' | '\u{900}'..='\u{963}' => true,
        _ => next.is_alphanumeric(),
    }
}

/// Longer words are in no grammar.
const LONGEST_WORD: usize = 24;

impl<'a> Cursor<'a> {
    /// Returns a cursor at byte `at`, or at the end when that is inside a character.
    pub(crate) fn new(text: &'a str, at: usize) -> Self {
        let at = if text.is_char_boundary(at) {
            at
        } else {
            text.len()
        };
        Self { text, at }
    }

    pub(crate) fn at(self) -> usize {
        self.at
    }

    pub(crate) fn text(self) -> &'a str {
        self.text
    }

    pub(crate) fn rest(self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn before(self) -> &'a str {
        self.text.get(..self.at).unwrap_or_default()
    }

    pub(crate) fn to(self, at: usize) -> Self {
        Self::new(self.text, at)
    }

    pub(crate) fn next_char(self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn previous_char(self) -> Option<char> {
        self.before().chars().next_back()
    }

    /// Returns the cursor after `mark`, when it stands here.
    pub(crate) fn mark(self, mark: char) -> Option<Self> {
        (self.next_char() == Some(mark)).then(|| self.to(self.at + mark.len_utf8()))
    }

    /// Returns the cursor after any of `marks`.
    pub(crate) fn any(self, marks: &[char]) -> Option<Self> {
        marks.iter().find_map(|mark| self.mark(*mark))
    }

    /// Returns the cursor after exactly these letters, matched in this case, at a word's end.
    pub(crate) fn literal(self, literal: &str) -> Option<Self> {
        let after = self.rest().strip_prefix(literal)?;
        let after = self.to(self.text.len() - after.len());
        after.ends_word().then_some(after)
    }

    /// Returns the cursor after one or two blanks of one line.
    pub(crate) fn space(self) -> Option<Self> {
        let blanks = [' ', '\u{a0}', '\u{202f}', '\u{2009}'];
        let once = self.any(&blanks)?;
        Some(once.any(&blanks).unwrap_or(once))
    }

    /// Returns the cursor after a blank or a hyphen.
    pub(crate) fn gap(self) -> Option<Self> {
        self.space().or_else(|| self.any(&['-', '\u{2011}']))
    }

    /// Returns whether no word goes on here.
    pub(crate) fn ends_word(self) -> bool {
        match self.text.as_bytes().get(self.at) {
            None => true,
            Some(byte) if byte.is_ascii() => !byte.is_ascii_alphanumeric() && *byte != b'_',
            Some(_) => !self.next_char().is_some_and(is_word_char),
        }
    }

    /// Returns the whole word of ASCII letters here.
    pub(crate) fn word(self) -> Option<Token<'a>> {
        let tail = self.text.as_bytes().get(self.at..)?;
        let length = tail
            .iter()
            .take(LONGEST_WORD)
            .take_while(|byte| byte.is_ascii_alphabetic())
            .count();
        let after = Self {
            text: self.text,
            at: self.at + length,
        };
        if length == 0 || !after.ends_word() {
            return None;
        }
        let text = self.text.get(self.at..after.at)?;
        Some(Token {
            text,
            word: lexicon::meaning(text.as_bytes()),
            after,
        })
    }

    /// Returns the next word after one or two blanks.
    pub(crate) fn next_word(self) -> Option<Token<'a>> {
        self.space()?.word()
    }

    /// Returns the number here, in digits or words, and the cursor after it.
    pub(crate) fn number(self) -> Option<(Number, Self)> {
        let number = number::scan(self.text, self.at)?;
        let end = number.range.end;
        Some((number, self.to(end)))
    }

    /// Returns the value of `1..=most` ASCII digits here that are not part of a longer run, with the count of digits.
    pub(crate) fn digits(self, most: usize) -> Option<(i16, usize, Self)> {
        let rest = self.rest();
        let count = rest
            .bytes()
            .take(most + 1)
            .take_while(u8::is_ascii_digit)
            .count();
        if count == 0 || count > most {
            return None;
        }
        let value = rest.get(..count)?.parse().ok()?;
        Some((value, count, self.to(self.at + count)))
    }

    /// Returns the word that ends exactly here, perhaps empty, and the cursor at its start.
    pub(crate) fn last_word(self) -> (&'a str, Self) {
        let before = self.before();
        let start = before.trim_end_matches(char::is_alphanumeric).len();
        (before.get(start..).unwrap_or_default(), self.to(start))
    }

    /// Returns the word that ends just before here, blanks skipped, and the cursor at its start.
    pub(crate) fn previous_word(self) -> Option<(&'a str, Self)> {
        let trimmed = self.before().trim_end_matches([' ', '\u{a0}']);
        if trimmed.len() == self.at {
            return None;
        }
        let length = trimmed
            .bytes()
            .rev()
            .take(LONGEST_WORD)
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count();
        let word = trimmed.get(trimmed.len() - length..)?;
        (length > 0).then(|| (word, self.to(trimmed.len() - length)))
    }
}
