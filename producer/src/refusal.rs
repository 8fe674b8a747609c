//! Why a submission is not taken in.

use std::io;
use std::time::Duration;

use shared::http::ErrorEntry;
use shared::job::JobId;
use shared::store;

/// Why a submission is not taken in. Quotes no document.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// It cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// It is of a type that is not taken here.
    #[error("{0}")]
    MediaType(String),
    /// It stopped coming, or comes too slowly.
    #[error("{0}")]
    Stalled(String),
    /// It is longer than is taken at once.
    #[error("{what} is longer than {limit} bytes ({setting})")]
    TooLarge {
        /// What is.
        what: &'static str,
        /// What may be.
        limit: usize,
        /// The setting that says so.
        setting: &'static str,
    },
    /// It was read, and is not as it must be.
    #[error("{}", .0.detail)]
    Unfit(Box<Unfit>),
    /// Something else came under its key before.
    #[error("the idempotency key was used for another submission, which is job {0}; use a new key")]
    KeyReused(JobId),
    /// Too many are read already.
    #[error("as many submissions as are read at a time are being read; try again soon")]
    Busy,
    /// The broker does not take what was accepted.
    #[error("accepted work has waited {} s to be published; try again later", lag.as_secs())]
    Lagging {
        /// For how long.
        lag: Duration,
    },
    /// The database failed.
    #[error("the database cannot take the submission now; try again soon")]
    Store(#[from] store::Error),
    /// The spool failed.
    #[error("the submission cannot be kept on this machine now; try again soon")]
    Spool(#[source] io::Error),
    /// Reading it ended in a fault of ours.
    #[error("reading the submission failed, a fault of this program")]
    Fault(#[source] tokio::task::JoinError),
}

/// What is wrong with what was read.
#[derive(Debug)]
pub(crate) struct Unfit {
    /// All of it, in a sentence.
    pub(crate) detail: String,
    /// Each thing, as many as are listed.
    pub(crate) entries: Vec<ErrorEntry>,
    /// How many things there are.
    pub(crate) count: u64,
}

impl Refusal {
    /// One thing is wrong.
    pub(crate) fn unfit(entry: Box<ErrorEntry>) -> Self {
        Self::Unfit(Box::new(Unfit {
            detail: describe(&entry),
            entries: vec![*entry],
            count: 1,
        }))
    }

    /// Whether the same may be taken a little later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Busy | Self::Lagging { .. } | Self::Spool(_) => true,
            Self::Store(store::Error::Spool(_)) => true,
            Self::Store(error) => error.is_transient(),
            Self::Malformed(_)
            | Self::MediaType(_)
            | Self::Stalled(_)
            | Self::TooLarge { .. }
            | Self::Unfit(_)
            | Self::KeyReused(_)
            | Self::Fault(_) => false,
        }
    }

    /// Everything that is wrong, as far as it is listed, in one text.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Unfit(unfit) => {
                let each: Vec<String> = unfit.entries.iter().map(describe).collect();
                format!("{} ({})", unfit.detail, each.join("; "))
            }
            Self::Malformed(_)
            | Self::MediaType(_)
            | Self::Stalled(_)
            | Self::TooLarge { .. }
            | Self::KeyReused(_)
            | Self::Busy
            | Self::Lagging { .. }
            | Self::Store(_)
            | Self::Spool(_)
            | Self::Fault(_) => self.to_string(),
        }
    }
}

/// An entry in one text: where, which field, what.
fn describe(entry: &ErrorEntry) -> String {
    let place = match (entry.index, entry.line) {
        (Some(index), _) => Some(format!("document {index}")),
        (None, Some(line)) => Some(format!("line {line}")),
        (None, None) => None,
    };
    let parts = [place, entry.field.clone(), Some(entry.reason.clone())];
    parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
}

/// An entry about a field of the request itself.
pub(crate) fn about(field: &str, kind: &str, reason: impl Into<String>) -> Box<ErrorEntry> {
    Box::new(ErrorEntry {
        index: None,
        line: None,
        document_id: None,
        field: Some(printable(field, MAX_FIELD_CHARS)),
        kind: Some(kind.to_owned()),
        reason: reason.into(),
    })
}

/// Longest name of a field that is repeated to the caller.
pub(crate) const MAX_FIELD_CHARS: usize = 200;

/// The text without control characters, which a database may refuse, and no longer than `max` characters.
pub(crate) fn printable(text: &str, max: usize) -> String {
    let shown = text
        .chars()
        .map(|c| if c.is_control() { '\u{FFFD}' } else { c });
    if text.chars().nth(max).is_none() {
        shown.collect()
    } else {
        shown.take(max).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_reads_as_a_sentence_that_says_where() {
        let mut entry = about("text", "missing_field", "required, and not there");
        assert_eq!(describe(&entry), "text: required, and not there");
        entry.index = Some(7);
        assert_eq!(
            describe(&entry),
            "document 7: text: required, and not there"
        );
        entry.index = None;
        entry.line = Some(8);
        assert_eq!(describe(&entry), "line 8: text: required, and not there");
    }

    #[test]
    fn names_are_cut_and_lose_their_control_characters() {
        assert_eq!(printable("a\0b", 10), "a\u{FFFD}b");
        assert_eq!(printable("ééé", 3), "ééé");
        assert_eq!(printable("éééé", 3), "ééé…");
    }
}
