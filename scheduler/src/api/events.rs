//! What happens to a job, as it happens: server-sent events
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::http::{Problem, Query};
use shared::job::JobId;
use shared::store::{self, JobEvent, Store};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use utoipa::{IntoParams, ToSchema};

use super::answers::{
    BadParameter, BadRequest, Internal, NotFound, Unavailable, failed, no_such_job,
};
use super::id::Id;
use super::{Api, MAX_STREAMS};
use crate::outage::Outage;
use crate::wait::wait;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// How often the store is asked.
const POLL: Duration = Duration::from_millis(500);
/// The same while it fails.
const POLL_AGAIN: Duration = Duration::from_secs(5);
/// After so many polls without news it is looked whether the job is still under way.
const QUIET_POLLS: u32 = 20;
/// Events that are read at a time.
const PAGE: u32 = 100;
/// A comment after so long a silence, so that nothing in between takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// When to ask again while there are too many streams.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// The parameters as they came.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// The id of the last event that is known; the header `Last-Event-ID`, where it is sent, goes first.
    #[param(value_type = Option<i64>, minimum = 0)]
    after: Option<String>,
}

/// The data of one event.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JobEventView {
    /// The same for each repeat of the same event.
    id: String,
    /// Its type as in `CloudEvents`.
    #[serde(rename = "type")]
    #[schema(example = "com.storytelling.cleaning.job.progress")]
    kind: String,
    /// When.
    #[schema(format = DateTime)]
    time: String,
    /// The job's numbers at that time.
    #[schema(value_type = Object)]
    data: Value,
}

/// Everything that happened and happens to a job, as server-sent events. Ends after the job's last event.
///
/// Each has an `id` that grows, its type as `event`, and as `data` a `JobEventView`. A client that lost its connection sends the
/// last id as `Last-Event-ID` and misses nothing; browsers do so by themselves.
#[utoipa::path(
    get,
    path = "/v1/jobs/{job_id}/events",
    tag = "jobs",
    params(
        ("job_id" = Uuid, Path, description = "The job."),
        Parameters,
        ("Last-Event-ID" = Option<i64>, Header, description = "The id of the last event that is known.")
    ),
    responses(
        (status = 200, description = "The events.", content_type = "text/event-stream", body = String, example = json!(
            "id: 17\nevent: com.storytelling.cleaning.job.started\ndata: {\"id\":\"0199c6a8-6f3e-7c43-9f0e-3f1c2a7be001:started\",\
             \"type\":\"com.storytelling.cleaning.job.started\",\"time\":\"2025-10-09T08:15:30.201337Z\",\"data\":{}}\n\n"
        )),
        BadRequest, NotFound, Internal, Unavailable
    )
)]
pub(super) async fn events(
    State(api): State<Api>,
    Id(id): Id<JobId>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let seq = first_seq(&headers, &parameters)?;
    let store = api.scheduler.store.clone();
    let record = store.job(id).await.map_err(failed)?;
    let record = record.ok_or_else(|| no_such_job(id))?;
    let permit = Arc::clone(&api.streams).try_acquire_owned().map_err(|_| {
        let detail = format!("{MAX_STREAMS} streams of events are served at a time, and all are");
        Problem::unavailable(detail, RETRY_AFTER)
    })?;
    let following = Following {
        store,
        stop: api.scheduler.ending.clone(),
        job: id,
        seq,
        known: VecDeque::new(),
        ends: record.job.status.is_terminal(),
        quiet_polls: 0,
        outage: Outage::of("following a job's events"),
        _permit: permit,
    };
    Ok(Sse::new(stream(following)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// Behind which event to begin; 0 is behind none.
fn first_seq(headers: &HeaderMap, parameters: &Parameters) -> Result<i64, BadParameter> {
    let known = |text: &str| text.parse().ok().filter(|seq| *seq >= 0);
    let refused = |name: &str| BadParameter(format!("{name} must be the id of an event"));
    match (headers.get(LAST_EVENT_ID), &parameters.after) {
        // Browsers send it empty where the last event had no id.
        (Some(header), _) if !header.is_empty() => {
            let text = header.to_str().unwrap_or_default();
            known(text).ok_or_else(|| refused("Last-Event-ID"))
        }
        (_, Some(after)) => known(after).ok_or_else(|| refused("after")),
        (_, None) => Ok(0),
    }
}

/// Where a client is in a job's events.
struct Following {
    store: Store,
    stop: CancellationToken,
    job: JobId,
    /// The last event that was read.
    seq: i64,
    /// Events that were read and not yet sent.
    known: VecDeque<JobEvent>,
    /// Whether no event comes any more beside those that the store has already.
    ends: bool,
    quiet_polls: u32,
    outage: Outage,
    _permit: OwnedSemaphorePermit,
}

fn stream(following: Following) -> impl Stream<Item = Result<Event, axum::Error>> {
    unfold(following, |mut following| async move {
        let event = following.next().await?;
        Some((sse(&event), following))
    })
}

fn sse(event: &JobEvent) -> Result<Event, axum::Error> {
    let kind = event.event.cloud_type();
    Event::default()
        .id(event.seq.to_string())
        .event(&kind)
        .json_data(JobEventView {
            id: event.id.clone(),
            kind,
            time: event.time.to_string(),
            data: event.data.clone(),
        })
}

impl Following {
    /// The next event, as soon as there is one; none after the last, and when we are to stop.
    async fn next(&mut self) -> Option<JobEvent> {
        loop {
            if self.stop.is_cancelled() {
                return None;
            }
            if let Some(event) = self.known.pop_front() {
                self.ends |= event.event.is_terminal();
                return Some(event);
            }
            let read = self.read().await;
            let pause = match self.outage.note(read) {
                Some(()) if !self.known.is_empty() => continue,
                Some(()) if self.ends => return None,
                Some(()) => POLL,
                None => POLL_AGAIN,
            };
            if !wait(pause, &self.stop).await {
                return None;
            }
            self.look_if_quiet().await;
        }
    }

    async fn read(&mut self) -> Result<(), store::Error> {
        let events = self.store.events(self.job, self.seq, PAGE).await?;
        if let Some(last) = events.last() {
            self.seq = last.seq;
            self.quiet_polls = 0;
        }
        self.known.extend(events);
        Ok(())
    }

    /// Notices the end of a job whose last event the client has already, and of one that is gone.
    async fn look_if_quiet(&mut self) {
        self.quiet_polls += 1;
        if self.quiet_polls.is_multiple_of(QUIET_POLLS) {
            // Where the database fails, the next poll says so.
            if let Ok(record) = self.store.job(self.job).await {
                self.ends = record.is_none_or(|record| record.job.status.is_terminal());
            }
        }
    }
}
