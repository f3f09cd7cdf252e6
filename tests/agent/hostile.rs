//! What an API server, a hand, a client or a signal may do to a role that is otherwise well: it neither ends nor breaks.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::any;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::common::{Agent, ApiServer, Fault, ask, free_port, request, scratch, serve, until};

const LIMIT: Duration = Duration::from_secs(20);

/// Answers that no API server gives, and those that one in trouble does.
const GARBAGE: [(u16, &str); 16] = [
    (200, ""),
    (200, "<html>sign in</html>"),
    (200, "{}"),
    (200, "null"),
    (200, "[]"),
    (200, "{\"kind\": \"Lease\", \"metadata\": null, \"spec\": 7}"),
    (200, "{\"metadata\": {\"resourceVersion\": \"\", \"uid\": \"\"}, \"spec\": {}}"),
    (200, "{\"metadata\": {\"resourceVersion\": \"1\"}, \"spec\": {\"leaseTransitions\": \"x\"}}"),
    (204, ""),
    (302, ""),
    (404, "not here"),
    (409, "{\"code\": 200}"),
    (410, "{\"kind\": \"Status\", \"code\": 410, \"reason\": \"Expired\"}"),
    (429, "slow down"),
    (500, "{\"kind\": \"Status\", \"details\": {\"retryAfterSeconds\": 4000000000}}"),
    (503, "{\"kind\": \"Status\", \"code\": 65535, \"details\": {\"retryAfterSeconds\": 2147483647}}"),
];

fn garbage(api: &ApiServer) {
    let mut next = 0;
    api.faults(move |_| {
        next += 1;
        let (code, text) = GARBAGE[next % GARBAGE.len()];
        Some(Fault::Garbage(code, text))
    });
}

/// Flags of an elector with short times, and of a free port each.
fn elector(api: &ApiServer, who: &str) -> (Agent, String) {
    let (port, status) = (free_port(), free_port());
    let (api_flag, status_flag) = (format!("--api=127.0.0.1:{port}"), format!("--status=127.0.0.1:{status}"));
    let times = ["--lease-duration=2s", "--renew-deadline=1500ms", "--retry-period=100ms"];
    let args = [&["elect", "--lease=scheduler", &api_flag, &status_flag], &times[..]].concat();
    let config = api.kubeconfig(who);
    let env = [("KUBECONFIG", config.to_str().unwrap()), ("POD_NAME", who), ("POD_NAMESPACE", "default")];
    (Agent::start(&args, &env), format!("http://127.0.0.1:{port}"))
}

async fn leader(url: &str) -> Value {
    ask("GET", &format!("{url}/leader")).await.map_or(Value::Null, |answer| answer.1)
}

async fn until_leads(agent: &Agent, url: &str) {
    let what = || format!("leads:\n{}", agent.log());
    let start = Instant::now();
    while leader(url).await["isLeader"] != json!(true) {
        assert!(start.elapsed() < LIMIT, "{}", what());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn garbage_of_the_api_server_elects_nobody_and_ends_nothing() {
    let api = ApiServer::start().await;
    garbage(&api);
    let (mut agent, url) = elector(&api, "pod-1");
    until("has heard each", LIMIT, || async { api.calls().len() > 2 * GARBAGE.len() }).await;
    assert_eq!(leader(&url).await["isLeader"], json!(false), "{}", agent.log());
    assert!(api.list("leases").is_empty());
    api.faults(|_| None);
    until_leads(&agent, &url).await;
    // A leader hears it too: it leads on or ceases to, and comes back.
    garbage(&api);
    let heard = api.calls().len() + GARBAGE.len();
    until("has heard each", LIMIT, || async { api.calls().len() > heard }).await;
    api.faults(|_| None);
    until_leads(&agent, &url).await;
    assert!(agent.running() && !agent.log().contains("panicked"), "{}", agent.log());
}

#[tokio::test]
async fn garbage_of_the_api_server_makes_no_job_and_opens_no_barrier() {
    let api = ApiServer::start().await;
    let items = any(|uri: axum::http::Uri| async move {
        match uri.path() {
            "/items" => json!({"kind": "ItemList", "items": ["a"]}).to_string(),
            _ => json!({"kind": "Item", "data": 1}).to_string(),
        }
    });
    let source = serve(Router::new().fallback(items)).await;
    let template = scratch("job.yaml");
    let text = "{apiVersion: batch/v1, kind: Job, metadata: {labels: {app.kubernetes.io/name: q}}, spec: {template: {spec: \
                {containers: [{name: w, env: [{name: I, value: \"${ITEM}\"}]}], volumes: [{name: i, configMap: {name: \
                \"${ITEM}\"}}]}}}}";
    std::fs::write(&template, text).unwrap();
    garbage(&api);
    let config = api.kubeconfig("queue");
    let env = [("KUBECONFIG", config.to_str().unwrap()), ("POD_NAME", "p"), ("POD_NAMESPACE", "default")];
    let flags = [
        format!("--source=http://{source}"),
        format!("--job={}", template.display()),
        format!("--status=127.0.0.1:{}", free_port()),
    ];
    let mut queue = Agent::start(&["queue", "--interval=20ms", &flags[0], &flags[1], &flags[2]], &env);
    let mut join = Agent::start(&["join", "--job=map", "--interval=20ms"], &env);
    until("has heard each", LIMIT, || async { api.calls().len() > 4 * GARBAGE.len() }).await;
    assert!(queue.running() && join.running(), "{}{}", queue.log(), join.log());
    assert!(api.list("jobs").is_empty());
    api.put("jobs", "map", json!({"status": {"conditions": [{"type": "Complete", "status": "True"}]}}));
    api.faults(|_| None);
    assert!(join.end(LIMIT).await.success(), "{}", join.log());
    until("makes the Job", LIMIT, || async { api.list("configmaps").len() == 1 }).await;
    assert!(!queue.log().contains("panicked") && !join.log().contains("panicked"));
}

/// Only agents should write it; a hand must not bring one down all the same.
#[tokio::test]
async fn a_lease_that_a_hand_has_filled() {
    let api = ApiServer::start().await;
    let (mut agent, url) = elector(&api, "pod-1");
    for spec in [
        json!({}),
        json!({"holderIdentity": "", "leaseDurationSeconds": -5}),
        json!({"holderIdentity": "somebody", "leaseDurationSeconds": -2_147_483_648_i64, "leaseTransitions": -7}),
        json!({"holderIdentity": "somebody", "leaseDurationSeconds": 0, "renewTime": "9999-12-30T22:00:00.999999Z"}),
        json!({"holderIdentity": "a_b_c", "leaseDurationSeconds": 1, "acquireTime": "0001-01-01T00:00:00.000000Z"}),
        json!({"holderIdentity": "somebody", "leaseDurationSeconds": 1, "leaseTransitions": 2_147_483_647}),
    ] {
        api.put("leases", "scheduler", json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": spec}));
        tokio::time::sleep(Duration::from_millis(300)).await;
        until_leads(&agent, &url).await;
    }
    assert!(agent.log().contains("terms cannot rise any more"), "{}", agent.log());
    assert!(agent.running() && !agent.log().contains("panicked"), "{}", agent.log());
}

#[tokio::test]
async fn a_hangup_is_nothing_and_a_second_term_ends_at_once() {
    let never = serve(Router::new().fallback(any(|| async { std::future::pending::<()>().await }))).await;
    let (port, status) = (free_port(), free_port());
    let flags = [
        format!("--listen=127.0.0.1:{port}"),
        format!("--status=127.0.0.1:{status}"),
        format!("--leaf-url=http://{never}/"),
    ];
    let mut agent = Agent::start(&["gather", "--leaves=1", "--timeout=60s", &flags[0], &flags[1], &flags[2]], &[]);
    let health = format!("http://127.0.0.1:{status}/healthz");
    let up = || async { ask("GET", &health).await.is_some_and(|answer| answer.0 == 200) };
    until("serves", LIMIT, up).await;
    agent.signal(Signal::HUP);
    let asking = tokio::spawn(async move { request("GET", &format!("http://127.0.0.1:{port}/"), "").await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(up().await, "{}", agent.log());
    agent.signal(Signal::TERM);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(agent.running(), "it waits for its leaf");
    agent.signal(Signal::TERM);
    assert!(agent.end(Duration::from_secs(5)).await.success(), "{}", agent.log());
    assert!(agent.log().contains("a second signal"), "{}", agent.log());
    asking.abort();
}

/// The answer's status, or 0 when the server closes without one.
fn raw(port: u16, head: &str) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(format!("{head}\r\nhost: a\r\nconnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_targets_of_requests_are_answered() {
    let leaf = serve(Router::new().fallback(any(|uri: axum::http::Uri| async move { uri.to_string() }))).await;
    let (port, status) = (free_port(), free_port());
    let flags = [
        format!("--listen=127.0.0.1:{port}"),
        format!("--status=127.0.0.1:{status}"),
        format!("--leaf-url=http://{leaf}/"),
    ];
    let mut agent = Agent::start(&["gather", "--leaves=1", &flags[0], &flags[1], &flags[2]], &[]);
    until("serves", LIMIT, || async { ask("GET", &format!("http://127.0.0.1:{status}/healthz")).await.is_some() })
        .await;
    for (target, by_status, by_root) in [
        ("GET /healthz HTTP/1.1", 200, 200),
        ("HEAD /healthz HTTP/1.1", 200, 200),
        ("GET http://evil.example/healthz HTTP/1.1", 200, 200),
        ("GET //healthz HTTP/1.1", 404, 200),
        ("GET /healthz/ HTTP/1.1", 404, 200),
        ("GET /../../etc/passwd HTTP/1.1", 404, 400),
        ("GET /%2e%2e/%00%ff HTTP/1.1", 404, 400),
        ("GET /healthz?%00&&=&a=%zz HTTP/1.1", 200, 200),
        ("GET /healthz#part HTTP/1.1", 200, 200),
        ("POST /healthz HTTP/1.1", 405, 200),
        ("DELETE /metrics HTTP/1.1", 405, 200),
        ("BREW /pot HTTP/1.1", 404, 200),
        ("OPTIONS * HTTP/1.1", 404, 200),
        ("CONNECT evil.example:443 HTTP/1.1", 405, 405),
        ("GET  HTTP/1.1", 400, 400),
        ("GET healthz HTTP/1.1", 404, 0),
    ] {
        assert_eq!(raw(status, target), by_status, "status: {target}");
        let root = raw(port, target);
        assert!(root == by_root || by_root == 0, "root: {target}: {root}");
    }
    assert!(agent.running() && !agent.log().contains("panicked"), "{}", agent.log());
}
