//! The arguments of the commands that ask a service: `batch`, `dead-letters`, `workers`, `sinks`.
#![expect(
    clippy::doc_markdown,
    reason = "these comments are the help text, which a terminal shows as it stands"
)]

use std::path::PathBuf;

use anyhow::Context;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use reqwest::Url;
use shared::job::{JobId, JobStatus, Priority};
use uuid::Uuid;

/// Where a service is that nobody said the address of.
const USUAL_ADDRESS: &str = "http://127.0.0.1:8000";

/// The exit statuses of every command that asks a service.
const EXIT_STATUS: &str = "Exit status:
  0    done; when waiting: every document came through
  1    when waiting: the job failed, or documents of it failed or were refused; the last lines say which
  2    it could not be done: bad arguments, no connection, refused; the message says why
  3    when waiting: the job was cancelled
  4    there is no such job or dead letter
  5    it conflicts with the state that the job or dead letter is in
  130  Ctrl-C while waiting: the job goes on";

/// Which service, and in which form its answers are shown.
#[derive(Debug, Args)]
pub(crate) struct Address {
    /// The service
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "SCUTCH_URL",
        hide_env_values = true,
        default_value = USUAL_ADDRESS,
        value_parser = parse_url,
        help_heading = "Service"
    )]
    pub(crate) url: Url,
    /// The service's answers as they are, each on a line of its own on standard output
    #[arg(long, global = true, help_heading = "Service")]
    pub(crate) json: bool,
}

impl Address {
    /// What a command needs besides to reach the same service again.
    pub(crate) fn as_flag(&self) -> String {
        if Url::parse(USUAL_ADDRESS).is_ok_and(|usual| usual == self.url) {
            return String::new();
        }
        format!(" --url {}", self.shown())
    }

    /// The address without a password that it may hold.
    pub(crate) fn shown(&self) -> String {
        let mut url = self.url.clone();
        if url.password().is_some() {
            // Cannot fail: what has a password has a host.
            _ = url.set_password(Some("***"));
        }
        url.as_str().trim_end_matches('/').to_owned()
    }
}

/// Submit, watch and control jobs.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXIT_STATUS}

Examples:
  scutch batch submit -f samples/wikinews.jsonl --wait
  JOB=$(scutch batch submit -f feed.jsonl.zst --priority low)
  scutch batch pause $JOB && scutch batch status $JOB
  scutch batch list --status failed --json | jq -r '.jobs[].job_id'"))]
pub(crate) struct Batch {
    #[command(subcommand)]
    pub(crate) command: BatchCommand,
    #[command(flatten)]
    pub(crate) address: Address,
}

/// What can be done with jobs.
#[derive(Debug, Subcommand)]
pub(crate) enum BatchCommand {
    /// Send a JSONL file of articles as a job
    #[command(after_help = format!("{EXIT_STATUS}

The job's id goes to standard output, everything else that a person wants to know to standard error.
Bad lines are refused by number and never stop the rest; scutch validate FILE finds them without a service."))]
    Submit(Box<Submit>),
    /// Show how a job stands
    #[command(after_help = EXIT_STATUS)]
    Status(Job),
    /// Follow a job until it has ended
    #[command(after_help = EXIT_STATUS)]
    Watch(Job),
    /// Let a job rest; what workers have begun is finished first
    #[command(after_help = EXIT_STATUS)]
    Pause(Job),
    /// Let a paused job go on
    #[command(after_help = EXIT_STATUS)]
    Resume(Job),
    /// End a job
    #[command(after_help = EXIT_STATUS)]
    Cancel(Job),
    /// List the documents of a job that failed or were refused, each with its reason
    #[command(after_help = EXIT_STATUS)]
    Failures {
        #[command(flatten)]
        job: Job,
        /// How many at most, 1 to 1000
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// How many to leave out
        #[arg(long, value_name = "N", default_value_t = 0)]
        offset: u64,
    },
    /// List jobs, the newest first
    #[command(after_help = EXIT_STATUS)]
    List {
        /// Only those in this state
        #[arg(long, value_parser = one_of(JobStatus::ALL.iter().map(|status| status.as_str())))]
        status: Option<String>,
        /// Only those of this batch
        #[arg(long, value_name = "ID")]
        batch_id: Option<String>,
        #[command(flatten)]
        page: Page,
    },
}

/// A file as a job.
#[derive(Debug, Args)]
pub(crate) struct Submit {
    /// JSONL to send: plain, gzip or zstd (told by content); - is standard input
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// batch_id of the job and of every output document [default: null]
    #[arg(short, long, value_name = "ID")]
    pub(crate) batch_id: Option<String>,
    /// Documents between two checkpoints, 1 to 1000 [default: the service's]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) checkpoint_interval: Option<u32>,
    /// Where the cleaned documents go, as in -e jsonl; may be given several times [default: the service's]
    #[arg(short = 'e', long = "backend", value_name = "BACKEND")]
    pub(crate) backends: Vec<String>,
    /// Which work goes first [default: normal]
    #[arg(long, value_parser = one_of(Priority::ALL.iter().map(|priority| priority.as_str())))]
    pub(crate) priority: Option<String>,
    /// Not to start before, as in 2030-01-31T06:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) run_at: Option<Timestamp>,
    /// Makes it safe to send again: the same key and file give the first job, not a second one
    #[arg(long, value_name = "KEY", value_parser = parse_key)]
    pub(crate) idempotency_key: Option<String>,
    /// Follow the job until it has ended; the exit status tells how
    #[arg(short, long)]
    pub(crate) wait: bool,
}

/// Which job.
#[derive(Debug, Args)]
pub(crate) struct Job {
    /// The job
    #[arg(value_name = "JOB_ID", required_unless_present = "option")]
    argument: Option<JobId>,
    /// The same as the argument
    #[arg(
        short = 'j',
        long = "job-id",
        value_name = "JOB_ID",
        conflicts_with = "argument"
    )]
    option: Option<JobId>,
}

impl Job {
    /// The job.
    ///
    /// # Errors
    /// Never after parsing, which sees to it that there is one.
    pub(crate) fn id(&self) -> anyhow::Result<JobId> {
        self.argument.or(self.option).context("no job is named")
    }
}

/// Which part of a list.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Page {
    /// How many at most, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) limit: u32,
    /// How many of the newest to leave out
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) offset: u64,
}

/// What a service gave up.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub(crate) struct DeadLetters {
    #[command(subcommand)]
    pub(crate) command: DeadLettersCommand,
    #[command(flatten)]
    pub(crate) address: Address,
}

/// What can be done with what was given up.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadLettersCommand {
    /// List what was given up, the newest first
    #[command(after_help = EXIT_STATUS)]
    List(Page),
    /// Show one with all that is known of it
    #[command(after_help = EXIT_STATUS)]
    Show {
        /// The dead letter
        id: Uuid,
    },
    /// Have it done again: a chunk as a new job, a message by sending it again
    #[command(after_help = EXIT_STATUS)]
    Replay {
        /// The dead letter
        id: Uuid,
    },
    /// Throw it away
    #[command(after_help = EXIT_STATUS)]
    Discard {
        /// The dead letter
        id: Uuid,
    },
}

/// The workers of a service.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub(crate) struct Workers {
    #[command(flatten)]
    pub(crate) address: Address,
}

/// The receivers of a service's events.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub(crate) struct Sinks {
    #[command(flatten)]
    pub(crate) address: Address,
}

/// Takes one of these words, and has the help list them.
fn one_of(words: impl Iterator<Item = &'static str>) -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(words)
}

/// An address of a service. An empty one, as of a variable that is set to nothing, is the usual one.
fn parse_url(text: &str) -> Result<Url, String> {
    let text = if text.is_empty() { USUAL_ADDRESS } else { text };
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(_) | Err(_) => {
            Err("expected http:// or https:// and a host, as in http://127.0.0.1:8000".to_owned())
        }
    }
}

/// A key as a header can carry it.
fn parse_key(text: &str) -> Result<String, String> {
    if (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err("expected 1 to 255 visible ASCII characters".to_owned())
}
