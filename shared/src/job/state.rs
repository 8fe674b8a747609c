//! In which states jobs and chunks can be.

/// A word that is none of those expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is none of {expected}")]
pub struct UnknownWord {
    /// The word.
    pub word: String,
    /// What it could have been, for a person.
    pub expected: String,
}

/// An enum whose values are single words outside: in JSON, in SQL, on the command line.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] #[schema(rename = $word)] $variant),+
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::job::UnknownWord;

            fn from_str(word: &str) -> Result<Self, $crate::job::UnknownWord> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::job::UnknownWord {
                        word: word.to_owned(),
                        expected: [$($word),+].join(", "),
                    }),
                }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What a job is seen to be.
    JobStatus {
        /// No chunk was claimed yet.
        Queued = "queued",
        /// A chunk was claimed, and not everything is closed.
        Running = "running",
        /// It is to rest, and no chunk is worked on.
        Paused = "paused",
        /// Everything is closed, at least one document came through, and its outputs are visible.
        Completed = "completed",
        /// Everything is closed and no document came through.
        Failed = "failed",
        /// It was ended by command, and no chunk is worked on.
        Cancelled = "cancelled",
    }
}

impl JobStatus {
    /// Whether it stays as it is for ever.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Queued | Self::Running | Self::Paused => false,
            Self::Completed | Self::Failed | Self::Cancelled => true,
        }
    }
}

words! {
    /// What people want of a job.
    Desired {
        /// Go on.
        Run = "run",
        /// Rest until told to go on.
        Pause = "pause",
        /// End.
        Cancel = "cancel",
    }
}

words! {
    /// What a chunk is.
    ChunkState {
        /// Nobody works on it; it is with the broker or waits to be published.
        Ready = "ready",
        /// A worker works on it.
        Leased = "leased",
        /// Each document came through or has its failure.
        Done = "done",
        /// Given up: all its documents failed.
        Dead = "dead",
        /// Its job was cancelled.
        Cancelled = "cancelled",
    }
}

impl ChunkState {
    /// Whether work on it may still come.
    pub fn is_open(self) -> bool {
        match self {
            Self::Ready | Self::Leased => true,
            Self::Done | Self::Dead | Self::Cancelled => false,
        }
    }
}

words! {
    /// What the work of a chunk is.
    ChunkKind {
        /// Clean its documents.
        Documents = "documents",
        /// Join what the other chunks wrote into the job's output files. Made when all documents are dealt with.
        Join = "join",
        /// Bring what another chunk wrote to a backend that did not take it at once.
        Deliver = "deliver",
    }
}

words! {
    /// Which of the work goes first. Higher ones get more turns, none gets all.
    Priority {
        /// Somebody waits for it.
        High = "high",
        /// The usual.
        Normal = "normal",
        /// When there is nothing else.
        Low = "low",
    }
}
