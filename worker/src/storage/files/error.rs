//! Why a file could not be opened, read or written, without a credential or a word of a document.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::iter::successors;
use std::path::PathBuf;

use super::Format;

/// Why an output could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A part that was written is not there.
    #[error("the part {part} of the job's output is missing")]
    Missing {
        /// Its name.
        part: String,
    },
    /// A part does not hold what was written.
    #[error("line {line} of the part {part} of the job's output is not a cleaned article")]
    Unreadable {
        /// Its name.
        part: String,
        /// From 1.
        line: usize,
    },
    /// The file system or the bucket refused, or did not answer.
    #[error("cannot {doing} {path}")]
    Storage {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: String,
        /// Why not.
        source: Reason,
    },
    /// The encoder refused.
    #[error("cannot make {} of the job's output", format.word())]
    Encode {
        /// What was to be made.
        format: Format,
        /// Why not.
        source: Reason,
    },
    /// The work panicked, or the runtime ended over it. What a panic says might quote a document.
    #[error("writing the output was interrupted")]
    Interrupted,
}

impl Error {
    /// Whether it is trouble outside, which may pass.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Storage { .. } | Self::Interrupted => true,
            Self::Missing { .. } | Self::Unreadable { .. } | Self::Encode { .. } => false,
        }
    }
}

/// What is wrong with the place that is set for the outputs.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made or read.
    #[error("output.folder: cannot use the folder {}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// No bucket begins so.
    #[error(
        "output.folder: {scheme}:// is not known; write a folder, or a bucket as s3://bucket/prefix, gs://, az:// or abfss://"
    )]
    Scheme {
        /// What stands before `://`.
        scheme: String,
    },
    /// It carries more than a bucket and a prefix, and that may be a secret: it is not shown.
    #[error(
        "output.folder: a URL of a bucket has no user, password, query or fragment; credentials are taken from the environment"
    )]
    NotPlain,
    /// What is set for the cloud is not usable.
    #[error(
        "output.folder: cannot use {place} with what the environment says of {cloud} (variables {variables})"
    )]
    Bucket {
        /// The bucket.
        place: String,
        /// Whose it is.
        cloud: &'static str,
        /// How the variables begin that say more.
        variables: &'static str,
        /// What is wrong.
        source: Reason,
    },
}

/// What a library said, in one short line.
#[derive(Debug, PartialEq, Eq)]
pub struct Reason(String);

impl StdError for Reason {}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A server may answer with a page.
const MAX_CHARS: usize = 300;

impl Reason {
    /// The innermost error: those around it repeat it, and the URL. Of an answer in XML only the code and the message: the rest may
    /// quote the key and what was signed with it.
    pub(super) fn of(error: &(dyn StdError + 'static)) -> Self {
        let innermost = successors(Some(error), |&error| error.source()).last();
        let text = innermost.unwrap_or(error).to_string();
        let text = match text.split_once('<') {
            Some((before, xml)) => {
                let said: Vec<&str> = ["Code", "Message"]
                    .iter()
                    .filter_map(|tag| element(xml, tag))
                    .collect();
                let before = before.trim_end_matches([':', ' ']);
                [&[before], said.as_slice()].concat().join(": ")
            }
            None => text,
        };
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self(line.chars().take(MAX_CHARS).collect())
    }

    /// Whether the bucket itself is not there: stores tell that as they tell of an object.
    pub(super) fn is_no_bucket(&self) -> bool {
        ["NoSuchBucket", "ContainerNotFound"]
            .iter()
            .any(|code| self.0.contains(code))
    }
}

/// The text of the first element of that name.
fn element<'a>(xml: &'a str, tag: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{tag}>"))?;
    rest.split_once(&format!("</{tag}>")).map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Told(&'static str);

    #[test]
    fn of_an_answer_in_xml_only_the_code_and_the_message_are_told() {
        let told = Told(
            "Server returned non-2xx status code: 403 Forbidden: <?xml version=\"1.0\"?>\n<Error><Code>SignatureDoesNotMatch</Code>\
             <Message>It does not match.</Message><AWSAccessKeyId>AKIA</AWSAccessKeyId><StringToSign>x</StringToSign></Error>",
        );
        let reason = "Server returned non-2xx status code: 403 Forbidden: SignatureDoesNotMatch: It does not match.";
        assert_eq!(Reason::of(&told).to_string(), reason);
    }

    #[test]
    fn a_reason_is_one_short_line_and_does_not_repeat_itself() {
        let error = object_store::Error::Generic {
            store: "S3",
            source: Box::new(Told("refused\nby the server")),
        };
        assert_eq!(Reason::of(&error).to_string(), "refused by the server");
        let long: &'static str = "ä".repeat(1000).leak();
        assert_eq!(Reason::of(&Told(long)).to_string().chars().count(), 300);
    }
}
