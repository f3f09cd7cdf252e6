//! Ends a process whose elections no longer turn, from its own thread, so that the kubelet starts it again.
//!
//! A liveness probe could do that too, but by SIGTERM, at any time: a sidecar could not tell it from the end of its Pod,
//! and would release a Lease that its app still acts upon.

use std::sync::Arc;
use std::time::Duration;

use super::super::status::Report;

/// Pause between two looks.
pub const PERIOD: Duration = Duration::from_secs(5);

/// Looks until the report is unhealthy twice in a row: a machine that wakes up has not turned for long either.
pub fn start(report: Arc<dyn Report>, period: Duration, stuck: impl FnOnce(&str) + Send + 'static) {
    let watch = move || {
        let mut before = false;
        loop {
            std::thread::sleep(period);
            match report.healthy() {
                Ok(()) => before = false,
                Err(reason) if before => return stuck(&reason),
                Err(_) => before = true,
            }
        }
    };
    if let Err(error) = std::thread::Builder::new().name("watchdog".to_owned()).stack_size(256 * 1024).spawn(watch) {
        tracing::warn!(%error, "no watchdog: an election that hangs is not noticed");
    }
}

/// Ends the process without a word to the API server: a Lease that it holds runs out.
#[expect(clippy::exit, reason = "the thread that would return from main is the one that hangs")]
pub fn end_process(reason: &str) {
    tracing::error!("{reason}: ending");
    std::process::exit(1);
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    /// Unhealthy at its second look, and from its fourth on.
    #[derive(Default)]
    struct Stuck(AtomicUsize);

    impl Report for Stuck {
        fn healthy(&self) -> Result<(), String> {
            match self.0.fetch_add(1, Ordering::SeqCst) {
                0 | 2 => Ok(()),
                look => Err(format!("stuck at look {look}")),
            }
        }

        fn ready(&self) -> Result<(), String> {
            Ok(())
        }
    }

    #[test]
    fn one_bad_look_may_be_a_machine_that_woke_up() {
        let (tell, told) = mpsc::channel();
        start(Arc::new(Stuck::default()), Duration::from_millis(1), move |reason| {
            tell.send(reason.to_owned()).unwrap();
        });
        assert_eq!(told.recv_timeout(Duration::from_secs(5)).unwrap(), "stuck at look 4");
    }
}
