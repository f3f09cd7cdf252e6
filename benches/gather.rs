//! What a scatter/gather root costs: CPU time per request of `patterns-agent gather` with ten leaves, against nginx
//! proxying one of these leaves, in the same run. Needs nginx (in PATH, or named by `PATTERNS_NGINX`).
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a benchmark")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

const LEAVES: usize = 10;
const ROUNDS: usize = 5;
const REQUESTS: usize = 4000;
const AT_ONCE: usize = 8;

/// Ten is the fan-out itself.
const LIMIT: f64 = 20.0;

fn main() -> ExitCode {
    let Some(nginx) = find_nginx() else {
        println!("skipped: no nginx in PATH, and PATTERNS_NGINX names none");
        return ExitCode::SUCCESS;
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(compare(&nginx))
}

async fn compare(nginx: &Path) -> ExitCode {
    let decade = free_decade();
    let leaves: Vec<u16> = (0..10).map(|leaf| decade * 10 + leaf).collect();
    let (proxy, root, status) = (free_port(), free_port(), free_port());
    let samples: Vec<String> = (0..100).map(|n| format!("{}.{n}", 100 + n % 50)).collect();
    let body = format!("{{\"n\":[{}]}}", samples.join(","));
    let leaf_server = |port: &u16| {
        format!(
            "server {{ listen 127.0.0.1:{port}; keepalive_requests 100000000;
               location / {{ default_type application/json; return 200 '{body}'; }} }}"
        )
    };
    let leaf_servers = leaves.iter().map(leaf_server).collect::<Vec<_>>().join("\n");
    let proxy_server = format!(
        "upstream leaf {{ server 127.0.0.1:{}; keepalive 32; keepalive_requests 100000000; }}
         server {{ listen 127.0.0.1:{proxy}; keepalive_requests 100000000;
           location / {{ proxy_pass http://leaf; proxy_http_version 1.1; proxy_set_header Connection ''; }} }}",
        leaves[0]
    );
    let _leaves = start_nginx(nginx, "leaves", &leaf_servers);
    let proxy_process = start_nginx(nginx, "proxy", &proxy_server);
    let agent = start_agent(decade, root, status);
    for port in [proxy, root] {
        wait_for(port).await;
    }
    let mut ratios = Vec::new();
    println!("{:>5}  {:>22}  {:>26}  {:>6}", "round", "nginx, 1 leaf (µs CPU)", "gather, 10 leaves (µs CPU)", "times");
    for round in 0..=ROUNDS {
        let nginx_cost = cost(proxy, &proxy_process).await;
        let gather_cost = cost(root, &agent).await;
        // The first round opens connections.
        if round > 0 {
            println!("{round:>5}  {nginx_cost:>22.1}  {gather_cost:>26.1}  {:>6.1}", gather_cost / nginx_cost);
            ratios.push(gather_cost / nginx_cost);
        }
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    println!("gather with {LEAVES} leaves costs {median:.1} times nginx with one (limit {LIMIT:.0})");
    if median <= LIMIT { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Microseconds of CPU time of a process and its children per request.
async fn cost(port: u16, process: &Running) -> f64 {
    let before = cpu(process.0.id());
    let start = Instant::now();
    let left = Arc::new(AtomicUsize::new(REQUESTS));
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (client, left) = (client.clone(), Arc::clone(&left));
            tokio::spawn(async move {
                while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
                    let answer = client.get(format!("http://127.0.0.1:{port}/").parse().unwrap()).await.unwrap();
                    assert_eq!(answer.status(), 200);
                    answer.into_body().collect().await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(start.elapsed() < Duration::from_secs(300), "too slow to mean anything");
    (cpu(process.0.id()) - before) * 1e6 / f64::from(u32::try_from(REQUESTS).unwrap())
}

/// Seconds of CPU time of all threads of a process and of its children (nginx's worker).
fn cpu(pid: u32) -> f64 {
    let own: f64 =
        std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten().map(|task| thread(&task.path())).sum();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    own + children.split_whitespace().map(|child| cpu(child.parse().unwrap())).sum::<f64>()
}

fn thread(task: &Path) -> f64 {
    let text = std::fs::read_to_string(task.join("schedstat")).unwrap_or_default();
    let nanoseconds: f64 = text.split_whitespace().next().map_or(0.0, |first| first.parse().unwrap());
    nanoseconds / 1e9
}

/// A server of this benchmark; ends with it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // SIGTERM, so that nginx's master takes its worker along.
        let _ = rustix::process::kill_process(rustix::process::Pid::from_child(&self.0), rustix::process::Signal::TERM);
        let _ = self.0.wait();
    }
}

fn start_nginx(nginx: &Path, name: &str, servers: &str) -> Running {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {}/{kind};\n", folder.display()))
        .concat();
    let config = format!(
        "daemon off; worker_processes 1; pid {}/pid; error_log stderr error;
         events {{ worker_connections 1024; }}
         http {{ access_log off; {temporary} {servers} }}",
        folder.display()
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, config).unwrap();
    let child = Command::new(nginx)
        .env_remove("NGINX")
        .arg("-e")
        .arg("stderr")
        .arg("-p")
        .arg(&folder)
        .arg("-c")
        .arg(&file)
        .spawn()
        .unwrap();
    Running(child)
}

fn start_agent(decade: u16, root: u16, status: u16) -> Running {
    let child = Command::new(env!("CARGO_BIN_EXE_patterns-agent"))
        .args(["gather", &format!("--leaves={LEAVES}"), &format!("--listen=127.0.0.1:{root}")])
        .args([&format!("--status=127.0.0.1:{status}"), &format!("--leaf-url=http://127.0.0.1:{decade}{{i}}/")])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Running(child)
}

fn find_nginx() -> Option<PathBuf> {
    let named = std::env::var_os("PATTERNS_NGINX").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]).map(|folder| folder.join("nginx"));
    named.into_iter().chain(usual).find(|program| program.is_file())
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Ten ports that differ in their last digit only, which is what `{i}` stands for.
fn free_decade() -> u16 {
    let free = |decade: &u16| (0..10).all(|last| TcpListener::bind(("127.0.0.1", decade * 10 + last)).is_ok());
    (2000..3200).find(free).unwrap()
}

async fn wait_for(port: u16) {
    for _ in 0..200 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nothing listens on {port}");
}
