//! Lists: jobs, failed documents, workers, receivers of events.

use anyhow::Result;
use shared::job::JobId;

use super::answer::{Failures, Jobs, Sinks, Workers};
use super::moment::moment;
use super::outcome::Outcome;
use super::service::Service;
use super::table::{Column, Side, table, width};
use crate::args::Page;
use crate::process::grouped;
use crate::terminal::say;

const JOBS: &[Column] = &[
    column("JOB", Side::Left, 0),
    column("STATE", Side::Left, 0),
    column("%", Side::Right, 1),
    column("DOCUMENTS", Side::Right, 2),
    column("FAILED", Side::Right, 3),
    column("PRIORITY", Side::Left, 6),
    column("CREATED (UTC)", Side::Left, 4),
    column("BATCH", Side::Left, 5),
];

const FAILURES: &[Column] = &[
    column("DOCUMENT", Side::Left, 2),
    column("CHUNK", Side::Right, 4),
    column("INDEX", Side::Right, 1),
    column("KIND", Side::Left, 5),
    column("FIELD", Side::Left, 3),
    column("REASON", Side::Wrapped, 0),
];

const WORKERS: &[Column] = &[
    column("WORKER", Side::Left, 0),
    column("STATE", Side::Left, 0),
    column("BUSY", Side::Right, 1),
    column("HOST", Side::Left, 2),
    column("PID", Side::Right, 3),
    column("DEVICE", Side::Left, 4),
    column("VERSION", Side::Left, 6),
    column("SEEN (UTC)", Side::Left, 5),
];

const SINKS: &[Column] = &[
    column("SINK", Side::Left, 0),
    column("STATE", Side::Left, 0),
    column("BACKLOG", Side::Right, 1),
    column("DELIVERED", Side::Right, 2),
    column("LAST (UTC)", Side::Left, 3),
    column("ERROR", Side::Wrapped, 4),
];

/// A column of this name.
pub(super) const fn column(name: &'static str, side: Side, rank: u8) -> Column {
    Column { name, side, rank }
}

/// Shows jobs, the newest first.
pub(super) async fn jobs(
    service: &Service,
    status: Option<String>,
    batch_id: Option<String>,
    page: Page,
) -> Result<Outcome> {
    let mut query = paging(page.limit, page.offset);
    query.extend(status.map(|status| ("status_filter", status)));
    query.extend(batch_id.map(|batch_id| ("batch_id", batch_id)));
    let answer = service.get(&["v1", "jobs"], &query).await?;
    service.show(&answer, |answer: &Jobs| {
        let rows = answer.jobs.iter().map(|job| {
            vec![
                job.job_id.clone(),
                job.state().to_owned(),
                job.percent().to_string(),
                grouped(job.total_documents),
                grouped(job.failed_documents),
                job.priority.to_string(),
                moment(&job.created_at),
                job.batch_id.clone().unwrap_or_default(),
            ]
        });
        part(
            "jobs",
            JOBS,
            rows.collect(),
            page.offset,
            answer.total_count,
        )
    })?;
    Ok(Outcome::Done)
}

/// Shows the documents of a job that failed.
pub(super) async fn failures(
    service: &Service,
    job: JobId,
    limit: u32,
    offset: u64,
) -> Result<Outcome> {
    let path = ["v1", "jobs", &job.to_string(), "failures"];
    let answer = service.get(&path, &paging(limit, offset)).await?;
    service.show(&answer, |answer: &Failures| {
        let rows = answer.failures.iter().map(|failure| {
            vec![
                failure.document_id.clone().unwrap_or_default(),
                // Of what was refused at once the index is a line of the file, or an index in the submission.
                failure.chunk.map_or_else(|| "refused".to_owned(), grouped),
                grouped(failure.document),
                failure.kind.clone(),
                failure.field.clone().unwrap_or_default(),
                match &failure.backend {
                    Some(backend) => format!("{backend}: {}", failure.reason),
                    None => failure.reason.clone(),
                },
            ]
        });
        let rows = rows.collect();
        part(
            "failed documents",
            FAILURES,
            rows,
            offset,
            answer.total_count,
        )
    })?;
    Ok(Outcome::Done)
}

/// Shows who is told what happens to jobs.
pub(super) async fn sinks(service: &Service) -> Result<Outcome> {
    let answer = service.get(&["v1", "sinks"], &[]).await?;
    service.show(&answer, |answer: &Sinks| {
        let rows = answer.sinks.iter().map(|sink| {
            vec![
                sink.name.clone(),
                sink.state.clone(),
                grouped(sink.backlog),
                grouped(sink.delivered),
                sink.delivered_at.as_deref().map(moment).unwrap_or_default(),
                sink.error.clone().unwrap_or_default(),
            ]
        });
        let total = answer.sinks.len() as u64;
        part("receivers of events", SINKS, rows.collect(), 0, total)
    })?;
    Ok(Outcome::Done)
}

/// Shows the workers that are known.
pub(super) async fn workers(service: &Service) -> Result<Outcome> {
    let answer = service.get(&["v1", "workers"], &[]).await?;
    service.show(&answer, |answer: &Workers| {
        let rows = answer.workers.iter().map(|worker| {
            vec![
                worker.worker_id.clone(),
                worker.state.clone(),
                format!("{}/{}", worker.busy, worker.slots),
                worker.host.clone(),
                worker.pid.to_string(),
                worker.device.clone(),
                worker.version.clone(),
                moment(&worker.seen_at),
            ]
        });
        let total = answer.workers.len() as u64;
        part("workers", WORKERS, rows.collect(), 0, total)
    })?;
    Ok(Outcome::Done)
}

/// A list's part as the service is asked for it.
pub(super) fn paging(limit: u32, offset: u64) -> Vec<(&'static str, String)> {
    vec![("limit", limit.to_string()), ("offset", offset.to_string())]
}

/// The table of a part of a list; which part it is goes to standard error.
pub(super) fn part(
    what: &str,
    columns: &[Column],
    rows: Vec<Vec<String>>,
    offset: u64,
    total: u64,
) -> String {
    let shown = rows.len() as u64;
    let end = offset + shown;
    if shown == 0 {
        match total {
            0 => say(format_args!("scutch: there are no {what}")),
            _ => say(format_args!(
                "scutch: there are only {} {what}",
                grouped(total)
            )),
        }
        return String::new();
    }
    if shown < total {
        let next = match end < total {
            true => format!("; --offset {end} shows the next"),
            false => String::new(),
        };
        say(format_args!(
            "scutch: {} to {} of {} {what}{next}",
            grouped(offset + 1),
            grouped(end),
            grouped(total)
        ));
    }
    table(columns, &rows, width())
}
