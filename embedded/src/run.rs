//! Starts roles, and ends them in order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pipeline::Pipeline;
use producer::Producer;
use scheduler::{EventSinks, Scheduler};
use shared::{broker, checkpoint, http, store};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use worker::{Storage, Worker};

use crate::Settings;
use crate::servers::Servers;
use crate::site::{self, Site};

/// A part of the system that can run by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Takes documents in.
    Producer,
    /// Keeps the truth about jobs.
    Scheduler,
    /// Cleans.
    Worker,
}

/// What is to run.
pub struct Plan {
    /// Which roles.
    pub roles: Vec<Role>,
    /// What is set.
    pub settings: Settings,
    /// Whether HTTP is served: a worker can do without.
    pub serves: bool,
    /// The folder of the embedded database and of outputs, for a system in this one process.
    pub data: Option<PathBuf>,
    /// What cleans; needed by the worker.
    pub pipeline: Option<Pipeline>,
}

/// Why roles cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A role by itself needs servers that it shares with the others.
    #[error(
        "no servers are named: a role by itself needs broker.url and database.url (`scutch up` runs all in one process without)"
    )]
    NoServers,
    /// One server is named and the other is not.
    #[error("{there} is set and {missing} is not: set both, or none to run all in one process")]
    Alone {
        /// The key that is set.
        there: &'static str,
        /// The one that is not.
        missing: &'static str,
    },
    /// Where cleaned documents go.
    #[error(transparent)]
    Output(#[from] worker::OpenError),
    /// The worker's pipeline is missing: a fault of the caller.
    #[error("no pipeline was given to the worker")]
    NoPipeline,
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The broker.
    #[error(transparent)]
    Broker(#[from] broker::Error),
    /// The checkpoints.
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Error),
    /// HTTP.
    #[error(transparent)]
    Serve(#[from] http::ServeError),
    /// The worker.
    #[error(transparent)]
    Worker(#[from] worker::Error),
    /// A role ended that should not have.
    #[error("a role ended by itself; the log says more")]
    Ended,
}

/// Longest wait for the tables before requests are answered.
const MIGRATE_WITHIN: Duration = Duration::from_secs(5);
/// Between two tries to bring the tables to this version.
const MIGRATE_AGAIN: Duration = Duration::from_secs(1);
/// Before a worker that was given up for lost is followed by another.
const NEXT_WORKER: Duration = Duration::from_secs(1);

/// Runs the roles until `stop`; `ready` is told the address once it is listened on.
///
/// # Errors
/// [`Error`], when they cannot start, or one of them cannot go on.
pub async fn run(
    plan: Plan,
    ready: impl FnOnce(Option<SocketAddr>),
    stop: CancellationToken,
) -> Result<(), Error> {
    let servers = Servers::open(&plan.settings, plan.data.as_deref())?;
    let has_database = plan.settings.database.url.is_some();
    if !has_database {
        servers.store.restarted().await?;
    }
    let mut tasks: JoinSet<Result<(), Error>> = JoinSet::new();
    let migrated = CancellationToken::new();
    tasks.spawn(migrate(
        servers.store.clone(),
        migrated.clone(),
        stop.clone(),
    ));
    let mut site = Site::default();
    for role in &plan.roles {
        match role {
            Role::Producer => {
                let producer = Producer::new(
                    plan.settings.producer.clone(),
                    servers.store.clone(),
                    servers.broker.clone(),
                )
                .without(plan.settings.output.missing(has_database));
                site.add("producer", producer::api(producer.clone()));
                let stop = stop.clone();
                tasks.spawn(async move {
                    producer::run(producer, stop).await;
                    Ok(())
                });
            }
            Role::Scheduler => {
                let scheduler = Scheduler::new(
                    plan.settings.scheduler,
                    servers.store.clone(),
                    servers.broker.clone(),
                    servers.checkpoint.clone(),
                    &EventSinks {
                        settings: plan.settings.events.clone(),
                        redis_url: plan.settings.redis.url.clone(),
                        broker_url: plan.settings.broker.url.clone(),
                    },
                );
                site.add("scheduler", scheduler::api(scheduler.clone()));
                let (stop, migrated) = (stop.clone(), migrated.clone());
                tasks.spawn(async move {
                    if happens(&migrated, &stop).await {
                        scheduler::run(scheduler, stop).await;
                    }
                    Ok(())
                });
            }
            Role::Worker => {
                let worker = Worker {
                    settings: plan.settings.worker.clone(),
                    store: servers.store.clone(),
                    heartbeat_store: servers.heartbeat_store.clone(),
                    broker: servers.broker.clone(),
                    checkpoint: servers.checkpoint.clone(),
                    pipeline: plan.pipeline.clone().ok_or(Error::NoPipeline)?,
                    storage: Storage::open(
                        &plan.settings.output,
                        plan.data.as_deref().map(output_of).as_deref(),
                        has_database,
                    )?,
                    tells_documents: plan.settings.events.documents,
                };
                site.add_worker(worker.clone());
                // Beside other roles a lost worker is followed by a new one; by itself the process ends, and who started it sees that.
                let is_alone = plan.roles.len() == 1;
                let (stop, migrated) = (stop.clone(), migrated.clone());
                tasks.spawn(async move {
                    if happens(&migrated, &stop).await {
                        work(worker, is_alone, stop).await
                    } else {
                        Ok(())
                    }
                });
            }
        }
    }
    // A database that is there has its tables before anybody is told that we are ready; one that is away keeps nobody waiting long.
    drop(tokio::time::timeout(MIGRATE_WITHIN, happens(&migrated, &stop)).await);
    let address = if plan.serves {
        let (listener, address) = http::bind(&plan.settings.http.listen).await?;
        let routes = site::routes(site, servers.clone());
        let stop = stop.clone();
        tasks.spawn(async move {
            http::serve(listener, routes, stop).await;
            Ok(())
        });
        Some(address)
    } else {
        None
    };
    ready(address);
    let outcome = until_stopped(&mut tasks, &stop).await;
    servers.broker.close().await;
    outcome
}

/// Where files go that have no other place.
fn output_of(data: &Path) -> String {
    data.join("output").to_string_lossy().into_owned()
}

/// Whether `event` happens before `stop`.
async fn happens(event: &CancellationToken, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = event.cancelled() => true,
        () = stop.cancelled() => false,
    }
}

/// Brings the tables to this version, as soon as the database is there, and then waits for the stop.
async fn migrate(
    store: store::Store,
    migrated: CancellationToken,
    stop: CancellationToken,
) -> Result<(), Error> {
    let mut is_told = false;
    while !stop.is_cancelled() {
        match store.migrate().await {
            Ok(()) => {
                migrated.cancel();
                stop.cancelled().await;
            }
            Err(error) if error.is_transient() => {
                if !is_told {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, "the database is away; waiting for it");
                }
                is_told = true;
                drop(tokio::time::timeout(MIGRATE_AGAIN, stop.cancelled()).await);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Waits for the stop and then for all tasks; the first that ends before the stop ends all.
async fn until_stopped(
    tasks: &mut JoinSet<Result<(), Error>>,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let mut outcome = Ok(());
    while let Some(ended) = tasks.join_next().await {
        let was_early = !stop.is_cancelled();
        stop.cancel();
        let failed = match ended {
            Ok(Ok(())) if was_early => Some(Error::Ended),
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error),
            Err(error) => {
                tracing::error!(%error, "a role broke down");
                Some(Error::Ended)
            }
        };
        if outcome.is_ok()
            && let Some(error) = failed
        {
            outcome = Err(error);
        }
    }
    outcome
}

async fn work(worker: Worker, is_alone: bool, stop: CancellationToken) -> Result<(), Error> {
    loop {
        match worker::run(worker.clone(), stop.clone()).await {
            Ok(()) => return Ok(()),
            Err(worker::Error::Lost) if !is_alone && !stop.is_cancelled() => {
                tracing::warn!("the worker was given up for lost; another one starts");
                tokio::time::sleep(NEXT_WORKER).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}
