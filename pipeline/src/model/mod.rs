//! A token-classification model: entities and misspelt words of many texts in one pass.
//!
//! Text goes this way: `words` cuts it, `pieces` numbers what it is made of, `windows` cuts long documents, `batches` gathers
//! windows of many documents, `encoder` scores them, `decode` finds the best legal tags. [`Model`] does all that on a thread
//! of its own.

mod batches;
mod case_class;
mod config;
mod decode;
mod document;
mod encoder;
mod error;
mod family;
mod files;
mod forward;
mod handle;
mod labels;
mod pieces;
mod reader;
mod sentences;
mod weights;
mod windows;
mod words;

pub use encoder::Precision;
pub use error::Error;
pub use files::Files;
pub use forward::Forward;
pub use handle::Model;
pub use labels::LabelMap;

#[cfg(test)]
mod tests;
