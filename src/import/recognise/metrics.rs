//! Metrics: those of the app, and exporters.

use serde_json::{Map, Value as Json, json};

use super::Recognised;
use crate::import::values::items;

pub(super) const SCRAPE: &str = "prometheus.io/scrape";

pub(super) const PORT: &str = "prometheus.io/port";

pub(super) const PATH: &str = "prometheus.io/path";

const SCHEME: &str = "prometheus.io/scheme";

/// Metrics that the app serves by itself, as annotations say.
pub(super) fn own_metrics(annotations: &Json, app: &Json) -> Option<Recognised> {
    let port: u64 = annotations[PORT].as_str()?.parse().ok()?;
    let declared = items(&app["ports"]).iter().find(|one| one["containerPort"] == port)?;
    (annotations[SCRAPE] == "true").then_some(())?;
    let mut params = Map::from_iter([("from".to_owned(), json!("app"))]);
    params.insert(
        "port".to_owned(),
        declared.get("name").filter(|name| name.is_string()).unwrap_or(&json!(port)).clone(),
    );
    for (key, annotation, default) in [("path", PATH, "/metrics"), ("scheme", SCHEME, "http")] {
        let said = annotations[annotation].as_str().filter(|said| *said != default);
        params.extend(said.map(|said| (key.to_owned(), json!(said))));
    }
    Some(Recognised {
        containers: Vec::new(),
        annotations: [SCRAPE, PORT, PATH, SCHEME].map(str::to_owned).to_vec(),
        ..Recognised::new(&json!({"name": "metrics"}), "metrics", "from", params)
    })
}

/// What an exporter asks, by the name of its image.
pub(super) fn exporter(program: &str) -> Option<&'static str> {
    Some(match program.replace('_', "-").as_str() {
        "statsd-exporter" => "statsd",
        "redis-exporter" => "redis",
        "memcached-exporter" => "memcached",
        "mysqld-exporter" => "mysql",
        "postgres-exporter" => "postgres",
        "nginx-prometheus-exporter" => "nginx",
        _ => return None,
    })
}
