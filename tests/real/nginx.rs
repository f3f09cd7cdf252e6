//! nginx in front of versions.

use std::path::Path;
use std::process::Command;

use crate::generated::{Generated, replace};
use crate::program::{self, Running, echo, find, folder, free_port, get};

/// Lets nginx check the configuration, then starts it with its status on a free port.
fn start(test: &str, nginx: &Path, config: &str, port: u16) -> (Running, u16) {
    let (folder, status) = (folder(test), free_port());
    let config = replace(config, "listen 0.0.0.0:9901", &format!("listen 127.0.0.1:{status}"));
    let config = config.replace(" /tmp/", &format!(" {}/", folder.display()));
    let file = folder.join("nginx.conf");
    std::fs::write(&file, config).unwrap();
    program::run(Command::new(nginx).arg("-t").arg("-c").arg(&file));
    let mut command = Command::new(nginx);
    command.arg("-c").arg(&file).args(["-g", "daemon off; master_process off;"]);
    (Running::start(&mut command, port), status)
}

/// A split of 80 to 20 between servers that say old-version and new-version, by the cookie `uid`.
pub fn check_split(port: u16, host: &str) {
    let is_new = |headers: &[&str]| {
        let answer = get(port, "/", headers);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.to_lowercase().contains(host), "{answer}");
        answer.contains("new-version")
    };
    let of = |user: usize| is_new(&[&format!("Cookie: a=b; uid=user-{user}; c=d")]);
    let first: Vec<bool> = (0..300).map(of).collect();
    assert_eq!(first, (0..300).map(of).collect::<Vec<_>>(), "a user stays on one version");
    let share = first.iter().filter(|is_new| **is_new).count();
    assert!((30..=100).contains(&share), "{share} of 300 users on the version with 20 %");
    let share = (0..300).filter(|_| is_new(&[])).count();
    assert!((30..=100).contains(&share), "{share} of 300 requests without the cookie on the version with 20 %");
}

#[test]
fn versions_get_their_share_and_users_stay() {
    let Some(nginx) = find("nginx") else { return };
    let (old, new, port) = (echo("old-version"), echo("new-version"), free_port());
    let description = format!(
        "patterns: v1\nname: shop\napp: {{image: shop, port: 8080}}\nuse:\n  - split: {{as: api, port: {port}, to: {{api: 80, none: 0, api-next: 20}}, sticky: {{cookie: uid}}}}\n"
    );
    let config = Generated::from(&description).file("shop-api-", "nginx.conf");
    let config = replace(&config, "server api:80;", &format!("server 127.0.0.1:{old};"));
    let config = replace(&config, "server api-next:80;", &format!("server 127.0.0.1:{new};"));
    let (_running, status) = start("split-nginx", &nginx, &config, port);
    check_split(port, "host: api");
    assert!(get(status, "/healthz", &[]).starts_with("HTTP/1.1 200"), "the probes are answered");
    assert!(get(status, "/", &[]).starts_with("HTTP/1.1 404"));
}
