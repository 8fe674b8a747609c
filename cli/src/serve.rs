//! `scutch up`, `producer`, `scheduler`, `worker`: runs roles until told to stop.

use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use embedded::{Plan, Role};
use shared::failpoint;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::model;
use crate::settings::{Log, LogFormat, Settings};

/// Whether a text says how much is logged.
pub(crate) fn is_filter(level: &str) -> bool {
    !level.trim().is_empty() && EnvFilter::try_new(level).is_ok()
}

/// All roles in one process.
pub(crate) fn up(settings: Settings) -> Result<ExitCode> {
    let data = settings.data.folder.clone();
    let roles = vec![Role::Producer, Role::Scheduler, Role::Worker];
    run(roles, true, Some(data), settings)
}

/// One role; a worker answers over HTTP only where it is told an address.
pub(crate) fn one(role: Role, serves: bool, settings: Settings) -> Result<ExitCode> {
    run(vec![role], serves, None, settings)
}

fn run(
    roles: Vec<Role>,
    serves: bool,
    data: Option<PathBuf>,
    settings: Settings,
) -> Result<ExitCode> {
    log_to_stderr(&settings.log)?;
    let _failpoints = failpoint::set_up();
    if failpoint::are_built_in() {
        tracing::warn!("this program was built for tests: the environment can make it crash");
    }
    // lapin and reqwest take whatever provider of cryptography is installed. A second installation finds one: fine.
    _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start")?;
    let is_alone = roles.len() == 1;
    let plan = Plan {
        settings: parts(&settings),
        serves,
        data: data.clone(),
        pipeline: match roles.contains(&Role::Worker) {
            true => Some(model::pipeline(settings)?),
            false => None,
        },
        roles,
    };
    let ready = move |address: Option<SocketAddr>| match (address, data) {
        (Some(address), Some(data)) if !is_alone => {
            tracing::info!(data = %data.display(), "ready: http://{address} (http://{address}/docs shows what it can)");
        }
        (Some(address), _) => tracing::info!("ready: http://{address}"),
        (None, _) => tracing::info!("ready"),
    };
    runtime.block_on(async {
        let stop = CancellationToken::new();
        listen_for_stop(stop.clone())?;
        embedded::run(plan, ready, stop).await?;
        anyhow::Ok(())
    })?;
    tracing::info!("stopped in order");
    Ok(ExitCode::SUCCESS)
}

fn parts(settings: &Settings) -> embedded::Settings {
    embedded::Settings {
        http: settings.http.clone(),
        broker: settings.broker.clone(),
        database: settings.database.clone(),
        redis: settings.redis.clone(),
        producer: settings.producer.clone(),
        scheduler: settings.scheduler,
        worker: settings.worker.clone(),
        output: settings.output.clone(),
        events: settings.events.clone(),
    }
}

/// The first Ctrl-C or SIGTERM stops in order, a second Ctrl-C at once.
fn listen_for_stop(stop: CancellationToken) -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        stop.cancel();
        tracing::info!(
            "stopping: what is in hand is finished or given back (Ctrl-C again ends at once)"
        );
        interrupt.recv().await;
        end_at_once();
    });
    Ok(())
}

/// Whatever is lost by this is found again: lost workers are noticed, chunks are published anew.
#[expect(clippy::exit, reason = "somebody pressed Ctrl-C twice")]
fn end_at_once() -> ! {
    std::process::exit(130)
}

/// lapin would print the bodies of messages that come back, which are documents; the others tell of each connection, and again what they
/// return as errors.
const SILENCED: [&str; 3] = [
    "lapin::returned_messages=off",
    "rskafka=off",
    "async_nats=off",
];

fn log_to_stderr(log: &Log) -> Result<()> {
    let mut filter = EnvFilter::try_new(&log.level).context("log.level")?;
    for silenced in SILENCED {
        filter = filter.add_directive(silenced.parse()?);
    }
    let is_human = match log.format {
        LogFormat::Human => true,
        LogFormat::Json => false,
        LogFormat::Auto => io::stderr().is_terminal(),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // It would tell them on standard error, and panic where that is gone: the task that logs would end, and nothing would stop.
        .log_internal_errors(false)
        .with_ansi(
            is_human && io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        );
    let set = if is_human {
        subscriber.try_init()
    } else {
        subscriber
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init()
    };
    set.map_err(|error| anyhow::anyhow!("cannot log: {error}"))
}
