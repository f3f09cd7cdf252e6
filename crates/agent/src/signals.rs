//! SIGTERM and SIGINT end a role; a second one ends it at once. SIGHUP, for which there is nothing to read again, does
//! nothing; its default would end every process but PID 1.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Failure;

/// Both signals.
pub struct Termination {
    term: Signal,
    interrupt: Signal,
    _hangup: Signal,
}

impl Termination {
    /// Takes the signals over from their default, which for PID 1 of a container is to be ignored.
    ///
    /// # Errors
    /// The kernel refused.
    pub fn new() -> Result<Self, Failure> {
        let take = |kind| signal(kind).map_err(|error| Failure::Usage(format!("cannot handle signals: {error}")));
        Ok(Self {
            term: take(SignalKind::terminate())?,
            interrupt: take(SignalKind::interrupt())?,
            _hangup: take(SignalKind::hangup())?,
        })
    }

    /// Waits for either.
    pub async fn wait(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
