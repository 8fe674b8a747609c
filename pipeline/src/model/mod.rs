//! A token-classification model: entities and misspelt words of many texts in one pass.
//!
//! Text goes this way: `words` cuts it, `pieces` numbers what it is made of, `windows` cuts long documents, `batches` gathers
//! windows of many documents, `encoder` scores them, `decode` finds the best legal tags. [`Model`] does all that on a thread
//! of its own.

mod batches;
mod budget;
mod case_class;
mod config;
mod decode;
mod device;
mod document;
mod encoder;
mod error;
mod family;
mod files;
mod forward;
mod handle;
mod labels;
mod pieces;
mod precision;
mod reader;
mod sentences;
mod statistics;
mod weights;
mod windows;
mod words;

pub use device::{Absent, Device, DeviceChoice, NoDevice};
pub use error::Error;
pub use files::Files;
pub use forward::Forward;
pub use handle::Model;
pub use labels::LabelMap;
pub use precision::Precision;
pub use statistics::Statistics;

#[cfg(test)]
mod tests;
