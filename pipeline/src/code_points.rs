//! From byte offsets to code points: readers of the output slice Python strings, which count those.

/// Counts the code points of a text up to byte offsets, cheaply for offsets that ascend.
///
/// Source of the unit: Python's `str` is a sequence of Unicode code points
/// (<https://docs.python.org/3/library/stdtypes.html#text-sequence-type-str>).
#[derive(Debug)]
pub struct CodePoints<'a> {
    text: &'a str,
    byte: usize,
    count: usize,
}

impl<'a> CodePoints<'a> {
    /// A counter over `text`.
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            byte: 0,
            count: 0,
        }
    }

    /// Code points before byte offset `byte`; an offset inside a character counts that character out, one behind the end
    /// counts the whole text.
    pub fn before(&mut self, byte: usize) -> usize {
        let byte = self.text.floor_char_boundary(byte);
        if byte < self.byte {
            (self.byte, self.count) = (0, 0);
        }
        self.count += self.text[self.byte..byte].chars().count();
        self.byte = byte;
        self.count
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::CodePoints;

    proptest! {
        #[test]
        fn offsets_are_those_of_python(text in ".*", bytes in proptest::collection::vec(0_usize..60, 0..8)) {
            let mut counter = CodePoints::new(&text);
            for byte in bytes {
                let expected = text.char_indices().filter(|(at, c)| at + c.len_utf8() <= byte).count();
                prop_assert_eq!(counter.before(byte), expected);
            }
        }
    }
}
