//! The problems that several routes answer with.

use std::time::Duration;

use shared::http::Problem;
use shared::job::JobId;
use shared::store;
use utoipa::IntoResponses;
use uuid::Uuid;

/// When to ask again while the database fails.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The answer while the database fails; logs why.
pub(super) fn failed(error: store::Error) -> Problem {
    let problem = match &error {
        store::Error::Url(_)
        | store::Error::Connect(_)
        | store::Error::File { .. }
        | store::Error::InUse { .. }
        | store::Error::Postgres { .. }
        | store::Error::Sqlite { .. }
        | store::Error::TimedOut { .. }
        | store::Error::Migrate(_) => {
            Problem::unavailable("the database does not answer as it should", RETRY_AFTER)
        }
        store::Error::Value { .. } | store::Error::Spool(_) => {
            Problem::internal("what the database holds cannot be read; the log says more")
        }
    };
    let error: &(dyn std::error::Error + 'static) = &error;
    tracing::warn!(error, "a request is not served");
    problem
}

/// A parameter that is not as it must be: which, and what it could be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadParameter(pub(super) String);

impl From<BadParameter> for Problem {
    fn from(BadParameter(detail): BadParameter) -> Self {
        Self::bad_request(detail)
    }
}

pub(super) fn no_such_job(id: JobId) -> Problem {
    Problem::not_found(format!("there is no job {id}"))
}

pub(super) fn no_such_letter(id: Uuid) -> Problem {
    Problem::not_found(format!("there is no dead letter {id}"))
}

macro_rules! documented {
    ($($(#[$doc:meta])* $name:ident: $status:literal, $description:literal, $kind:literal, $title:literal, $detail:literal;)+) => {
        $(
            $(#[$doc])*
            #[derive(IntoResponses)]
            #[response(
                status = $status,
                description = $description,
                content_type = "application/problem+json",
                example = json!({"type": $kind, "title": $title, "status": $status, "detail": $detail})
            )]
            #[expect(dead_code, reason = "names a response in the OpenAPI document")]
            pub(super) struct $name(Problem);
        )+
    };
}

documented! {
    /// A parameter or an id is none.
    BadRequest: 400, "A parameter is not as it must be; the detail says which and what it could be.",
        "/problems/bad-request", "Bad Request", "limit must be a whole number from 1 to 100";
    /// There is no such thing.
    NotFound: 404, "There is none of this id.",
        "/problems/not-found", "Not Found", "there is no job 0199c6a8-6f3e-7c43-9f0e-3f1c2a7be001";
    /// Not in the state it is in.
    Conflict: 409, "It is not in a state for this; nothing was changed.",
        "/problems/conflict", "Conflict", "the job is completed; a job that has ended stays as it is";
    /// What is kept is damaged.
    Internal: 500, "A fault of the service; its log says more.",
        "/problems/internal", "Internal Server Error", "what the database holds cannot be read; the log says more";
    /// Later.
    Unavailable: 503, "Something that is needed does not answer; try again after `Retry-After` seconds.",
        "/problems/unavailable", "Service Unavailable", "the database does not answer as it should";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_the_database_is_away_the_answer_says_when_to_ask_again() {
        let away = store::Error::TimedOut {
            doing: "SELECT".to_owned(),
            limit: Duration::from_secs(10),
        };
        let problem = failed(away);
        assert_eq!((problem.status, problem.retry_after), (503, Some(5)));
    }

    #[test]
    fn what_cannot_be_read_is_a_fault_of_ours() {
        let damaged = store::Error::Value {
            column: 3,
            source: "secret".into(),
        };
        let problem = failed(damaged);
        assert_eq!((problem.status, problem.retry_after), (500, None));
        assert!(!problem.detail.contains("secret"));
    }
}
