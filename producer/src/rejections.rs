//! The documents of a submission that are refused, bounded however many there are.

use shared::article::{Problem, ProblemKind, Refused};
use shared::http::ErrorEntry;
use shared::store::Failure;

use crate::form::Numbering;
use crate::refusal::{MAX_FIELD_CHARS, printable};

/// Things that are listed in an answer.
pub(crate) const MAX_LISTED: usize = 100;
/// Refused documents that are kept with their job; the others are only counted.
pub(crate) const MAX_KEPT: usize = 50_000;
/// Longest reason that is kept.
const MAX_REASON_CHARS: usize = 1_000;

/// What was refused, and why.
pub(crate) struct Rejections {
    numbering: Numbering,
    listed: Vec<ErrorEntry>,
    documents: u64,
    problems: u64,
    failures: Vec<Failure>,
}

impl Rejections {
    pub(crate) fn new(numbering: Numbering) -> Self {
        Self {
            numbering,
            listed: Vec::new(),
            documents: 0,
            problems: 0,
            failures: Vec::new(),
        }
    }

    /// Adds a document; `number` is its index or its line.
    pub(crate) fn add(&mut self, number: u64, refused: Refused) {
        self.documents += 1;
        self.problems += 1 + refused.others.len() as u64;
        if self.failures.len() == MAX_KEPT {
            return;
        }
        let document_id = refused.document_id;
        let all = std::iter::once(refused.first).chain(refused.others);
        let all: Vec<Problem> = all.map(presentable).collect();
        for problem in &all {
            if self.listed.len() < MAX_LISTED {
                let entry = self.entry(number, document_id.clone(), problem);
                self.listed.push(entry);
            }
        }
        let mut all = all.into_iter();
        if let Some(mut problem) = all.next() {
            for other in all {
                if problem.reason.chars().nth(MAX_REASON_CHARS).is_some() {
                    break;
                }
                problem.reason.push_str(&format!("; {other}"));
            }
            problem.reason = printable(&problem.reason, MAX_REASON_CHARS);
            self.failures.push(Failure {
                backend: None,
                chunk: None,
                document: number,
                document_id,
                problem,
            });
        }
    }

    /// Documents that are refused.
    pub(crate) fn documents(&self) -> u64 {
        self.documents
    }

    /// Things that are wrong with them.
    pub(crate) fn problems(&self) -> u64 {
        self.problems
    }

    /// The first hundred things that are wrong.
    pub(crate) fn listed(&self) -> &[ErrorEntry] {
        &self.listed
    }

    /// The first hundred documents, each with all that is wrong with it.
    pub(crate) fn summary(&self) -> Vec<ErrorEntry> {
        let first = self.failures.iter().take(MAX_LISTED);
        let entry = |failure: &Failure| {
            let id = failure.document_id.clone();
            self.entry(failure.document, id, &failure.problem)
        };
        first.map(entry).collect()
    }

    /// The first [`MAX_KEPT`] documents, each as it is kept with the job.
    pub(crate) fn failures(&self) -> &[Failure] {
        &self.failures
    }

    fn entry(&self, number: u64, document_id: Option<String>, problem: &Problem) -> ErrorEntry {
        let (index, line) = match self.numbering {
            Numbering::Index => (Some(number), None),
            Numbering::Line => (None, Some(number)),
        };
        ErrorEntry {
            index,
            line,
            document_id,
            field: problem.field.clone(),
            kind: word(problem.kind),
            reason: problem.reason.clone(),
        }
    }
}

/// The word for a kind, as documents and failures have it.
pub(crate) fn word(kind: ProblemKind) -> Option<String> {
    let word = serde_json::to_value(kind).ok()?;
    word.as_str().map(str::to_owned)
}

/// A problem whose field and reason may be kept: the name of an unknown field is whatever the caller wrote.
fn presentable(problem: Problem) -> Problem {
    Problem {
        kind: problem.kind,
        field: problem
            .field
            .map(|field| printable(&field, MAX_FIELD_CHARS)),
        reason: printable(&problem.reason, MAX_REASON_CHARS),
    }
}

#[cfg(test)]
mod tests {
    use shared::article::Article;

    use super::*;

    #[test]
    fn every_problem_is_counted_and_a_hundred_are_listed() {
        let mut rejections = Rejections::new(Numbering::Index);
        for number in 0..80 {
            rejections.add(number, *Article::parse(b"{}").unwrap_err());
        }
        assert_eq!((rejections.documents(), rejections.problems()), (80, 160));
        assert_eq!(rejections.listed().len(), 100);
        let summary = rejections.summary();
        assert_eq!(summary.len(), 80);
        assert_eq!(summary[79].index, Some(79));
        assert_eq!(summary[0].field.as_deref(), Some("document_id"));
        assert_eq!(
            summary[0].reason,
            "required, and not there; text: required, and not there"
        );
    }

    #[test]
    fn of_very_many_problems_one_document_keeps_what_fits_into_its_reason() {
        let members = "\"a\":1,".repeat(100_000);
        let line = format!("{{{members}\"tags\":7}}");
        let refused = Article::parse(line.as_bytes()).unwrap_err();
        // Twenty names given twice, that there are more, and what is missing or of another type.
        assert_eq!(refused.others.len(), 23);
        assert!(refused.others[19].reason.contains("and more"));
        let mut rejections = Rejections::new(Numbering::Index);
        rejections.add(0, *refused);
        assert_eq!((rejections.documents(), rejections.problems()), (1, 24));
        let reason = &rejections.failures()[0].problem.reason;
        assert_eq!(reason.chars().count(), MAX_REASON_CHARS + 1);
    }

    #[test]
    fn the_kind_is_written_as_the_article_has_it() {
        let mut rejections = Rejections::new(Numbering::Line);
        let refused = Article::parse(b"{\"text\":\"\",\"a\\u0000\":1,\"a\\u0000\":2}").unwrap_err();
        rejections.add(3, *refused);
        let entry = &rejections.listed()[0];
        assert_eq!(entry.line, Some(3));
        assert_eq!(entry.kind.as_deref(), Some("repeated_field"));
        assert_eq!(entry.field.as_deref(), Some("a\u{FFFD}"));
    }
}
