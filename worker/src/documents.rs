//! Documents as JSON in, cleaned documents as JSON out, some at a time: what `scutch process` and the workers do alike.

use pipeline::panics::guarded;
use pipeline::{Pipeline, Reading};
use shared::article::{Article, CleanedArticle, ENTITY_TYPES, Problem, ProblemKind, Refused};
use shared::failpoint;

use crate::article::{self, Stamp};
use shared::chain::chain;

/// Documents that the model reads together; between two such groups others get their turn, and a stop is looked for.
pub const GROUP: usize = 8;

/// What became of one document.
#[derive(Debug)]
pub enum Outcome {
    /// It is clean.
    Cleaned(Box<Document>),
    /// It failed.
    Failed(Box<Refused>),
}

/// A cleaned document as its line of output.
#[derive(Debug)]
pub struct Document {
    /// The document's id.
    pub document_id: String,
    /// Its output, without line end.
    pub json: Vec<u8>,
    /// Types of its entities.
    pub entity_types: Vec<&'static str>,
    /// How many words were corrected.
    pub corrections: usize,
}

/// What becomes of some documents, one outcome each, in order; a document that fails, by panic too, fails alone.
///
/// A document that cannot be had in the first place comes as its refusal.
pub fn clean<'a>(
    pipeline: &Pipeline,
    stamp: &Stamp,
    lines: impl IntoIterator<Item = Result<&'a [u8], Box<Refused>>>,
) -> Vec<Outcome> {
    let prepared: Vec<Result<(Article, String), Box<Refused>>> = lines
        .into_iter()
        .map(|line| {
            let article = Article::parse(line?)?;
            let prepare = || {
                failpoint::obey(&article.text);
                pipeline.prepare(&article.text)
            };
            match guarded(prepare) {
                Ok(text) => Ok((article, text)),
                Err(place) => Err(internal(article.document_id, &format!("at {place}"))),
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
        Some(Err(what)) => Outcome::Failed(internal(article.document_id, &what)),
        None => Outcome::Failed(internal(article.document_id, "it was not read")),
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
            Outcome::Cleaned(Box::new(document(document_id, json, &cleaned)))
        }
        Ok(Err(error)) => Outcome::Failed(internal(document_id, &error.to_string())),
        Err(place) => Outcome::Failed(internal(document_id, &format!("at {place}"))),
    }
}

fn document(document_id: String, json: Vec<u8>, cleaned: &CleanedArticle) -> Document {
    let entity_types = cleaned
        .entities
        .iter()
        .filter_map(|entity| {
            ENTITY_TYPES
                .into_iter()
                .find(|known| *known == entity.entity_type)
        })
        .collect();
    Document {
        document_id,
        json,
        entity_types,
        corrections: cleaned.corrections.len(),
    }
}

fn internal(document_id: String, what: &str) -> Box<Refused> {
    let reason = format!(
        "scutch failed on this document ({what}); the others are not touched by it, please report it"
    );
    Box::new(Refused {
        document_id: Some(document_id),
        first: Problem {
            kind: ProblemKind::Internal,
            field: None,
            reason,
        },
        others: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_document_has_its_outcome_in_order() {
        let pipeline = Pipeline::new(pipeline::Options::default());
        let stamp = Stamp {
            job_id: "j".to_owned(),
            batch_id: None,
        };
        let lines: [&[u8]; 3] = [
            br#"{"document_id":"a","text":"One."}"#,
            br#"{"document_id":"b"}"#,
            br#"{"document_id":"c","text":"Three."}"#,
        ];
        let outcomes = clean(&pipeline, &stamp, lines.map(Ok));
        let ids: Vec<_> = outcomes
            .iter()
            .map(|outcome| match outcome {
                Outcome::Cleaned(document) => (true, Some(document.document_id.as_str())),
                Outcome::Failed(refused) => (false, refused.document_id.as_deref()),
            })
            .collect();
        assert_eq!(
            ids,
            [(true, Some("a")), (false, Some("b")), (true, Some("c"))]
        );
    }
}
