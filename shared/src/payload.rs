//! The documents of a chunk as they travel and lie: JSON lines under zstd.

use std::io::{self, Read};

use bytes::Bytes;

/// Documents of one chunk at most.
pub const MAX_DOCUMENTS: usize = 64;
/// Bytes of JSON lines at which a chunk is closed; one longer document makes a chunk of its own.
pub const MAX_BYTES: usize = 256 * 1024;
/// A packed payload longer than this does not travel in its message: the worker reads it from the store (claim check).
pub const MAX_INLINE_BYTES: usize = 256 * 1024;
/// An unpacked payload beyond this is not ours: no submission may be so large.
const MAX_UNPACKED_BYTES: u64 = 256 * 1024 * 1024;

/// Fast, and about a third of the size on news.
const LEVEL: i32 = 1;

/// JSON lines, each ended by a line end, packed.
///
/// # Errors
/// When there is no memory for it.
pub fn pack(lines: &[u8]) -> io::Result<Bytes> {
    zstd::bulk::compress(lines, LEVEL).map(Bytes::from)
}

/// The JSON lines of a packed payload.
///
/// # Errors
/// When it is not what [`pack`] made, or longer than any submission may be.
pub fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut lines = Vec::with_capacity(packed.len().saturating_mul(3));
    let mut reader = zstd::Decoder::new(packed)?.take(MAX_UNPACKED_BYTES + 1);
    reader.read_to_end(&mut lines)?;
    if lines.len() as u64 > MAX_UNPACKED_BYTES {
        return Err(io::Error::other("the payload is longer than any may be"));
    }
    Ok(lines)
}

/// The documents among JSON lines, without their line ends.
pub fn documents(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        let lines = b"{\"a\":1}\n{\"b\":\"\\n\"}\n";
        let packed = pack(lines).unwrap();
        let unpacked = unpack(&packed).unwrap();
        assert_eq!(unpacked, lines);
        let each: Vec<&[u8]> = documents(&unpacked).collect();
        assert_eq!(each, [&b"{\"a\":1}"[..], b"{\"b\":\"\\n\"}"]);
    }

    #[test]
    fn what_was_not_packed_is_refused() {
        assert!(unpack(b"{\"a\":1}\n").is_err());
        let packed = pack(&[b'a'; 1000]).unwrap();
        assert!(unpack(&packed[..packed.len() - 1]).is_err());
    }
}
