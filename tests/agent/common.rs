//! What the agent's tests share: an API server over real HTTP, the real binary, and a small HTTP client.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::any;
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};

pub use crate::support::port::free_port;

/// One call to the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub verb: &'static str,
    pub resource: String,
    pub name: String,
    /// The bearer token: which agent it was.
    pub who: String,
}

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Refused with this status; nothing was done.
    Refuse(u16),
    /// Done, and then the answer is lost behind this status.
    Lose(u16),
    /// Done late.
    Slow(Duration),
    /// Never answered, nothing done.
    Hang,
    /// Done, and never answered.
    DoneHang,
    /// Answered with this status and text, nothing done: by something else on the way, or by a server that is broken.
    Garbage(u16, &'static str),
}

type Faults = Box<dyn FnMut(&Call) -> Option<Fault> + Send>;

/// A model of the API server for leases, jobs and configmaps of one namespace.
#[derive(Clone)]
pub struct ApiServer {
    pub address: SocketAddr,
    state: Arc<ServerState>,
}

struct ServerState {
    objects: Mutex<BTreeMap<(String, String), Value>>,
    version: AtomicU64,
    log: Mutex<Vec<Call>>,
    created: Mutex<Vec<(String, String)>>,
    faults: Mutex<Faults>,
}

impl ApiServer {
    pub async fn start() -> Self {
        let state = Arc::new(ServerState {
            objects: Mutex::default(),
            version: AtomicU64::new(100),
            log: Mutex::default(),
            created: Mutex::default(),
            faults: Mutex::new(Box::new(|_| None)),
        });
        let router = Router::new()
            .route("/apis/{group}/{version}/namespaces/{namespace}/{resource}", any(group_list))
            .route("/apis/{group}/{version}/namespaces/{namespace}/{resource}/{name}", any(group_one))
            .route("/api/v1/namespaces/{namespace}/{resource}", any(core_list))
            .route("/api/v1/namespaces/{namespace}/{resource}/{name}", any(core_one))
            .with_state(Arc::clone(&state));
        Self { address: serve(router).await, state }
    }

    pub fn faults(&self, faults: impl FnMut(&Call) -> Option<Fault> + Send + 'static) {
        *self.state.faults.lock().unwrap() = Box::new(faults);
    }

    pub fn calls(&self) -> Vec<Call> {
        self.state.log.lock().unwrap().clone()
    }

    /// What agents created, in order, as (resource, name).
    pub fn created(&self) -> Vec<(String, String)> {
        self.state.created.lock().unwrap().clone()
    }

    pub fn get(&self, resource: &str, name: &str) -> Option<Value> {
        self.state.objects.lock().unwrap().get(&(resource.to_owned(), name.to_owned())).cloned()
    }

    pub fn list(&self, resource: &str) -> Vec<Value> {
        let objects = self.state.objects.lock().unwrap();
        objects.iter().filter(|((kind, _), _)| kind == resource).map(|(_, object)| object.clone()).collect()
    }

    /// Writes an object as a person with kubectl would.
    pub fn put(&self, resource: &str, name: &str, mut object: Value) {
        object["metadata"]["name"] = json!(name);
        self.state.store(resource, name, object);
    }

    pub fn delete(&self, resource: &str, name: &str) {
        self.state.remove(resource, name);
    }

    /// A kubeconfig for one agent; the token tells the server who calls.
    pub fn kubeconfig(&self, who: &str) -> PathBuf {
        let file = scratch(&format!("kubeconfig-{}-{who}", self.address.port()));
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": format!("http://{}", self.address)}}],
            "users": [{"name": "test", "user": {"token": who}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": "default"}}],
        });
        std::fs::write(&file, config.to_string()).unwrap();
        file
    }
}

type Params = BTreeMap<String, String>;

async fn group_list(
    State(state): State<Arc<ServerState>>,
    Path((_, _, _, resource)): Path<(String, String, String, String)>,
    Query(query): Query<Params>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    state.call(&method, &headers, resource, String::new(), &query, &body).await
}

async fn group_one(
    State(state): State<Arc<ServerState>>,
    Path((_, _, _, resource, name)): Path<(String, String, String, String, String)>,
    Query(query): Query<Params>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    state.call(&method, &headers, resource, name, &query, &body).await
}

async fn core_list(
    State(state): State<Arc<ServerState>>,
    Path((_, resource)): Path<(String, String)>,
    Query(query): Query<Params>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    state.call(&method, &headers, resource, String::new(), &query, &body).await
}

async fn core_one(
    State(state): State<Arc<ServerState>>,
    Path((_, resource, name)): Path<(String, String, String)>,
    Query(query): Query<Params>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    state.call(&method, &headers, resource, name, &query, &body).await
}

impl ServerState {
    async fn call(
        &self,
        method: &Method,
        headers: &HeaderMap,
        resource: String,
        name: String,
        query: &Params,
        body: &[u8],
    ) -> Response {
        let body: Value = if body.is_empty() { Value::Null } else { serde_json::from_slice(body).unwrap() };
        let verb = match (method.as_str(), name.is_empty()) {
            ("GET", true) => "list",
            ("GET", false) => "get",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            _ => "delete",
        };
        let name = if verb == "create" { body["metadata"]["name"].as_str().unwrap().to_owned() } else { name };
        let who = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let call = Call { verb, resource, name, who: who.trim_start_matches("Bearer ").to_owned() };
        self.log.lock().unwrap().push(call.clone());
        let fault = (*self.faults.lock().unwrap())(&call);
        match fault {
            Some(Fault::Refuse(code)) => return refusal(code, "injected"),
            Some(Fault::Garbage(code, text)) => {
                let kind = [("content-type", "application/json")];
                return (StatusCode::from_u16(code).unwrap(), kind, text).into_response();
            }
            Some(Fault::Hang) => return std::future::pending().await,
            Some(Fault::Slow(time)) => tokio::time::sleep(time).await,
            _ => {}
        }
        let response = self.act(&call, query, body);
        match fault {
            Some(Fault::DoneHang) => std::future::pending().await,
            Some(Fault::Lose(code)) => refusal(code, "injected after the fact"),
            _ => response,
        }
    }

    fn act(&self, call: &Call, query: &Params, mut body: Value) -> Response {
        let key = (call.resource.clone(), call.name.clone());
        let before = self.objects.lock().unwrap().get(&key).cloned();
        match (call.verb, before) {
            ("list", _) => self.select(&call.resource, query.get("labelSelector")),
            ("create", Some(_)) => refusal(409, "AlreadyExists"),
            ("create", None) if query.contains_key("dryRun") => (StatusCode::CREATED, Json(body)).into_response(),
            ("create", None) => {
                self.created.lock().unwrap().push(key);
                (StatusCode::CREATED, Json(self.store(&call.resource, &call.name, body))).into_response()
            }
            (_, None) => refusal(404, "NotFound"),
            ("get", Some(object)) => Json(object).into_response(),
            ("delete", Some(object)) => {
                let precondition = &body["preconditions"]["uid"];
                if precondition.is_string() && *precondition != object["metadata"]["uid"] {
                    return refusal(409, "Conflict");
                }
                self.remove(&call.resource, &call.name);
                Json(object).into_response()
            }
            (_, Some(object)) => {
                let current = &object["metadata"];
                let stale =
                    |field: &str| body["metadata"][field].is_string() && body["metadata"][field] != current[field];
                if stale("resourceVersion") || stale("uid") {
                    return refusal(409, "Conflict");
                }
                body["metadata"]["resourceVersion"] = current["resourceVersion"].clone();
                body["metadata"]["uid"] = current["uid"].clone();
                body["metadata"]["creationTimestamp"] = current["creationTimestamp"].clone();
                // Nothing changes: nothing is stored, and the version stays.
                if body["metadata"] == *current && body["spec"] == object["spec"] {
                    return Json(object).into_response();
                }
                Json(self.store(&call.resource, &call.name, body)).into_response()
            }
        }
    }

    fn select(&self, resource: &str, selector: Option<&String>) -> Response {
        let objects = self.objects.lock().unwrap();
        let matches = |object: &Value| {
            selector.is_none_or(|selector| {
                selector.split(',').all(|pair| {
                    let (key, value) = pair.split_once('=').unwrap();
                    object["metadata"]["labels"][key] == json!(value)
                })
            })
        };
        let items: Vec<_> = objects
            .iter()
            .filter(|((kind, _), object)| kind == resource && matches(object))
            .map(|(_, object)| object.clone())
            .collect();
        let version = self.version.load(Ordering::SeqCst).to_string();
        let (kind, api_version) = if resource == "jobs" { ("JobList", "batch/v1") } else { ("List", "v1") };
        Json(json!({"kind": kind, "apiVersion": api_version, "metadata": {"resourceVersion": version}, "items": items}))
            .into_response()
    }

    fn store(&self, resource: &str, name: &str, mut object: Value) -> Value {
        let version = self.version.fetch_add(1, Ordering::SeqCst) + 1;
        let metadata = &mut object["metadata"];
        metadata["resourceVersion"] = json!(version.to_string());
        if !metadata["uid"].is_string() {
            metadata["uid"] = json!(format!("uid-{version}"));
        }
        if !metadata["creationTimestamp"].is_string() {
            metadata["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
        self.objects.lock().unwrap().insert((resource.to_owned(), name.to_owned()), object.clone());
        object
    }

    /// With what the object owns, as the garbage collector does.
    fn remove(&self, resource: &str, name: &str) {
        let mut objects = self.objects.lock().unwrap();
        let Some(gone) = objects.remove(&(resource.to_owned(), name.to_owned())) else { return };
        let uid = &gone["metadata"]["uid"];
        objects.retain(|_, object| {
            let owners = object["metadata"]["ownerReferences"].as_array();
            owners.is_none_or(|owners| owners.iter().all(|owner| owner["uid"] != *uid))
        });
    }
}

fn refusal(code: u16, reason: &str) -> Response {
    let mut status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": reason, "reason": reason, "code": code});
    if code == 429 {
        status["details"] = json!({"retryAfterSeconds": 1});
    }
    (StatusCode::from_u16(code).unwrap(), Json(status)).into_response()
}

/// Serves a router on a free loopback port.
pub async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// A file or folder of this test run.
pub fn scratch(name: &str) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::SeqCst);
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{count}-{name}", std::process::id()))
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_patterns-agent");

/// The real binary, running. It is killed when dropped.
pub struct Agent {
    child: Child,
    log: PathBuf,
}

impl Agent {
    pub fn start(args: &[&str], env: &[(&str, &str)]) -> Self {
        Self::run(Command::new(PROGRAM).args(args), env)
    }

    /// With so little memory for data: what malloc and threads get beyond it is refused, and that ends the process.
    pub fn start_within(mebibytes: u32, args: &[&str], env: &[(&str, &str)]) -> Self {
        let script = format!("ulimit -d {} && exec \"$0\" \"$@\"", mebibytes * 1024);
        Self::run(Command::new("sh").args(["-c", &script, PROGRAM]).args(args), env)
    }

    fn run(command: &mut Command, env: &[(&str, &str)]) -> Self {
        let log = scratch("log");
        let child = command
            .env_remove("KUBECONFIG")
            .env_remove("KUBERNETES_SERVICE_HOST")
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { child, log }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    pub fn running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    pub async fn end(&mut self, limit: Duration) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < limit, "still running after {limit:?}:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a request; nothing when nobody answers.
pub async fn request(method: &str, url: &str, body: &str) -> Option<(u16, HeaderMap, String)> {
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let request = hyper::Request::builder()
        .method(method)
        .uri(url)
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.to_owned())))
        .unwrap();
    let response = tokio::time::timeout(Duration::from_secs(15), client.request(request)).await.ok()?.ok()?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.ok()?.to_bytes();
    Some((parts.status.as_u16(), parts.headers, String::from_utf8_lossy(&body).into_owned()))
}

/// Sends a request and reads the answer as JSON (null when it is none).
pub async fn ask(method: &str, url: &str) -> Option<(u16, Value)> {
    let (status, _, body) = request(method, url, "").await?;
    Some((status, serde_json::from_str(&body).unwrap_or(Value::Null)))
}

/// Repeats a question until the answer is yes.
pub async fn until<F: Future<Output = bool>>(what: &str, limit: Duration, mut question: impl FnMut() -> F) {
    let start = Instant::now();
    while !question().await {
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
