//! The command `scutch`.

mod args;
mod client;
mod config;
mod eval;
#[cfg(feature = "hub")]
mod hub;
mod info;
mod model;
mod process;
mod serve;
mod settings;
mod terminal;
mod test_model;
mod validate;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{CommandFactory, Parser};
use embedded::Role;

use crate::args::{Cli, Command, ConfigCommand, Configuration, Eval};
use crate::config::{Flag, Loaded, Sources};
use crate::settings::Settings;
use crate::terminal::say;

/// The exit status of a command that could not do its work.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    tell_panics_by_place();
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            say(format_args!("scutch: {error:#}"));
            ExitCode::from(FAILED)
        }
    }
}

/// What a panic says may quote a document, so only its place is told.
fn tell_panics_by_place() {
    std::panic::set_hook(Box::new(|panic| match panic.location() {
        Some(place) => say(format_args!("scutch: failed at {place}; please report it")),
        None => say("scutch: failed at an unknown place; please report it"),
    }));
}

fn run(cli: Cli) -> Result<ExitCode> {
    let flags = cli.command.flags();
    let load = |file: Option<PathBuf>| load(&cli.configuration, file, flags);
    match cli.command {
        Command::Process(args) => {
            let settings = load(None)?.settings;
            process::run(process::Plan {
                input: args.input,
                output: args.output,
                resume: args.resume,
                quiet: args.quiet,
                threads: settings.process.threads(),
                max_line_bytes: settings.process.max_line_bytes,
                checkpoint_interval: settings.process.checkpoint_interval,
                job_id: args.job_id,
                batch_id: args.batch_id,
                options: serde_json::json!({ "cleaning": settings.cleaning, "model": settings.model }),
                pipeline: model::pipeline(settings)?,
            })
        }
        Command::Validate(args) => validate::run(&args, &load(None)?.settings),
        Command::Info(args) => {
            print(&info::report(&load(None)?, args.json)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::TestModel(args) => {
            print(&test_model::show(&args, load(None)?.settings)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Up(_) => serve::up(load(None)?.settings),
        Command::Producer(_) => serve::one(Role::Producer, true, load(None)?.settings),
        Command::Scheduler(_) => serve::one(Role::Scheduler, true, load(None)?.settings),
        Command::Worker(args) => {
            let serves = args.listen.listen.is_some();
            serve::one(Role::Worker, serves, load(None)?.settings)
        }
        Command::Batch(args) => client::batch(args),
        Command::DeadLetters(args) => client::dead_letters(args),
        Command::Workers(args) => client::workers(args),
        Command::Sinks(args) => client::sinks(args),
        Command::Eval(eval) => {
            let mut settings = load(None)?.settings;
            // It is measured whether or not it is switched on.
            settings.cleaning.enable_typo_correction = true;
            let pipeline = model::pipeline(settings)?;
            let report = match eval {
                Eval::Ner(args) => eval::ner(&args, &pipeline),
                Eval::Typos(args) => eval::typos(&args, &pipeline),
            };
            print(&report?)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Config(ConfigCommand::Check { file }) => {
            let loaded = load(file)?;
            let own = loaded
                .values
                .iter()
                .filter(|entry| !entry.origin.is_default())
                .count();
            print(&format!(
                "The configuration is good: {} keys, {own} of them not the default.\n",
                loaded.values.len()
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Config(ConfigCommand::Default) => {
            print(settings::DEFAULT)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "scutch", &mut script);
            print(&String::from_utf8_lossy(&script))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Man { command } => {
            print(&manual(command.as_deref())?)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The settings in force; the environment is read here and nowhere else.
fn load(
    configuration: &Configuration,
    file: Option<PathBuf>,
    flags: Vec<Flag>,
) -> Result<Loaded<Settings>> {
    let set = configuration.set.iter().map(|(key, value)| Flag {
        key: key.clone(),
        value: value.clone(),
        name: "--set".to_owned(),
    });
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let sources = Sources {
        file: file.or_else(|| configuration.config.clone()),
        environment,
        flags: set.chain(flags).collect(),
    };
    settings::load(&sources).context("the configuration is refused")
}

/// The manual page of a command, in roff.
fn manual(name: Option<&str>) -> Result<String> {
    let mut scutch = Cli::command();
    scutch.build();
    let command = match name {
        None => scutch,
        Some(name) => match scutch.find_subcommand(name) {
            Some(command) => command.clone().name(format!("scutch-{name}")),
            None => bail!("there is no command {name}; scutch --help lists them"),
        },
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .context("cannot write the manual page")?;
    String::from_utf8(page).context("cannot write the manual page")
}

/// Prints on standard output. A reader that closed it early (`| head`) has what it wanted.
fn print(text: &str) -> Result<()> {
    match io::stdout()
        .write_all(text.as_bytes())
        .and_then(|()| io::stdout().flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}
