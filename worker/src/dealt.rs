//! What became of one document of a chunk, as it is kept until the chunk is done.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use shared::article::{Problem, ProblemKind, Refused, document_id};
use shared::store::Failure;

use crate::documents::Outcome;

/// What became of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dealt {
    /// What is counted of it.
    pub(crate) counts: Counts,
    /// Its line of output, or why there is none.
    pub(crate) result: Result<Bytes, Failed>,
}

/// What is counted of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Entities found in it.
    pub(crate) entities: u64,
    /// Words corrected in it.
    pub(crate) corrections: u64,
    /// Its share of the time that its group took, in microseconds.
    pub(crate) micros: u64,
}

/// Why a document failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failed {
    document_id: Option<String>,
    problem: Problem,
}

/// The first line of what is kept; the line of output follows it.
#[derive(Serialize, Deserialize)]
struct Head {
    counts: Counts,
    failed: Option<Failed>,
}

impl Dealt {
    /// Of an outcome that took so long.
    pub(crate) fn new(outcome: Outcome, micros: u64) -> Self {
        match outcome {
            Outcome::Cleaned(document) => Self {
                counts: Counts {
                    entities: document.entity_types.len() as u64,
                    corrections: document.corrections as u64,
                    micros,
                },
                result: Ok(document.json.into()),
            },
            Outcome::Failed(refused) => Self {
                counts: Counts {
                    micros,
                    ..Counts::default()
                },
                result: Err(Failed::refused(*refused)),
            },
        }
    }

    /// Of a document that is not tried, since `workers` workers were lost on it.
    pub(crate) fn poison(line: &[u8], workers: u32) -> Self {
        let reason = format!("the worker died on this document {workers} times; it was given up");
        Self {
            counts: Counts::default(),
            result: Err(Failed {
                document_id: document_id(line),
                problem: Problem {
                    kind: ProblemKind::Internal,
                    field: None,
                    reason,
                },
            }),
        }
    }

    /// As it is kept.
    pub(crate) fn to_bytes(&self) -> Bytes {
        let head = Head {
            counts: self.counts,
            failed: self.result.as_ref().err().cloned(),
        };
        // It has only string keys, so it cannot fail; were it empty, it would be read as nothing and done again.
        let mut kept = serde_json::to_vec(&head).unwrap_or_default();
        if let Ok(line) = &self.result {
            kept.push(b'\n');
            kept.extend_from_slice(line);
        }
        kept.into()
    }

    /// What was kept; none when it is not as this version writes it.
    pub(crate) fn from_bytes(kept: &Bytes) -> Option<Self> {
        let end = kept.iter().position(|byte| *byte == b'\n');
        let head: Head = serde_json::from_slice(&kept[..end.unwrap_or(kept.len())]).ok()?;
        let result = match (head.failed, end) {
            (Some(failed), None) => Err(failed),
            (None, Some(end)) => Ok(kept.slice(end + 1..)),
            (Some(_), Some(_)) | (None, None) => return None,
        };
        Some(Self {
            counts: head.counts,
            result,
        })
    }
}

impl Failed {
    fn refused(refused: Refused) -> Self {
        let mut problem = refused.first;
        for other in refused.others {
            problem.reason.push_str(&format!("; {other}"));
        }
        Self {
            document_id: refused.document_id,
            problem,
        }
    }

    /// For the report, of this document.
    pub(crate) fn into_failure(self, chunk: u32, document: u64) -> Failure {
        Failure {
            backend: None,
            chunk: Some(chunk),
            document,
            document_id: self.document_id,
            problem: self.problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again() {
        let counts = Counts {
            entities: 3,
            corrections: 1,
            micros: 250,
        };
        let cleaned = Dealt {
            counts,
            result: Ok(Bytes::from_static(b"{\"document_id\":\"a\"}")),
        };
        let poison = Dealt::poison(b"{\"document_id\":\"b\"}", 2);
        for dealt in [cleaned, poison] {
            assert_eq!(Dealt::from_bytes(&dealt.to_bytes()), Some(dealt));
        }
    }

    #[test]
    fn what_another_version_kept_is_nothing() {
        for kept in ["", "{}", "{\"counts\":{}}\n{}", "\n"] {
            assert_eq!(
                Dealt::from_bytes(&Bytes::from_static(kept.as_bytes())),
                None
            );
        }
    }
}
