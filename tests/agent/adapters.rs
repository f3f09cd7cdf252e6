//! `patterns-agent` topz, reload and health: the real binary against real processes, files and servers.

use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::common::{Agent, ask, free_port, request, scratch, serve, until};
use axum::Router;
use axum::http::StatusCode;
use rustix::process::Signal;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const LIMIT: Duration = Duration::from_secs(30);

fn start(role: &str, flags: &[&str]) -> (Agent, String, String) {
    let (port, status) = (free_port(), free_port());
    let listen = format!("--listen=127.0.0.1:{port}");
    let status_flag = format!("--status=127.0.0.1:{status}");
    let mut args = vec![role, status_flag.as_str()];
    if role != "reload" {
        args.push(&listen);
    }
    args.extend(flags);
    (Agent::start(&args, &[]), format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{status}"))
}

/// A process that ends with its test, also with one that fails.
struct Ended(std::process::Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn topz_shows_who_is_busy() {
    // A process that spins, under its own name.
    let folder = scratch("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let name = format!("spin{}", std::process::id());
    symlink("/bin/sh", folder.join(&name)).unwrap();
    let busy = Command::new(folder.join(&name)).args(["-c", "while :; do :; done"]).stdout(Stdio::null()).spawn();
    let busy = Ended(busy.unwrap());
    let (mut agent, url, status) = start("topz", &["--interval=500ms"]);
    until("is busy", LIMIT, || async {
        let Some((200, json)) = ask("GET", &format!("{url}/topz.json")).await else { return false };
        let all = json.as_array().unwrap();
        let found = all.iter().find(|process| process["pid"] == busy.0.id());
        found.is_some_and(|process| {
            process["cpuPercent"].as_f64().unwrap() > 2.0 && process["memoryBytes"].as_u64().unwrap() > 100_000
        })
    })
    .await;
    let (status_code, headers, text) = request("GET", &format!("{url}/topz"), "").await.unwrap();
    assert_eq!((status_code, headers["refresh"].to_str().unwrap()), (200, "1"));
    assert!(text.starts_with("    PID    UID") && text.contains(&busy.0.id().to_string()), "{text}");
    assert!(!text.contains("while"), "no command lines: they may hold secrets");
    assert_eq!(ask("GET", &format!("{status}/healthz")).await.unwrap().0, 200);
    agent.signal(Signal::TERM);
    assert!(agent.end(LIMIT).await.success());
}

/// A ConfigMap volume as the kubelet lays it out: names lead through `..data` to a folder that is swapped.
struct ConfigMapVolume {
    path: PathBuf,
    generation: usize,
}

impl ConfigMapVolume {
    fn new(content: &str) -> Self {
        let path = scratch("volume");
        std::fs::create_dir_all(&path).unwrap();
        symlink("..data/app.conf", path.join("app.conf")).unwrap();
        let mut volume = Self { path, generation: 0 };
        volume.update(content);
        volume
    }

    fn update(&mut self, content: &str) {
        self.generation += 1;
        let folder = format!("..{}", self.generation);
        std::fs::create_dir_all(self.path.join(&folder)).unwrap();
        std::fs::write(self.path.join(&folder).join("app.conf"), content).unwrap();
        symlink(&folder, self.path.join("..data_tmp")).unwrap();
        std::fs::rename(self.path.join("..data_tmp"), self.path.join("..data")).unwrap();
        let _ = std::fs::remove_dir_all(self.path.join(format!("..{}", self.generation - 1)));
    }
}

#[tokio::test]
async fn reload_calls_the_app_once_per_change_and_until_it_answers() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let app = serve(Router::new().route(
        "/-/reload",
        axum::routing::post(move || {
            // The first call finds the app not ready.
            let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
            async move { if first { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK } }
        }),
    ))
    .await;
    let mut volume = ConfigMapVolume::new("a");
    let (watch, url) = (format!("--watch={}", volume.path.display()), format!("--url=http://{app}/-/reload"));
    let (agent, _, status) = start("reload", &[&watch, &url, "--interval=50ms"]);
    until("watches", LIMIT, || async { agent.log().contains("watching") }).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(calls.load(Ordering::SeqCst), 0, "no change, no call");
    volume.update("b");
    until("not ready", LIMIT, || async { ask("GET", &format!("{status}/readyz")).await.unwrap().0 == 503 }).await;
    until("called again", LIMIT, || async { calls.load(Ordering::SeqCst) == 2 }).await;
    until("ready", LIMIT, || async { ask("GET", &format!("{status}/readyz")).await.unwrap().0 == 200 }).await;
    volume.update("b");
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(calls.load(Ordering::SeqCst), 2, "the same content again is not a change");
    volume.update("c");
    until("called", LIMIT, || async { calls.load(Ordering::SeqCst) == 3 }).await;
}

#[tokio::test]
async fn reload_signals_a_process() {
    let folder = scratch("bin");
    std::fs::create_dir_all(&folder).unwrap();
    // Longer than the 15 bytes that the kernel keeps of a name.
    let name = format!("server-with-a-long-name{}", std::process::id());
    symlink("/bin/sh", folder.join(&name)).unwrap();
    let mark = scratch("mark");
    let ready = scratch("ready");
    let script =
        format!("trap 'echo got >> {}' USR1; : > {}; while :; do sleep 0.05; done", mark.display(), ready.display());
    let mut app = Command::new(folder.join(&name)).args(["-c", &script]).spawn().unwrap();
    let mut volume = ConfigMapVolume::new("a");
    let (watch, process) = (format!("--watch={}", volume.path.display()), format!("--process={name}"));
    let (agent, _, _) = start("reload", &[&watch, &process, "--signal=USR1", "--interval=50ms"]);
    until("handles the signal", LIMIT, || async { ready.exists() }).await;
    until("watches", LIMIT, || async { agent.log().contains("watching") }).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    volume.update("b");
    until("got it", LIMIT, || async { std::fs::read_to_string(&mark).is_ok_and(|text| text == "got\n") }).await;
    app.kill().unwrap();
    app.wait().unwrap();
    volume.update("c");
    until("says so", LIMIT, || async { agent.log().contains("no process") }).await;
}

#[tokio::test]
async fn reload_refuses_what_cannot_work() {
    for (flags, complaint) in [
        (vec!["--watch=/nowhere", "--url=http://127.0.0.1/"], "there is no such file"),
        (vec!["--watch=/tmp"], "required"),
        (vec!["--watch=/tmp", "--signal=HUP"], "--process"),
        (vec!["--watch=/tmp", "--signal=KILL", "--process=a"], "invalid value 'KILL'"),
        (vec!["--watch=/tmp", "--url=https://a/"], "must begin with http://"),
    ] {
        let (mut agent, ..) = start("reload", &flags);
        assert_eq!(agent.end(LIMIT).await.code(), Some(2), "{flags:?}");
        assert!(agent.log().contains(complaint), "{flags:?}: {}", agent.log());
    }
}

/// A server that answers everything it reads with these bytes; with `greets` it speaks first.
async fn replies(greets: bool, answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut buffer = [0; 1024];
                if greets {
                    let _ = stream.write_all(answer).await;
                }
                while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                    let _ = stream.write_all(answer).await;
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn health_speaks_each_protocol() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = silent.local_addr().map(|address| (silent, address)).unwrap();
    let http = serve(Router::new().route("/ok", axum::routing::get(|| async { "" }))).await;
    let cases: Vec<(String, u16, &str)> = vec![
        (format!("tcp://{}", silent.1), 200, "ok"),
        ("tcp://127.0.0.1:1".to_owned(), 503, "refused"),
        (format!("http://{http}/ok"), 200, "ok"),
        (format!("http://{http}/no"), 503, "404"),
        (format!("redis://{}", replies(false, b"+PONG\r\n").await), 200, "ok"),
        (format!("redis://:s3cret@{}", replies(false, b"+OK\r\n").await), 200, "ok"),
        (format!("redis://:s3cret@{}", replies(false, b"-WRONGPASS no\r\n").await), 503, "WRONGPASS"),
        (format!("redis://{}", replies(false, b"-LOADING dataset\r\n").await), 503, "LOADING"),
        (format!("redis://{}", silent.1), 503, "no answer within"),
        (format!("memcached://{}", replies(false, b"VERSION 1.6.45\r\n").await), 200, "ok"),
        (format!("memcached://{}", replies(false, b"ERROR\r\n").await), 503, "does not speak"),
        (format!("mysql://{}", replies(true, b"\x4a\0\0\0\x0a8.4.0\0").await), 200, "ok"),
        (
            format!("mysql://{}", replies(true, b"\x17\0\0\0\xff\x10\x04Too many connections").await),
            503,
            "Too many connections",
        ),
        (format!("postgres://{}", replies(false, b"N").await), 200, "ok"),
        (format!("postgres://{}", replies(false, b"H").await), 503, "does not speak"),
    ];
    for (target, expected, words) in cases {
        let (agent, url, status) = start("health", &[&format!("--target={target}"), "--timeout=300ms"]);
        until("starts", LIMIT, || async { ask("GET", &format!("{status}/healthz")).await.is_some() }).await;
        until("serves", LIMIT, || async { ask("GET", &url).await.is_some() }).await;
        let (code, _, text) = request("GET", &format!("{url}/readyz"), "").await.unwrap();
        assert_eq!(code, expected, "{target}: {text}");
        assert!(text.contains(words), "{target}: {text}");
        assert!(!agent.log().contains("s3cret"), "{}", agent.log());
    }
}

#[tokio::test]
async fn health_may_check_by_itself() {
    let app = serve(Router::new().route("/ok", axum::routing::get(|| async { "" }))).await;
    let (_agent, url, status) = start("health", &[&format!("--target=http://{app}/ok"), "--interval=50ms"]);
    until("healthy", LIMIT, || async { ask("GET", &url).await.is_some_and(|answer| answer.0 == 200) }).await;
    let metrics = request("GET", &format!("{status}/metrics"), "").await.unwrap().2;
    assert!(metrics.contains("patterns_agent_health_up 1"), "{metrics}");
}

#[tokio::test]
async fn health_refuses_what_cannot_be_checked() {
    for (flags, complaint) in [
        (vec!["--target=oracle://h:1"], "--target must be"),
        (vec!["--target=tcp://h"], "--target must be"),
        (vec!["--target=mysql://h", "--query=SELECT 1"], "needs a user"),
        (vec!["--target=tcp://h:1", "--query=x"], "is for redis, mysql and postgres"),
        (vec!["--target=memcached://h", "--user=x"], "are for redis, mysql and postgres"),
    ] {
        let (mut agent, ..) = start("health", &flags);
        assert_eq!(agent.end(LIMIT).await.code(), Some(2), "{flags:?}");
        assert!(agent.log().contains(complaint), "{flags:?}: {}", agent.log());
    }
}

/// A PostgreSQL server of this machine, if it has one and this process may run it.
struct Postgres {
    server: std::process::Child,
    port: u16,
    data: PathBuf,
}

impl Postgres {
    fn start() -> Option<Self> {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
        let bin = versions.map(|version| version.path().join("bin")).find(|bin| bin.join("initdb").exists())?;
        let data = std::env::temp_dir().join(format!("patterns-pg-{}", std::process::id()));
        std::fs::create_dir_all(&data).ok()?;
        let root = rustix::process::getuid().is_root();
        // PostgreSQL does not run as root; 65534 is nobody.
        let run = |program: &Path| {
            let mut command = Command::new(program);
            command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            if root {
                command.uid(65534).gid(65534);
            }
            command
        };
        if root {
            std::os::unix::fs::chown(&data, Some(65534), Some(65534)).ok()?;
        }
        let init = ["--auth=scram-sha-256", "--username=checker", "--no-sync"];
        let password = data.with_extension("password");
        std::fs::write(&password, "pg-s3cret").ok()?;
        let made = run(&bin.join("initdb")).arg("-D").arg(&data).args(init).arg("--pwfile").arg(&password).status();
        if !made.ok()?.success() {
            return None;
        }
        let port = free_port();
        let server = run(&bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-c", "unix_socket_directories="])
            .spawn()
            .ok()?;
        Some(Self { server, port, data })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.data);
        let _ = std::fs::remove_file(self.data.with_extension("password"));
    }
}

#[tokio::test]
async fn health_asks_a_real_postgresql() {
    let Some(postgres) = Postgres::start() else {
        eprintln!("skipped: no PostgreSQL server on this machine");
        return;
    };
    let port = postgres.port;
    let check = |target: String, query: Option<&'static str>| async move {
        let mut flags = vec![format!("--target={target}"), "--timeout=20s".to_owned()];
        flags.extend(query.map(|query| format!("--query={query}")));
        let flags: Vec<_> = flags.iter().map(String::as_str).collect();
        let (agent, url, _) = start("health", &flags);
        until("serves", LIMIT, || async { ask("GET", &url).await.is_some() }).await;
        let (code, _, text) = request("GET", &url, "").await.unwrap();
        assert!(!text.contains("s3cret") && !agent.log().contains("s3cret"));
        (code, text)
    };
    let mut answer = (0, String::new());
    let begun = std::time::Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        answer = check(format!("postgres://127.0.0.1:{port}/"), None).await;
        if answer.0 == 200 {
            break;
        }
    }
    assert_eq!(answer, (200, "ok\n".to_owned()));
    let login = format!("postgres://checker:pg-s3cret@127.0.0.1:{port}/postgres");
    assert_eq!(check(login.clone(), Some("SELECT 1")).await.0, 200);
    let (code, text) = check(login, Some("SELECT nothing FROM nowhere")).await;
    assert!(code == 503 && text.contains("nowhere"), "{text}");
    let (code, text) = check(format!("postgres://checker:wrong@127.0.0.1:{port}/postgres"), None).await;
    assert!(code == 503 && text.contains("authentication failed"), "{text}");
    // as generated manifests log in: the password from a variable, where it needs no escapes
    for (password, expected) in [("pg-s3cret", 200), ("wr@ng/%", 503)] {
        let (listen, status) = (free_port(), free_port());
        let flags = [
            format!("--listen=127.0.0.1:{listen}"),
            format!("--target=postgres://127.0.0.1:{port}/postgres"),
            "--timeout=20s".to_owned(),
            format!("--status=127.0.0.1:{status}"),
        ];
        let words: Vec<_> = ["health", "--user=checker"].into_iter().chain(flags.iter().map(String::as_str)).collect();
        let agent = Agent::start(&words, &[("PATTERNS_AGENT_PASSWORD", password)]);
        let url = format!("http://127.0.0.1:{listen}/");
        until("serves", LIMIT, || async { ask("GET", &url).await.is_some() }).await;
        assert_eq!(request("GET", &url, "").await.unwrap().0, expected, "{}", agent.log());
        assert!(!agent.log().contains(password), "{}", agent.log());
    }
}
