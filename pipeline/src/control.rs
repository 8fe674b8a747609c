//! Control and invisible format characters taken out of text; letters, marks and all that can be seen stay.
//!
//! Run `encoding::fix` first: C1 controls tell it what went wrong, and this step deletes them.

mod kind;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use kind::{Kind, is_emoji, is_rtl_letter, joins, kind, lacks_spaces};

const ESCAPE: char = '\u{1b}';

/// The text without control and invisible format characters, each line break as one line feed; borrowed if unchanged.
///
/// - Deleted: terminal escapes (ECMA-48 control sequences), controls other than line feed and tab, soft hyphens, byte
///   order marks, word joiners, invisible operators, interlinear annotation and deprecated format characters.
/// - Line feeds are made of CR, CR LF, NEL, VT, FF, U+2028 and U+2029.
/// - Kept where they have a use: direction marks in text with right-to-left letters, (non-)joiners beside letters of
///   scripts that join and between emoji, zero-width spaces beside scripts without spaces, tags after emoji (flags).
/// - Kept always: U+FFFD, variation selectors, and format characters that are seen (the Arabic number signs).
///
/// `remove_controls` of its own result changes nothing, and time is linear in the length of the text.
#[must_use]
pub(crate) fn remove_controls(text: &str) -> Cow<'_, str> {
    let Some(first) = next_suspect(text, 0) else {
        return Cow::Borrowed(text);
    };
    let mut cleaner = Cleaner {
        text,
        out: String::with_capacity(text.len()),
        last: None,
        ahead: (0, None),
        is_rtl: None,
    };
    let mut next = Some(first);
    let mut done = 0;
    while let Some((place, c, kind)) = next {
        cleaner.keep(done, place);
        done = cleaner.settle(place, c, kind);
        next = next_suspect(text, done);
    }
    cleaner.keep(done, text.len());
    if cleaner.out == text {
        return Cow::Borrowed(text);
    }
    Cow::Owned(cleaner.out)
}

struct Cleaner<'a> {
    text: &'a str,
    out: String,
    /// The last character of plain text before this place.
    last: Option<char>,
    /// The next character of plain text, for every place before the offset.
    ahead: (usize, Option<char>),
    is_rtl: Option<bool>,
}

impl Cleaner<'_> {
    fn keep(&mut self, from: usize, to: usize) {
        let plain = self.text.get(from..to).unwrap_or_default();
        self.out.push_str(plain);
        self.last = plain.chars().next_back().or(self.last);
    }

    /// Keeps, replaces or deletes the character at this place; the offset at which to go on.
    fn settle(&mut self, place: usize, c: char, kind: Kind) -> usize {
        let mut end = place + c.len_utf8();
        let is_kept = match kind {
            Kind::Plain => true,
            Kind::Deleted => {
                if c == ESCAPE {
                    end += sequence_length(self.text.get(end..).unwrap_or_default());
                }
                false
            }
            Kind::LineBreak => {
                let is_pair = c == '\r' && self.text.as_bytes().get(end) == Some(&b'\n');
                end += usize::from(is_pair);
                self.out.push('\n');
                self.last = Some('\n');
                false
            }
            Kind::Direction => *self
                .is_rtl
                .get_or_insert_with(|| self.text.chars().any(is_rtl_letter)),
            Kind::Tag => self.last.is_some_and(is_emoji),
            Kind::Space => self.beside(place, lacks_spaces),
            Kind::Joiner => {
                let between_emoji =
                    self.last.is_some_and(is_emoji) && self.next_plain(place).is_some_and(is_emoji);
                between_emoji || self.beside(place, joins)
            }
        };
        if is_kept {
            self.out.push(c);
        }
        end
    }

    fn beside(&mut self, place: usize, test: fn(char) -> bool) -> bool {
        self.last.is_some_and(test) || self.next_plain(place).is_some_and(test)
    }

    /// The next character of plain text on the line after this place.
    fn next_plain(&mut self, place: usize) -> Option<char> {
        if self.ahead.0 <= place {
            let rest = self.text.get(place..).unwrap_or_default();
            // Further than a break or an escape one cannot see: what stands there is no neighbour, or will go.
            let stop = rest
                .char_indices()
                .find(|&(_, c)| matches!(kind(c), Kind::Plain | Kind::LineBreak) || c == ESCAPE);
            let next = stop.filter(|&(_, c)| matches!(kind(c), Kind::Plain));
            let distance = stop.map_or(rest.len(), |(distance, _)| distance);
            self.ahead = (place + distance, next.map(|(_, c)| c));
        }
        self.ahead.1
    }
}

/// The length of what makes a control sequence of an escape before it: a bracket, parameters and a letter; or 0.
fn sequence_length(after_escape: &str) -> usize {
    let Some(body) = after_escape.strip_prefix('[') else {
        return 0;
    };
    let is_parameter = |byte: &u8| matches!(byte, b'0'..=b'?');
    let parameters = body.bytes().take_while(|byte| is_parameter(byte)).count();
    match body.as_bytes().get(parameters) {
        Some(last) if last.is_ascii_alphabetic() => 1 + parameters + 1,
        _ => 0,
    }
}

/// The first character at or after `from` that is not plain text, with its offset.
fn next_suspect(text: &str, from: usize) -> Option<(usize, char, Kind)> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at = skip_printable(bytes, at);
        if may_be_suspect(bytes.get(at..)?) {
            let c = text.get(at..)?.chars().next()?;
            let kind = kind(c);
            if !matches!(kind, Kind::Plain) {
                return Some((at, c, kind));
            }
        }
        at += 1;
    }
}

/// The offset of the first byte at or after `from` that is not printable ASCII, or the length.
fn skip_printable(bytes: &[u8], from: usize) -> usize {
    const WIDE: usize = 32;
    let is_printable = |byte: u8| byte.wrapping_sub(b' ') < 0x5f;
    let mut at = from;
    let rest = bytes.get(from..).unwrap_or_default();
    if rest.first().is_some_and(|&byte| !is_printable(byte)) {
        return from;
    }
    // Whole blocks first: the fold over a fixed size becomes vector instructions.
    for block in rest.as_chunks::<WIDE>().0 {
        if !block
            .iter()
            .fold(true, |all, &byte| all & is_printable(byte))
        {
            break;
        }
        at += WIDE;
    }
    let tail = bytes.get(at..).unwrap_or_default();
    let length = tail.iter().position(|&byte| !is_printable(byte));
    at + length.unwrap_or(tail.len())
}

/// Whether the bytes may begin with a character that is not plain text: a superset of what `kind` says.
fn may_be_suspect(bytes: &[u8]) -> bool {
    match *bytes {
        [b'\n' | b'\t', ..] => false,
        [0..b' ' | 0x7f, ..]
        | [0xc2, 0x80..=0x9f | 0xad, ..]
        | [0xd8, 0x9c, ..]
        | [0xe2, 0x80, 0x8b..=0x8f | 0xa8..=0xae, ..]
        | [0xe2, 0x81, 0xa0..=0xaf, ..]
        | [0xef, 0xbb | 0xbf, ..]
        | [0xf3, 0xa0, 0x80 | 0x81, ..] => true,
        _ => false,
    }
}
