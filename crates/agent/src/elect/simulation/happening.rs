//! What happens in a world, in order.

use std::time::Duration;

use super::super::record::{Answer, Request};

/// What can happen.
#[derive(Clone, Debug)]
pub enum Happening {
    Wake { token: u64 },
    Request { id: u64, request: Request },
    Answer { id: u64, answer: Answer },
    Disturb,
    Delete,
    Start,
}

/// What will happen, and to which process.
pub struct Queued {
    /// When, in real time.
    pub at: Duration,
    /// Of those at one moment, the first that was said.
    pub order: u64,
    /// The process that it happens to.
    pub process: usize,
    /// What happens.
    pub what: Happening,
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}
impl Eq for Queued {}
impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Queued {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}
