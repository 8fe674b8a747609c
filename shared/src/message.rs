//! What the roles send each other over the broker.
//!
//! The kind of a message carries its version: `scutch.work.v1`. Within a major version only optional members are added, and a
//! reader ignores what it does not know, `scutch.work.v1.2` included. A message of a major version that is not known is not for
//! this program: it is parked among the dead letters, where nothing is lost.

mod control;
mod preprocess;
mod work;

pub use control::Control;
pub use preprocess::{Answer, Request};
pub use work::Work;

/// The header that carries the trace context.
pub const TRACEPARENT: &str = "traceparent";

/// The header of a dead letter that says why it is one.
pub const REASON: &str = "x-reason";
/// The header of a dead letter that names the queue it was in, as RabbitMQ sets it
/// (<https://www.rabbitmq.com/docs/dlx#effects>).
pub const FIRST_QUEUE: &str = "x-first-death-queue";

/// Why a message cannot be read. Never quotes its body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Made by a newer or an older program.
    #[error("the message is of kind {kind:?}; this program reads {expected}")]
    Version {
        /// What it says it is.
        kind: String,
        /// What is read here.
        expected: &'static str,
    },
    /// Not as its kind must be.
    #[error("the message of kind {kind} cannot be read: {reason}")]
    Malformed {
        /// What it says it is.
        kind: &'static str,
        /// For a person.
        reason: String,
    },
}

/// Whether a message of kind `kind` can be read by a reader of `known`: the same name and major version.
fn check_kind(kind: &str, known: &'static str) -> Result<(), Unreadable> {
    let is_known = kind
        .strip_prefix(known)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if is_known {
        return Ok(());
    }
    Err(Unreadable::Version {
        kind: kind.chars().take(100).collect(),
        expected: known,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_minor_version_is_read_and_another_major_one_is_not() {
        for kind in ["scutch.work.v1", "scutch.work.v1.7"] {
            assert_eq!(check_kind(kind, "scutch.work.v1"), Ok(()));
        }
        for kind in ["scutch.work.v2", "scutch.work.v10", "scutch.control.v1", ""] {
            assert!(check_kind(kind, "scutch.work.v1").is_err(), "{kind}");
        }
    }
}
