//! `scutch process`: a file of articles in, a file of cleaned articles out, on all cores and in bounded memory.
//!
//! One thread reads lines into numbered batches, one thread a core parses and cleans them, and the calling thread puts the
//! answers back in order, finds duplicate ids, writes, and keeps the checkpoint.

mod batch;
mod checkpoint;
mod counts;
mod files;
pub(crate) mod input;
mod progress;
mod reader;
mod sink;
pub(crate) mod worker;
mod writer;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};
use embedded::article::Stamp;
use pipeline::Pipeline;
use uuid::Uuid;

use self::batch::{Batch, UnderWay};
use self::checkpoint::Checkpoint;
pub(crate) use self::counts::grouped;
use self::files::Paths;
use self::input::BytesRead;
use self::progress::Progress;
use self::sink::Sink;
use self::writer::{Ending, Message, Writer};
use crate::terminal::say;

/// What one run is to do.
pub(crate) struct Plan {
    /// JSONL, plain, gzip or zstd; `-` is standard input.
    pub(crate) input: PathBuf,
    /// JSONL; `-` is standard output.
    pub(crate) output: PathBuf,
    /// Go on where a run that was ended left off.
    pub(crate) resume: bool,
    /// Say nothing but errors.
    pub(crate) quiet: bool,
    /// Threads that clean.
    pub(crate) threads: usize,
    /// Longest line that is read, in bytes.
    pub(crate) max_line_bytes: usize,
    /// Documents between two checkpoints.
    pub(crate) checkpoint_interval: u64,
    /// The job id in every output line; a new one if none.
    pub(crate) job_id: Option<String>,
    /// The batch id in every output line.
    pub(crate) batch_id: Option<String>,
    /// The settings that shape the output, by section: a resumed run must have the same.
    pub(crate) options: serde_json::Value,
    /// What does it.
    pub(crate) pipeline: Pipeline,
}

/// Every document came through.
const ALL_GOOD: u8 = 0;
/// Some documents failed; the others are in the output.
const SOME_FAILED: u8 = 1;
/// Nothing could be done, or not to the end.
const NOTHING_DONE: u8 = 2;
/// Ended by Ctrl-C or SIGTERM; can be resumed. 128 + SIGINT, as shells have it.
const INTERRUPTED: u8 = 130;

/// Runs the plan; the exit status is documented in the command's help.
pub(crate) fn run(plan: Plan) -> Result<ExitCode> {
    check_paths(&plan)?;
    let stop = stop_on_signal()?;

    let read = BytesRead::default();
    let (mut input, size) = input::open(&plan.input, plan.max_line_bytes, &read)?;
    let (mut checkpoint, is_resumed) = starting_point(&plan)?;
    let mut seen = writer::Seen::default();
    if is_resumed {
        reader::skip(&mut input, &checkpoint.input, &mut seen, &stop)?;
        if stop.load(Ordering::Relaxed) {
            return Ok(ExitCode::from(INTERRUPTED));
        }
        say(format_args!(
            "scutch: going on behind line {}",
            grouped(checkpoint.input.line)
        ));
    }
    let sink = Sink::open(&plan.output, is_resumed.then_some(&checkpoint))?;
    let resumed_at = checkpoint.counts.documents();
    let stamp = Stamp {
        job_id: checkpoint.job_id.clone(),
        batch_id: checkpoint.batch_id.clone(),
    };
    checkpoint.input = input.position();

    let under_way = Arc::new(UnderWay::default());
    let (messages_in, messages) = mpsc::sync_channel(4 * plan.threads);
    let work = start_reader(input, &under_way, &stop, messages_in.clone(), plan.threads);
    start_workers(&plan, stamp, &stop, work, messages_in);

    let progress = Progress::new(size, &read, plan.quiet, resumed_at);
    let writer = Writer {
        sink,
        checkpoint,
        seen,
        under_way,
        progress,
        checkpoint_interval: plan.checkpoint_interval,
    };
    let ending = writer.run(&messages, &stop)?;
    report(&plan, &ending, resumed_at)
}

fn check_paths(plan: &Plan) -> Result<()> {
    let is_stdout = plan.output.as_os_str() == "-";
    if plan.resume && is_stdout {
        bail!(
            "--resume needs an output file: what went to standard output cannot be taken up again"
        );
    }
    if is_stdout {
        return Ok(());
    }
    if let Some("gz" | "zst") = plan
        .output
        .extension()
        .and_then(|extension| extension.to_str())
    {
        bail!(
            "the output is written plain, so {} would be misnamed; compress it afterwards",
            plan.output.display()
        );
    }
    let folder = plan
        .output
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    if !folder.is_dir() {
        bail!(
            "the folder {} of the output does not exist; make it first",
            folder.display()
        );
    }
    if plan.output.is_dir() {
        bail!(
            "the output {} is a folder; name a file",
            plan.output.display()
        );
    }
    let is_same = |a: &Path, b: &Path| {
        a.canonicalize()
            .is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
    };
    if is_same(&plan.input, &plan.output) {
        bail!(
            "input and output are the same file, {}",
            plan.input.display()
        );
    }
    Ok(())
}

/// A flag that Ctrl-C or SIGTERM sets.
fn stop_on_signal() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
        .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}

/// The checkpoint to begin from, and whether it is one of an earlier run.
fn starting_point(plan: &Plan) -> Result<(Checkpoint, bool)> {
    let options = &plan.options;
    let fresh = || {
        let job_id = plan
            .job_id
            .clone()
            .unwrap_or_else(|| Uuid::now_v7().to_string());
        Checkpoint::new(job_id, plan.batch_id.clone(), options.clone())
    };
    if plan.output.as_os_str() == "-" {
        return Ok((fresh(), false));
    }
    let path = Paths::new(&plan.output).checkpoint;
    let earlier = match Checkpoint::read(&path) {
        Ok(earlier) => earlier,
        Err(error) if plan.resume => return Err(error),
        Err(_) => None,
    };
    match (plan.resume, earlier) {
        (true, Some(earlier)) => {
            if earlier.options != *options {
                bail!(
                    "the options are not those of the run to resume ({}); give the same ones, or run without --resume",
                    differences(&earlier.options, options)
                );
            }
            let is_other =
                |given: Option<&String>, was: Option<&String>| given.is_some() && given != was;
            if is_other(plan.job_id.as_ref(), Some(&earlier.job_id))
                || is_other(plan.batch_id.as_ref(), earlier.batch_id.as_ref())
            {
                bail!(
                    "the run to resume has another --job-id or --batch-id; leave them out to go on with its own"
                );
            }
            Ok((earlier, true))
        }
        (true, None) => {
            say("scutch: nothing to resume, starting from the beginning");
            Ok((fresh(), false))
        }
        (false, Some(earlier)) => {
            say(format_args!(
                "scutch: an unfinished run of {} documents is given up and started anew (--resume would go on with it)",
                grouped(earlier.counts.documents())
            ));
            Ok((fresh(), false))
        }
        (false, None) => Ok((fresh(), false)),
    }
}

/// The keys in which two settings differ, for a person.
fn differences(was: &serde_json::Value, is: &serde_json::Value) -> String {
    let mut keys = Vec::new();
    for (section, values) in was.as_object().into_iter().flatten() {
        let values = values.as_object().into_iter().flatten();
        let changed = values.filter(|(key, value)| is[section].get(key) != Some(value));
        keys.extend(changed.map(|(key, _)| format!("{section}.{key}")));
    }
    if keys.is_empty() {
        "other options".to_owned()
    } else {
        keys.join(", ")
    }
}

fn start_reader(
    input: input::Input,
    under_way: &Arc<UnderWay>,
    stop: &Arc<AtomicBool>,
    messages: SyncSender<Message>,
    threads: usize,
) -> Receiver<Batch> {
    let (work_in, work) = mpsc::sync_channel(2 * threads);
    let (under_way, stop) = (Arc::clone(under_way), Arc::clone(stop));
    // Not joined: it may wait for ever in a read from a terminal or a pipe.
    thread::spawn(move || reader::read(input, &under_way, &stop, &work_in, &messages));
    work
}

fn start_workers(
    plan: &Plan,
    stamp: Stamp,
    stop: &Arc<AtomicBool>,
    work: Receiver<Batch>,
    messages: SyncSender<Message>,
) {
    let work = Arc::new(Mutex::new(work));
    for _ in 0..plan.threads {
        let (pipeline, stamp, stop) = (plan.pipeline.clone(), stamp.clone(), Arc::clone(stop));
        let (work, messages) = (Arc::clone(&work), messages.clone());
        thread::spawn(move || {
            loop {
                let batch = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(batch) = batch else { break };
                let answer = worker::work(&pipeline, &stamp, batch, &stop);
                if messages.send(Message::Answer(answer)).is_err() {
                    break;
                }
            }
        });
    }
}

fn report(plan: &Plan, ending: &Ending, resumed_at: u64) -> Result<ExitCode> {
    let table = |counts: &counts::Counts, took| counts.table(took, resumed_at, plan.threads);
    let errors = Paths::new(&plan.output).errors;
    let has_files = plan.output.as_os_str() != "-";
    let code = match ending {
        Ending::Whole { counts, took } => {
            if !plan.quiet {
                say(table(counts, *took));
                if let Some(model) = plan.pipeline.model() {
                    say(counts::model_line(&model.statistics(), model.device()));
                }
            }
            if counts.cleaned > 0 && has_files && !plan.quiet {
                say(format_args!(
                    "scutch: the cleaned documents are in {}",
                    plan.output.display()
                ));
            }
            if counts.all_failed() > 0 && has_files {
                say(format_args!(
                    "scutch: the failures, by line, are in {}",
                    errors.display()
                ));
            }
            match (counts.cleaned, counts.all_failed()) {
                (0, _) => {
                    say("scutch: no document came through, so there is no output");
                    NOTHING_DONE
                }
                (_, 0) => ALL_GOOD,
                (_, _) => SOME_FAILED,
            }
        }
        Ending::Stopped { counts } if !has_files => {
            say(format_args!(
                "scutch: stopped after {} documents",
                grouped(counts.documents())
            ));
            INTERRUPTED
        }
        Ending::Stopped { counts } => {
            say(format_args!(
                "scutch: stopped; {} documents are kept, run the same command with --resume to go on",
                grouped(counts.documents())
            ));
            INTERRUPTED
        }
        Ending::Unreadable {
            counts,
            line,
            error,
        } => {
            say(format_args!(
                "scutch: cannot read the input behind line {}: {error}; {} documents are kept, \
                 mend the input and run the same command with --resume to go on",
                grouped(*line),
                grouped(counts.documents())
            ));
            NOTHING_DONE
        }
    };
    Ok(ExitCode::from(code))
}
