//! Serving HTTP: one small frame around every server of every role.
//!
//! Whoever can reach a Pod can open connections to it. So each server holds a fixed number of them, each with small
//! buffers and a limit on what a client may take its time for: its headers, its body, its next request. When all are
//! taken the connection that has waited longest for its client makes room for the newcomer, so that thousands of
//! half-open ones cost neither memory nor the kubelet's next probe. Handlers are not cut short: they are bounded by
//! themselves.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge};
use prometheus_client::registry::Registry;
use serde_json::json;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};

use super::Failure;
use super::http::Http;

/// A request's head, and what is read or written at once. hyper would let each connection have 400 KB.
const BUFFER: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;

/// What the kernel keeps of a connection that nobody has accepted or read yet, and how many of the first kind.
const RECEIVE_BUFFER: u32 = 64 * 1024;
const BACKLOG: u32 = 1024;

/// How long the requests of a role may take that does not wait for others.
pub const GRACE: Duration = Duration::from_secs(5);

/// How long a server whose own files or memory run short leaves newcomers alone.
const OUT_OF_FILES: Duration = Duration::from_millis(100);

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
}

impl Limits {
    /// For probes, metrics and small questions.
    pub const SMALL: Self = Self {
        connections: 64,
        wait: Duration::from_secs(10),
        body_time: Duration::from_secs(10),
        body: 64 * 1024,
        bodies: 1024 * 1024,
    };

    /// For answers of up to some megabytes, which are made for each request.
    pub const LARGE_ANSWERS: Self = Self { connections: 8, ..Self::SMALL };
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
        Self { registry, connections, dropped, ending: watch::Sender::new(false), pools: Vec::new() }
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
        let listener = match listen(address) {
            Ok(listener) => listener,
            Err(error) => return Err(Failure::Usage(taken(what, flag, address, &error).await)),
        };
        let local = listener.local_addr().map_or_else(|_| address.to_string(), |local| local.to_string());
        tracing::info!(address = local, "{what} listens");
        let labels = vec![("server", what)];
        let pool = Arc::new(Pool {
            what,
            limits,
            bodies: Arc::new(Semaphore::new(limits.bodies)),
            state: Mutex::default(),
            changed: Notify::new(),
            connections: self.connections.get_or_create_owned(&labels),
            dropped: self.dropped.get_or_create_owned(&labels),
        });
        self.pools.push(Arc::clone(&pool));
        // The frame has read the body, within its own limit, before a handler sees it.
        let router = router.layer(DefaultBodyLimit::disable());
        tokio::spawn(accept(listener, TowerToHyperService::new(router), pool, self.ending.subscribe()));
        Ok(())
    }

    /// Takes no more connections and lets the requests that have begun come to their end, at most for `grace`.
    pub async fn end(self, grace: Duration) {
        self.ending.send_replace(true);
        let all = async {
            for pool in &self.pools {
                pool.empty().await;
            }
        };
        if tokio::time::timeout(grace, all).await.is_err() {
            tracing::warn!("ended before all requests were answered");
        }
    }
}

/// As tokio's `TcpListener::bind`, with small buffers.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Says why an address cannot be had, and what to do.
async fn taken(what: &str, flag: &str, address: SocketAddr, error: &std::io::Error) -> String {
    let variable = format!("PATTERNS_AGENT_{}", flag.trim_start_matches('-').to_uppercase().replace('-', "_"));
    let another = format!("give this one another: {flag} {}:PORT, or {variable}", address.ip());
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            let who = match neighbour(address).await {
                Some(role) => format!("another agent of this Pod, {role}, listens there"),
                None => "another container of this Pod probably listens there".to_owned(),
            };
            format!(
                "cannot listen on {address} ({what}): {error}. The containers of a Pod share its ports, and {who}; {another}"
            )
        }
        std::io::ErrorKind::PermissionDenied => {
            format!("cannot listen on {address} ({what}): {error}. Ports below 1024 may need root; {another}")
        }
        _ => format!("cannot listen on {address} ({what}): {error}; {another}"),
    }
}

/// The role of the agent whose status server has an address: its metrics begin with it.
async fn neighbour(address: SocketAddr) -> Option<String> {
    let ip = if address.ip().is_unspecified() { [127, 0, 0, 1].into() } else { address.ip() };
    let uri = format!("http://{}/metrics", SocketAddr::new(ip, address.port())).parse().ok()?;
    let time = Duration::from_secs(1);
    let answer = Http::new(time).get(uri, 1024 * 1024, time).await.ok()?;
    let text = String::from_utf8_lossy(&answer.body);
    let (_, rest) = text.split_once("patterns_agent_")?;
    let (role, _) = rest.split_once("_connections")?;
    Some(role.replace('_', "-"))
}

type App = TowerToHyperService<Router>;

async fn accept(listener: TcpListener, app: App, pool: Arc<Pool>, mut ending: watch::Receiver<bool>) {
    let ended = ending.clone();
    let accepting = async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    drop(stream.set_nodelay(true));
                    let place = pool.take().await;
                    tokio::spawn(converse(stream, app.clone(), place, ended.clone()));
                }
                // What one client has done is over with it; anything else is over when files or memory are free.
                Err(error) if error.raw_os_error().is_some_and(of_one_client) => {}
                Err(error) => {
                    tracing::warn!(%error, "{} cannot accept connections", pool.what);
                    tokio::time::sleep(OUT_OF_FILES).await;
                }
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        _ = ending.wait_for(|ending| *ending) => {}
    }
}

fn of_one_client(error: i32) -> bool {
    use rustix::io::Errno;
    [Errno::CONNABORTED, Errno::CONNRESET, Errno::CONNREFUSED, Errno::INTR].map(Errno::raw_os_error).contains(&error)
}

/// One connection, to its end.
async fn converse(stream: TcpStream, app: App, place: Arc<Place>, mut ending: watch::Receiver<bool>) {
    let service = {
        let (place, ending) = (Arc::clone(&place), ending.clone());
        service_fn(move |request| {
            let (app, place, ending) = (app.clone(), Arc::clone(&place), ending.clone());
            async move { Ok::<_, Infallible>(answer(request, app, place, ending).await) }
        })
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(place.pool.limits.wait)
        .max_buf_size(BUFFER)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // What goes wrong with a connection is its client's business; hyper has answered what can be answered.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = place.dropped.notified() => return,
        _ = ending.wait_for(|ending| *ending) => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = connection => {}
        () = place.dropped.notified() => {}
    }
}

/// Reads the whole request, in which time the connection waits for its client, and has the role answer it.
async fn answer(
    request: Request<Incoming>,
    app: App,
    place: Arc<Place>,
    mut ending: watch::Receiver<bool>,
) -> Response {
    let (parts, body) = request.into_parts();
    let reading = tokio::time::timeout(place.pool.limits.body_time, place.pool.read(body));
    let late = || Err((StatusCode::REQUEST_TIMEOUT, "the body came too slowly".to_owned()));
    let (body, _held) = match reading.await.unwrap_or_else(|_| late()) {
        Ok(body) => body,
        Err((status, error)) => return refuse(status, &error),
    };
    place.work();
    let Ok(response) = app.call(Request::from_parts(parts, Body::from(body))).await;
    place.wait();
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    // A stream has no end of its own.
    response.map(|body| {
        let end = async move { drop(ending.wait_for(|ending| *ending).await) };
        Body::from_stream(body.into_data_stream().take_until(Box::pin(end)))
    })
}

fn refuse(status: StatusCode, error: &str) -> Response {
    // The rest of what the client sends is not waited for.
    (status, [(header::CONNECTION, "close")], Json(json!({ "error": error }))).into_response()
}

/// The connections of one server.
struct Pool {
    what: &'static str,
    limits: Limits,
    /// What is left of `limits.bodies`.
    bodies: Arc<Semaphore>,
    state: Mutex<State>,
    changed: Notify,
    connections: Gauge,
    dropped: Counter,
}

#[derive(Default)]
struct State {
    open: usize,
    next: u64,
    /// Those that wait for their client, by how long.
    waiting: BTreeMap<u64, Arc<Notify>>,
    /// When it was last said that there is not room for all.
    said: Option<Instant>,
}

impl Pool {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection; another's when there is none, or the next that is given back when all are at work.
    async fn take(self: &Arc<Self>) -> Arc<Place> {
        loop {
            let oldest = {
                let mut state = self.state();
                if state.open < self.limits.connections {
                    state.open += 1;
                    break;
                }
                let oldest = state.waiting.pop_first();
                if oldest.is_some() && state.said.is_none_or(|said| said.elapsed() > Duration::from_secs(60)) {
                    state.said = Some(Instant::now());
                    let limit = self.limits.connections;
                    tracing::warn!(
                        limit,
                        "{}: more connections than fit; those that wait longest are closed",
                        self.what
                    );
                }
                oldest
            };
            if let Some((_, oldest)) = oldest {
                self.dropped.inc();
                oldest.notify_one();
            }
            self.changed.notified().await;
        }
        self.connections.inc();
        let place = Place { pool: Arc::clone(self), dropped: Arc::default(), turn: Mutex::new(None) };
        place.wait();
        Arc::new(place)
    }

    /// A whole body, and its part of what all bodies may take.
    async fn read(&self, mut body: Incoming) -> Result<(Bytes, Option<OwnedSemaphorePermit>), (StatusCode, String)> {
        let (mut whole, mut held) = (Vec::new(), None::<OwnedSemaphorePermit>);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| (StatusCode::BAD_REQUEST, "the body broke off".to_owned()))?;
            let Ok(chunk) = frame.into_data() else { continue };
            if whole.len() + chunk.len() > self.limits.body {
                let error = format!("the body is larger than {} bytes", self.limits.body);
                return Err((StatusCode::PAYLOAD_TOO_LARGE, error));
            }
            let room = u32::try_from(chunk.len())
                .ok()
                .and_then(|bytes| Arc::clone(&self.bodies).try_acquire_many_owned(bytes).ok());
            let full = || (StatusCode::SERVICE_UNAVAILABLE, "too many large requests at once".to_owned());
            let room = room.ok_or_else(full)?;
            match &mut held {
                Some(held) => held.merge(room),
                None => held = Some(room),
            }
            whole.extend_from_slice(&chunk);
        }
        Ok((whole.into(), held))
    }

    async fn empty(&self) {
        while self.state().open > 0 {
            self.changed.notified().await;
        }
    }
}

/// A connection's place, given back when it is dropped.
struct Place {
    pool: Arc<Pool>,
    /// Says that another needs the place.
    dropped: Arc<Notify>,
    turn: Mutex<Option<u64>>,
}

impl Place {
    /// It is the client's turn.
    fn wait(&self) {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.pool.state();
        state.next += 1;
        *turn = Some(state.next);
        let next = state.next;
        state.waiting.insert(next, Arc::clone(&self.dropped));
    }

    /// It is the role's turn.
    fn work(&self) {
        if let Some(turn) = self.turn.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.pool.state().waiting.remove(&turn);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.work();
        self.pool.state().open -= 1;
        self.pool.connections.dec();
        self.pool.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const FEW: Limits = Limits {
        connections: 2,
        wait: Duration::from_millis(600),
        body_time: Duration::from_millis(300),
        body: 1000,
        bodies: 1500,
    };

    async fn server() -> (Servers, SocketAddr) {
        let mut servers = Servers::new("test");
        let slow = || async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            "slow"
        };
        let router = Router::new().route("/", get(|| async { "ok" })).route("/", post(|body: String| async { body }));
        let router = router.route("/slow", get(slow)).route(
            "/stream",
            get(|| async {
                let never = futures_util::stream::once(async { Ok::<_, Infallible>("begin") });
                Body::from_stream(never.chain(futures_util::stream::pending()))
            }),
        );
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        servers.serve("test", "--listen", free, router, FEW).await.unwrap();
        (servers, free)
    }

    /// All that the server says until it closes the connection.
    async fn told(stream: &mut TcpStream) -> String {
        let mut text = Vec::new();
        let reading = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut text)).await;
        drop(reading.expect("the server keeps the connection"));
        String::from_utf8(text).unwrap()
    }

    async fn say(address: SocketAddr, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    const ASK: &str = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

    #[tokio::test]
    async fn who_waits_longest_makes_room() {
        let (_servers, address) = server().await;
        let mut first = say(address, "GET / HTTP/1.1\r\nx: ").await;
        let mut second = say(address, "GET /slow HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(told(&mut say(address, ASK).await).await.ends_with("ok"));
        assert_eq!(told(&mut first).await, "", "it had not said what it wants");
        assert!(told(&mut second).await.ends_with("slow"), "it was at work");
    }

    #[tokio::test]
    async fn a_client_that_is_slow_or_says_too_much_is_left() {
        let (_servers, address) = server().await;
        let start = Instant::now();
        assert_eq!(told(&mut say(address, "GET / HTTP/1.1\r\nx: ").await).await, "");
        assert!(start.elapsed() < Duration::from_secs(2));
        let kept = say(address, "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        assert!(told(&mut kept.await).await.ends_with("ok"), "and then waited for its next request in vain");
        let post =
            |length: usize, body: &str| format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{body}");
        for (request, status) in [
            (post(10, "abc"), "408 Request Timeout"),
            (post(1001, &"a".repeat(1001)), "413 Payload Too Large"),
            (format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(2 * BUFFER)), "431 "),
            (format!("GET / HTTP/1.1\r\n{}\r\n", "x: a\r\n".repeat(MAX_HEADERS + 1)), "431 "),
        ] {
            let answer = told(&mut say(address, &request).await).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{status}: {answer}");
        }
        let _half = say(address, &post(1000, &"a".repeat(900))).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let answer = told(&mut say(address, &post(900, &"a".repeat(900))).await).await;
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    }

    #[tokio::test]
    async fn ends_when_all_that_has_begun_is_answered() {
        let (servers, address) = server().await;
        let mut slow = say(address, "GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
        let mut stream = say(address, "GET /stream HTTP/1.1\r\nhost: a\r\n\r\n").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let start = Instant::now();
        servers.end(Duration::from_secs(30)).await;
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        assert!(told(&mut slow).await.ends_with("slow"));
        assert!(told(&mut stream).await.contains("begin"));
        assert!(TcpStream::connect(address).await.is_err());
    }

    struct Ready;

    impl super::super::status::Report for Ready {
        fn ready(&self) -> Result<(), String> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn who_has_the_address_is_named() {
        let mut first = Servers::new("source_dir");
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let all = SocketAddr::from(([0, 0, 0, 0], free.port()));
        super::super::status::start(&mut first, all, Arc::new(Ready)).await.unwrap();
        let mut second = Servers::new("queue");
        let refused = second.serve("status", "--status", all, Router::new(), FEW).await.unwrap_err().to_string();
        assert!(refused.contains("another agent of this Pod, source-dir, listens there"), "{refused}");
        assert!(refused.contains("--status 0.0.0.0:PORT, or PATTERNS_AGENT_STATUS"), "{refused}");
        let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = other.local_addr().unwrap();
        let refused = second.serve("demo", "--listen", taken, Router::new(), FEW).await.unwrap_err().to_string();
        assert!(refused.contains("another container of this Pod probably listens there"), "{refused}");
    }
}
