//! The commands that ask a service over HTTP: `scutch batch`, `scutch dead-letters`, `scutch workers`, `scutch sinks`.
//!
//! Answers go to standard output, as tables or with `--json` as they came; what is said beside them goes to standard error.

mod answer;
mod error;
mod letters;
mod lists;
mod moment;
mod outcome;
mod pace;
mod progress;
mod service;
mod status;
mod submit;
mod table;
mod upload;
mod watch;

use std::process::ExitCode;

use anyhow::{Context, Result};
use reqwest::Method;

use self::answer::Commanded;
use self::error::Error;
use self::outcome::Outcome;
use self::service::Service;
use crate::args::{self, Address, BatchCommand, DeadLettersCommand};
use crate::terminal::say;

/// Jobs: the exit status is documented in the command's help.
pub(crate) fn batch(args: args::Batch) -> Result<ExitCode> {
    run(args.address, async |service| match args.command {
        BatchCommand::Submit(args) => submit::submit(service, &args).await,
        BatchCommand::Status(job) => status::status(service, job.id()?).await,
        BatchCommand::Watch(job) => watch::watch(service, job.id()?).await,
        BatchCommand::Pause(job) => {
            tell(service, Method::PATCH, &[&job.id()?.to_string(), "pause"]).await
        }
        BatchCommand::Resume(job) => {
            tell(service, Method::PATCH, &[&job.id()?.to_string(), "resume"]).await
        }
        BatchCommand::Cancel(job) => tell(service, Method::DELETE, &[&job.id()?.to_string()]).await,
        BatchCommand::Failures { job, limit, offset } => {
            lists::failures(service, job.id()?, limit, offset).await
        }
        BatchCommand::List {
            status,
            batch_id,
            page,
        } => lists::jobs(service, status, batch_id, page).await,
    })
}

/// Dead letters: the exit status is documented in the command's help.
pub(crate) fn dead_letters(args: args::DeadLetters) -> Result<ExitCode> {
    run(args.address, async |service| match args.command {
        DeadLettersCommand::List(page) => letters::list(service, page).await,
        DeadLettersCommand::Show { id } => letters::show(service, id).await,
        DeadLettersCommand::Replay { id } => letters::replay(service, id).await,
        DeadLettersCommand::Discard { id } => letters::discard(service, id).await,
    })
}

/// Workers: the exit status is documented in the command's help.
pub(crate) fn workers(args: args::Workers) -> Result<ExitCode> {
    run(args.address, async |service| lists::workers(service).await)
}

/// Receivers of events: the exit status is documented in the command's help.
pub(crate) fn sinks(args: args::Sinks) -> Result<ExitCode> {
    run(args.address, async |service| lists::sinks(service).await)
}

/// Runs a command against the service; says what went wrong, and gives the exit status for it.
fn run(
    address: Address,
    command: impl AsyncFnOnce(&Service) -> Result<Outcome>,
) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let done = runtime.block_on(async {
        let service = Service::new(address)?;
        let done = command(&service).await;
        if let Err(error) = &done
            && let Some(Error::Refused { body, .. }) = error.downcast_ref()
        {
            service.print_if_json(body)?;
        }
        done
    });
    // A name that is still being looked up must not be waited for.
    runtime.shutdown_background();
    match done {
        Ok(outcome) => Ok(outcome.code()),
        Err(error) => match error.downcast_ref::<Error>() {
            Some(refused) => {
                say(format_args!("scutch: {error}{}", Cause(&error)));
                refused.further().iter().for_each(say);
                Ok(refused.outcome().code())
            }
            None => Err(error),
        },
    }
}

/// Pauses, resumes or cancels a job.
async fn tell(service: &Service, method: Method, path: &[&str]) -> Result<Outcome> {
    let path = [&["v1", "jobs"], path].concat();
    let answer = service.ask(method, &path, &[]).await?;
    service.show(&answer, |told: &Commanded| {
        format!("job {}: {}\n", told.job_id, told.message)
    })?;
    Ok(Outcome::Done)
}

/// ": " and the innermost cause of an error, which says most; the layers between repeat themselves.
struct Cause<'a>(&'a anyhow::Error);

impl std::fmt::Display for Cause<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.chain().skip(1).last() {
            Some(cause) => write!(f, " ({cause})"),
            None => Ok(()),
        }
    }
}
