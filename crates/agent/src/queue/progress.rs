//! What the status server tells about the queue.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use prometheus_client::registry::Registry;

use crate::clock;
use crate::status::Report;

/// Sets a gauge to a count.
pub(super) fn set(gauge: &Gauge, count: usize) {
    gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
}

/// What the status server tells.
pub(super) struct Progress {
    interval: Duration,
    last: Mutex<(Duration, Option<String>)>,
    pub(super) taken: Counter,
    pub(super) waiting: Gauge,
    pub(super) active: Gauge,
    pub(super) complete: Gauge,
    pub(super) failed: Gauge,
    pub(super) malformed: Gauge,
}

impl Progress {
    pub(super) fn register(registry: &mut Registry, interval: Duration) -> Self {
        let progress = Self {
            interval,
            last: Mutex::new((clock::since_boot(), Some("the first round has not ended".to_owned()))),
            taken: Counter::default(),
            waiting: Gauge::default(),
            active: Gauge::default(),
            complete: Gauge::default(),
            failed: Gauge::default(),
            malformed: Gauge::default(),
        };
        registry.register("items_taken", "Items that this process made Jobs for", progress.taken.clone());
        registry.register("items_waiting", "Listed items without a Job", progress.waiting.clone());
        registry.register("jobs_active", "Jobs that wait or work", progress.active.clone());
        registry.register("jobs_complete", "Jobs that are done", progress.complete.clone());
        registry.register("jobs_failed", "Jobs that failed", progress.failed.clone());
        registry.register("items_malformed", "Entries of the list that name no item", progress.malformed.clone());
        progress
    }

    /// Notes that a round has ended, and what went wrong in it.
    pub(super) fn turned(&self, complaint: Option<String>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = (clock::since_boot(), complaint);
    }
}

impl Report for Progress {
    fn healthy(&self) -> Result<(), String> {
        let (turned, _) = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // A round makes many calls, each bounded.
        let limit = self.interval * 3 + Duration::from_secs(600);
        if clock::since_boot() > turned + limit { Err("no round has ended for long".to_owned()) } else { Ok(()) }
    }

    fn ready(&self) -> Result<(), String> {
        match &*self.last.lock().unwrap_or_else(PoisonError::into_inner) {
            (_, Some(complaint)) => Err(complaint.clone()),
            _ => Ok(()),
        }
    }
}
