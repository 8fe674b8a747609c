//! The sentence around a place in a text, as far as tenses need it.

use std::ops::Range;

/// A sentence longer than this is cut: verbs so far away say nothing about the date.
const FARTHEST: usize = 300;

/// Returns the sentence that holds `range`.
pub(super) fn around<'a>(text: &'a str, range: &Range<usize>) -> &'a str {
    let from = floor(text, range.start.saturating_sub(FARTHEST));
    let to = floor(text, range.end.saturating_add(FARTHEST));
    let before = text.get(from..range.start).unwrap_or_default();
    let after = text.get(range.end..to).unwrap_or_default();
    let start = range.start - before.len() + last_end(before);
    let end = range.end + first_end(after);
    text.get(start..end).unwrap_or_default()
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn last_end(before: &str) -> usize {
    let mut end = 0;
    let mut from = 0;
    while let Some(length) = before
        .get(from..)
        .map(first_end)
        .filter(|length| *length > 0)
    {
        from += length;
        if from >= before.len() {
            break;
        }
        end = from;
    }
    end
}

/// Returns the byte after the first mark that ends a sentence, or the length.
fn first_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let next = bytes.get(at + 1);
        let ends = match byte {
            b'\n' => true,
            b'!' | b'?' => next.is_none_or(u8::is_ascii_whitespace),
            b'.' => next.is_none_or(u8::is_ascii_whitespace) && !is_abbreviated(bytes, at),
            _ => false,
        };
        if ends {
            return at + 1;
        }
    }
    text.len()
}

/// Returns whether the point at `at` ends a short form ("Jan.", "U.S.", "Mr.") and not a sentence.
fn is_abbreviated(bytes: &[u8], at: usize) -> bool {
    let length = bytes
        .iter()
        .take(at)
        .rev()
        .take(6)
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let word = bytes.get(at - length..at).unwrap_or_default();
    let inner = length == 1
        && (at < 2 || bytes.get(at - 2) == Some(&b'.') || word.iter().all(u8::is_ascii_uppercase));
    let known: &[&[u8]] = &[
        b"Jan", b"Feb", b"Mar", b"Apr", b"Aug", b"Sept", b"Sep", b"Oct", b"Nov", b"Dec", b"Mr",
        b"Mrs", b"Ms", b"Dr", b"St", b"Gov", b"Sen", b"Rep", b"Gen", b"Lt", b"Col", b"No",
    ];
    inner || known.contains(&word)
}
