//! What every role of Scutch speaks: articles in and out, jobs and the rules that move them, messages, and the servers they are
//! kept in and brought by.
//!
//! Knows no other crate of the workspace. A module enters when a second crate needs it.

pub mod article;
pub mod broker;
pub mod chain;
pub mod chance;
pub mod checkpoint;
pub mod dispatch;
pub mod event;
pub mod failpoint;
pub mod http;
pub mod job;
pub mod message;
pub mod payload;
pub mod secret;
pub mod store;
pub mod trace;
