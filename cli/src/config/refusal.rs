//! What is refused, in words for the person who wrote the configuration.

use std::fmt;

use thiserror::Error;

use super::echo::dotted;
use super::origin::Origin;

/// One mistake in the configuration: where it is, which key it concerns, what is wrong and what
/// would be right. Prints as one line and never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// `scutch.yaml:12:5`, `environment SCUTCH__A__B`, `--threads`.
    place: String,
    /// The dotted key, empty where the mistake concerns a whole file.
    key: String,
    wrong: String,
    /// Empty where `wrong` already says it.
    right: String,
    /// Layer, line and column: a reader goes through a file from top to bottom.
    order: (u8, usize, usize),
}

impl Refusal {
    /// A mistake in the value or key that stands at `origin`.
    pub(super) fn at(
        origin: &Origin,
        key: &str,
        wrong: impl Into<String>,
        right: impl Into<String>,
    ) -> Refusal {
        Refusal {
            place: origin.place(),
            key: dotted(key),
            wrong: wrong.into(),
            right: right.into(),
            order: origin.order(),
        }
    }

    /// A mistake of no value in particular; listed first.
    pub(super) fn of(
        place: impl Into<String>,
        key: &str,
        wrong: impl Into<String>,
        right: impl Into<String>,
    ) -> Refusal {
        Refusal {
            place: place.into(),
            key: dotted(key),
            wrong: wrong.into(),
            right: right.into(),
            order: (0, 0, 0),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.wrong)?;
        if !self.right.is_empty() {
            write!(f, "; {}", self.right)?;
        }
        Ok(())
    }
}

/// Every mistake found in one configuration; prints as a list, one mistake a line, layer by layer
/// and from the top of the file to its end.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", listing(.0))]
pub(crate) struct Refused(Vec<Refusal>);

impl Refused {
    /// All `refusals` in the order in which a reader finds them.
    pub(super) fn all(mut refusals: Vec<Refusal>) -> Refused {
        refusals.sort_by_key(|refusal| refusal.order);
        Refused(refusals)
    }

    /// `Ok` when nothing was refused, so that a caller's range checks end with
    /// `Refused::unless_empty(refusals)?`.
    pub(crate) fn unless_empty(refusals: Vec<Refusal>) -> Result<(), Refused> {
        if refusals.is_empty() {
            Ok(())
        } else {
            Err(Refused::all(refusals))
        }
    }
}

/// Whoever gave the wrong file altogether need not scroll for long.
const MOST_LISTED: usize = 100;

fn listing(refusals: &[Refusal]) -> String {
    let mut text = match refusals.len() {
        1 => "the configuration has a mistake:".to_owned(),
        count => format!("the configuration has {count} mistakes:"),
    };
    for refusal in refusals.iter().take(MOST_LISTED) {
        text.push_str(&format!("\n  {refusal}"));
    }
    if let Some(more) = refusals
        .len()
        .checked_sub(MOST_LISTED)
        .filter(|&more| more > 0)
    {
        text.push_str(&format!("\n  and {more} more"));
    }
    text
}
