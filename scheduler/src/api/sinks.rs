//! Who is told of events, and how far they have come.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::chain::chain;
use shared::http::Problem;
use shared::store::{self, Backlog, SinkRecord, Store};
use utoipa::ToSchema;

use super::Api;
use super::answers::{Internal, Unavailable, failed};
use crate::events::Target;

/// A sink that gets its events later is behind.
const BEHIND: Duration = Duration::from_secs(10);

/// A receiver of events.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SinkView {
    /// What it is called in the configuration.
    name: &'static str,
    /// How it stands.
    state: SinkState,
    /// Events that it is to get and has not, of the next 100,000 that happened.
    backlog: u64,
    /// Events that were delivered to it, repeats left out.
    delivered: u64,
    /// When one was delivered last.
    #[schema(format = DateTime)]
    delivered_at: Option<String>,
    /// Since when none can be delivered.
    #[schema(format = DateTime)]
    failing_since: Option<String>,
    /// Why not.
    error: Option<String>,
}

/// How a receiver stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum SinkState {
    /// It has what happened, or gets it within seconds.
    Delivering,
    /// It takes events, but some have waited for more than ten seconds.
    Behind,
    /// Nothing can be delivered now; it is tried again and again.
    Failing,
    /// It answered 410 Gone; nothing is delivered until its address changes.
    Disabled,
}

/// Receivers of events.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SinkList {
    /// Those that are configured.
    sinks: Vec<SinkView>,
}

/// Receivers of events that are configured, and how far they have come.
#[utoipa::path(
    get,
    path = "/v1/sinks",
    tag = "sinks",
    responses(
        (status = 200, description = "The receivers.", body = SinkList, example = json!({
            "sinks": [{
                "name": "redis_streams",
                "state": "delivering",
                "backlog": 0,
                "delivered": 1250,
                "delivered_at": "2025-10-09T08:15:33.000000Z",
                "failing_since": null,
                "error": null
            }, {
                "name": "webhook",
                "state": "failing",
                "backlog": 17,
                "delivered": 1233,
                "delivered_at": "2025-10-09T08:12:01.000000Z",
                "failing_since": "2025-10-09T08:12:02.000000Z",
                "error": "cannot deliver an event to the webhook: the receiver answered 500 Internal Server Error"
            }]
        })),
        Internal, Unavailable
    )
)]
pub(super) async fn sinks(State(api): State<Api>) -> Result<Json<SinkList>, Problem> {
    let mut sinks = Vec::new();
    for target in api.scheduler.targets.iter() {
        sinks.push(match view(&api.scheduler.store, target).await {
            Ok(view) => view,
            // Of this one alone.
            Err(error @ store::Error::Value { .. }) => unreadable(target, &error),
            Err(error) => return Err(failed(error)),
        });
    }
    Ok(Json(SinkList { sinks }))
}

/// A sink whose place another version has written, say: nothing can be delivered either.
fn unreadable(target: &Target, error: &store::Error) -> SinkView {
    SinkView {
        name: target.name,
        state: SinkState::Failing,
        backlog: 0,
        delivered: 0,
        delivered_at: None,
        failing_since: None,
        error: Some(chain(error)),
    }
}

async fn view(store: &Store, target: &Target) -> Result<SinkView, store::Error> {
    let record = store.sink(target.name).await?;
    let backlog = store.backlog(&record.position, &target.types).await?;
    Ok(SinkView {
        name: target.name,
        state: state(&record, backlog),
        backlog: backlog.events,
        delivered: record.delivered,
        delivered_at: record.delivered_at.map(|time| time.to_string()),
        failing_since: record.failing_since.map(|time| time.to_string()),
        error: record.error,
    })
}

fn state(record: &SinkRecord, backlog: Backlog) -> SinkState {
    if record.disabled_at.is_some() {
        SinkState::Disabled
    } else if record.failing_since.is_some() {
        SinkState::Failing
    } else if backlog.age > BEHIND {
        SinkState::Behind
    } else {
        SinkState::Delivering
    }
}
