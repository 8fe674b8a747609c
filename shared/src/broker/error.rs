//! What can go wrong between a role and its broker.

use lapin::ErrorKind;
use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};

/// Why the broker could not be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The settings hold no usable URL. Its text is not repeated: it may hold a password.
    #[error("the broker's URL is not of the form amqp[s]://user:password@host:port/vhost")]
    Url,
    /// There is no connection, and none could be made.
    #[error("cannot connect to RabbitMQ")]
    Connect {
        /// What the last attempt met.
        source: lapin::Error,
    },
    /// RabbitMQ refused something, or the connection broke over it.
    #[error("cannot {doing}")]
    Amqp {
        /// What was tried.
        doing: &'static str,
        /// What came of it.
        source: lapin::Error,
    },
    /// No queue took the message.
    #[error("no queue {queue} took the message")]
    Unroutable {
        /// Where it was to go.
        queue: String,
    },
    /// The broker did not take the message: its queue is full or has no leader.
    #[error("the queue {queue} refused the message")]
    Rejected {
        /// Where it was to go.
        queue: String,
    },
    /// The broker is short of memory or disk and takes nothing.
    #[error("RabbitMQ takes no messages until it has memory and disk again")]
    Blocked,
    /// It took too long; it may still happen.
    #[error("{doing} took too long")]
    TimedOut {
        /// What was tried.
        doing: &'static str,
    },
    /// The channel that brought the delivery is gone: the message is, or will be, delivered again.
    #[error("the delivery is no longer ours to acknowledge")]
    Stale,
    /// The type, the id or the name of a header is longer than the 255 bytes that AMQP allows.
    #[error("the message's {field} is longer than 255 bytes")]
    TooLong {
        /// Which of them.
        field: &'static str,
    },
    /// [`Broker::close`](super::Broker::close) was called.
    #[error("the broker was closed")]
    Closed,
}

impl Error {
    /// Whether the same request may do later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Url | Self::Stale | Self::TooLong { .. } | Self::Closed => false,
            Self::Unroutable { .. }
            | Self::Rejected { .. }
            | Self::Blocked
            | Self::TimedOut { .. } => true,
            Self::Connect { source } | Self::Amqp { source, .. } => !is_refusal(source),
        }
    }

    /// Whether a queue or an exchange is not there, so that declaring it may help.
    pub(super) fn is_missing(&self) -> bool {
        match self {
            Self::Unroutable { .. } => true,
            Self::Amqp { source, .. } => {
                amqp_kind(source) == Some(&AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND))
            }
            Self::Url
            | Self::Connect { .. }
            | Self::Rejected { .. }
            | Self::Blocked
            | Self::TimedOut { .. }
            | Self::Stale
            | Self::TooLong { .. }
            | Self::Closed => false,
        }
    }
}

fn amqp_kind(error: &lapin::Error) -> Option<&AMQPErrorKind> {
    if let ErrorKind::ProtocolError(error) = error.kind() {
        Some(error.kind())
    } else {
        None
    }
}

/// Answers that stay the same until a person changes something: a password, a permission, a queue of other properties.
fn is_refusal(error: &lapin::Error) -> bool {
    amqp_kind(error).is_some_and(|kind| {
        [
            AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED),
            AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED),
            AMQPErrorKind::Soft(AMQPSoftError::CONTENTTOOLARGE),
            AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED),
            AMQPErrorKind::Hard(AMQPHardError::NOTIMPLEMENTED),
        ]
        .contains(kind)
    })
}

/// Why a question has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// Nobody takes questions now.
    #[error("nobody consumes the queue of questions")]
    NoConsumer,
    /// The deadline passed.
    #[error("no answer came in time")]
    TimedOut,
    /// The question could not be put.
    #[error("cannot put the question")]
    Unavailable {
        /// What the broker met.
        source: Error,
    },
}

impl CallError {
    /// Whether the same question may do later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NoConsumer | Self::TimedOut => true,
            Self::Unavailable { source } => source.is_transient(),
        }
    }
}
