//! The tiers in front of a service: varnish and nginx.

use std::process::Command;

use crate::generated::{Generated, replace};
use crate::program::{self, Running, certificate, echo, find, folder, free_port, get, get_tls};

const TIERS: &str = "\
patterns: v1
name: cache
shape: {replicated: {role: http-cache, to: service/dictionary:80, memory: 256Mi}}
---
patterns: v1
name: edge
shape: {replicated: {role: tls-proxy, to: cache, secret: ssl}}
";

#[test]
fn varnish_keeps_an_answer_while_what_is_behind_it_changes() {
    let Some(varnish) = find("varnishd") else { return };
    let tiers = Generated::from(TIERS);
    let folder = folder("varnish");
    let (behind, port, status) = (echo("dictionary"), free_port(), free_port());
    let vcl = replace(&tiers.file("cache-", "default.vcl"), "\"dictionary\"", "\"127.0.0.1\"");
    let vcl = replace(&vcl, ".port = \"80\"", &format!(".port = \"{behind}\""));
    let file = folder.join("default.vcl").display().to_string();
    std::fs::write(&file, vcl).unwrap();
    let work = folder.join("work").display().to_string();
    let mut args = tiers.args("Deployment", "cache").join("\n");
    for (from, to) in [
        ("http=:8080,HTTP", format!("http=127.0.0.1:{port},HTTP")),
        ("status=:8081,HTTP", format!("status=127.0.0.1:{status},HTTP")),
        ("/etc/varnish/patterns/default.vcl", file),
        ("/var/lib/varnish", work),
    ] {
        args = replace(&args, from, &to);
    }
    let _running = Running::start(Command::new(varnish).args(args.lines()), port);
    assert!(get(status, "/", &[]).starts_with("HTTP/1.1 200"), "the probes are answered");
    let first = get(port, "/words", &["X-Try: 1"]);
    assert!(first.starts_with("HTTP/1.1 200") && first.contains("GET /words"), "{first}");
    let second = get(port, "/words", &["X-Try: 2"]);
    assert!(second.contains("X-Try: 1") && !second.contains("X-Try: 2"), "from the cache: {second}");
    let other = get(port, "/ready", &["X-Try: 3"]);
    assert!(other.contains("X-Try: 3"), "another path is another answer: {other}");
}

#[test]
fn nginx_ends_tls_and_takes_a_renewed_certificate() {
    let (Some(nginx), Some(openssl)) = (find("nginx"), find("openssl")) else { return };
    let folder = folder("tls-proxy");
    let (behind, port, status) = (echo("cache"), free_port(), free_port());
    let mut config = Generated::from(TIERS).file("edge-", "nginx.conf");
    let here = folder.display();
    for (from, to) in [
        ("server \"cache:80\";", format!("server 127.0.0.1:{behind};")),
        ("listen 8443 ssl", format!("listen 127.0.0.1:{port} ssl")),
        ("listen 8081", format!("listen 127.0.0.1:{status}")),
        (" /tmp/", format!(" {here}/")),
        (" /tls/", format!(" {here}/")),
        (" /dev/stdout", format!(" {here}/access")),
        (" /dev/stderr", format!(" {here}/errors")),
    ] {
        config = replace(&config, from, &to);
    }
    // nginx gives up root, and this folder may be root's alone
    let config = format!("user root;\n{config}");
    let file = folder.join("nginx.conf");
    std::fs::write(&file, config).unwrap();
    certificate(&openssl, &folder, "first");
    program::run(Command::new(&nginx).arg("-t").arg("-c").arg(&file));
    let mut command = Command::new(&nginx);
    let _running = Running::start(command.arg("-c").arg(&file).args(["-g", "daemon off;"]), port);
    assert!(get(status, "/", &[]).starts_with("HTTP/1.1 200"), "the probes are answered");
    let (answer, subject) = get_tls(&openssl, port);
    for expected in ["GET /words?q=a%20b HTTP/1.1", "Host: my-domain.com", "X-Forwarded-Proto: https"] {
        assert!(answer.contains(expected), "{expected}: {answer}");
    }
    assert!(subject.contains("first"), "{subject}");
    certificate(&openssl, &folder, "second");
    let (_, subject) = get_tls(&openssl, port);
    assert!(subject.contains("second"), "without a reload: {subject}");
}
