//! Every server of `patterns-agent` under clients that only take: the real binary, within the memory that generated Pods
//! give it.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::common::{Agent, ApiServer, free_port, request, scratch, until};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const LIMIT: Duration = Duration::from_secs(20);

/// As many files as the machine lets one process hold; how many connections that is.
fn connections(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let files = limit.maximum.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
    wanted.min(files.saturating_sub(500))
}

/// Requests that never end, and nothing at all.
fn half_open(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    let filler = "a".repeat(6000);
    let half = [
        String::new(),
        "GET /metrics HTTP/1.1\r\nx: ".to_owned(),
        format!("GET / HTTP/1.1\r\nx: {filler}"),
        format!("POST /stepDown HTTP/1.1\r\nhost: a\r\ncontent-length: 60000\r\n\r\n{filler}"),
    ];
    let open = |index: usize| {
        let mut stream = TcpStream::connect_timeout(&address, LIMIT).unwrap();
        // It may be closed by now.
        let _ = stream.write_all(half[index % half.len()].as_bytes());
        stream
    };
    (0..count).map(open).collect()
}

/// One value of `/proc/<pid>/status`, in KiB.
fn memory(agent: &Agent, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", agent.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_matches([':', ' ', '\t']).split(' ').next().unwrap().parse().unwrap()
}

/// Each role with the flags it needs, its own server's flag, and the memory limit in MiB that gen gives its container.
async fn every_role(count: usize) {
    let api = ApiServer::start().await;
    let config = api.kubeconfig("frame");
    let (folder, job) = (scratch("frame"), scratch("job.yaml"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.conf"), "workers: 4\n").unwrap();
    let template = "{apiVersion: batch/v1, kind: Job, metadata: {name: a}, spec: {template: {spec: {containers: \
                    [{name: \"${ITEM}\"}]}}}}";
    std::fs::write(&job, template).unwrap();
    let (folder, job) = (folder.display(), format!("--job={}", job.display()));
    let (config_flag, dir, watch) =
        (format!("--config={folder}"), format!("--dir={folder}"), format!("--watch={folder}"));
    let roles: [(&[&str], &str, u32); 9] = [
        (&["elect", "--lease=a"], "--api", 32),
        (&["gather", "--leaves=1", "--leaf-url=http://127.0.0.1:1/"], "--listen", 128),
        (&["queue", "--source=http://127.0.0.1:1", &job], "", 64),
        (&["topz"], "--listen", 64),
        (&["introspect", &config_flag], "--listen", 64),
        (&["health", "--target=tcp://127.0.0.1:1"], "--listen", 32),
        (&["reload", &watch, "--url=http://127.0.0.1:1/"], "", 32),
        (&["source-dir", &dir], "--listen", 32),
        (&["demo", "leaf"], "--listen", 32),
    ];
    for (args, own, mebibytes) in roles {
        let status = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
        args.push(format!("--status={status}"));
        let mut servers = vec![status];
        if !own.is_empty() {
            let listen = SocketAddr::from(([127, 0, 0, 1], free_port()));
            args.push(format!("{own}={listen}"));
            servers.push(listen);
        }
        let words: Vec<_> = args.iter().map(String::as_str).collect();
        let env = [("KUBECONFIG", config.to_str().unwrap()), ("POD_NAME", "pod-1"), ("POD_NAMESPACE", "default")];
        let mut agent = Agent::start_within(mebibytes, &words, &env);
        let healthz = format!("http://{status}/healthz");
        until(&format!("{} is up", args[0]), LIMIT, || async {
            request("GET", &healthz, "").await.is_some_and(|answer| answer.0 == 200)
        })
        .await;
        let before = memory(&agent, "RssAnon");
        for server in servers {
            let start = Instant::now();
            let held = tokio::task::spawn_blocking(move || half_open(server, count)).await.unwrap();
            let opened = start.elapsed();
            let (code, _, _) = request("GET", &healthz, "").await.unwrap_or_else(|| panic!("{}: no answer", args[0]));
            assert_eq!(code, 200, "{}", args[0]);
            // What the server itself answers matters less here than that it does.
            let own = request("GET", &format!("http://{server}/healthz"), "").await;
            assert!(own.is_some(), "{} {server}: {}", args[0], agent.log());
            eprintln!(
                "{}: {count} half-open connections to {} in {opened:.1?}, data {} KiB, anonymous memory {before} -> {} KiB",
                args[0],
                if server == status { "status" } else { "its own server" },
                memory(&agent, "VmData"),
                memory(&agent, "RssAnon"),
            );
            assert!(
                memory(&agent, "RssAnon") < before + u64::from(mebibytes) * 256,
                "{}: a quarter of its limit",
                args[0]
            );
            drop(held);
        }
        assert!(agent.running(), "{}: {}", args[0], agent.log());
        let metrics = request("GET", &format!("http://{status}/metrics"), "").await.unwrap().2;
        assert!(metrics.contains("_connections_dropped_total{server=\"status\"}"), "{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_open_connections_cost_neither_memory_nor_a_probe() {
    every_role(connections(400)).await;
}

/// Needs a limit of more than 10,000 open files: `cargo test --all-features --test agent -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "ten thousand connections, minutes: .ci/agent-release"]
async fn ten_thousand_half_open_connections_to_every_server() {
    let count = connections(10_000);
    assert_eq!(count, 10_000, "this machine lets a process open too few files");
    every_role(count).await;
}
