//! What a worker thread does with a batch: parse, clean, write as JSON.

use std::sync::atomic::{AtomicBool, Ordering};

use pipeline::panics::guarded;
use pipeline::{Pipeline, Reading};
use serde::Serialize;
use shared::article::{Article, CleanedArticle, Problem, ProblemKind, Refused};
use xxhash_rust::xxh3::xxh3_128;

use super::batch::{Batch, BatchLine};
use super::input::Position;
use crate::article::{self, Stamp};

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

/// What became of one line.
pub(super) enum Outcome {
    /// It is clean.
    Cleaned(Box<CleanedLine>),
    /// It failed.
    Failed(Box<Refused>),
}

/// A cleaned document as its line of output.
pub(super) struct CleanedLine {
    /// The document's id.
    pub(super) document_id: String,
    /// Its output, without line end.
    pub(super) json: Vec<u8>,
    /// Types of its entities.
    pub(super) entity_types: Vec<&'static str>,
    /// How many words were corrected.
    pub(super) corrections: usize,
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

/// Documents that the model reads together, and between which a stop is looked for.
const GROUP: usize = 8;

/// Deals with the lines of a batch, until `stop` is set.
pub(super) fn work(pipeline: &Pipeline, stamp: &Stamp, batch: Batch, stop: &AtomicBool) -> Answer {
    let mut outcomes = Vec::with_capacity(batch.lines.len());
    for lines in batch.lines.chunks(GROUP) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let ends = lines.iter().map(|line| line.end);
        outcomes.extend(
            group(pipeline, stamp, &batch.bytes, lines)
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

/// What becomes of some lines, in order.
fn group(pipeline: &Pipeline, stamp: &Stamp, bytes: &[u8], lines: &[BatchLine]) -> Vec<Outcome> {
    let prepared: Vec<Result<(Article, String), Box<Refused>>> = lines
        .iter()
        .map(|line| {
            let article = parse(bytes, line)?;
            match guarded(|| pipeline.prepare(&article.text)) {
                Ok(text) => Ok((article, text)),
                Err(place) => Err(Box::new(internal(
                    article.document_id,
                    &format!("at {place}"),
                ))),
            }
        })
        .collect();
    let texts: Vec<&str> = prepared
        .iter()
        .flatten()
        .map(|(_, text)| text.as_str())
        .collect();
    let mut readings = read(pipeline, &texts).into_iter();
    let mut finish = |(article, text): (Article, String)| match readings.next() {
        Some(Ok(reading)) => finished(pipeline, stamp, article, text, reading),
        Some(Err(what)) => Outcome::Failed(Box::new(internal(article.document_id, &what))),
        None => Outcome::Failed(Box::new(internal(article.document_id, "it was not read"))),
    };
    prepared
        .into_iter()
        .map(|prepared| prepared.map_or_else(Outcome::Failed, &mut finish))
        .collect()
}

/// The readings of texts, one each, or why a text could not be read.
///
/// Texts that fail together are read one by one, so that only the one at fault fails.
fn read(pipeline: &Pipeline, texts: &[&str]) -> Vec<Result<Reading, String>> {
    let together = match guarded(|| pipeline.read(texts)) {
        Ok(Ok(readings)) => return readings.into_iter().map(Ok).collect(),
        Ok(Err(error)) => chain(&error),
        Err(place) => format!("at {place}"),
    };
    match texts {
        [_] => vec![Err(together)],
        _ => texts
            .iter()
            .flat_map(|text| read(pipeline, &[*text]))
            .collect(),
    }
}

fn parse(bytes: &[u8], line: &BatchLine) -> Result<Article, Box<Refused>> {
    match line.too_long {
        Some(length) => Err(Box::new(too_long(length))),
        None => Article::parse(&bytes[line.range.clone()]),
    }
}

fn finished(
    pipeline: &Pipeline,
    stamp: &Stamp,
    article: Article,
    text: String,
    reading: Reading,
) -> Outcome {
    let document_id = article.document_id.clone();
    let cleaned = guarded(|| {
        let published = article.publication_date.map(|day| day.0);
        let body = pipeline.finish(text, reading, published);
        let cleaned = article::assemble(pipeline, article, body, stamp);
        serde_json::to_vec(&cleaned).map(|json| (json, cleaned))
    });
    match cleaned {
        Ok(Ok((json, cleaned))) => {
            Outcome::Cleaned(Box::new(cleaned_line(document_id, json, &cleaned)))
        }
        Ok(Err(error)) => Outcome::Failed(Box::new(internal(document_id, &error.to_string()))),
        Err(place) => Outcome::Failed(Box::new(internal(document_id, &format!("at {place}")))),
    }
}

/// An error with its sources.
fn chain(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |error| error.source());
    sources.fold(error.to_string(), |text, source| {
        format!("{text}: {source}")
    })
}

fn cleaned_line(document_id: String, json: Vec<u8>, cleaned: &CleanedArticle) -> CleanedLine {
    let entity_types = cleaned
        .entities
        .iter()
        .filter_map(|entity| {
            shared::article::ENTITY_TYPES
                .into_iter()
                .find(|known| *known == entity.entity_type)
        })
        .collect();
    CleanedLine {
        document_id,
        json,
        entity_types,
        corrections: cleaned.corrections.len(),
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

fn internal(document_id: String, what: &str) -> Refused {
    let reason = format!(
        "scutch failed on this document ({what}); the others are not touched by it, please report it"
    );
    Refused {
        document_id: Some(document_id),
        first: Problem {
            kind: ProblemKind::Internal,
            field: None,
            reason,
        },
        others: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
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
