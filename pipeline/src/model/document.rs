//! A text as the model reads it: words, their pieces, windows.

use std::ops::Range;

use super::case_class::CaseClass;
use super::pieces::Pieces;
use super::sentences;
use super::windows::{self, Window};
use super::words;

/// The words of a text and their pieces.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Where the words stand, in bytes of the text.
    pub(super) words: Vec<Range<usize>>,
    /// The case class of each word; all 0 for a model without classes.
    pub(super) classes: Vec<u32>,
    /// The pieces of all words, end to end.
    pub(super) ids: Vec<u32>,
    /// Where the pieces of each word end.
    ends: Vec<usize>,
    /// What is read at once.
    pub(super) windows: Vec<Window>,
}

impl Document {
    /// The words of `text`, in windows of at most `capacity` pieces.
    pub(super) fn new(text: &str, pieces: &mut Pieces, capacity: usize, has_classes: bool) -> Self {
        let mut document = Self::default();
        let mut end = 0;
        let mut lengths = Vec::new();
        for range in words::split(text) {
            let word = &text[range.clone()];
            let from = document.ids.len();
            pieces.push(word, range.start > end, &mut document.ids);
            let class = if has_classes {
                CaseClass::of(word) as u32
            } else {
                0
            };
            document.classes.push(class);
            document.ends.push(document.ids.len());
            lengths.push(document.ids.len() - from);
            end = range.end;
            document.words.push(range);
        }
        document.windows =
            windows::plan(&lengths, &sentences::ends(text, &document.words), capacity);
        document
    }

    /// The pieces of some neighbouring words.
    pub(super) fn pieces(&self, words: &Range<usize>) -> Range<usize> {
        let before = |word: usize| match word.checked_sub(1) {
            Some(word) => self.ends[word],
            None => 0,
        };
        before(words.start)..before(words.end)
    }
}
