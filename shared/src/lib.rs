//! What every role of Scutch speaks: the article that comes in and the cleaned article that goes out.
//!
//! Knows no other crate of the workspace. A module enters when a second crate needs it.

pub mod article;
