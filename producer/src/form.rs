//! The forms in which documents come.

/// How a submission is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A JSON object with a list `documents`.
    Documents,
    /// A JSON object with a list `articles`, as the earlier API had it.
    Articles,
    /// A document a line; the options beside it.
    Lines,
    /// A file of lines, of which the bad ones are left out.
    File,
}

/// What the number of a document counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbering {
    /// Documents, from 0.
    Index,
    /// Lines, from 1.
    Line,
}

/// Whether good documents are taken when others are bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Partial {
    /// They are; the bad ones are reported.
    Taken,
    /// All or nothing.
    Refused,
}

impl From<bool> for Partial {
    fn from(is_taken: bool) -> Self {
        if is_taken { Self::Taken } else { Self::Refused }
    }
}

impl Form {
    /// Its word, which is part of the digest.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Articles => "articles",
            Self::Lines => "lines",
            Self::File => "file",
        }
    }

    /// The field that holds its documents, for messages to people where it has none.
    pub(crate) fn member(self) -> &'static str {
        match self {
            Self::Documents | Self::Lines | Self::File => "documents",
            Self::Articles => "articles",
        }
    }

    /// Documents at most; a file is bounded by its bytes alone.
    pub(crate) fn max_documents(self) -> Option<u64> {
        match self {
            Self::Documents | Self::Lines => Some(10_000),
            Self::Articles => Some(1_000),
            Self::File => None,
        }
    }

    /// How its documents are counted.
    pub(crate) fn numbering(self) -> Numbering {
        match self {
            Self::Documents | Self::Articles | Self::Lines => Numbering::Index,
            Self::File => Numbering::Line,
        }
    }
}
