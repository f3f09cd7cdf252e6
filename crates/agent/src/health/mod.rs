//! `health`: answers HTTP probes for servers that speak no HTTP.
//!
//! The kubelet's `httpGet` wants a status code; this asks the server in its own protocol and answers 200 or 503. For
//! readiness: as liveness it would restart the app for its neighbour's trouble.

mod target;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge};
use tokio::sync::Mutex as AsyncMutex;

use super::cli::HealthArgs;
use super::serve::{GRACE, Limits, Servers};
use super::signals::Termination;
use super::status::{self, Report, metric};
use super::{Failure, clock};
use target::{Login, Target};

/// Answers until SIGTERM.
///
/// # Errors
/// A target that cannot be checked, or an address in use.
pub async fn run(args: HealthArgs) -> Result<(), Failure> {
    let mut termination = Termination::new()?;
    let login = Login { user: args.user, password: args.password };
    let target = Target::new(&args.target, login, args.query).map_err(Failure::Usage)?;
    if args.timeout.is_zero() || args.interval.is_some_and(|interval| interval.is_zero()) {
        return Err(Failure::Usage("--timeout and --interval must be greater than zero".to_owned()));
    }
    let mut servers = Servers::new("health");
    let up = metric(&mut servers.registry, "up", "Whether the last check succeeded");
    let checks = metric(&mut servers.registry, "checks", "Checks made, by result");
    tracing::info!(target = target.to_string(), "checking");
    let (timeout, interval) = (args.timeout, args.interval);
    let last = Mutex::new((clock::since_boot(), Err("not checked yet".to_owned())));
    let probe = Arc::new(Probe { target, timeout, interval, turn: AsyncMutex::new(()), last, up, checks });
    status::start(&mut servers, args.status.status, Arc::clone(&probe) as _).await?;
    let router = Router::new().fallback(answer).with_state(Arc::clone(&probe));
    servers.serve("probes", "--listen", args.listen, router, Limits::SMALL).await?;
    tokio::select! {
        () = probe.repeat() => {}
        end = servers.until(&mut termination) => end?,
    }
    servers.end(GRACE.max(timeout), &mut termination).await;
    Ok(())
}

type Verdict = Result<(), String>;

struct Probe {
    target: Target,
    timeout: Duration,
    interval: Option<Duration>,
    /// One check at a time: probes must not become the load.
    turn: AsyncMutex<()>,
    last: Mutex<(Duration, Verdict)>,
    up: Gauge,
    checks: Family<Vec<(&'static str, String)>, Counter>,
}

async fn answer(State(probe): State<Arc<Probe>>) -> Response {
    let verdict = match probe.interval {
        None => probe.now().await,
        Some(interval) => probe.latest(interval),
    };
    match verdict {
        Ok(()) => "ok\n".into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason + "\n").into_response(),
    }
}

impl Probe {
    async fn repeat(&self) {
        let Some(interval) = self.interval else { return std::future::pending().await };
        loop {
            drop(self.check().await);
            tokio::time::sleep(interval).await;
        }
    }

    /// A check of its own, or the result of one that began while this probe waited.
    async fn now(&self) -> Verdict {
        let asked = clock::since_boot();
        let _turn = self.turn.lock().await;
        let (checked, verdict) = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if checked > asked { verdict } else { self.check().await }
    }

    fn latest(&self, interval: Duration) -> Verdict {
        let (checked, verdict) = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let age = clock::since_boot().saturating_sub(checked);
        if age > interval * 3 + self.timeout { Err("the last check is too long ago".to_owned()) } else { verdict }
    }

    async fn check(&self) -> Verdict {
        let began = clock::since_boot();
        let verdict = match tokio::time::timeout(self.timeout, self.target.check()).await {
            Ok(verdict) => verdict,
            Err(_) => Err(format!("no answer within {}", humantime::format_duration(self.timeout))),
        };
        self.up.set(verdict.is_ok().into());
        let result = if verdict.is_ok() { "ok" } else { "failed" };
        self.checks.get_or_create(&vec![("result", result.to_owned())]).inc();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.1 != verdict {
            match &verdict {
                Ok(()) => tracing::info!("healthy"),
                Err(reason) => tracing::warn!("unhealthy: {reason}"),
            }
        }
        *last = (began, verdict.clone());
        verdict
    }
}

impl Report for Probe {
    /// The adapter's own; the target's is on the other port.
    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}
