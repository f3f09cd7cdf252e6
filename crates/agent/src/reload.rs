//! `reload`: tells the app that mounted files have changed, by a call or by a signal.
//!
//! The kubelet updates a ConfigMap or Secret volume by swapping the symlink `..data`. Looking at what the names lead to
//! once a second sees that, and every other way to change a file, on any file system.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, Uri};
use prometheus_client::metrics::counter::Counter;
use rustix::process::{Pid, Signal, kill_process};
use sha2::{Digest as _, Sha256};

use super::cli::{ReloadArgs, SignalName};
use super::http::{Http, address};
use super::serve::{GRACE, Servers};
use super::signals::Termination;
use super::status::{self, Report};
use super::{Failure, topz};

const CALL_TIME: Duration = Duration::from_secs(10);
/// Of what the app answers.
const MAX_PAGE: usize = 64 * 1024;
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Folders below each other, and files in all; a volume has far fewer.
const MAX_DEPTH: usize = 16;
const MAX_FILES: usize = 20_000;

/// Watches until SIGTERM.
///
/// # Errors
/// Nothing to watch, or flags that do not fit together.
pub async fn run(args: ReloadArgs) -> Result<(), Failure> {
    let mut termination = Termination::new()?;
    let action = match (&args.url, args.signal, &args.process) {
        (Some(url), _, _) => Action::Call(Http::new(CALL_TIME, MAX_PAGE), address("--url", url)?),
        (None, Some(signal), Some(process)) => Action::Signal(signal.into(), process.clone()),
        _ => return Err(Failure::Usage("what to do is missing: --url, or --signal with --process".to_owned())),
    };
    if args.interval.is_zero() {
        return Err(Failure::Usage("--interval must be greater than zero".to_owned()));
    }
    if let Some(missing) = args.watch.iter().find(|path| !path.exists()) {
        return Err(Failure::Usage(format!("--watch {}: there is no such file or folder", missing.display())));
    }
    let mut servers = Servers::new("reload");
    let report = Arc::new(Reloads::default());
    servers.registry.register("reloads", "Changes that the app was told of", report.done.clone());
    servers.registry.register("failures", "Tries to tell the app that failed", report.failed.clone());
    status::start(&mut servers, args.status.status, Arc::clone(&report) as _).await?;
    // What is there now is what the app knows; from here on every change counts.
    let look = Look::at(&args.watch);
    let known = look.content();
    tracing::info!(watch = ?args.watch, "watching");
    tokio::select! {
        () = watch(&args, &action, &report, look, known) => {}
        end = servers.until(&mut termination) => end?,
    }
    servers.end(GRACE, &mut termination).await;
    Ok(())
}

enum Action {
    Call(Http, Uri),
    Signal(Signal, String),
}

/// Tells the app of changes since the first look. A failed call leaves `known` behind, and is repeated.
async fn watch(args: &ReloadArgs, action: &Action, report: &Reloads, mut look: Look, mut known: [u8; 32]) {
    let mut content = known;
    let mut pause = args.interval;
    loop {
        tokio::time::sleep(pause).await;
        pause = args.interval;
        let now = Look::at(&args.watch);
        if now != look {
            // Wait until it has come to rest: a writer may be between two files.
            look = now;
            continue;
        }
        content = if content_is_stale(&mut look) { look.content() } else { content };
        if content == known {
            continue;
        }
        match action.take().await {
            Ok(what) => {
                known = content;
                report.done.inc();
                report.set(None);
                tracing::info!(what, "the files have changed: reloaded");
            }
            Err(reason) => {
                report.failed.inc();
                pause = report.set(Some(reason)).min(LONGEST_PAUSE).max(args.interval);
            }
        }
    }
}

/// Whether the content has to be read again; once per change.
fn content_is_stale(look: &mut Look) -> bool {
    !std::mem::replace(&mut look.read, true)
}

impl Action {
    async fn take(&self) -> Result<String, String> {
        match self {
            Self::Call(http, uri) => {
                let mut request = Request::new(Full::new(Bytes::new()));
                *request.method_mut() = Method::POST;
                *request.uri_mut() = uri.clone();
                match http.send(request, MAX_PAGE, CALL_TIME).await {
                    Ok(answer) if answer.status.is_success() => Ok(format!("POST {}", uri.path())),
                    Ok(answer) => Err(format!("POST {} answered {}", uri.path(), answer.status)),
                    Err(error) => Err(format!("POST {}: {error}", uri.path())),
                }
            }
            Self::Signal(signal, name) => send(*signal, name),
        }
    }
}

fn send(signal: Signal, name: &str) -> Result<String, String> {
    let pids = topz::named(name);
    if pids.is_empty() {
        return Err(format!(
            "no process {name:?} is visible: it is not running, or the Pod lacks shareProcessNamespace: true"
        ));
    }
    for pid in &pids {
        let Some(target) = Pid::from_raw(*pid) else { continue };
        match kill_process(target, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => {
                let own = rustix::process::getuid().as_raw();
                return Err(format!(
                    "process {pid} ({name}) cannot be signalled: {error}; both containers must run as one user, this one \
                     runs as {own}"
                ));
            }
        }
    }
    Ok(format!("signal {} to {pids:?}", signal.as_raw()))
}

/// What the watched names lead to.
#[derive(Debug, Default)]
struct Look {
    files: BTreeMap<PathBuf, (u64, u64, u64, i64, i64)>,
    read: bool,
}

impl PartialEq for Look {
    fn eq(&self, other: &Self) -> bool {
        self.files == other.files
    }
}

impl Look {
    fn at(paths: &[PathBuf]) -> Self {
        let mut look = Self::default();
        for path in paths {
            look.visit(path, 0);
        }
        look
    }

    fn visit(&mut self, path: &Path, depth: usize) {
        // Follows symlinks: through them ConfigMaps change.
        let Ok(metadata) = fs::metadata(path) else { return };
        if metadata.is_dir() && depth < MAX_DEPTH {
            let Ok(entries) = fs::read_dir(path) else { return };
            for entry in entries.flatten() {
                // `..data` and its targets are seen through the names that lead there.
                if self.files.len() < MAX_FILES && !entry.file_name().as_encoded_bytes().starts_with(b"..") {
                    self.visit(&entry.path(), depth + 1);
                }
            }
        } else if metadata.is_file() {
            let state = (metadata.dev(), metadata.ino(), metadata.len(), metadata.mtime(), metadata.mtime_nsec());
            self.files.insert(path.to_owned(), state);
        }
    }

    /// A hash of names and bytes: the kubelet may write what was there before.
    fn content(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for path in self.files.keys() {
            hash.update(path.as_os_str().as_encoded_bytes());
            let mut file = [0];
            if let Ok(mut reader) = fs::File::open(path) {
                file = [1];
                // Unreadable halfway is another content than before, and is read again when it changes.
                let _ = std::io::copy(&mut reader, &mut hash);
            }
            hash.update(file);
        }
        hash.finalize().into()
    }
}

impl From<SignalName> for Signal {
    fn from(name: SignalName) -> Self {
        match name {
            SignalName::Hup => Self::HUP,
            SignalName::Int => Self::INT,
            SignalName::Quit => Self::QUIT,
            SignalName::Term => Self::TERM,
            SignalName::Usr1 => Self::USR1,
            SignalName::Usr2 => Self::USR2,
            SignalName::Winch => Self::WINCH,
        }
    }
}

#[derive(Default)]
struct Reloads {
    done: Counter,
    failed: Counter,
    complaint: Mutex<(Option<String>, u32)>,
}

impl Reloads {
    /// Notes how the last try ended; how long to wait before the next.
    fn set(&self, complaint: Option<String>) -> Duration {
        let mut state = self.complaint.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reason) = complaint.as_ref().filter(|_| state.0 != complaint) {
            tracing::warn!("{reason}; trying again");
        }
        state.1 = if complaint.is_some() { (state.1 + 1).min(6) } else { 0 };
        state.0 = complaint;
        Duration::from_millis(500 << state.1)
    }
}

impl Report for Reloads {
    fn ready(&self) -> Result<(), String> {
        self.complaint.lock().unwrap_or_else(PoisonError::into_inner).0.clone().map_or(Ok(()), Err)
    }
}
