//! What a worker thread does with a batch, group by group.

use std::sync::atomic::{AtomicBool, Ordering};

use embedded::article::Stamp;
use embedded::documents::{self, GROUP, Outcome};
use pipeline::Pipeline;
use serde::Serialize;
use shared::article::{Problem, ProblemKind, Refused};
use xxhash_rust::xxh3::xxh3_128;

use super::batch::{Batch, BatchLine};
use super::input::Position;

/// What became of a batch.
pub(super) struct Answer {
    /// The batch's number.
    pub(super) number: u64,
    /// What became of its lines, in order; fewer than it had when the run was stopped.
    pub(super) outcomes: Vec<(Outcome, Position)>,
    /// How far the input is dealt with, when the whole batch was.
    pub(super) end: Option<Position>,
    /// What the batch took of the bound.
    pub(super) weight: usize,
}

/// A row of the failures file.
#[derive(Serialize)]
pub(crate) struct ErrorRow<'a> {
    /// Line of the input, from 1.
    pub(crate) line: u64,
    document_id: Option<&'a str>,
    #[serde(flatten)]
    first: &'a Problem,
    #[serde(skip_serializing_if = "<[Problem]>::is_empty")]
    also: &'a [Problem],
}

impl<'a> ErrorRow<'a> {
    /// The row that tells why a line was refused.
    pub(crate) fn new(line: u64, refused: &'a Refused) -> Self {
        Self {
            line,
            document_id: refused.document_id.as_deref(),
            first: &refused.first,
            also: &refused.others,
        }
    }
}

/// A fingerprint of a document id, to find duplicates without keeping the ids.
///
/// 128 bits: among a thousand million documents the odds of one false alarm are below 10^-20.
pub(crate) fn fingerprint(document_id: &str) -> u128 {
    xxh3_128(document_id.as_bytes())
}

/// Deals with the lines of a batch, until `stop` is set.
pub(super) fn work(pipeline: &Pipeline, stamp: &Stamp, batch: Batch, stop: &AtomicBool) -> Answer {
    let mut outcomes = Vec::with_capacity(batch.lines.len());
    for lines in batch.lines.chunks(GROUP) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let ends = lines.iter().map(|line| line.end);
        let documents = lines.iter().map(|line| document(&batch.bytes, line));
        outcomes.extend(
            documents::clean(pipeline, stamp, documents)
                .into_iter()
                .zip(ends),
        );
    }
    let is_whole = outcomes.len() == batch.lines.len();
    Answer {
        number: batch.number,
        outcomes,
        end: is_whole.then_some(batch.end),
        weight: batch.weight,
    }
}

fn document<'a>(bytes: &'a [u8], line: &BatchLine) -> Result<&'a [u8], Box<Refused>> {
    match line.too_long {
        Some(length) => Err(Box::new(too_long(length))),
        None => Ok(&bytes[line.range.clone()]),
    }
}

/// The refusal of a line over the bound.
pub(crate) fn too_long(bytes: u64) -> Refused {
    let reason = format!(
        "the line has {bytes} bytes, more than process.max_line_bytes allows; raise that, or split it"
    );
    Refused {
        document_id: None,
        first: Problem {
            kind: ProblemKind::TooLarge,
            field: None,
            reason,
        },
        others: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use shared::article::Article;

    use super::*;

    #[test]
    fn an_error_row_is_flat_and_names_line_field_and_reason() {
        let refused = Article::parse(br#"{"document_id":"a","title":1}"#).expect_err("refused");
        let row = serde_json::to_string(&ErrorRow::new(7, &refused)).unwrap();
        assert_eq!(
            row,
            "{\"line\":7,\"document_id\":\"a\",\"kind\":\"missing_field\",\"field\":\"text\",\"reason\":\"required, and not there\",\
             \"also\":[{\"kind\":\"wrong_type\",\"field\":\"title\",\"reason\":\"expected a string or null, found a number\"}]}"
        );
    }
}
