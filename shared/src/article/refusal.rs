//! Why a document cannot be taken.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A document that cannot be taken, with everything that is wrong with it.
///
/// Holds no text of the document, only its id where that could be read, so that it may be logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refused {
    /// The document's id, when one could be read.
    pub document_id: Option<String>,
    /// The first thing that is wrong.
    pub first: Problem,
    /// What else is wrong.
    pub others: Vec<Problem>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)?;
        for problem in &self.others {
            write!(f, "; {problem}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Its kind, for counting.
    pub kind: ProblemKind,
    /// The field it is about (`title`, `tags[2]`), if it is about one.
    pub field: Option<String>,
    /// What is wrong and what would be right, for a person.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

/// The kinds of problems, for counting; written in `snake_case`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The bytes are not UTF-8.
    InvalidUtf8,
    /// Not a JSON text, or not an object.
    InvalidJson,
    /// A required field is not there.
    MissingField,
    /// A field holds another JSON type than it must.
    WrongType,
    /// A field has the right type and a value that cannot be.
    InvalidValue,
    /// A field is given twice in one object.
    RepeatedField,
    /// The document's id was seen before.
    DuplicateId,
    /// The document is larger than the limit.
    TooLarge,
    /// There is no document at all.
    Empty,
    /// The pipeline failed on this document: a fault of ours.
    Internal,
    /// The document came through, and a backend will never take it.
    RefusedByBackend,
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidUtf8 => "invalid UTF-8",
            Self::InvalidJson => "invalid JSON",
            Self::MissingField => "missing field",
            Self::WrongType => "wrong type",
            Self::InvalidValue => "invalid value",
            Self::RepeatedField => "repeated field",
            Self::DuplicateId => "duplicate id",
            Self::TooLarge => "too large",
            Self::Empty => "empty",
            Self::Internal => "internal error",
            Self::RefusedByBackend => "refused by a backend",
        })
    }
}
