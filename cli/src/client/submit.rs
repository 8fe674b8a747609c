//! `scutch batch submit`: a file becomes a job.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use shared::job::JobId;

use super::answer::Accepted;
use super::error::{Error, entries};
use super::outcome::Outcome;
use super::service::Service;
use super::upload::Upload;
use super::watch;
use crate::args::Submit;
use crate::print;
use crate::process::grouped;
use crate::terminal::say;

/// For the service to take the next part of the file, and to answer once it has all of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends the file, tells what became of it, and follows the job if that is wanted.
pub(super) async fn submit(service: &Service, args: &Submit) -> Result<Outcome> {
    let (mut upload, body) = Upload::open(&args.file)?;
    let name = match args.file.file_name() {
        Some(name) if args.file.as_os_str() != "-" => name.to_string_lossy().into_owned(),
        Some(_) | None => "stdin.jsonl".to_owned(),
    };
    let file = Part::stream(body)
        .file_name(name)
        .mime_str("application/x-ndjson")
        .context("cannot name the type of the file")?;
    // The file last, so that the service knows what is asked for before it reads on.
    let form = options(args).part("file", file);
    let path = ["v1", "preprocess", "batch-file"];
    let mut request = service.request(Method::POST, &path, &[]).multipart(form);
    if let Some(key) = &args.idempotency_key {
        request = request.header("Idempotency-Key", key);
    }
    let answered = async {
        let response = request.send().await.map_err(|error| service.lost(error))?;
        let is_repeated = response.headers().contains_key("Idempotency-Replayed");
        Ok::<_, Error>((service.read(response).await?, is_repeated))
    };
    let answered = tokio::select! {
        answered = answered => answered,
        () = upload.stalled(PATIENCE) => {
            Err(Error::NoAnswer { url: service.url(), after: PATIENCE })
        }
    };
    let (answer, is_repeated) = match answered {
        Ok(answered) => answered,
        Err(error) => {
            if let Some(failure) = upload.failure() {
                return Err(failure).with_context(|| {
                    format!("cannot read {}; nothing was submitted", args.file.display())
                });
            }
            warn_of_twins(&error, args);
            return Err(error.into());
        }
    };
    let accepted: Accepted = service.parse(&answer)?;
    service.print_if_json(&answer)?;
    if !service.is_json() {
        print(&format!("{}\n", accepted.job_id))?;
        tell(&accepted, is_repeated, service, args);
    }
    if !args.wait {
        return Ok(Outcome::Done);
    }
    let job: JobId = accepted
        .job_id
        .parse()
        .context("the service did not answer with the id of a job")?;
    watch::watch(service, job).await
}

fn options(args: &Submit) -> Form {
    let texts = [
        ("batch_id", args.batch_id.clone()),
        (
            "checkpoint_interval",
            args.checkpoint_interval.map(|every| every.to_string()),
        ),
        ("priority", args.priority.clone()),
        ("run_at", args.run_at.map(|time| time.to_string())),
        (
            "persist_to_backends",
            (!args.backends.is_empty()).then(|| args.backends.join(",")),
        ),
    ];
    texts
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?)))
        .fold(Form::new(), |form, (name, text)| form.text(name, text))
}

/// Without an answer nobody knows whether there is a job.
fn warn_of_twins(error: &Error, args: &Submit) {
    let is_unknown = matches!(error, Error::NoAnswer { .. } | Error::BrokenOff { .. });
    match (&args.idempotency_key, is_unknown) {
        (Some(_), true) => say(
            "scutch: whether there is a job now is unknown; the same command again makes no second one",
        ),
        (None, true) => say(
            "scutch: whether there is a job now is unknown: see `scutch batch list`; \
             with --idempotency-key a submission can be repeated safely",
        ),
        (Some(_) | None, false) => {}
    }
}

fn tell(accepted: &Accepted, is_repeated: bool, service: &Service, args: &Submit) {
    let job = &accepted.job_id;
    if is_repeated {
        say("scutch: this was submitted before with the same key: the job is the first one");
    }
    let s = |count| if count == 1 { "" } else { "s" };
    let total = accepted.total_documents;
    let mut line = format!("{} document{} accepted", grouped(total), s(total));
    let refused = accepted.rejected_documents;
    if refused > 0 {
        line += &format!(", {} refused:", grouped(refused));
    }
    say(format_args!("scutch: {line}"));
    for line in entries(&accepted.rejected, Some(refused)) {
        say(line);
    }
    let flag = service.flag();
    if refused > accepted.rejected.len() as u64 {
        say(format_args!(
            "scutch: `scutch batch failures {job}{flag}` lists all of them"
        ));
    }
    if !args.wait {
        say(format_args!(
            "scutch: `scutch batch watch {job}{flag}` follows it"
        ));
    }
}
