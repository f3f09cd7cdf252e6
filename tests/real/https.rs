//! The sidecar of `https` through ghostunnel.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::generated::Generated;
use crate::program::{Running, certificate, echo, find, folder, free_port, get, get_tls};

const DESCRIPTION: &str = "\
patterns: v1
name: legacy
app: {image: legacy, port: 8080, bind: localhost, health: /health}
use:
  - https: {secret: legacy-tls, reload: 1s}
";

/// The sidecar in front of a port, with its own port and that of its status.
fn start(ghostunnel: &PathBuf, folder: &Path, behind: u16) -> (Running, u16, u16) {
    let (port, status) = (free_port(), free_port());
    let (listen, target) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{behind}"));
    let (shows, tls) = (format!("127.0.0.1:{status}"), format!("={}/tls.", folder.display()));
    let replacements = [
        ("0.0.0.0:8443", listen.as_str()),
        ("127.0.0.1:8080", &target),
        ("0.0.0.0:6060", &shows),
        ("=/tls/tls.", &tls),
    ];
    let args = Generated::from(DESCRIPTION).container_args("https", &replacements);
    let running = Running::start(Command::new(ghostunnel).args(args), port);
    (running, port, status)
}

#[test]
fn ghostunnel_ends_tls_and_takes_a_renewed_certificate() {
    let (Some(ghostunnel), Some(openssl)) = (find("ghostunnel"), find("openssl")) else { return };
    let folder = folder("https");
    certificate(&openssl, &folder, "first");
    let (_running, port, status) = start(&ghostunnel, &folder, echo("legacy"));
    assert!(get(status, "/_status", &[]).starts_with("HTTP/1.1 200"), "the readiness probe is answered");
    let (answer, subject) = get_tls(&openssl, port);
    assert!(answer.contains("GET /words?q=a%20b HTTP/1.1") && answer.contains("Host: my-domain.com"), "{answer}");
    assert!(subject.contains("first"), "{subject}");
    certificate(&openssl, &folder, "second");
    let end = Instant::now() + Duration::from_secs(20);
    while !get_tls(&openssl, port).1.contains("second") {
        assert!(Instant::now() < end, "the renewed certificate is taken without a restart");
    }
}

/// The app starts after the sidecar: until it answers, the startup probe has to pass and the readiness probe has not.
#[test]
fn ghostunnel_starts_before_the_app() {
    let (Some(ghostunnel), Some(openssl)) = (find("ghostunnel"), find("openssl")) else { return };
    let folder = folder("https-first");
    certificate(&openssl, &folder, "first");
    // `start` waits for the port, as the startup probe does
    let (_running, _, status) = start(&ghostunnel, &folder, free_port());
    let answer = get(status, "/_status", &[]);
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
}
