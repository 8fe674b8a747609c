//! Why the service did not do what it was asked.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use shared::http::{ErrorEntry, Problem};

use super::outcome::Outcome;
use crate::process::grouped;

/// Why the service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The client cannot be made.
    #[error("cannot set up HTTP")]
    Setup(#[source] reqwest::Error),
    /// Nobody is there.
    #[error(
        "no connection to {url}; `scutch up` starts everything in one process, --url or SCUTCH_URL says where a service is"
    )]
    NoConnection { url: String, source: reqwest::Error },
    /// It took too long.
    #[error("no answer from {url} within {} s", after.as_secs())]
    NoAnswer { url: String, after: Duration },
    /// It ended in the middle.
    #[error("the connection to {url} broke off")]
    BrokenOff { url: String, source: reqwest::Error },
    /// It was understood and not done.
    #[error("{}", problem.detail)]
    Refused { problem: Box<Problem>, body: Value },
    /// No answer of Scutch.
    #[error(
        "what answers at {url} is not scutch, or something before it failed: HTTP status {status}; check --url and SCUTCH_URL"
    )]
    Strange { url: String, status: StatusCode },
    /// An answer of Scutch that this version does not know.
    #[error(
        "the answer of {url} is not understood; is it of the same version? --json shows it as it is"
    )]
    Unreadable {
        url: String,
        source: serde_json::Error,
    },
}

impl Error {
    /// Whether asking again may help.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::NoConnection { .. } | Self::NoAnswer { .. } | Self::BrokenOff { .. } => true,
            Self::Refused { problem, .. } => matches!(problem.status, 500 | 502..=504),
            // A gateway whose service is away.
            Self::Strange { status, .. } => matches!(status.as_u16(), 500 | 502..=504),
            Self::Setup(_) | Self::Unreadable { .. } => false,
        }
    }

    /// The outcome of a command that ends with it.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Refused { problem, .. } if problem.status == 404 => Outcome::NoSuch,
            Self::Refused { problem, .. } if problem.status == 409 => Outcome::Conflict,
            Self::Refused { .. }
            | Self::Setup(_)
            | Self::NoConnection { .. }
            | Self::NoAnswer { .. }
            | Self::BrokenOff { .. }
            | Self::Strange { .. }
            | Self::Unreadable { .. } => Outcome::NotDone,
        }
    }

    /// What a person is told below the error itself, a line for each thing that is wrong.
    pub(super) fn further(&self) -> Vec<String> {
        let Self::Refused { problem, .. } = self else {
            return Vec::new();
        };
        let mut lines = entries(&problem.errors, problem.error_count);
        if let Some(seconds) = problem.retry_after {
            lines.push(format!("  try again in {} s", grouped(seconds)));
        }
        lines
    }
}

/// A line for each entry, and one for those of `count` that are not listed.
pub(super) fn entries(listed: &[ErrorEntry], count: Option<u64>) -> Vec<String> {
    let mut lines: Vec<String> = listed.iter().map(entry).collect();
    let more = count
        .unwrap_or_default()
        .saturating_sub(listed.len() as u64);
    if more > 0 {
        lines.push(format!("  and {} more that are not listed", grouped(more)));
    }
    lines
}

/// "  line 3: text: required, and not there"
fn entry(entry: &ErrorEntry) -> String {
    let place = match (entry.line, entry.index) {
        (Some(line), _) => format!("line {line}"),
        (None, Some(index)) => format!("document {index} (from 0)"),
        (None, None) => String::new(),
    };
    let parts = [
        place.as_str(),
        entry.document_id.as_deref().unwrap_or_default(),
        entry.field.as_deref().unwrap_or_default(),
        entry.reason.as_str(),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("  {}", parts.join(": "))
}
