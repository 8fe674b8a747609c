//! A token-classification model: entities and misspelt words of many texts in one pass.

mod config;
mod encoder;
mod error;
mod family;
mod files;
mod kernels;
mod ops;
mod weights;

pub use error::Error;
pub use files::Files;

#[cfg(test)]
mod tests;
