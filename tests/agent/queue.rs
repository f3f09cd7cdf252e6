//! `patterns-agent queue`: the real binary, an API server and a source over real HTTP, and a kill at every call.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::{Agent, ApiServer, Fault, ask, free_port, request, scratch, serve, until};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use rustix::process::Signal;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(20);

const TEMPLATE: &str = "
apiVersion: batch/v1
kind: Job
metadata: {labels: {app.kubernetes.io/name: thumbs}}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: worker, image: w, volumeMounts: [{name: item, mountPath: /item}]}]
      volumes: [{name: item, configMap: {name: \"${ITEM}\"}}]
";

/// The call at which everything stops.
#[derive(Default)]
struct Gate {
    count: AtomicUsize,
    stop_at: usize,
}

impl Gate {
    fn reached(&self) -> bool {
        self.count.fetch_add(1, Ordering::SeqCst) + 1 == self.stop_at
    }

    fn passed(&self) -> bool {
        self.stop_at > 0 && self.count.load(Ordering::SeqCst) >= self.stop_at
    }
}

/// A source container.
#[derive(Clone, Default)]
struct Source {
    items: Arc<Mutex<BTreeMap<String, String>>>,
    gate: Arc<Mutex<Arc<Gate>>>,
    lost: Arc<Mutex<bool>>,
}

impl Source {
    fn with(names: &[&str]) -> Self {
        let source = Self::default();
        for name in names {
            source.put(name, &json!({"kind": "Item", "data": {"file": name}}).to_string());
        }
        source
    }

    fn put(&self, name: &str, body: &str) {
        self.items.lock().unwrap().insert(name.to_owned(), body.to_owned());
    }

    fn remove(&self, name: &str) {
        self.items.lock().unwrap().remove(name);
    }

    async fn serve(&self) -> SocketAddr {
        async fn list(State(source): State<Source>) -> Response {
            source.pass().await;
            if *source.lost.lock().unwrap() {
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
            let names: Vec<_> = source.items.lock().unwrap().keys().cloned().collect();
            Json(json!({"kind": "ItemList", "apiVersion": "v1", "items": names})).into_response()
        }
        async fn one(State(source): State<Source>, Path(name): Path<String>) -> Response {
            source.pass().await;
            let item = source.items.lock().unwrap().get(&name).cloned();
            item.map_or(StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
        }
        let routes = Router::new().route("/items", get(list)).route("/items/{name}", get(one));
        serve(Router::new().merge(routes.clone()).nest("/api/v1", routes).with_state(self.clone())).await
    }

    async fn pass(&self) {
        let gate = Arc::clone(&self.gate.lock().unwrap());
        if gate.reached() {
            std::future::pending::<()>().await;
        }
    }
}

fn template(text: &str) -> PathBuf {
    let file = scratch("job.yaml");
    std::fs::write(&file, text).unwrap();
    file
}

fn start(api: &ApiServer, source: SocketAddr, flags: &[&str]) -> (Agent, String) {
    let config = api.kubeconfig("queue");
    let status = free_port();
    let flags_of_all = [
        format!("--source=http://{source}"),
        format!("--job={}", template(TEMPLATE).display()),
        format!("--status=127.0.0.1:{status}"),
        "--interval=20ms".to_owned(),
    ];
    let mut args = vec!["queue"];
    args.extend(flags_of_all.iter().map(String::as_str));
    args.extend(flags);
    (Agent::start(&args, &[("KUBECONFIG", config.to_str().unwrap())]), format!("http://127.0.0.1:{status}"))
}

fn item_of(job: &Value) -> String {
    job["metadata"]["annotations"]["patterns-agent/item"].as_str().unwrap().to_owned()
}

/// Does what the Job controller and the kubelet do: a Job whose mount is there completes.
fn complete_mounted(api: &ApiServer) -> BTreeSet<String> {
    let mut complete = BTreeSet::new();
    for mut job in api.list("jobs") {
        let name = job["metadata"]["name"].as_str().unwrap().to_owned();
        assert_eq!(job["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"], json!(name));
        let Some(config_map) = api.get("configmaps", &name) else { continue };
        let item = item_of(&job);
        assert_eq!(config_map["data"]["item.json"], json!({"file": item}).to_string());
        assert_eq!(config_map["metadata"]["ownerReferences"][0]["uid"], job["metadata"]["uid"]);
        assert!(config_map["metadata"]["ownerReferences"][0]["blockOwnerDeletion"].is_null());
        complete.insert(item);
        if job["status"].is_null() {
            job["status"] = json!({"conditions": [{"type": "Complete", "status": "True"}]});
            api.put("jobs", &name, job);
        }
    }
    complete
}

/// Runs the queue with a kill at the given call; whether that call came at all.
async fn killed_at(call: usize, done: bool) -> bool {
    let items = ["a", "b/with slash & more", "c"];
    let (api, source) = (ApiServer::start().await, Source::with(&items));
    let gate = Arc::new(Gate { stop_at: call, ..Gate::default() });
    *source.gate.lock().unwrap() = Arc::clone(&gate);
    let address = source.serve().await;
    let api_gate = Arc::clone(&gate);
    api.faults(move |_| api_gate.reached().then_some(if done { Fault::DoneHang } else { Fault::Hang }));
    let flags = ["--max-parallel=2", "--keep-done=1ms"];
    let mut complete = BTreeSet::new();
    let mut turn = |api: &ApiServer| {
        let active = api.list("jobs").iter().filter(|job| job["status"].is_null()).count();
        assert!(active <= 2, "{active} Jobs at once");
        complete.extend(complete_mounted(api));
        if complete.contains("a") {
            source.remove("a");
        }
        // One Job is gone with its item, the others stay as long as theirs are listed.
        complete.len() == 3 && api.list("jobs").len() == 2
    };
    let (mut agent, _) = start(&api, address, &flags);
    until("comes to the call, or to the end", LIMIT, || {
        let ended = gate.passed() || turn(&api);
        async move { ended }
    })
    .await;
    let came = gate.passed();
    agent.signal(Signal::KILL);
    agent.end(LIMIT).await;
    *source.gate.lock().unwrap() = Arc::default();
    api.faults(|_| None);
    let (_agent, _) = start(&api, address, &flags);
    until("all done", LIMIT, || {
        let ended = turn(&api);
        async move { ended }
    })
    .await;
    let mut created = BTreeMap::<_, usize>::new();
    api.created().into_iter().for_each(|object| *created.entry(object).or_default() += 1);
    assert_eq!(created.len(), 6, "three Jobs and their ConfigMaps: {created:?}");
    assert!(created.values().all(|count| *count == 1), "killed at call {call}: {created:?}");
    came
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_any_call_loses_nothing_and_repeats_nothing() {
    let mut points = 0;
    for calls in (1..=28).collect::<Vec<_>>().chunks(4) {
        let runs: Vec<_> =
            calls.iter().flat_map(|call| [false, true].map(|done| tokio::spawn(killed_at(*call, done)))).collect();
        for run in runs {
            points += usize::from(run.await.unwrap());
        }
    }
    assert!(points > 30, "only {points} crash points were reached");
    let _ = writeln!(std::io::stderr(), "queue: killed at {points} points, nothing lost, no second Job");
}

#[tokio::test]
async fn a_finished_item_is_not_repeated_while_it_is_listed() {
    let (api, source) = (ApiServer::start().await, Source::with(&["a", "b"]));
    let address = source.serve().await;
    let (mut agent, status) = start(&api, address, &["--keep-done=1ms", "--source-path=/api/v1"]);
    until("both done", LIMIT, || async { complete_mounted(&api).len() == 2 }).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(api.created().len(), 4);
    // A lost source says nothing about its items.
    *source.lost.lock().unwrap() = true;
    until("not ready", LIMIT, || async { ask("GET", &format!("{status}/readyz")).await.unwrap().0 == 503 }).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(api.list("jobs").len(), 2);
    *source.lost.lock().unwrap() = false;
    until("ready", LIMIT, || async { ask("GET", &format!("{status}/readyz")).await.unwrap().0 == 200 }).await;
    source.remove("a");
    until("forgotten", LIMIT, || async { api.list("jobs").len() == 1 && api.list("configmaps").len() == 1 }).await;
    let metrics = request("GET", &format!("{status}/metrics"), "").await.unwrap().2;
    assert!(metrics.contains("patterns_agent_queue_items_taken_total 2"), "{metrics}");
    agent.signal(Signal::TERM);
    assert!(agent.end(LIMIT).await.success());
}

#[tokio::test]
async fn a_job_whose_item_was_withdrawn_before_its_data_was_kept_is_removed() {
    let (api, source) = (ApiServer::start().await, Source::with(&["a"]));
    let address = source.serve().await;
    api.faults(|call| (call.resource == "configmaps").then_some(Fault::Refuse(500)));
    let (agent, _) = start(&api, address, &[]);
    // Not only made: its ConfigMap must have been refused too.
    until("half made", LIMIT, || async { agent.log().contains("injected") }).await;
    source.remove("a");
    api.faults(|_| None);
    until("removed", LIMIT, || async { api.list("jobs").is_empty() }).await;
    // what the agent writes arrives after what it does
    until("said", LIMIT, || async { agent.log().contains("withdrew") }).await;
}

#[tokio::test]
async fn bad_items_are_reported_and_hold_nothing_up() {
    let (api, source) = (ApiServer::start().await, Source::with(&["z"]));
    source.put("broken", "not json");
    source.put("empty", "{}");
    source.put("huge", &json!({"data": "x".repeat(1_000_000)}).to_string());
    let address = source.serve().await;
    let (agent, _) = start(&api, address, &["--max-parallel=1"]);
    until("takes the good one", LIMIT, || async { api.list("configmaps").len() == 1 }).await;
    for complaint in ["broken", "is not JSON", "has no \\\"data\\\"", "larger than"] {
        assert!(agent.log().contains(complaint), "{complaint}: {}", agent.log());
    }
    assert_eq!(agent.log().matches("larger than").count(), 1, "said once");
    let mut job = api.list("jobs").remove(0);
    job["status"] = json!({"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]});
    let name = job["metadata"]["name"].as_str().unwrap().to_owned();
    api.put("jobs", &name, job);
    until("reports the failure", LIMIT, || async { agent.log().contains("BackoffLimitExceeded") }).await;
}

#[tokio::test]
async fn bad_flags_end_with_2() {
    let api = ApiServer::start().await;
    let config = api.kubeconfig("queue");
    let ttl = TEMPLATE.replace("spec:\n  template", "spec:\n  ttlSecondsAfterFinished: 5\n  template");
    for (source, text, flag, complaint) in [
        ("http://127.0.0.1:1", ttl.as_str(), "--interval=1s", "leave ttlSecondsAfterFinished out"),
        ("ftp://x", TEMPLATE, "--interval=1s", "must begin with http://"),
        ("http://127.0.0.1:1", TEMPLATE, "--max-parallel=0", "max-parallel"),
        ("http://127.0.0.1:1", "a: b", "--interval=1s", "only Jobs"),
    ] {
        let (source, job) = (format!("--source={source}"), format!("--job={}", template(text).display()));
        let mut agent = Agent::start(&["queue", &source, &job, flag], &[("KUBECONFIG", config.to_str().unwrap())]);
        assert_eq!(agent.end(LIMIT).await.code(), Some(2), "{}", agent.log());
        assert!(agent.log().contains(complaint), "{complaint}: {}", agent.log());
    }
}
