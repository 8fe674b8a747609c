//! `scutch batch watch`: follows a job until it has ended.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;
use shared::job::JobId;
use tokio::time::{sleep, timeout};

use super::answer::Job;
use super::error::Error;
use super::outcome::Outcome;
use super::progress::Progress;
use super::service::Service;
use super::status;
use crate::process::grouped;
use crate::terminal::say;

/// Between two questions.
const EVERY: Duration = Duration::from_millis(500);
/// For an answer while the job is followed: then it is asked again.
const ANSWER: Duration = Duration::from_secs(10);
/// A service that is away longer has not just been restarted.
const OUTAGE: Duration = Duration::from_secs(300);

/// Follows the job and shows how it gets on; says at last what it came to.
pub(super) async fn watch(service: &Service, job: JobId) -> Result<Outcome> {
    let interrupted = tokio::signal::ctrl_c();
    let mut progress = Progress::new(service.is_json());
    let followed = tokio::select! {
        followed = follow(service, job, &mut progress) => Some(followed),
        signal = interrupted => {
            signal.context("cannot listen for Ctrl-C")?;
            None
        }
    };
    progress.finish();
    let flag = service.flag();
    match followed {
        Some(Ok(ended)) => {
            if !service.is_json() {
                tell(&ended, &flag);
            }
            Ok(Outcome::of(&ended).unwrap_or(Outcome::NotDone))
        }
        Some(Err(error)) => Err(error),
        None => {
            say(format_args!(
                "scutch: the job goes on; `scutch batch watch {job}{flag}` comes back to it, \
                 `scutch batch cancel {job}{flag}` ends it"
            ));
            Ok(Outcome::Interrupted)
        }
    }
}

/// The job once it has ended.
async fn follow(service: &Service, job: JobId, progress: &mut Progress) -> Result<Job> {
    let mut printed = None;
    let mut away_since: Option<Instant> = None;
    loop {
        match answer(service, status::fetch(service, job)).await {
            Ok(answer) => {
                away_since = None;
                let job: Job = service.parse(&answer)?;
                let now = mark(&job);
                if printed.as_ref() != Some(&now) {
                    service.print_if_json(&answer)?;
                    printed = Some(now);
                }
                progress.show(&job);
                if job.status.is_terminal() {
                    return Ok(job);
                }
            }
            // Who was never there is not waited for.
            Err(error) if error.is_transient() && printed.is_some() => {
                let since = *away_since.get_or_insert_with(Instant::now);
                if since.elapsed() > OUTAGE {
                    return Err(error.into());
                }
                progress.trouble(&service.url());
            }
            Err(error) => return Err(error.into()),
        }
        sleep(EVERY).await;
    }
}

async fn answer(
    service: &Service,
    asked: impl Future<Output = Result<Value, Error>>,
) -> Result<Value, Error> {
    timeout(ANSWER, asked).await.unwrap_or_else(|_| {
        Err(Error::NoAnswer {
            url: service.url(),
            after: ANSWER,
        })
    })
}

/// What of a job counts as a change.
fn mark(job: &Job) -> (&'static str, u64, u64) {
    (job.state(), job.processed_documents, job.failed_documents)
}

/// Says what the job came to.
fn tell(job: &Job, flag: &str) {
    let id = &job.job_id;
    let mut line = format!(
        "job {id} {}: {} of {} documents cleaned",
        job.state(),
        grouped(job.processed_documents),
        grouped(job.total_documents)
    );
    if job.failed_documents > 0 {
        line += &format!(", {} failed", grouped(job.failed_documents));
    }
    if job.rejected_documents > 0 {
        let refused = grouped(job.rejected_documents);
        line += &format!(", {refused} refused when it was submitted");
    }
    say(format_args!("scutch: {line}"));
    if let Some(error) = &job.error_message {
        say(format_args!("scutch: {error}"));
    }
    if job.failed_documents + job.rejected_documents > 0 {
        say(format_args!(
            "scutch: `scutch batch failures {id}{flag}` says why"
        ));
    }
    for file in &job.output_files {
        say(format_args!("scutch: the cleaned documents are in {file}"));
    }
}
