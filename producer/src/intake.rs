//! Judges the documents of a submission one after the other and keeps the good ones.

use std::collections::HashSet;
use std::io;

use shared::article::{Article, Problem, ProblemKind, Refused};
use xxhash_rust::xxh3::xxh3_128;

use crate::chunker::Chunker;
use crate::form::{Form, Partial};
use crate::lines::{Line, MAX_DOCUMENT_BYTES};
use crate::refusal::{Refusal, about};
use crate::rejections::Rejections;
use crate::spool::Spool;

/// A submission under way.
pub(crate) struct Intake {
    form: Form,
    partial: Partial,
    chunker: Chunker,
    /// Fingerprints of the ids, which are a tenth as long.
    seen: HashSet<u128>,
    rejections: Rejections,
    offered: u64,
    accepted: u64,
}

/// A submission of which every document is judged.
pub(crate) struct Taken {
    /// The good ones.
    pub(crate) spool: Spool,
    /// How many there were.
    pub(crate) offered: u64,
    /// How many are good.
    pub(crate) accepted: u64,
    /// The others.
    pub(crate) rejections: Rejections,
}

impl Intake {
    pub(crate) fn new(form: Form, partial: Partial) -> Self {
        Self {
            form,
            partial,
            chunker: Chunker::new(),
            seen: HashSet::new(),
            rejections: Rejections::new(form.numbering()),
            offered: 0,
            accepted: 0,
        }
    }

    /// Takes the next document, which may be on line `line`.
    ///
    /// # Errors
    /// When nothing more of it need be read: it holds too many documents, or it cannot be kept.
    pub(crate) fn take(&mut self, line: u64, document: Line<'_>) -> Result<(), Refusal> {
        if let Some(max) = self.form.max_documents()
            && self.offered == max
        {
            return Err(too_many(self.form, max, None));
        }
        let number = match self.form {
            Form::Documents | Form::Articles | Form::Lines => self.offered,
            Form::File => line,
        };
        self.offered += 1;
        match self.judge(document) {
            Ok(document) => {
                self.accepted += 1;
                // What is refused as a whole need not be kept.
                let is_kept = match self.partial {
                    Partial::Taken => true,
                    Partial::Refused => self.rejections.documents() == 0,
                };
                if is_kept {
                    self.chunker.push(document).map_err(Refusal::Spool)?;
                }
                Ok(())
            }
            Err(refused) => {
                self.rejections.add(number, *refused);
                Ok(())
            }
        }
    }

    /// What was taken.
    pub(crate) fn finish(self) -> io::Result<Taken> {
        Ok(Taken {
            spool: self.chunker.finish()?,
            offered: self.offered,
            accepted: self.accepted,
            rejections: self.rejections,
        })
    }

    fn judge<'a>(&mut self, document: Line<'a>) -> Result<&'a [u8], Box<Refused>> {
        let (document, article) = article(document)?;
        if self.seen.insert(xxh3_128(article.document_id.as_bytes())) {
            return Ok(document);
        }
        Err(Box::new(Refused {
            document_id: Some(article.document_id),
            first: Problem {
                kind: ProblemKind::DuplicateId,
                field: Some("document_id".to_owned()),
                reason: "an earlier document of this submission has the same id".to_owned(),
            },
            others: Vec::new(),
        }))
    }
}

/// A document and what it says, if it may be taken.
pub(crate) fn article(document: Line<'_>) -> Result<(&[u8], Article), Box<Refused>> {
    match document {
        Line::Whole(document) if document.len() <= MAX_DOCUMENT_BYTES => {
            Article::parse(document).map(|article| (document, article))
        }
        Line::Whole(_) | Line::TooLong => Err(Box::new(Refused {
            document_id: None,
            first: Problem {
                kind: ProblemKind::TooLarge,
                field: None,
                reason: format!("longer than {MAX_DOCUMENT_BYTES} bytes"),
            },
            others: Vec::new(),
        })),
    }
}

/// More documents than the form allows; `found` where they were counted.
pub(crate) fn too_many(form: Form, max: u64, found: Option<u64>) -> Refusal {
    let found = found.map_or_else(|| "more".to_owned(), |found| found.to_string());
    let reason = format!("1 to {max} documents are taken at once, found {found}");
    Refusal::unfit(about(form.member(), "invalid_value", reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(id: &str) -> Vec<u8> {
        format!(r#"{{"document_id":"{id}","text":"t"}}"#).into_bytes()
    }

    fn take(form: Form, partial: Partial, documents: &[Vec<u8>]) -> Taken {
        let mut intake = Intake::new(form, partial);
        for (line, document) in (1..).zip(documents) {
            intake.take(2 * line, Line::Whole(document)).unwrap();
        }
        intake.finish().unwrap()
    }

    #[test]
    fn a_second_document_of_an_id_is_refused_and_the_first_one_stays() {
        let documents = [document("a"), document("b"), document("a")];
        let mut taken = take(Form::Lines, Partial::Taken, &documents);
        assert_eq!((taken.offered, taken.accepted), (3, 2));
        let entry = &taken.rejections.listed()[0];
        assert_eq!(
            (entry.index, entry.kind.as_deref()),
            (Some(2), Some("duplicate_id"))
        );
        assert_eq!(entry.document_id.as_deref(), Some("a"));
        assert_eq!(taken.spool.chunks().unwrap().count(), 1);
    }

    #[test]
    fn the_id_of_a_bad_document_is_free_for_a_good_one() {
        let documents = [br#"{"document_id":"a"}"#.to_vec(), document("a")];
        assert_eq!(take(Form::File, Partial::Taken, &documents).accepted, 1);
    }

    #[test]
    fn a_file_counts_lines_and_the_others_count_documents() {
        let documents = [document("a"), b"{}".to_vec()];
        let file = take(Form::File, Partial::Taken, &documents);
        assert_eq!(file.rejections.listed()[0].line, Some(4));
        let lines = take(Form::Lines, Partial::Refused, &documents);
        assert_eq!(lines.rejections.listed()[0].index, Some(1));
    }

    #[test]
    fn one_document_more_than_the_form_allows_ends_it() {
        let mut intake = Intake::new(Form::Articles, Partial::Taken);
        for index in 0..1_000 {
            let document = document(&index.to_string());
            intake.take(index, Line::Whole(&document)).unwrap();
        }
        let refusal = intake.take(1_000, Line::Whole(&document("x"))).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "articles: 1 to 1000 documents are taken at once, found more"
        );
    }

    #[test]
    fn a_document_that_is_too_long_is_refused_and_the_rest_is_read() {
        let mut intake = Intake::new(Form::File, Partial::Taken);
        intake.take(1, Line::TooLong).unwrap();
        intake.take(2, Line::Whole(&document("a"))).unwrap();
        let taken = intake.finish().unwrap();
        assert_eq!(taken.accepted, 1);
        assert_eq!(
            taken.rejections.listed()[0].kind.as_deref(),
            Some("too_large")
        );
    }
}
