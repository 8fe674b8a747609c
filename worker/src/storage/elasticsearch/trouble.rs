//! Why a batch could not be written now.

use super::wire::NoAnswer;

/// Nothing is lost: the batch is to be written again, later. Whether a person has to do something before, the variant says.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The cluster is away. It helps to wait.
    #[error("{url} gave no answer in {tries} tries")]
    Away {
        /// Where, without who we are.
        url: String,
        /// Requests made in vain.
        tries: u32,
        /// What happened the last time.
        #[source]
        source: NoAnswer,
    },
    /// It has too much to do, or a part of it is away. It helps to wait.
    #[error("{url} did not accept {what} in {tries} tries: {reason}")]
    Overloaded {
        /// Where.
        url: String,
        /// What was asked.
        what: String,
        /// Requests made in vain.
        tries: u32,
        /// What it said the last time.
        reason: String,
    },
    /// It does not know us, or what we may do is not enough. A person must act.
    #[error(
        "{url} does not permit it: {reason}; check output.elasticsearch.username, password and api_key, and their rights to index `{index}`"
    )]
    Unauthorised {
        /// Where.
        url: String,
        /// The index that was to be written.
        index: String,
        /// What it said.
        reason: String,
    },
    /// Writing is blocked, by a full disk or by an operator. A person must act, unless it has freed the disk itself.
    #[error(
        "{url} blocks what is written to index `{index}`: {reason}; is a disk of the cluster full?"
    )]
    Blocked {
        /// Where.
        url: String,
        /// The index that was to be written.
        index: String,
        /// What it said.
        reason: String,
    },
    /// The index can take no document as it is, or cannot be made. A person must act.
    #[error("{url} cannot write to index `{index}`: {reason}; check output.elasticsearch.index")]
    Index {
        /// Where.
        url: String,
        /// The index that was to be written.
        index: String,
        /// What it said.
        reason: String,
    },
    /// What answers is not the bulk API, or not as it should. A person must act.
    #[error(
        "{url} does not answer as Elasticsearch and OpenSearch do: {reason}; check output.elasticsearch.url"
    )]
    Odd {
        /// Where.
        url: String,
        /// What is odd.
        reason: String,
    },
}
