//! What a root counts.

use prometheus_client::metrics::{counter::Counter, family::Family, histogram::Histogram};
use prometheus_client::registry::Registry;

use crate::status::metric;

type Labels = Vec<(&'static str, String)>;

/// The root's metrics.
pub struct Metrics {
    /// Requests answered, by `code`.
    pub requests: Family<Labels, Counter>,
    /// Leaves missing from answers, by `reason`.
    pub missing: Family<Labels, Counter>,
    /// Requests beyond a leaf's first.
    pub hedges: Counter,
    /// From request to answer, in seconds.
    pub seconds: Histogram,
    /// From asking a leaf to its answer or its end, in seconds, by `leaf`.
    pub leaves: Family<Labels, Histogram, fn() -> Histogram>,
}

impl Metrics {
    /// Names and explains them.
    pub fn register(registry: &mut Registry) -> Self {
        let buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        let metrics = Self {
            requests: metric(registry, "requests", "Requests answered, by status"),
            missing: metric(registry, "leaves_missing", "Answers of leaves that are missing, by reason"),
            hedges: metric(registry, "hedges", "Requests sent a second time, elsewhere"),
            seconds: Histogram::new(buckets),
            // Few: there may be a thousand leaves.
            leaves: Family::new_with_constructor(|| Histogram::new([0.01, 0.05, 0.25, 1.0, 5.0])),
        };
        registry.register("request_seconds", "Time from request to answer", metrics.seconds.clone());
        registry.register("leaf_seconds", "Time from asking a leaf to its answer", metrics.leaves.clone());
        metrics
    }
}
