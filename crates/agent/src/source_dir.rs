//! `source-dir`: a work queue's source container over a folder: each file is an item.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use bytes::Bytes;
use serde_json::{Value, json};

use super::Failure;
use super::cli::SourceDirArgs;
use super::serve::{GRACE, Limits, Servers};
use super::signals::Termination;
use super::status::{self, Report};

/// More files are not listed in one answer; the rest comes when these are gone.
const MAX_ITEMS: usize = 50_000;

/// How long a listing is as good as new.
const FRESH: Duration = Duration::from_millis(500);

/// Serves until SIGTERM.
///
/// # Errors
/// No such folder, or an address in use.
pub async fn run(args: SourceDirArgs) -> Result<(), Failure> {
    let mut termination = Termination::new()?;
    let folder = Arc::new(Folder { path: args.dir, settle: args.settle, listed: tokio::sync::Mutex::default() });
    folder.list().map_err(|error| Failure::Usage(format!("--dir {}: {error}", folder.path.display())))?;
    let mut servers = Servers::new("source_dir");
    status::start(&mut servers, args.status.status, Arc::clone(&folder) as _).await?;
    let items = Router::new().route("/items", get(list)).route("/items/{name}", get(one));
    let router = Router::new().merge(items.clone()).nest("/api/v1", items);
    let router = router.route("/healthz", get(|| async { "ok\n" })).with_state(folder);
    servers.serve("source", "--listen", args.listen, router, Limits::LARGE_ANSWERS).await?;
    servers.until(&mut termination).await?;
    servers.end(GRACE, &mut termination).await;
    Ok(())
}

struct Folder {
    path: PathBuf,
    settle: Duration,
    /// When the folder was listed last, and the answer.
    listed: tokio::sync::Mutex<Option<(Instant, Bytes)>>,
}

impl Folder {
    /// Names of the files that have not been written to for a while, in order, without hidden ones.
    fn list(&self) -> std::io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if names.len() < MAX_ITEMS && self.item(&name).is_some() {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// What an item's worker is told.
    fn item(&self, name: &str) -> Option<Value> {
        if name.starts_with('.') || name.contains(['/', '\0']) {
            return None;
        }
        let path = self.path.join(name);
        // Not through symlinks: they may lead out of the folder.
        let metadata = path.symlink_metadata().ok().filter(std::fs::Metadata::is_file)?;
        let modified = metadata.modified().ok()?;
        // A file from the future is as old as it will get.
        let settled = SystemTime::now().duration_since(modified).map_or(true, |age| age >= self.settle);
        let seconds = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        settled.then(|| json!({ "name": name, "path": path, "bytes": metadata.len(), "modifiedSeconds": seconds }))
    }
}

/// One listing at a time, beside the servers' thread, and the same answer to all who ask within a moment: clients that
/// ask for a large folder again and again cost no probe.
async fn list(State(folder): State<Arc<Folder>>) -> Response {
    let mut listed = folder.listed.lock().await;
    if let Some((at, answer)) = listed.as_ref()
        && at.elapsed() < FRESH
    {
        return json_of(answer.clone());
    }
    let of = Arc::clone(&folder);
    let made = tokio::task::spawn_blocking(move || {
        let names = of.list()?;
        let list = json!({ "kind": "ItemList", "apiVersion": "v1", "items": names });
        Ok::<_, std::io::Error>(Bytes::from(list.to_string()))
    });
    match made.await.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
        Ok(answer) => {
            *listed = Some((Instant::now(), answer.clone()));
            json_of(answer)
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": error.to_string() }))).into_response(),
    }
}

fn json_of(answer: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], answer).into_response()
}

async fn one(State(folder): State<Arc<Folder>>, Path(name): Path<String>) -> Response {
    match folder.item(&name) {
        Some(data) => Json(json!({ "kind": "Item", "apiVersion": "v1", "data": data })).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({ "error": "no such item" }))).into_response(),
    }
}

impl Report for Folder {
    fn ready(&self) -> Result<(), String> {
        std::fs::read_dir(&self.path).map(drop).map_err(|error| format!("{}: {error}", self.path.display()))
    }
}
