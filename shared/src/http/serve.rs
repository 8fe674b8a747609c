//! Listens, serves, and ends in order.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

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
    /// Serving ended by itself.
    #[error("cannot serve any more")]
    Serve(#[source] io::Error),
}

/// Requests under way have this long to end once a role is to stop.
const GRACE: Duration = Duration::from_secs(10);

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

/// Serves until `stop`, then lets requests under way end, for at most ten seconds.
///
/// # Errors
/// [`ServeError::Serve`].
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let routes = routes
        .fallback(fallback)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn(stamp));
    let ended = stop.clone();
    let server = axum::serve(listener, routes)
        .with_graceful_shutdown(async move { ended.cancelled().await });
    tokio::select! {
        served = server => served.map_err(ServeError::Serve),
        () = async { stop.cancelled().await; tokio::time::sleep(GRACE).await } => Ok(()),
    }
}
