//! What a project's own templates compute, where it can be given up.
//!
//! minijinja's fuel counts instructions and most of what they make, but not what looking at a value costs: lists are
//! multiplied and added lazily, and a list may hold the same list twice, so a few instructions make values that take
//! years to compare or to write out. No hook of the engine is called then. So what is not ours runs in a thread of its
//! own, and its caller stops waiting at a limit: the command then ends with an error, and the thread with it.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::limits;

/// Nested values are dropped and written by recursion. So are the signs before a value read, and a template may have
/// nearly as many of these as it has bytes.
const STACK: usize = 256 << 20;

/// How often the memory is looked at: as much again may be taken until it is noticed.
const LOOK: Duration = Duration::from_millis(5);

/// Whether a thread was given up and still runs.
static GIVEN_UP: AtomicBool = AtomicBool::new(false);

/// Whether a template was given up that still takes time and memory, which only the end of the process stops.
pub fn is_template_stuck() -> bool {
    GIVEN_UP.load(Ordering::Relaxed)
}

/// Waits for a computation as long as the limits allow.
///
/// # Errors
/// The limit that it is past.
pub(super) fn wait_for<T: Send + 'static>(compute: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let (begin, before) = (Instant::now(), resident());
    let worker = thread::Builder::new().name("template".to_owned()).stack_size(STACK);
    // Nothing receives once it was given up.
    let work = move || drop(sender.send(compute()));
    worker.spawn(work).map_err(|error| format!("cannot start a thread for it: {error}"))?;
    let (seconds, memory) = (limits::TEMPLATE_SECONDS, limits::TEMPLATE_MEMORY);
    loop {
        match receiver.recv_timeout(LOOK) {
            Ok(computed) => return Ok(computed),
            Err(RecvTimeoutError::Disconnected) => return Err("a panic in the template engine".to_owned()),
            Err(RecvTimeoutError::Timeout) => {}
        }
        let grown = resident().zip(before).map_or(0, |(now, before)| now.saturating_sub(before));
        let limit = if begin.elapsed().as_secs() >= seconds.most {
            format!("it takes more than {seconds} seconds (limit {}, see `patterns explain limits`)", seconds.name)
        } else if grown > memory.most {
            format!("it takes more than {memory} of memory (limit {}, see `patterns explain limits`)", memory.name)
        } else {
            continue;
        };
        GIVEN_UP.store(true, Ordering::Relaxed);
        return Err(limit);
    }
}

/// The bytes of memory that the process uses, where Linux says so.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(kibibytes.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}
