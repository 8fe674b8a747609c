//! UTF-8 whose bytes were partly lost on the way, in text written back to bytes.
//!
//! After ftfy 6.3.1 (`chardata.py`, `fixes.py`; see `NOTICE.md`).

/// Stands for a byte that was replaced by U+FFFD: the control character SUBSTITUTE.
pub(super) const LOST: u8 = 0x1a;

const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// Writes U+FFFD for every sequence of which a byte was lost, so that the rest can be read as UTF-8.
pub(super) fn replace_lossy_sequences(bytes: Vec<u8>) -> Vec<u8> {
    if !bytes.iter().any(|&byte| is_gone(byte)) {
        return bytes;
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.as_slice();
    while let Some((&byte, after)) = rest.split_first() {
        let length = lossy_length(rest);
        if length > 0 {
            out.extend_from_slice(REPLACEMENT);
            rest = rest.get(length..).unwrap_or_default();
        } else {
            out.push(byte);
            rest = after;
        }
    }
    out
}

/// The length of the damaged sequence that the bytes begin with, or 0.
fn lossy_length(bytes: &[u8]) -> usize {
    match *bytes {
        [0xc2..=0xdf, LOST, ..] | [0xc2..=0xc3, b'?', ..] => 2,
        // A pair of surrogates, as in CESU-8.
        [0xed, 0xa0..=0xaf, a, 0xed, 0xb0..=0xbf, b, ..]
            if is_gone(a) && (is_gone(b) || is_tail(b)) || is_tail(a) && is_gone(b) =>
        {
            6
        }
        [0xe0..=0xef, a, b, ..] if is_gone(a) && is_tail(b) || is_tail(a) && is_gone(b) => 3,
        [0xf0..=0xf4, a, b, c, ..]
            if [a, b, c].iter().any(|&byte| is_gone(byte))
                && [a, b, c].iter().filter(|&&byte| !is_tail(byte)).count() <= 1 =>
        {
            4
        }
        [LOST, ..] => 1,
        _ => 0,
    }
}

/// A lost byte, or the question mark that some programs write for one; only one of those in a sequence.
fn is_gone(byte: u8) -> bool {
    matches!(byte, LOST | b'?')
}

fn is_tail(byte: u8) -> bool {
    matches!(byte, LOST | 0x80..=0xbf)
}
