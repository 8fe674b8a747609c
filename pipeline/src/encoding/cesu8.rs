//! UTF-8 in which characters outside the first plane may be written as two surrogates of three bytes each.
//!
//! That is CESU-8 (Unicode Technical Report 26), which old databases and Java write.

/// The text of the bytes, or nothing if they are neither UTF-8 nor CESU-8.
pub(super) fn decode(bytes: Vec<u8>) -> Option<String> {
    match String::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => decode_surrogates(error.as_bytes()),
    }
}

fn decode_surrogates(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        // A surrogate is never valid UTF-8, so the chunk ends where the first of a pair begins.
        let chunk = rest.utf8_chunks().next();
        let valid = chunk.map_or("", |chunk| chunk.valid());
        text.push_str(valid);
        rest = rest.get(valid.len()..)?;
        if rest.is_empty() {
            return Some(text);
        }
        let (c, after) = split_pair(rest)?;
        text.push(c);
        rest = after;
    }
}

fn split_pair(bytes: &[u8]) -> Option<(char, &[u8])> {
    let (&[0xed, a, b, 0xed, c, d], after) = bytes.split_first_chunk()? else {
        return None;
    };
    let is_pair = matches!(a, 0xa0..=0xaf)
        && matches!(b, 0x80..=0xbf)
        && matches!(c, 0xb0..=0xbf)
        && matches!(d, 0x80..=0xbf);
    if !is_pair {
        return None;
    }
    let high = u32::from(a & 0x0f) << 16 | u32::from(b & 0x3f) << 10;
    let low = u32::from(c & 0x0f) << 6 | u32::from(d & 0x3f);
    Some((char::from_u32(0x10000 + high + low)?, after))
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn a_pair_of_surrogates_is_one_character() {
        let bytes = b"a\xed\xa0\xbd\xed\xb8\x8db\xed\xa6\x9d\xed\xbd\xb7".to_vec();
        assert_eq!(decode(bytes).as_deref(), Some("a😍b\u{77777}"));
    }

    #[test]
    fn a_lone_surrogate_and_an_encoded_null_are_refused() {
        for bytes in [
            &b"\xed\xa0\xbd"[..],
            b"\xed\xb8\x8d\xed\xa0\xbd",
            b"\xc0\x80",
            b"a\xff",
            b"\xed\xa0\xbd\xed\xb8",
        ] {
            assert_eq!(decode(bytes.to_vec()), None, "{bytes:?}");
        }
    }
}
