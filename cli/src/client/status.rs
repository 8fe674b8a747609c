//! `scutch batch status`: how one job stands.

use anyhow::Result;
use serde_json::Value;
use shared::job::{JobId, JobStatus};

use super::answer::Job;
use super::moment::moment;
use super::outcome::Outcome;
use super::pace::rate;
use super::service::Service;
use super::table::{pairs, width};
use crate::process::grouped;

/// Shows a job.
pub(super) async fn status(service: &Service, job: JobId) -> Result<Outcome> {
    let answer = fetch(service, job).await?;
    service.show(&answer, |job: &Job| block(job, width()))?;
    Ok(Outcome::Done)
}

/// What the service says of a job.
pub(super) async fn fetch(service: &Service, job: JobId) -> Result<Value, super::Error> {
    service.get(&["v1", "jobs", &job.to_string()], &[]).await
}

/// All that is known of a job, a line for each.
fn block(job: &Job, width: Option<usize>) -> String {
    let counted = |count: u64| (count > 0).then(|| grouped(count));
    let time = |time: &Option<String>| time.as_deref().map(|time| moment(time) + " UTC");
    // When it last rested matters while it rests, when it went on while it goes.
    let is_paused = job.status == JobStatus::Paused;
    let left = job.total_documents.saturating_sub(job.done());
    let speed = job.statistics.get("documents_per_second");
    let speed = speed.and_then(Value::as_f64).filter(|speed| *speed > 0.0);
    let files = job.output_files.iter().map(String::as_str);
    let files: Vec<_> = files.collect();
    let metadata = Value::Object(job.metadata.clone());
    pairs(
        &[
            ("job", Some(job.job_id.clone())),
            ("batch", job.batch_id.clone()),
            ("state", Some(job.state().to_owned())),
            ("progress", Some(format!("{} %", job.progress_percent))),
            ("documents", Some(grouped(job.total_documents))),
            ("  cleaned", Some(grouped(job.processed_documents))),
            ("  failed", counted(job.failed_documents)),
            ("  to do", counted(left)),
            ("refused", counted(job.rejected_documents)),
            ("chunks", chunks(job)),
            ("backends", backends(job)),
            (
                "speed",
                speed.map(|speed| format!("{} documents/s", rate(speed))),
            ),
            ("priority", Some(job.priority.to_string())),
            ("created", time(&Some(job.created_at.clone()))),
            ("not before", time(&job.run_at)),
            ("started", time(&job.started_at)),
            ("paused", time(&job.paused_at).filter(|_| is_paused)),
            ("resumed", time(&job.resumed_at).filter(|_| !is_paused)),
            ("ended", time(&job.completed_at)),
            ("output", (!files.is_empty()).then(|| files.join(" "))),
            ("error", job.error_message.clone()),
            (
                "metadata",
                (!job.metadata.is_empty()).then(|| metadata.to_string()),
            ),
        ],
        width,
    )
}

/// "elasticsearch behind (127, 64 to come, 1 refused), jsonl writing (191)"
fn backends(job: &Job) -> Option<String> {
    let backends = job.backends.iter().map(|(name, backend)| {
        let more = [(backend.behind, "to come"), (backend.refused, "refused")];
        let more = more.into_iter().filter(|(count, _)| *count > 0);
        let more: String = more
            .map(|(count, what)| format!(", {} {what}", grouped(count)))
            .collect();
        let accepted = grouped(backend.accepted);
        let error = backend.error.as_ref().map(|error| format!(": {error}"));
        let error = error.unwrap_or_default();
        format!("{name} {} ({accepted}{more}){error}", backend.state)
    });
    let backends: Vec<String> = backends.collect();
    (!backends.is_empty()).then(|| backends.join(", "))
}

/// "12 ready, 3 leased, 4 done"
fn chunks(job: &Job) -> Option<String> {
    let chunks = job.statistics.get("chunks")?.as_object()?;
    let states: Vec<_> = chunks
        .iter()
        .filter_map(|(state, count)| Some((state, count.as_u64()?)))
        .filter(|(_, count)| *count > 0)
        .map(|(state, count)| format!("{} {state}", grouped(count)))
        .collect();
    (!states.is_empty()).then(|| states.join(", "))
}
