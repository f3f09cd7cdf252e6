//! The broker's HAProxy.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::generated::{Generated, replace};
use crate::program::{self, Running, echo, find, folder, free_port, get};

fn broker(params: &str) -> String {
    let description = format!(
        "patterns: v1\nname: shop\napp: {{image: shop, port: 8080}}\nuse:\n  - broker: {{as: remote, {params}}}\n"
    );
    Generated::from(&description).file("shop-remote-", "haproxy.cfg")
}

/// Writes the configuration, lets HAProxy check it, and starts it with its status on a free port.
fn start(test: &str, haproxy: &PathBuf, config: &str, port: u16) -> (Running, u16) {
    let status = free_port();
    let config = replace(config, "bind 0.0.0.0:9090", &format!("bind 127.0.0.1:{status}"));
    let file = folder(test).join("haproxy.cfg");
    std::fs::write(&file, config).unwrap();
    program::run(Command::new(haproxy).arg("-c").arg("-f").arg(&file));
    (Running::start(Command::new(haproxy).arg("-f").arg(&file), port), status)
}

#[test]
fn a_request_reaches_the_target_under_its_own_name() {
    let Some(haproxy) = find("haproxy") else { return };
    let (remote, port) = (echo("remote"), free_port());
    let config = broker(&format!("protocol: http, to: \"external/localhost:{remote}\", port: {port}"));
    let (_running, status) = start("broker-http", &haproxy, &config, port);
    let answer = get(port, "/prices", &[]);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("GET /prices"), "{answer}");
    assert!(answer.to_lowercase().contains(&format!("host: localhost:{remote}")), "{answer}");
    assert!(get(status, "/healthz", &[]).starts_with("HTTP/1.1 200"), "the probes are answered");
}

#[test]
fn the_breaker_opens_and_closes() {
    let Some(haproxy) = find("haproxy") else { return };
    let (remote, port) = (free_port(), free_port());
    let params = format!(
        "protocol: http, to: \"external/127.0.0.1:{remote}\", port: {port}, retries: 0, timeout: 200ms, breaker: {{errors: 1, pause: 1s}}"
    );
    let (_running, status) = start("broker-breaker", &haproxy, &broker(&params), port);
    // nothing listens there; the probes do not mind
    assert!(get(port, "/", &[]).starts_with("HTTP/1.1 503"));
    assert!(get(status, "/healthz", &[]).starts_with("HTTP/1.1 200"));
    let listener = std::net::TcpListener::bind(("127.0.0.1", remote)).expect("the target comes back");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut buffer = [0; 4096];
            let _ = std::io::Read::read(&mut stream, &mut buffer);
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        }
    });
    let end = Instant::now() + Duration::from_secs(10);
    while !get(port, "/", &[]).starts_with("HTTP/1.1 204") {
        assert!(Instant::now() < end, "the breaker stays open");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn tls_is_checked_by_name() {
    let (Some(haproxy), Some(openssl)) = (find("haproxy"), find("openssl")) else { return };
    let (remote, port) = (free_port(), free_port());
    let folder = folder("broker-certificates");
    let mut request = Command::new(&openssl);
    request.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]);
    request.args(["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "ca.crt"]);
    program::run(request.current_dir(&folder));
    let mut server = Command::new(&openssl);
    server.args(["s_server", "-quiet", "-www", "-key", "key.pem", "-cert", "ca.crt", "-accept", &remote.to_string()]);
    let _server = Running::start(server.current_dir(&folder), remote);
    let ask = |host: &str| {
        let port = if host == "localhost" { port } else { free_port() };
        let params =
            format!("protocol: http, to: \"tls/{host}:{remote}\", port: {port}, ca: secret/ca/ca.crt, retries: 0");
        let config = replace(&broker(&params), "/etc/haproxy/ca/ca.crt", &folder.join("ca.crt").display().to_string());
        let (_running, _) = start(&format!("broker-tls-{host}"), &haproxy, &config, port);
        get(port, "/", &[])
    };
    let answer = ask("localhost");
    assert!(answer.starts_with("HTTP/1.") && answer.contains("200 ok"), "{answer}");
    let answer = ask("127.0.0.1");
    assert!(answer.starts_with("HTTP/1.1 503"), "the certificate is for another name: {answer}");
}

/// A server that wants to know who its clients are: the app speaks plain Redis, the broker shows the certificate.
#[test]
fn redis_over_tls_with_a_clients_certificate() {
    let (Some(haproxy), Some(openssl), Some(redis)) = (find("haproxy"), find("openssl"), find("redis-server")) else {
        return;
    };
    let folder = folder("broker-redis");
    let at = |file: &str| folder.join(file).display().to_string();
    let key = |name: &str, more: &[&str]| {
        let subject = format!("/CN={name}");
        let mut request = Command::new(&openssl);
        request.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", &subject]);
        request.args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.crt")]).args(more);
        program::run(request.current_dir(&folder));
    };
    key("ca", &[]);
    let of_ca = ["-CA", "ca.crt", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"];
    key("localhost", &[&of_ca[..], &["-addext", "subjectAltName=DNS:localhost"]].concat());
    key("client", &of_ca);
    key("stranger", &[]);
    let remote = free_port();
    let mut server = Command::new(redis);
    server.args(["--port", "0", "--save", "", "--tls-auth-clients", "yes", "--tls-port", &remote.to_string()]);
    server.args([
        "--tls-ca-cert-file",
        "ca.crt",
        "--tls-cert-file",
        "localhost.crt",
        "--tls-key-file",
        "localhost.key",
    ]);
    let _server = Running::start(server.current_dir(&folder), remote);
    let ask = |client: &str| {
        let both =
            [format!("{client}.crt"), format!("{client}.key")].map(|file| std::fs::read_to_string(at(&file)).unwrap());
        std::fs::write(folder.join("tls.pem"), both.concat()).unwrap();
        let port = free_port();
        let params = format!(
            "protocol: redis, to: \"tls/localhost:{remote}\", port: {port}, ca: secret/ca/ca.crt, certificate: client, retries: 0"
        );
        let config = replace(&broker(&params), "/etc/haproxy/ca/ca.crt", &at("ca.crt"));
        let config = replace(&config, "/etc/haproxy/certificate/tls.pem", &at("tls.pem"));
        let (_running, _) = start(&format!("broker-redis-{client}"), &haproxy, &config, port);
        program::talk(port, b"SET greeting hello\r\nGET greeting\r\nQUIT\r\n")
    };
    assert_eq!(ask("client"), "+OK\r\n$5\r\nhello\r\n+OK\r\n");
    assert_eq!(ask("stranger"), "", "Redis does not know who signed it");
}

#[test]
fn the_proxy_of_a_node_is_the_same() {
    let Some(haproxy) = find("haproxy") else { return };
    let (remote, port) = (echo("remote"), free_port());
    let description = format!(
        "patterns: v1\nname: shop\napp: {{image: shop, port: 8080}}\nuse:\n  - node: {{as: prices, protocol: http, to: \"external/prices.example.com:{remote}\", port: {port}}}\n"
    );
    let config = Generated::from(&description).file("shop-prices-", "haproxy.cfg");
    let config = replace(&config, "prices.example.com", "localhost");
    let config = replace(&config, &format!("bind 0.0.0.0:{port}"), &format!("bind 127.0.0.1:{port}"));
    let (_running, status) = start("node", &haproxy, &config, port);
    assert!(get(port, "/", &[]).starts_with("HTTP/1.1 200"));
    assert!(get(status, "/healthz", &[]).starts_with("HTTP/1.1 200"));
}
