//! `scutch eval`: how good the reading and the correction of typos are on a user's own data.

mod bootstrap;
mod conll;
mod labels;
mod ner;
mod spans;
mod typos;

pub(crate) use ner::evaluate as ner;
pub(crate) use typos::evaluate as typos;
