//! The documents of Scutch: [`Article`] in, [`CleanedArticle`] out, [`Refused`] when a document cannot be taken.

mod day;
mod id;
mod input;
mod output;
mod parse;
mod refusal;

pub use day::Day;
pub use id::document_id;
pub use input::{Article, MAX_DOCUMENT_ID_CHARS};
pub use output::{CleanedArticle, Correction, ENTITY_TYPES, Entity, OUTPUT_VERSION};
pub use refusal::{Problem, ProblemKind, Refused};

#[cfg(test)]
mod tests;
