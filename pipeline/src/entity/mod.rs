//! What a text names: the kinds of entities, and the grammars that find dates, times, amounts of money and percentages.
//!
//! Spans follow `OntoNotes` 5 (<https://catalog.ldc.upenn.edu/LDC2013T19>): determiners of dates belong to them ("the third
//! quarter of 2024"), approximations ("nearly") do not, nor do blanks and marks at the end.

mod calendar;
mod choice;
mod clock_words;
mod context;
pub(crate) mod cursor;
mod date;
mod duration;
mod holiday;
mod kind;
pub(crate) mod lexicon;
mod merge;
mod money;
mod part_of_year;
mod percent;
mod period;
mod scan;
mod time;
mod vocabulary;
mod year;

use std::ops::Range;

pub use kind::{Kind, UnknownKind};
pub(crate) use merge::merge;
pub use scan::find;
pub(crate) use time::is_zone;

/// A stretch of text that names something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// What it names.
    pub kind: Kind,
    /// Where it stands, in bytes of the text.
    pub range: Range<usize>,
}

#[cfg(test)]
mod tests;
