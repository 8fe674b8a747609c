//! What the outside is told of a job.

use super::state::words;

words! {
    /// What happened to a job; the last part of the event's type.
    Event {
        /// Its first chunk was claimed.
        Started = "started",
        /// Another percent of its documents is dealt with.
        Progress = "progress",
        /// It came to rest.
        Paused = "paused",
        /// It goes on.
        Resumed = "resumed",
        /// All is done and visible.
        Completed = "completed",
        /// Nothing came through.
        Failed = "failed",
        /// It was ended by command.
        Cancelled = "cancelled",
        /// Documents of one of its chunks were cleaned.
        Cleaned = "cleaned",
    }
}

impl Event {
    /// Whether no other event of the job comes after it.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Started | Self::Progress | Self::Paused | Self::Resumed | Self::Cleaned => false,
            Self::Completed | Self::Failed | Self::Cancelled => true,
        }
    }

    /// The event's type as `CloudEvents` has it.
    pub fn cloud_type(self) -> String {
        format!("com.storytelling.cleaning.{}", self.name())
    }

    /// The end of the event's type that tells it from the others: what it is about, and what happened to that.
    pub fn name(self) -> String {
        match self {
            Self::Started
            | Self::Progress
            | Self::Paused
            | Self::Resumed
            | Self::Completed
            | Self::Failed
            | Self::Cancelled => format!("job.{self}"),
            Self::Cleaned => format!("document.{self}"),
        }
    }
}
