//! Cuts what comes in pieces into lines.

/// Longest document, in bytes. Longer lines are passed over without being held.
pub(crate) const MAX_DOCUMENT_BYTES: usize = 16 * 1024 * 1024;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// One line, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// It is longer than [`MAX_DOCUMENT_BYTES`].
    TooLong,
}

/// The lines so far. Ends are `\n` or `\r\n`; a byte order mark at the start and blank lines are left out, and counted.
pub(crate) struct Lines {
    number: u64,
    begun: Vec<u8>,
    is_too_long: bool,
    max: usize,
}

impl Lines {
    pub(crate) fn new() -> Self {
        Self::at_most(MAX_DOCUMENT_BYTES)
    }

    fn at_most(max: usize) -> Self {
        Self {
            number: 1,
            begun: Vec::new(),
            is_too_long: false,
            max,
        }
    }

    /// Hands each line that is complete now to `each`, with its number from 1.
    pub(crate) fn push<E>(
        &mut self,
        mut bytes: &[u8],
        each: &mut impl FnMut(u64, Line<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (head, rest) = (&bytes[..end], &bytes[end + 1..]);
            if self.begun.is_empty() && !self.is_too_long && head.len() <= self.max {
                self.emit(head, each)?;
            } else {
                self.hold(head);
                self.emit_begun(each)?;
            }
            self.number += 1;
            bytes = rest;
        }
        self.hold(bytes);
        Ok(())
    }

    /// Hands the last line to `each`, where it has no end.
    pub(crate) fn finish<E>(
        mut self,
        each: &mut impl FnMut(u64, Line<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.emit_begun(each)
    }

    fn hold(&mut self, bytes: &[u8]) {
        // The end may still turn out to begin with a carriage return, and the first line with a mark: some bytes of grace.
        let room = self.max + BOM.len() + 1;
        if self.is_too_long || self.begun.len() + bytes.len() > room {
            self.is_too_long = true;
            self.begun = Vec::new();
        } else {
            self.begun.extend_from_slice(bytes);
        }
    }

    fn emit_begun<E>(
        &mut self,
        each: &mut impl FnMut(u64, Line<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let line = std::mem::take(&mut self.begun);
        if std::mem::take(&mut self.is_too_long) {
            return each(self.number, Line::TooLong);
        }
        let emitted = self.emit(&line, each);
        if line.capacity() <= 64 * 1024 {
            self.begun = line;
            self.begun.clear();
        }
        emitted
    }

    fn emit<E>(
        &self,
        line: &[u8],
        each: &mut impl FnMut(u64, Line<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let line = match self.number {
            1 => line.strip_prefix(BOM).unwrap_or(line),
            _ => line,
        };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        if line.len() > self.max {
            return each(self.number, Line::TooLong);
        }
        each(self.number, Line::Whole(line))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn cut(pieces: &[&[u8]], max: usize) -> Vec<(u64, Option<Vec<u8>>)> {
        let mut all = Vec::new();
        let mut each = |number, line: Line<'_>| {
            all.push(match line {
                Line::Whole(line) => (number, Some(line.to_vec())),
                Line::TooLong => (number, None),
            });
            Ok::<(), Infallible>(())
        };
        let mut lines = Lines::at_most(max);
        for piece in pieces {
            lines.push(piece, &mut each).unwrap();
        }
        lines.finish(&mut each).unwrap();
        all
    }

    fn whole(number: u64, line: &str) -> (u64, Option<Vec<u8>>) {
        (number, Some(line.as_bytes().to_vec()))
    }

    #[test]
    fn line_ends_marks_and_blank_lines_are_no_part_of_documents() {
        let file = "\u{FEFF}one\r\n\r\n  \t\ntwo\nthree";
        let expected = vec![whole(1, "one"), whole(4, "two"), whole(5, "three")];
        assert_eq!(cut(&[file.as_bytes()], 100), expected);
        let bytes: Vec<&[u8]> = file.as_bytes().chunks(1).collect();
        assert_eq!(cut(&bytes, 100), expected);
        assert_eq!(cut(&[], 100), vec![]);
        assert_eq!(cut(&[b"\n"], 100), vec![]);
    }

    #[test]
    fn a_line_that_is_too_long_is_told_and_the_next_one_is_read() {
        let file = "\u{FEFF}12345\r\n123456\r\n1234567890123\n12345";
        let expected = vec![whole(1, "12345"), (2, None), (3, None), whole(4, "12345")];
        for size in 1..file.len() {
            let pieces: Vec<&[u8]> = file.as_bytes().chunks(size).collect();
            assert_eq!(cut(&pieces, 5), expected, "in pieces of {size}");
        }
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(file in "[a\\r\\n\u{FEFF}]{0,40}", size in 1_usize..7) {
            let pieces: Vec<&[u8]> = file.as_bytes().chunks(size).collect();
            prop_assert_eq!(cut(&pieces, 4), cut(&[file.as_bytes()], 4));
        }
    }
}
