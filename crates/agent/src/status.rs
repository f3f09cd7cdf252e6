//! `/healthz`, `/readyz` and `/metrics`, the same for every long-running role.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::registry::{Metric, Registry};

use super::Failure;
use super::serve::{Limits, Servers};

/// What a role says about itself.
pub trait Report: Send + Sync + 'static {
    /// Whether a restart would help; the reason if so.
    fn healthy(&self) -> Result<(), String> {
        Ok(())
    }

    /// Whether it can do its work now; the reason if not.
    fn ready(&self) -> Result<(), String>;

    /// Brings metrics that depend on the moment up to date.
    fn measure(&self) {}
}

/// A metric that the status server tells.
pub fn metric<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

struct Shared {
    report: Arc<dyn Report>,
    registry: Registry,
}

/// Starts the status server; it tells what has been registered until now.
///
/// # Errors
/// The address cannot be had.
pub async fn start(servers: &mut Servers, address: SocketAddr, report: Arc<dyn Report>) -> Result<(), Failure> {
    let registry = std::mem::take(&mut servers.registry);
    let router = Router::new()
        .route("/healthz", get(|State(shared): State<Arc<Shared>>| async move { verdict(shared.report.healthy()) }))
        .route("/readyz", get(|State(shared): State<Arc<Shared>>| async move { verdict(shared.report.ready()) }))
        .route("/metrics", get(metrics))
        .with_state(Arc::new(Shared { report, registry }));
    servers.serve("status", "--status", address, router, Limits::SMALL).await
}

fn verdict(result: Result<(), String>) -> Response {
    match result {
        Ok(()) => "ok\n".into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason + "\n").into_response(),
    }
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    shared.report.measure();
    let mut text = String::new();
    match prometheus_client::encoding::text::encode(&mut text, &shared.registry) {
        Ok(()) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
