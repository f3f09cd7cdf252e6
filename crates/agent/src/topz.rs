//! `topz`: which process of the Pod uses how much CPU and memory, as text and as JSON.
//!
//! Sees the other containers' processes only in a shared PID namespace (`shareProcessNamespace: true`). Command lines
//! are not shown: they may hold secrets.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use procfs::process::{Process, Stat};
use serde::Serialize;

use super::Failure;
use super::cli::TopzArgs;
use super::serve::{GRACE, Limits, Servers};
use super::signals::Termination;
use super::status::{self, Report};

/// More processes are not looked at; a Pod's PID limit is far below.
const MAX_PROCESSES: usize = 32_768;

/// A process at one moment.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Its id in this PID namespace.
    pub pid: i32,
    /// Who it runs as.
    pub uid: u32,
    /// Its name, as the kernel keeps it: 15 bytes at most.
    pub command: String,
    /// R, S, D, Z, …: see `proc_pid_stat(5)`.
    pub state: char,
    /// How many threads it has.
    pub threads: i64,
    /// Part of one core, in percent, since the sample before; of a new process since its start.
    pub cpu_percent: f64,
    /// Seconds of CPU time in all.
    pub cpu_seconds: f64,
    /// Resident memory.
    pub memory_bytes: u64,
}

/// Serves until SIGTERM.
///
/// # Errors
/// No /proc, or an address in use.
pub async fn run(args: TopzArgs) -> Result<(), Failure> {
    let mut termination = Termination::new()?;
    if args.interval.is_zero() {
        return Err(Failure::Usage("--interval must be greater than zero".to_owned()));
    }
    let mut sampler = Sampler::default();
    let first = sampler.sample().map_err(|error| Failure::Usage(format!("/proc cannot be read: {error}")))?;
    if std::process::id() == 1 {
        tracing::warn!("only this container's processes are visible: the Pod lacks shareProcessNamespace: true");
    }
    let board = Arc::new(Board(Mutex::new(first)));
    let mut servers = Servers::new("topz");
    status::start(&mut servers, args.status.status, Arc::clone(&board) as _).await?;
    let router = router(Arc::clone(&board), args.interval);
    servers.serve("topz", "--listen", args.listen, router, Limits::LARGE_ANSWERS).await?;
    loop {
        tokio::select! {
            () = tokio::time::sleep(args.interval) => match sampler.sample() {
                Ok(usages) => board.set(usages),
                Err(error) => tracing::warn!(%error, "/proc cannot be read"),
            },
            end = servers.until(&mut termination) => {
                end?;
                break;
            }
        }
    }
    servers.end(GRACE, &mut termination).await;
    Ok(())
}

fn router(board: Arc<Board>, interval: Duration) -> Router {
    let page = move |State(board): State<Arc<Board>>, RawQuery(query): RawQuery| async move {
        if query.as_deref() == Some("format=json") {
            return Json(board.get()).into_response();
        }
        text(&board.get(), interval)
    };
    let json = |State(board): State<Arc<Board>>| async move { Json(board.get()) };
    Router::new().route("/", get(page)).route("/topz", get(page)).route("/topz.json", get(json)).with_state(board)
}

/// A table that a browser loads again in place.
fn text(usages: &[Usage], interval: Duration) -> Response {
    let mut table = format!(
        "{:>7} {:>6} {:>2} {:>4} {:>6} {:>9} {:>10}  COMMAND\n",
        "PID", "UID", "S", "THR", "%CPU", "TIME", "MEM(KiB)"
    );
    for usage in usages {
        let Usage { pid, uid, state, threads, cpu_percent, cpu_seconds, memory_bytes, command } = usage;
        // A process may name itself as it likes, line breaks included.
        let command: String = command.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        let _ = writeln!(
            table,
            "{pid:>7} {uid:>6} {state:>2} {threads:>4} {cpu_percent:>6.1} {cpu_seconds:>9.2} {:>10}  {command}",
            memory_bytes / 1024
        );
    }
    let refresh = interval.as_secs().max(1).to_string();
    let kind = "text/plain; charset=utf-8".to_owned();
    ([(header::CONTENT_TYPE, kind), (header::REFRESH, refresh)], table).into_response()
}

/// The latest sample.
struct Board(Mutex<Vec<Usage>>);

impl Board {
    fn get(&self) -> Vec<Usage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, usages: Vec<Usage>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = usages;
    }
}

impl Report for Board {
    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Start and CPU time of a process, in the kernel's ticks.
type Ticks = (u64, u64);

/// Compares /proc with what it was.
#[derive(Default)]
pub struct Sampler {
    /// When the sample before was taken, and what it was.
    before: Option<(Instant, HashMap<i32, Ticks>)>,
}

impl Sampler {
    /// All visible processes, the busiest first.
    ///
    /// # Errors
    /// /proc cannot be read.
    pub fn sample(&mut self) -> procfs::ProcResult<Vec<Usage>> {
        let now = Instant::now();
        let uptime = rustix::time::clock_gettime(rustix::time::ClockId::Boottime).tv_sec;
        let uptime = u64::try_from(uptime).unwrap_or(0);
        let mut ticks = HashMap::new();
        let mut usages = Vec::new();
        for process in procfs::process::all_processes()?.take(MAX_PROCESSES) {
            // It may end at any moment; then it is not there.
            let Ok(process) = process else { continue };
            let (Ok(stat), Ok(uid)) = (process.stat(), process.uid()) else { continue };
            ticks.insert(stat.pid, (stat.starttime, stat.utime + stat.stime));
            usages.push(self.compared(&stat, uid, now, uptime));
        }
        self.before = Some((now, ticks));
        usages.sort_by(|a, b| {
            b.cpu_percent.total_cmp(&a.cpu_percent).then(b.memory_bytes.cmp(&a.memory_bytes)).then(a.pid.cmp(&b.pid))
        });
        Ok(usages)
    }

    fn compared(&self, stat: &Stat, uid: u32, now: Instant, uptime: u64) -> Usage {
        let per_second = procfs::ticks_per_second().max(1);
        let seconds = |ticks: u64| Duration::from_millis(ticks.saturating_mul(1000) / per_second).as_secs_f64();
        let total = stat.utime + stat.stime;
        let before = self.before.as_ref().and_then(|(at, ticks)| {
            // The number may belong to another process by now.
            let (_, used) = ticks.get(&stat.pid).filter(|(start, _)| *start == stat.starttime)?;
            Some((now.duration_since(*at).as_secs_f64(), total.saturating_sub(*used)))
        });
        let age = (Duration::from_secs(uptime).as_secs_f64() - seconds(stat.starttime)).max(1.0);
        let (time, used) = before.unwrap_or((age, total));
        Usage {
            pid: stat.pid,
            uid,
            command: stat.comm.clone(),
            state: stat.state,
            threads: stat.num_threads,
            cpu_percent: if time > 0.0 { (seconds(used) / time * 1000.0).round() / 10.0 } else { 0.0 },
            cpu_seconds: seconds(total),
            memory_bytes: stat.rss.saturating_mul(procfs::page_size()),
        }
    }
}

/// The processes whose name, or whose program's file name, is this.
#[must_use]
pub fn named(name: &str) -> Vec<i32> {
    let Ok(processes) = procfs::process::all_processes() else { return Vec::new() };
    let own = i32::try_from(std::process::id()).unwrap_or(0);
    let is_named = |process: &Process| {
        // The kernel cuts names to 15 bytes; the first argument has it whole.
        let program = process.cmdline().ok().and_then(|args| args.first().cloned()).unwrap_or_default();
        let program = program.rsplit('/').next().unwrap_or_default();
        process.pid != own && (program == name || process.stat().is_ok_and(|stat| stat.comm == name))
    };
    processes.take(MAX_PROCESSES).flatten().filter(is_named).map(|process| process.pid).collect()
}
