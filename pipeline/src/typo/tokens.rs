//! Cuts a text into words and says of each what it is made of and what touches it.

use std::ops::Range;

/// What the letters of a token are, once the punctuation around it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Only a-z.
    Lower,
    /// A-Z, then a-z.
    Capitalized,
    /// Only A-Z, two at least.
    Upper,
    /// Any other mixture of A-Z and a-z.
    Mixed,
    /// A word with a letter beyond ASCII that does not start with a capital.
    Foreign,
    /// Numbers, addresses, names beyond ASCII, words with a hyphen or an apostrophe, bare punctuation.
    Other,
}

/// A run of text between spaces or dashes, without the punctuation around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    start: usize,
    end: usize,
    pub(super) shape: Shape,
    /// The word may be a part of something: cut off, hyphenated, elided, abbreviated.
    pub(super) is_fragment: bool,
    /// The word stands alone in quotation marks or brackets: it is spoken about, or kept on purpose.
    pub(super) is_quoted: bool,
    /// Only white space lies between the word before and this one.
    pub(super) follows_directly: bool,
}

impl Token {
    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    pub(super) fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.range()).unwrap_or_default()
    }

    /// True for "sic" in brackets: what comes before it is as the source had it.
    pub(super) fn is_sic(&self, text: &str) -> bool {
        self.is_quoted && self.text(text).eq_ignore_ascii_case("sic")
    }
}

/// Every token of the text, in order.
pub(super) fn read(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens: Vec<Token> = Vec::with_capacity(text.len() / 6 + 1);
    let mut before = Before::default();
    let mut at = 0;
    while at < bytes.len() {
        let gap = gap_at(bytes, at);
        if gap > 0 {
            before.is_dash |= is_dash_at(bytes, at);
            at += gap;
            continue;
        }
        let start = at;
        while at < bytes.len() && gap_at(bytes, at) == 0 {
            at += 1;
        }
        let chunk = text.get(start..at).unwrap_or_default();
        let mut token = trimmed(chunk, start);
        let starts_low = token.shape == Shape::Lower;
        token.is_fragment |= before.ends_in_hyphen;
        token.follows_directly =
            !before.is_dash && !before.ends_in_punctuation && token.start == start;
        if let Some(last) = tokens.last_mut() {
            // "govt. said": a full stop inside a sentence marks an abbreviation.
            last.is_fragment |= before.ends_in_stop && starts_low;
        }
        before = Before {
            is_dash: false,
            ends_in_punctuation: token.end != at,
            ends_in_hyphen: chunk.len() > 1 && chunk.ends_with('-') && !chunk.ends_with("--"),
            ends_in_stop: chunk.ends_with('.'),
        };
        tokens.push(token);
    }
    tokens
}

/// What lies between a token and the one before it.
#[derive(Default)]
struct Before {
    is_dash: bool,
    ends_in_punctuation: bool,
    ends_in_hyphen: bool,
    ends_in_stop: bool,
}

/// Bytes of the white space or long dash at `at`, 0 when there is none.
fn gap_at(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..) {
        Some([b'\t'..=b'\r' | b' ', ..]) => 1,
        Some([0xC2, 0x85 | 0xA0, ..]) => 2,
        Some([0xE1, 0x9A, 0x80, ..]) => 3,
        // Spaces U+2000 to U+200A, dashes U+2013 to U+2015, separators U+2028, U+2029 and U+202F.
        Some(
            [
                0xE2,
                0x80,
                0x80..=0x8A | 0x93..=0x95 | 0xA8 | 0xA9 | 0xAF,
                ..,
            ],
        ) => 3,
        Some([0xE2, 0x81, 0x9F, ..] | [0xE3, 0x80, 0x80, ..]) => 3,
        Some(_) | None => 0,
    }
}

fn is_dash_at(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at..), Some([0xE2, 0x80, 0x93..=0x95, ..]))
}

fn trimmed(chunk: &str, start: usize) -> Token {
    if chunk.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Token {
            start,
            end: start + chunk.len(),
            shape: Shape::Lower,
            is_fragment: false,
            is_quoted: false,
            follows_directly: false,
        };
    }
    let tail = chunk.trim_start_matches(opens);
    let head = chunk.len() - tail.len();
    let core = tail.trim_end_matches(closes);
    let (opening, closing) = (
        chunk.get(..head).unwrap_or_default(),
        tail.get(core.len()..).unwrap_or_default(),
    );
    let is_quoted = !opening.is_empty() && closing.contains(ends_quotation);
    let is_elided = opening.contains(is_apostrophe) || closing.contains(is_apostrophe);
    Token {
        start: start + head,
        end: start + head + core.len(),
        shape: shape(core),
        is_fragment: (is_elided && !is_quoted)
            || opening.contains('…')
            || closing.contains('…')
            || closing.contains(".."),
        is_quoted,
        follows_directly: false,
    }
}

fn opens(c: char) -> bool {
    matches!(
        c,
        '(' | '['
            | '{'
            | '"'
            | '\''
            | '“'
            | '‘'
            | '„'
            | '‚'
            | '«'
            | '‹'
            | '¿'
            | '¡'
            | '…'
            | '’'
    )
}

fn closes(c: char) -> bool {
    ends_quotation(c) || matches!(c, ',' | ';' | ':' | '!' | '?' | '.' | '…')
}

fn ends_quotation(c: char) -> bool {
    matches!(
        c,
        ')' | ']' | '}' | '"' | '\'' | '”' | '’' | '“' | '‘' | '»' | '›'
    )
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘')
}

fn shape(core: &str) -> Shape {
    let (mut low, mut up, mut beyond) = (0_usize, 0_usize, false);
    for byte in core.bytes() {
        match byte {
            b'a'..=b'z' => low += 1,
            b'A'..=b'Z' => up += 1,
            0x80.. => beyond = true,
            _ => return Shape::Other,
        }
    }
    let starts_up = core.starts_with(|c: char| c.is_ascii_uppercase());
    if beyond {
        let is_word = core.chars().all(char::is_alphabetic);
        let starts_up = core.starts_with(char::is_uppercase);
        return if is_word && !starts_up {
            Shape::Foreign
        } else {
            Shape::Other
        };
    }
    match (low, up) {
        (0, 0) => Shape::Other,
        (_, 0) => Shape::Lower,
        (0, 2..) => Shape::Upper,
        (_, 1) if starts_up => Shape::Capitalized,
        (_, _) => Shape::Mixed,
    }
}
