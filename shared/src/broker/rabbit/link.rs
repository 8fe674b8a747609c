//! One connection to RabbitMQ, made when it is needed and made anew when it is lost.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::warn;

use super::super::Error;
use super::super::backoff::Backoff;
use super::topology;

/// How long one attempt may take. An attempt that is given up leaves a thread in lapin until its socket ends, so this is not short.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(15);
/// How long closing may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);
/// The reply code of a close without fault.
const REPLY_SUCCESS: u16 = 200;

type Attempt = Shared<BoxFuture<'static, Result<Arc<Connection>, Error>>>;

/// A connection that everybody who needs it shares, as they share the attempt to make it.
pub(super) struct Link {
    uri: AMQPUri,
    name: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    attempt: Option<Attempt>,
    backoff: Backoff,
    /// Until when nothing is tried, and why.
    quiet: Option<(Instant, Error)>,
    is_closed: bool,
}

impl Link {
    pub(super) fn new(uri: AMQPUri, name: String) -> Self {
        Self {
            uri,
            name,
            state: Mutex::default(),
        }
    }

    /// The connection, or why there is none; soon after a failed attempt, without another.
    pub(super) async fn get(&self) -> Result<Arc<Connection>, Error> {
        let attempt = self.attempt()?;
        let outcome = attempt.clone().await;
        self.note(&attempt, &outcome);
        outcome
    }

    /// The connection, however long that takes; fails only once the link is closed.
    pub(super) async fn wait(&self) -> Result<Arc<Connection>, Error> {
        loop {
            match self.get().await {
                Err(error @ Error::Closed) => return Err(error),
                Err(_) => self.rest().await,
                Ok(connection) => return Ok(connection),
            }
        }
    }

    /// What the last attempt met, if it failed.
    pub(super) fn last_error(&self) -> Option<Error> {
        self.lock().quiet.as_ref().map(|(_, error)| error.clone())
    }

    /// Returns when the next attempt may be made.
    async fn rest(&self) {
        let until = self.lock().quiet.as_ref().map(|(until, _)| *until);
        if let Some(until) = until {
            sleep_until(until).await;
        }
    }

    /// Closes the connection and makes no other.
    pub(super) async fn close(&self) {
        let attempt = {
            let mut state = self.lock();
            state.is_closed = true;
            state.attempt.take()
        };
        if let Some(Ok(connection)) = attempt.as_ref().and_then(Shared::peek) {
            let closing = connection.close(REPLY_SUCCESS, "closed".into());
            // The server sees the end of the socket, if not the farewell.
            drop(timeout(CLOSE_LIMIT, closing).await);
        }
    }

    /// The attempt to wait for: the last one, unless its connection is lost.
    fn attempt(&self) -> Result<Attempt, Error> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(Error::Closed);
        }
        if let Some(attempt) = &state.attempt
            && !is_lost(attempt)
        {
            return Ok(attempt.clone());
        }
        if let Some((until, error)) = &state.quiet
            && Instant::now() < *until
        {
            return Err(error.clone());
        }
        let attempt = connect(self.uri.clone(), self.name.clone())
            .boxed()
            .shared();
        state.attempt = Some(attempt.clone());
        Ok(attempt)
    }

    /// Remembers how an attempt ended, once for all who waited for it.
    fn note(&self, attempt: &Attempt, outcome: &Result<Arc<Connection>, Error>) {
        let mut state = self.lock();
        if !state
            .attempt
            .as_ref()
            .is_some_and(|last| last.ptr_eq(attempt))
        {
            return;
        }
        match outcome {
            Ok(_) => {
                state.backoff.succeed();
                state.quiet = None;
            }
            Err(error) => {
                let wait = state.backoff.fail();
                state.attempt = None;
                state.quiet = Some((Instant::now() + wait, error.clone()));
                drop(state);
                warn!(
                    connection = self.name,
                    wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                    error = error as &dyn std::error::Error,
                    "no connection to RabbitMQ"
                );
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the attempt came to a connection that is gone.
fn is_lost(attempt: &Attempt) -> bool {
    match attempt.peek() {
        Some(Ok(connection)) => !connection.status().connected(),
        Some(Err(_)) => true,
        None => false,
    }
}

/// A connection at which everything lasting is declared.
async fn connect(uri: AMQPUri, name: String) -> Result<Arc<Connection>, Error> {
    let attempt = async {
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connection = Connection::connect_uri(uri, properties)
            .await
            .map_err(|source| Error::Connect { source })?;
        let declared = async {
            let channel = connection.create_channel().await?;
            topology::declare_lasting(&channel).await
        };
        declared.await.map_err(|source| Error::Amqp {
            doing: "declare the queues",
            source,
        })?;
        Ok(Arc::new(connection))
    };
    let late = Error::TimedOut {
        doing: "connecting to RabbitMQ",
    };
    timeout(ATTEMPT_LIMIT, attempt).await.unwrap_or(Err(late))
}
