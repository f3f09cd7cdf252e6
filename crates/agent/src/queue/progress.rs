//! What the status server tells about the queue.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use prometheus_client::registry::Registry;

use crate::clock;
use crate::status::{Report, metric};

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
        Self {
            interval,
            last: Mutex::new((clock::since_boot(), Some("the first round has not ended".to_owned()))),
            taken: metric(registry, "items_taken", "Items that this process made Jobs for"),
            waiting: metric(registry, "items_waiting", "Listed items without a Job"),
            active: metric(registry, "jobs_active", "Jobs that wait or work"),
            complete: metric(registry, "jobs_complete", "Jobs that are done"),
            failed: metric(registry, "jobs_failed", "Jobs that failed"),
            malformed: metric(registry, "items_malformed", "Entries of the list that name no item"),
        }
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
