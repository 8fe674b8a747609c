//! A fast way past ASCII, of which most news is made.

/// The offset of the first byte at or after `from` that is not ASCII, or the length of `bytes`.
pub(super) fn skip(bytes: &[u8], from: usize) -> usize {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    let mut at = from;
    let rest = bytes.get(from..).unwrap_or_default();
    // In most scripts the next character is not ASCII either.
    if rest.first().is_some_and(|byte| !byte.is_ascii()) {
        return from;
    }
    let (blocks, _) = rest.as_chunks::<32>();
    for block in blocks {
        if !block.is_ascii() {
            break;
        }
        at += 32;
    }
    let (words, _) = bytes.get(at..).unwrap_or_default().as_chunks::<8>();
    for word in words {
        let high = u64::from_le_bytes(*word) & HIGH_BITS;
        if high != 0 {
            return at + high.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let tail = bytes.get(at..).unwrap_or_default();
    let length = tail.iter().position(|byte| !byte.is_ascii());
    at + length.unwrap_or(tail.len())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_first_byte_that_is_not_ascii_is_found_anywhere() {
        for length in 0..100 {
            for place in 0..length {
                let mut bytes = vec![b'a'; length];
                assert_eq!(super::skip(&bytes, place), length);
                bytes[place] = 0x80;
                assert_eq!(super::skip(&bytes, 0), place);
                assert_eq!(super::skip(&bytes, place + 1), length);
            }
        }
    }
}
