//! Serving HTTP.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::Failure;

/// No role's own API takes more; `gather` sets its own limit.
const MAX_BODY: usize = 64 * 1024;

/// Listens, and serves in the background for as long as the process lives.
///
/// # Errors
/// The address cannot be had.
pub async fn serve(what: &str, address: SocketAddr, router: Router) -> Result<JoinHandle<()>, Failure> {
    let listener = listen(what, address).await?;
    let router = router.layer(DefaultBodyLimit::max(MAX_BODY));
    Ok(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "serving ended");
        }
    }))
}

/// Listens and serves until `end`, then lets the requests that have begun come to theirs.
///
/// # Errors
/// The address cannot be had.
pub async fn until(
    what: &str,
    address: SocketAddr,
    router: Router,
    end: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    let listener = listen(what, address).await?;
    let serving = axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), router);
    serving.with_graceful_shutdown(end).await.map_err(|error| Failure::Failed(format!("serving ended: {error}")))
}

async fn listen(what: &str, address: SocketAddr) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| Failure::Usage(format!("cannot listen on {address} ({what}): {error}")))?;
    let local = listener.local_addr().map_or_else(|_| address.to_string(), |local| local.to_string());
    tracing::info!(address = local, "{what} listens");
    Ok(listener)
}
