//! What every HTTP answer of a role has in common: problem documents, request ids, health, orderly ending.

mod health;
mod problem;
mod query;
mod serve;
mod stamp;

pub use health::{DEADLINE, Health, Part};
pub use problem::{ErrorEntry, Problem, fallback, method_not_allowed};
pub use query::Query;
pub use serve::{ServeError, bind, serve};
pub use stamp::{PROCESS_TIME, REQUEST_ID, RequestId, stamp};
