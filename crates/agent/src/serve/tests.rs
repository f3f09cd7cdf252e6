//! The frame against clients that a test can be.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Instant;

use axum::body::Body;
use axum::routing::{get, post};
use futures_util::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::connection::{BUFFER, MAX_HEADERS};
use super::*;

/// More than the kernel keeps for a client that does not read.
const LARGE: usize = 8 * 1024 * 1024;

const FEW: Limits = Limits {
    connections: 2,
    wait: Duration::from_millis(600),
    body_time: Duration::from_millis(300),
    body: 1000,
    bodies: 1500,
    answers: 4 * LARGE,
};

/// A loopback address that is free now, and that no other test of this program is given. Below the ports that the kernel
/// gives to clients and for port 0, so that none of these takes it before the server does.
fn free_address() -> SocketAddr {
    static COUNT: AtomicU16 = AtomicU16::new(0);
    loop {
        let port = 10_000 + COUNT.fetch_add(1, Ordering::SeqCst) % 22_000;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if std::net::TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

async fn server() -> (Servers, SocketAddr) {
    let mut servers = Servers::new("test");
    let slow = || async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        "slow"
    };
    let router = Router::new().route("/", get(|| async { "ok" })).route("/", post(|body: String| async { body }));
    let router = router.route("/large", get(|| async { vec![b'a'; LARGE] }));
    let router = router.route("/slow", get(slow)).route(
        "/stream",
        get(|| async {
            let never = futures_util::stream::once(async { Ok::<_, Infallible>("begin") });
            Body::from_stream(never.chain(futures_util::stream::pending()))
        }),
    );
    let free = free_address();
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
    assert!(start.elapsed() < Duration::from_secs(10));
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
        let expected = if status.is_empty() { String::new() } else { format!("HTTP/1.1 {status}") };
        assert!(answer.starts_with(&expected) && (answer.is_empty() || !status.is_empty()), "{status}: {answer}");
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
    servers.end(Duration::from_secs(30), &mut Termination::new().unwrap()).await;
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
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
    let free = free_address();
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

/// What clients do not take is bounded, and does not grow with their number.
#[tokio::test]
async fn answers_that_are_not_taken_are_few() {
    let mut servers = Servers::new("test");
    let router = Router::new().route("/large", get(|| async { vec![b'a'; LARGE] }));
    let free = free_address();
    let limits = Limits { connections: 20, answers: 2 * LARGE, ..FEW };
    servers.serve("test", "--listen", free, router, limits).await.unwrap();
    let ask = "GET /large HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let mut held = vec![say(free, ask).await, say(free, ask).await];
    for stream in &mut held {
        stream.read_exact(&mut [0; 15]).await.unwrap();
    }
    let refused = told(&mut say(free, ask).await).await;
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("too many large answers"), "{refused}");
    assert!(told(&mut held[0]).await.len() >= LARGE, "all of it comes to a client that takes it");
    let taken = told(&mut say(free, ask).await).await;
    assert!(taken.starts_with("HTTP/1.1 200 ") && taken.ends_with("aaaa"), "{}", taken.len());
}

/// What is not a request, or none of HTTP/1.1, ends its own connection alone.
#[tokio::test]
async fn odd_requests_are_refused() {
    let (_servers, address) = server().await;
    for (request, status) in [
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), ""),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), "400"),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}".to_owned(), "400"),
        ("GET /a b HTTP/1.1\r\n\r\n".to_owned(), "400"),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(3 * BUFFER)), "4"),
        ("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n".to_owned(), "400"),
        ("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".to_owned(), "400"),
        ("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_owned(), "400"),
        // A body that never ends: chunks, and a chunk as long as there are numbers.
        ("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n".to_owned(), "408"),
        ("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffff\r\na".to_owned(), "408"),
        (
            format!("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n{}", "1\r\na\r\n".repeat(1001)),
            "413",
        ),
    ] {
        let answer = told(&mut say(address, &request).await).await;
        let expected = if status.is_empty() { String::new() } else { format!("HTTP/1.1 {status}") };
        assert!(
            answer.starts_with(&expected) && (answer.is_empty() || !status.is_empty()),
            "{:?}: {answer}",
            &request[..request.len().min(90)]
        );
    }
    // Many requests at once, of a client that takes no answer before it has sent them all.
    let mut pipelined = say(address, &"GET / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(500)).await;
    pipelined.write_all(ASK.as_bytes()).await.unwrap();
    assert_eq!(told(&mut pipelined).await.matches("HTTP/1.1 200 OK").count(), 501);
}

/// Else a port would go on being open, and nothing answer on it.
#[tokio::test]
async fn a_server_that_breaks_ends_the_role() {
    let (mut servers, mut termination) = (Servers::new("test"), Termination::new().unwrap());
    servers.spawn(async { panic!("a bug") });
    let failure = servers.until(&mut termination).await.unwrap_err();
    assert!(failure.code() == 1 && failure.to_string().contains("a bug"), "{failure}");
}
