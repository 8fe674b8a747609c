//! The byte A0 (a no-break space in most code pages) put back where something made a plain space of it.
//!
//! After ftfy 6.3.1 (`chardata.py`, `fixes.py`; see `NOTICE.md`). Bytes that would be UTF-8 but for a space are common
//! in text that tests as bad. The lead bytes are chosen so that likely characters come out, never rare scripts.

/// What may follow `à` within one Portuguese word, or shows that the space was there.
const JOINED_TO_A_GRAVE: [&[u8]; 5] = [b" ", b"quele", b"quela", b"quilo", b"s "];

/// Turns spaces inside of what would else be UTF-8 into A0.
pub(super) fn restore_byte_a0(bytes: Vec<u8>) -> Vec<u8> {
    let is_altered = (0..bytes.len()).any(|at| altered_length(tail(&bytes, at)) > 0);
    if !is_altered {
        return bytes;
    }
    let mut bytes = separate_a_grave(&bytes);
    let mut at = 0;
    while at < bytes.len() {
        let length = altered_length(tail(&bytes, at));
        for byte in bytes.iter_mut().skip(at).take(length) {
            if *byte == b' ' {
                *byte = 0xa0;
            }
        }
        at += length.max(1);
    }
    bytes
}

/// Reads `Ã` before a space as the word `à`, which keeps its space: `voilÃ le` is `voilà le`.
fn separate_a_grave(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 8);
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        out.push(byte);
        rest = after;
        if byte == 0xc3
            && let Some(following) = rest.strip_prefix(b" ")
            && !JOINED_TO_A_GRAVE
                .iter()
                .any(|joined| following.starts_with(joined))
        {
            out.extend_from_slice(b"\xa0 ");
            rest = following;
        }
    }
    out
}

/// The length of the sequence that the bytes begin with and that only a space keeps from being UTF-8, or 0.
fn altered_length(bytes: &[u8]) -> usize {
    match *bytes {
        [0xc2 | 0xc3 | 0xc5 | 0xce | 0xd0 | 0xd9, b' ', ..] => 2,
        [0xe2 | 0xe3, b' ', a, ..] | [0xe0..=0xe3, a, b' ', ..] if is_clear_tail(a) => 3,
        [0xf0, b' ', a, b, ..] | [0xf0, a, b' ', b, ..] | [0xf0, a, b, b' ', ..]
            if is_tail(a) && is_tail(b) =>
        {
            4
        }
        _ => 0,
    }
}

fn is_tail(byte: u8) -> bool {
    matches!(byte, 0x80..=0xbf)
}

/// A continuation byte that is not itself read as a space or an ellipsis.
fn is_clear_tail(byte: u8) -> bool {
    matches!(byte, 0x80..=0x84 | 0x86..=0x9f | 0xa1..=0xbf)
}

fn tail(bytes: &[u8], at: usize) -> &[u8] {
    bytes.get(at..).unwrap_or_default()
}
