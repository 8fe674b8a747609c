//! The command line.
#![expect(
    clippy::doc_markdown,
    reason = "these comments are the help text, which a terminal shows as it stands"
)]

mod jobs;
mod service;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use self::jobs::{
    Address, Batch, BatchCommand, DeadLetters, DeadLettersCommand, Page, Sinks, Submit, Workers,
};
pub(crate) use self::service::{Alone, Up};
use crate::config::Flag;

/// Clean news articles: HTML, mojibake, white space, punctuation and typos out; dates, times and amounts found.
#[derive(Debug, Parser)]
#[command(
    name = "scutch",
    version,
    after_help = "Examples:
  scutch process -i articles.jsonl -o cleaned.jsonl     clean a file on all cores
  scutch process -i articles.jsonl.zst -o cleaned.jsonl --resume
                                                        go on with a run that was ended
  zcat feed.gz | scutch process -i - -o - | jq .cleaned_text
  scutch validate articles.jsonl                        what is wrong with which line
  scutch test-model --text 'The goverment spent $2.5bn on Friday.'
  scutch batch submit -f articles.jsonl --wait          have a service clean a file, and watch it
  scutch info                                           what runs, with which settings, and where each came from"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) configuration: Configuration,
}

/// Where settings come from besides the environment.
#[derive(Debug, Args)]
pub(crate) struct Configuration {
    /// A YAML file over the defaults [default: $SCUTCH_CONFIG, else ./scutch.yaml if it is there]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Configuration"
    )]
    pub(crate) config: Option<PathBuf>,
    /// Set one key of the configuration, as in --set process.threads=2
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = parse_set, help_heading = "Configuration")]
    pub(crate) set: Vec<(String, String)>,
}

fn parse_set(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .ok_or_else(|| "expected KEY=VALUE, as in process.threads=2".to_owned())
}

/// What the command can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Clean a JSONL file of articles
    Process(Process),
    /// Check a JSONL file of articles without cleaning it
    Validate(Validate),
    /// Show version, model, device, cores and the settings in force with their origins
    Info(Info),
    /// Clean one text and show its entities and corrections in colour
    TestModel(TestModel),
    /// Run the whole service in one process
    Up(Up),
    /// Run a producer: takes documents in
    Producer(Alone),
    /// Run a scheduler: keeps the truth about jobs
    Scheduler(Alone),
    /// Run a worker: cleans
    Worker(Alone),
    /// Submit, watch and control the jobs of a service
    Batch(Batch),
    /// Look at what a service gave up, and have it done again
    DeadLetters(DeadLetters),
    /// List the workers of a service
    Workers(Workers),
    /// List who is told what happens to jobs, and how far each is
    Sinks(Sinks),
    /// Measure entities or typo correction on your own data
    #[command(subcommand)]
    Eval(Eval),
    /// Check or print the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  scutch completions bash > /etc/bash_completion.d/scutch")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page of scutch or of one of its commands, in roff
    #[command(after_help = "Example:\n  scutch man process | man -l -")]
    Man {
        /// A command, such as process; scutch itself if none
        command: Option<String>,
    },
}

/// Clean a JSONL file of articles.
#[derive(Debug, Args)]
#[command(after_help = "Exit status:
  0    every document came through
  1    some documents failed: they are in OUTPUT.errors.jsonl with line, field and reason
  2    nothing could be done, or not to the end; the message says why
  130  ended by Ctrl-C or SIGTERM: what is done is kept, --resume goes on

Files:
  OUTPUT               appears when it is whole
  OUTPUT.errors.jsonl  the documents that failed, if any
  OUTPUT.partial, OUTPUT.errors.partial, OUTPUT.checkpoint
                       an unfinished run; --resume needs them

Examples:
  scutch process -i samples/wikinews.jsonl -o cleaned.jsonl
  scutch process -i feed.jsonl.gz -o cleaned.jsonl --disable enable_typo_correction
  scutch process -i feed.jsonl -o cleaned.jsonl --enable standardize_currency,standardize_units
  cat feed.jsonl | scutch process -i - -o - > cleaned.jsonl")]
pub(crate) struct Process {
    /// JSONL to clean: plain, gzip or zstd (told by content); - is standard input
    #[arg(short, long, value_name = "FILE")]
    pub(crate) input: PathBuf,
    /// JSONL to write; - is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Go on where an ended run of the same input and output left off
    #[arg(long)]
    pub(crate) resume: bool,
    /// Threads that clean [default: one for each core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// job_id of every output line [default: a new UUID]
    #[arg(long, value_name = "ID")]
    pub(crate) job_id: Option<String>,
    /// batch_id of every output line [default: null]
    #[arg(long, value_name = "ID")]
    pub(crate) batch_id: Option<String>,
    /// Show neither progress nor the closing table
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) steps: Steps,
}

/// Which cleaning steps one run does.
#[derive(Debug, Args)]
pub(crate) struct Steps {
    /// Switch cleaning steps off for this run
    #[arg(
        long,
        value_name = "STEP",
        value_delimiter = ',',
        help_heading = "Cleaning steps"
    )]
    pub(crate) disable: Vec<Step>,
    /// Switch cleaning steps on for this run; the same names
    #[arg(
        long,
        value_name = "STEP",
        value_delimiter = ',',
        hide_possible_values = true,
        help_heading = "Cleaning steps"
    )]
    pub(crate) enable: Vec<Step>,
    /// The same as --disable enable_typo_correction
    #[arg(long, help_heading = "Cleaning steps")]
    pub(crate) disable_typo_correction: bool,
}

/// A switch of the section `cleaning`.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Step {
    RemoveHtmlTags,
    FixEncoding,
    NormalizeWhitespace,
    NormalizePunctuation,
    NormalizeUnicodeDashes,
    NormalizeSmartQuotes,
    RemoveExcessivePunctuation,
    AddSpaceAfterPunctuation,
    StandardizeCurrency,
    StandardizeUnits,
    EnableTypoCorrection,
    DetectLanguage,
    FindFirstDate,
}

/// Check a JSONL file of articles.
#[derive(Debug, Args)]
#[command(after_help = "Exit status:
  0  every line is a valid article
  1  some lines are not
  2  the file cannot be read, or holds no valid article")]
pub(crate) struct Validate {
    /// JSONL to check: plain, gzip or zstd; - is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Report as JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show what runs.
#[derive(Debug, Args)]
pub(crate) struct Info {
    /// As one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Clean one text and show it.
#[derive(Debug, Args)]
pub(crate) struct TestModel {
    /// The text [default: standard input]
    #[arg(long)]
    pub(crate) text: Option<String>,
    /// The day it was published, YYYY-MM-DD, against which "on Friday" is resolved
    #[arg(long, value_name = "DATE")]
    pub(crate) published: Option<shared::article::Day>,
    /// Print the output document instead
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) steps: Steps,
}

/// Measure on your own data.
#[derive(Debug, Subcommand)]
pub(crate) enum Eval {
    /// Precision, recall and F1 of the entities against a file in the CoNLL format
    Ner(EvalNer),
    /// How many misspelt words are put right and how many right words are damaged
    Typos(EvalTypos),
}

/// Entities against gold data.
#[derive(Debug, Args)]
#[command(
    after_help = "The file has a token a line with its tag (BIO, IOB1 or BIOES) in the last column, and a blank line between
sentences. Scores are of whole spans: exact, and with articles, titles, possessives and punctuation
trimmed from their edges, on which conventions differ. Intervals are of 1,000 bootstrap resamples.

A map has a line for each label of the file:
  PER: PERSON
  LOC: [GPE, LOC, FAC]
  MISC: null            (left out)"
)]
pub(crate) struct EvalNer {
    /// Gold data in the CoNLL format
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Which of our types count as which label
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Typo correction against pairs.
#[derive(Debug, Args)]
#[command(
    after_help = "Each row has the text as written, a tab, and the text as meant, with as many words: sentences, or
single words, which are judged inside a plain sentence.

Example row:
  The goverment recieved it.<TAB>The government received it."
)]
pub(crate) struct EvalTypos {
    /// Pairs, tab separated
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say whether the configuration is good; all mistakes at once
    Check {
        /// The file to check [default: the one that would be read]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Print the default configuration, which explains every key
    Default,
}

impl Steps {
    /// The steps as settings of the configuration.
    pub(crate) fn flags(&self) -> Vec<Flag> {
        let flag = |step: &Step, value: &str, name: &str| {
            let key = step
                .to_possible_value()
                .map(|value| format!("cleaning.{}", value.get_name()));
            key.map(|key| Flag {
                key,
                value: value.to_owned(),
                name: name.to_owned(),
            })
        };
        let typo = self
            .disable_typo_correction
            .then_some(Step::EnableTypoCorrection);
        let disabled = self
            .disable
            .iter()
            .filter_map(|step| flag(step, "false", "--disable"));
        let enabled = self
            .enable
            .iter()
            .filter_map(|step| flag(step, "true", "--enable"));
        let without_typos = typo
            .iter()
            .filter_map(|step| flag(step, "false", "--disable-typo-correction"));
        disabled.chain(enabled).chain(without_typos).collect()
    }
}

impl Command {
    /// The settings that the flags of this command stand for.
    pub(crate) fn flags(&self) -> Vec<Flag> {
        match self {
            Self::Process(process) => {
                let threads = process.threads.map(|threads| Flag {
                    key: "process.threads".to_owned(),
                    value: threads.to_string(),
                    name: "--threads".to_owned(),
                });
                process.steps.flags().into_iter().chain(threads).collect()
            }
            Self::TestModel(test_model) => test_model.steps.flags(),
            Self::Up(up) => up.flags(),
            Self::Producer(alone) | Self::Scheduler(alone) | Self::Worker(alone) => alone.flags(),
            Self::Validate(_)
            | Self::Info(_)
            | Self::Batch(_)
            | Self::DeadLetters(_)
            | Self::Workers(_)
            | Self::Sinks(_)
            | Self::Eval(_)
            | Self::Config(_)
            | Self::Completions { .. }
            | Self::Man { .. } => Vec::new(),
        }
    }
}
