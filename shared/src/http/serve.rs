//! Listens, serves, and ends in order.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::serve::Listener;
use axum::{Router, middleware};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{fallback, method_not_allowed, stamp};

/// Why a role cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be had.
    #[error("cannot listen on {address}: another program may have the port; choose another")]
    Bind {
        /// Where.
        address: String,
        /// Why not.
        source: io::Error,
    },
}

/// Requests under way have this long to end once a role is to stop.
const GRACE: Duration = Duration::from_secs(10);
/// The head of a request has this long to come, from the connection or from the answer before on: a connection that nobody uses
/// is closed after it.
const HEAD: Duration = Duration::from_secs(10);

/// A listener on `address` (`127.0.0.1:8000`; port 0 is any that is free).
///
/// # Errors
/// [`ServeError::Bind`].
pub async fn bind(address: &str) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |source| ServeError::Bind {
        address: address.to_owned(),
        source,
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Serves until `stop`, then lets requests under way end, for at most ten seconds. What a connection meets ends that connection alone.
pub async fn serve(mut listener: TcpListener, routes: Router, stop: CancellationToken) {
    let routes = routes
        .fallback(fallback)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn(stamp));
    let connections = TaskTracker::new();
    // Not `axum::serve`, which can be given no limit for the head of a request.
    while let Some((stream, _)) = stop
        .run_until_cancelled(Listener::accept(&mut listener))
        .await
    {
        connections.spawn(connection(stream, routes.clone(), stop.clone()));
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(GRACE, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!(
            connections = connections.len(),
            "not all requests could be answered"
        );
    }
}

async fn connection(stream: TcpStream, routes: Router, stop: CancellationToken) {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD);
    let service = TowerToHyperService::new(routes);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let served = match stop.run_until_cancelled(serving.as_mut()).await {
        Some(served) => served,
        None => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(
            error = &*error as &dyn Error,
            "a connection ended before its time"
        );
    }
}
