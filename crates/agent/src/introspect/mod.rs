//! `introspect`: what a container tells upward, as JSON: its processes and threads, network counters, its configuration
//! as far as that is harmless, and the tail of logs that it is asked to show. An app's own metrics or stacks come only
//! from a URL that it offers.
//!
//! It does not authenticate its clients, so it listens on loopback: `kubectl port-forward` reaches it there, for those
//! who may.

mod mask;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use hyper::Uri;
use serde_json::{Map, Value, json};

use super::cli::IntrospectArgs;
use super::http::{Http, address};
use super::serve::{GRACE, Limits, Servers};
use super::signals::Termination;
use super::status::{self, Report};
use super::topz::Sampler;
use super::{Failure, random};
pub use mask::Mask;
use mask::is_secret_file;

/// Of each configuration file; more is cut off.
const MAX_CONFIG: u64 = 64 * 1024;
const MAX_CONFIG_FILES: usize = 64;

/// From the end of a log.
const MAX_TAIL: u64 = 256 * 1024;
const DEFAULT_LINES: usize = 100;

/// Serves until SIGTERM.
///
/// # Errors
/// Nothing to read at a given path, or an address in use.
pub async fn run(args: IntrospectArgs) -> Result<(), Failure> {
    let mut termination = Termination::new()?;
    let app = args.app.as_deref().map(|url| address("--app", url)).transpose()?;
    let inside = Arc::new(Inside {
        config: args.config,
        logs: args.logs,
        app,
        mask: Mask::new(random()?),
        http: Http::new(APP_TIME, MAX_APP),
        sampler: Mutex::default(),
        turn: tokio::sync::Mutex::default(),
    });
    if !args.listen.ip().is_loopback() {
        tracing::warn!(listen = %args.listen, "anyone who reaches this address can read; use 127.0.0.1 and kubectl port-forward");
    }
    let mut servers = Servers::new("introspect");
    status::start(&mut servers, args.status.status, Arc::clone(&inside) as _).await?;
    let router = Router::new()
        .route("/", get(index))
        .route("/processes", get(processes))
        .route("/network", get(network))
        .route("/config", get(config))
        .route("/logs", get(logs))
        .route("/app", get(of_app))
        .with_state(inside);
    servers.serve("introspection", "--listen", args.listen, router, Limits::LARGE_ANSWERS).await?;
    servers.until(&mut termination).await?;
    servers.end(GRACE, &mut termination).await;
    Ok(())
}

const APP_TIME: Duration = Duration::from_secs(5);
const MAX_APP: usize = 4 * 1024 * 1024;

struct Inside {
    config: Vec<PathBuf>,
    logs: Vec<PathBuf>,
    app: Option<Uri>,
    mask: Mask,
    http: Http,
    sampler: Mutex<Sampler>,
    /// One answer that reads files is made at a time.
    turn: tokio::sync::Mutex<()>,
}

/// What reads many files, beside the thread of the servers, and one at a time: who asks again and again costs no probe.
async fn in_turn(inside: Arc<Inside>, answer: impl FnOnce(&Inside) -> Response + Send + 'static) -> Response {
    let of = Arc::clone(&inside);
    let _turn = inside.turn.lock().await;
    let made = tokio::task::spawn_blocking(move || answer(&of)).await;
    made.unwrap_or_else(|error| failed(&error.to_string()))
}

impl Report for Inside {
    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}

async fn index() -> Json<Value> {
    Json(json!({ "paths": ["/processes", "/network", "/config", "/logs", "/app"] }))
}

/// Each visible process with its threads.
async fn processes(State(inside): State<Arc<Inside>>) -> Response {
    in_turn(inside, all_processes).await
}

fn all_processes(inside: &Inside) -> Response {
    let sample = inside.sampler.lock().unwrap_or_else(PoisonError::into_inner).sample();
    let usages = match sample {
        Ok(usages) => usages,
        Err(error) => return failed(&error.to_string()),
    };
    let with_threads = usages.into_iter().map(|usage| {
        let process = procfs::process::Process::new(usage.pid);
        let tasks = process.and_then(|process| process.tasks()).into_iter().flatten().flatten();
        let threads: Vec<_> = tasks
            .filter_map(|task| task.stat().ok())
            .map(|stat| json!({ "tid": stat.pid, "name": stat.comm, "state": stat.state.to_string() }))
            .collect();
        let mut value = serde_json::to_value(usage).unwrap_or_default();
        value["threadList"] = Value::Array(threads);
        value
    });
    Json(Value::Array(with_threads.collect())).into_response()
}

/// The Pod's interfaces; all its containers share them.
async fn network() -> Response {
    match procfs::net::dev_status() {
        Ok(devices) => {
            let devices: BTreeMap<_, _> = devices
                .into_iter()
                .map(|(name, device)| {
                    let counters = json!({
                        "receivedBytes": device.recv_bytes, "receivedPackets": device.recv_packets,
                        "receiveErrors": device.recv_errs, "receiveDrops": device.recv_drop,
                        "sentBytes": device.sent_bytes, "sentPackets": device.sent_packets,
                        "sendErrors": device.sent_errs, "sendDrops": device.sent_drop,
                    });
                    (name, counters)
                })
                .collect();
            Json(json!(devices)).into_response()
        }
        Err(error) => failed(&error.to_string()),
    }
}

async fn config(State(inside): State<Arc<Inside>>) -> Response {
    let all = |inside: &Inside| {
        let mut files = Map::new();
        for path in &inside.config {
            collect(path, 0, &inside.mask, &mut files);
        }
        Json(Value::Object(files)).into_response()
    };
    in_turn(inside, all).await
}

fn collect(path: &Path, depth: usize, mask: &Mask, files: &mut Map<String, Value>) {
    let Ok(metadata) = std::fs::metadata(path) else { return };
    if metadata.is_dir() && depth < 8 {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        let mut entries: Vec<_> = entries.map(|entry| entry.path()).collect();
        entries.sort();
        for entry in entries {
            let hidden = entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".."));
            if !hidden && files.len() < MAX_CONFIG_FILES {
                collect(&entry, depth + 1, mask, files);
            }
        }
    } else if metadata.is_file() {
        let name = path.display().to_string();
        let mut text = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MAX_CONFIG).read_to_end(&mut text));
        let content = match (read, String::from_utf8(text)) {
            (Ok(_), Ok(text)) if is_secret_file(path) => json!(mask.masked(&text)),
            (Ok(_), Ok(text)) => json!(mask.configuration(&text)),
            (Ok(bytes), Err(_)) => json!(format!("({bytes} bytes that are not text)")),
            (Err(error), _) => json!(format!("({error})")),
        };
        files.insert(name, content);
    }
}

/// `?lines=N`: the last lines of each log.
async fn logs(State(inside): State<Arc<Inside>>, RawQuery(query): RawQuery) -> Response {
    let asked = query.as_deref().and_then(|query| query.strip_prefix("lines="));
    let lines = match asked.map(str::parse::<usize>) {
        None => DEFAULT_LINES,
        Some(Ok(lines)) => lines,
        Some(Err(_)) => {
            return (StatusCode::BAD_REQUEST, Json(json!({ "error": "lines is not a number" }))).into_response();
        }
    };
    in_turn(inside, move |inside| tails(inside, lines)).await
}

fn tails(inside: &Inside, lines: usize) -> Response {
    let tails: Map<_, _> = inside
        .logs
        .iter()
        .map(|path| {
            let tail =
                tail(path, lines, &inside.mask).map_or_else(|error| json!({ "error": error.to_string() }), Value::from);
            (path.display().to_string(), tail)
        })
        .collect();
    Json(Value::Object(tails)).into_response()
}

fn tail(path: &Path, lines: usize, mask: &Mask) -> std::io::Result<Vec<String>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let from = length.saturating_sub(MAX_TAIL);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(MAX_TAIL).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    // The first line is cut somewhere.
    let all: Vec<_> = text.lines().skip(usize::from(from > 0)).collect();
    Ok(all[all.len().saturating_sub(lines)..].iter().map(|line| mask.log_line(line)).collect())
}

/// What the app itself offers, passed on as it is.
async fn of_app(State(inside): State<Arc<Inside>>) -> Response {
    let Some(app) = &inside.app else {
        return (StatusCode::NOT_FOUND, Json(json!({ "error": "the app offers nothing (--app)" }))).into_response();
    };
    match inside.http.get(app.clone(), MAX_APP, APP_TIME).await {
        Ok(answer) => {
            let kind = answer.headers.get(header::CONTENT_TYPE).cloned();
            let mut response = (answer.status, answer.body).into_response();
            if let Some(kind) = kind {
                response.headers_mut().insert(header::CONTENT_TYPE, kind);
            }
            response
        }
        Err(error) => (StatusCode::BAD_GATEWAY, Json(json!({ "error": error.to_string() }))).into_response(),
    }
}

fn failed(error: &str) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": error }))).into_response()
}
