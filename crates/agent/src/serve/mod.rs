//! Serving HTTP: one small frame around every server of every role.
//!
//! Any client of a Pod can open connections to it. So each server holds a fixed number of them, each with small
//! buffers and a limit on what a client may take its time for: its headers, its body, its next request. When all are
//! taken the connection that has waited longest for its client makes room for the newcomer, so that thousands of
//! half-open ones cost neither memory nor the kubelet's next probe. Handlers are not cut short: they are bounded by
//! themselves.

mod connection;
mod listen;
mod pool;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use hyper_util::service::TowerToHyperService;
use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge};
use prometheus_client::registry::Registry;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use super::Failure;
use super::signals::Termination;
use pool::Pool;

/// How long the requests of a role may take that does not wait for others.
pub const GRACE: Duration = Duration::from_secs(5);

/// What a server lets its clients take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Time between connecting, or an answer, and the last byte of the next request's headers.
    pub wait: Duration,
    /// Time from a request's headers to the last byte of its body.
    pub body_time: Duration,
    /// Bytes of a request's body.
    pub body: usize,
    /// Bytes of the bodies of all requests that are read or answered at once.
    pub bodies: usize,
    /// Bytes of all large answers that their clients have not taken yet.
    pub answers: usize,
}

impl Limits {
    /// For probes, metrics and small questions.
    pub const SMALL: Self = Self {
        connections: 64,
        wait: Duration::from_secs(10),
        body_time: Duration::from_secs(10),
        body: 64 * 1024,
        bodies: 1024 * 1024,
        answers: 1024 * 1024,
    };

    /// For answers of up to some megabytes, which are made for each request.
    pub const LARGE_ANSWERS: Self = Self { connections: 8, answers: 8 * 1024 * 1024, ..Self::SMALL };
}

type Labels = Vec<(&'static str, &'static str)>;

/// The servers of one role, which end together.
pub struct Servers {
    /// What `/metrics` tells.
    pub registry: Registry,
    connections: Family<Labels, Gauge>,
    dropped: Family<Labels, Counter>,
    ending: watch::Sender<bool>,
    pools: Vec<Arc<Pool>>,
    tasks: JoinSet<()>,
}

impl Servers {
    /// None yet; the names of the role's metrics all begin alike.
    #[must_use]
    pub fn new(role: &str) -> Self {
        let mut registry = Registry::with_prefix(format!("patterns_agent_{role}"));
        let (connections, dropped) = (Family::default(), Family::default());
        registry.register("connections", "Open connections, by server", Family::clone(&connections));
        let help = "Connections closed while they waited for their client, to make room for new ones";
        registry.register("connections_dropped", help, Family::clone(&dropped));
        Self {
            registry,
            connections,
            dropped,
            ending: watch::Sender::new(false),
            pools: Vec::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Listens, and serves in the background until [`Servers::end`]. `what` names the server to people, `flag` is what
    /// gives it another address.
    ///
    /// # Errors
    /// The address cannot be had.
    pub async fn serve(
        &mut self,
        what: &'static str,
        flag: &str,
        address: SocketAddr,
        router: Router,
        limits: Limits,
    ) -> Result<(), Failure> {
        let listener = match listen::listen(address) {
            Ok(listener) => listener,
            Err(error) => return Err(Failure::Usage(listen::taken(what, flag, address, &error).await)),
        };
        let local = listener.local_addr().map_or_else(|_| address.to_string(), |local| local.to_string());
        tracing::info!(address = local, "{what} listens");
        let labels = vec![("server", what)];
        let (connections, dropped) =
            (self.connections.get_or_create_owned(&labels), self.dropped.get_or_create_owned(&labels));
        let pool = Arc::new(Pool::new(what, limits, connections, dropped));
        self.pools.push(Arc::clone(&pool));
        // The frame has read the body, within its own limit, before a handler sees it.
        let router = router.layer(DefaultBodyLimit::disable());
        let app = TowerToHyperService::new(router);
        self.spawn(connection::accept(listener, app, pool, self.ending.subscribe()));
        Ok(())
    }

    fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Connections of a server that are open now.
    #[must_use]
    pub fn connections(&self, what: &'static str) -> i64 {
        self.connections.get_or_create_owned(&vec![("server", what)]).get()
    }

    /// Waits until the role is asked to end.
    ///
    /// # Errors
    /// A server has ended by itself.
    pub async fn until(&mut self, termination: &mut Termination) -> Result<(), Failure> {
        tokio::select! {
            () = termination.wait() => Ok(()),
            Some(end) = self.tasks.join_next() => Err(ended("a server", &end)),
        }
    }

    /// Takes no more connections and lets the requests that have begun come to their end, at most for `grace`, and not
    /// when the role is asked to end once more.
    pub async fn end(self, grace: Duration, termination: &mut Termination) {
        self.ending.send_replace(true);
        let all = async {
            for pool in &self.pools {
                pool.empty().await;
            }
        };
        tokio::select! {
            () = all => {}
            () = tokio::time::sleep(grace) => tracing::warn!("ended before all requests were answered"),
            () = termination.wait() => tracing::warn!("ended by a second signal before all requests were answered"),
        }
    }
}

/// How long [`said`] listens.
const PATIENCE: Duration = Duration::from_millis(100);

/// What a server of this router says at once to a client that sends these bytes and no more, without a socket.
pub async fn said(router: Router, limits: Limits, bytes: &[u8]) -> Vec<u8> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (client, server) = tokio::io::duplex(connection::BUFFER);
    let (mut from, mut to) = tokio::io::split(client);
    let pool = Arc::new(Pool::new("test", limits, Gauge::default(), Counter::default()));
    let place = pool.take().await;
    let app = TowerToHyperService::new(router.layer(DefaultBodyLimit::disable()));
    let ending = watch::Sender::new(false);
    let serving = connection::converse(server, app, place, ending.subscribe());
    let sending = async move {
        // A server that has heard enough closes.
        drop(to.write_all(bytes).await);
        drop(to.shutdown().await);
    };
    let mut answers = Vec::new();
    // A request may ask to be answered later, and a client that has gone is not missed before.
    let whole = async { tokio::join!(serving, sending, from.read_to_end(&mut answers)) };
    drop(tokio::time::timeout(PATIENCE, whole).await);
    answers
}

/// A task that a role cannot do without has ended: so must the process, or nothing would notice and start it again.
pub fn ended(what: &str, end: &Result<(), JoinError>) -> Failure {
    let why = end.as_ref().err().map_or_else(|| "without a reason".to_owned(), ToString::to_string);
    Failure::Failed(format!("{what} has ended by itself: {why}"))
}
