//! The input: a file or standard input, plain, gzip or zstd, read line by line with a bound on each line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail};
use flate2::bufread::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

/// How far an input was read, in decompressed bytes; the digest tells whether a later input begins with the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Position {
    /// Bytes read.
    pub(crate) offset: u64,
    /// Lines read.
    pub(crate) line: u64,
    /// XXH3 (64 bits) of those bytes.
    pub(crate) digest: u64,
}

/// Bytes of the source that were read, before decompression; shared with the progress display.
pub(crate) type BytesRead = Arc<AtomicU64>;

/// An opened input.
pub(crate) struct Input {
    reader: Box<dyn BufRead + Send>,
    max_line_bytes: usize,
    position: Position,
    hash: Xxh3,
    has_more_at_hand: bool,
}

/// One line, without its line end.
pub(crate) enum Line {
    /// It was appended to the caller's buffer.
    Whole,
    /// It has this many bytes, more than the bound, and was passed over.
    TooLong { bytes: u64 },
}

/// Opens `path` (`-`: standard input); the format is told by the first bytes, not by the name.
///
/// Returns the size of the file as well, where there is one.
pub(crate) fn open(
    path: &Path,
    max_line_bytes: usize,
    read: &BytesRead,
) -> Result<(Input, Option<u64>)> {
    let (source, size): (Box<dyn Read + Send>, Option<u64>) = if path.as_os_str() == "-" {
        (Box::new(io::stdin()), None)
    } else {
        let file = File::open(path)
            .with_context(|| format!("cannot open the input {}", path.display()))?;
        let metadata = file
            .metadata()
            .with_context(|| format!("cannot read the input {}", path.display()))?;
        if metadata.is_dir() {
            bail!(
                "the input {} is a folder; name a JSONL file",
                path.display()
            );
        }
        (Box::new(file), metadata.is_file().then_some(metadata.len()))
    };
    let counted = Counted {
        inner: source,
        read: Arc::clone(read),
    };
    let mut raw = BufReader::with_capacity(256 * 1024, counted);
    let start = raw
        .fill_buf()
        .with_context(|| format!("cannot read the input {}", path.display()))?;
    let reader: Box<dyn BufRead + Send> = match start {
        // RFC 1952 section 2.3.1; several members in a row are one stream.
        [0x1f, 0x8b, ..] => Box::new(BufReader::with_capacity(
            256 * 1024,
            MultiGzDecoder::new(raw),
        )),
        // RFC 8878 section 3.1.1.
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let decoder = zstd::stream::read::Decoder::with_buffer(raw)
                .context("cannot start the zstd decoder")?;
            Box::new(BufReader::with_capacity(256 * 1024, decoder))
        }
        _ => Box::new(raw),
    };
    Ok((
        Input {
            reader,
            max_line_bytes,
            position: Position::default(),
            hash: Xxh3::new(),
            has_more_at_hand: false,
        },
        size,
    ))
}

impl Input {
    /// How far the input was read.
    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// Whether more was read already, so that going on needs no waiting for the source.
    pub(crate) fn has_more_at_hand(&self) -> bool {
        self.has_more_at_hand
    }

    /// Appends the next line to `buffer`; `None` at the end.
    pub(crate) fn next_line(&mut self, buffer: &mut Vec<u8>) -> io::Result<Option<Line>> {
        let start = buffer.len();
        let mut length = 0_usize;
        let mut is_whole = false;
        let mut has_any = false;
        while !is_whole {
            let chunk = match self.reader.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                break;
            }
            has_any = true;
            let newline = memchr::memchr(b'\n', chunk);
            let text = &chunk[..newline.unwrap_or(chunk.len())];
            length += text.len();
            if length <= self.max_line_bytes {
                buffer.extend_from_slice(text);
            } else {
                buffer.truncate(start);
            }
            is_whole = newline.is_some();
            let used = text.len() + usize::from(is_whole);
            self.has_more_at_hand = used < chunk.len();
            self.hash.update(&chunk[..used]);
            self.position.offset += used as u64;
            self.reader.consume(used);
        }
        if !has_any {
            return Ok(None);
        }
        self.position.line += 1;
        self.position.digest = self.hash.digest();
        if length > self.max_line_bytes {
            return Ok(Some(Line::TooLong {
                bytes: length as u64,
            }));
        }
        if buffer[start..].ends_with(b"\r") {
            buffer.pop();
        }
        if self.position.line == 1 && buffer[start..].starts_with(b"\xef\xbb\xbf") {
            buffer.drain(start..start + 3);
        }
        Ok(Some(Line::Whole))
    }
}

struct Counted<R> {
    inner: R,
    read: BytesRead,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn lines(content: &[u8], max_line_bytes: usize) -> Vec<String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        let (mut input, _) = open(file.path(), max_line_bytes, &BytesRead::default()).unwrap();
        let mut lines = Vec::new();
        loop {
            let mut buffer = Vec::new();
            match input.next_line(&mut buffer).unwrap() {
                None => return lines,
                Some(Line::Whole) => lines.push(String::from_utf8(buffer).unwrap()),
                Some(Line::TooLong { bytes }) => {
                    lines.push(format!("too long: {bytes}, kept {}", buffer.len()))
                }
            }
        }
    }

    #[test]
    fn lines_come_without_their_ends() {
        assert_eq!(lines(b"a\nb\r\n\nc", 10), ["a", "b", "", "c"]);
        assert_eq!(lines(b"\xef\xbb\xbfa\n", 10), ["a"]);
        assert!(lines(b"", 10).is_empty());
    }

    #[test]
    fn a_line_over_the_bound_is_passed_over_and_the_next_is_read() {
        let content = [vec![b'x'; 600_000], b"\nab\n".to_vec(), vec![b'y'; 11]].concat();
        assert_eq!(
            lines(&content, 10),
            ["too long: 600000, kept 0", "ab", "too long: 11, kept 0"]
        );
        assert_eq!(lines(b"0123456789\n", 10), ["0123456789"]);
    }

    #[test]
    fn compressed_files_of_several_parts_are_one_stream() {
        let gzip = |text: &[u8]| {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        };
        assert_eq!(
            lines(&[gzip(b"a\nb"), gzip(b"c\n")].concat(), 10),
            ["a", "bc"]
        );
        let zstd = |text: &[u8]| zstd::encode_all(text, 1).unwrap();
        assert_eq!(
            lines(&[zstd(b"a\nb"), zstd(b"c\n")].concat(), 10),
            ["a", "bc"]
        );
    }

    #[test]
    fn a_position_tells_whether_another_input_begins_alike() {
        let position = |content: &[u8]| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(content).unwrap();
            let (mut input, _) = open(file.path(), 99, &BytesRead::default()).unwrap();
            input.next_line(&mut Vec::new()).unwrap();
            input.position()
        };
        assert_eq!(position(b"abc\nmore"), position(b"abc\nother"));
        assert_ne!(position(b"abc\n"), position(b"abd\n"));
        assert_eq!(position(b"abc\n").offset, 4);
    }
}
