//! The HTTP API for the containers of the same Pod: three dialects on one port.
//!
//! - the retired leader-elector's: `GET /` → `{"name": "<Pod>"}`
//! - becomeLeader and renewLeadership, which the literature names and this project defines
//! - Metaparticle's locks: `GET|PUT /locks/<name>`, heartbeats within 30 seconds (metaparticle-io/sync, overview.md)
//!
//! Bare paths mean the first lease, `/leases/<name>/…` any of them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, OptionalFromRequestParts, Path, RawQuery};
use axum::http::{StatusCode, request::Parts};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Json, Response, sse};
use axum::routing::{get, post};
use futures_util::{Stream, stream};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::driver::{Election, Elections, Seen};
use super::machine::Standing;
use super::name_of;

/// Metaparticle's lock TTL.
const LOCK_TTL: Duration = Duration::from_secs(30);

/// All paths.
pub fn router(elections: Arc<Elections>) -> Router {
    let of_one = Router::new()
        .route("/", get(name))
        .route("/leader", get(leader))
        .route("/watch", get(watch_changes))
        .route("/becomeLeader", post(become_leader))
        .route("/renewLeadership", post(renew_leadership))
        .route("/stepDown", post(step_down));
    Router::new()
        .merge(of_one.clone())
        .route("/leases/{lease}", get(name))
        .nest("/leases/{lease}/", of_one)
        .route("/locks/{lease}", get(get_lock).put(put_lock))
        .with_state(elections)
}

/// The election that a path means; bare paths carry no name.
struct Meant(Arc<Election>);

impl FromRequestParts<Arc<Elections>> for Meant {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<Elections>) -> Result<Self, Response> {
        let name =
            <Path<String> as OptionalFromRequestParts<_>>::from_request_parts(parts, state).await.unwrap_or(None);
        let found = match &name {
            None => state.0.first(),
            Some(Path(name)) => state.0.iter().find(|election| election.name() == name),
        };
        found.cloned().map(Self).ok_or_else(|| {
            let known: Vec<_> = state.0.iter().map(|election| election.name()).collect();
            let error = format!("this elector takes part only in {}", known.join(", "));
            (StatusCode::NOT_FOUND, Json(json!({ "error": error }))).into_response()
        })
    }
}

async fn name(Meant(election): Meant) -> Json<Value> {
    let standing = election.standing();
    Json(json!({ "name": standing.leader.as_deref().map_or("", name_of) }))
}

async fn leader(Meant(election): Meant) -> Response {
    answer(&election, |_| StatusCode::OK)
}

/// The wish holds when this Pod leads; while no process does, it waits for the race to be decided.
async fn become_leader(Meant(election): Meant) -> Response {
    election.campaign(None);
    decided(&election).await;
    answer(&election, leads_or_conflict)
}

/// With a term: whether this Pod has led ever since. The elector renews the Lease by itself.
async fn renew_leadership(Meant(election): Meant, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let term = match term(query.as_deref(), &body) {
        Ok(term) => term,
        Err(error) => return (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response(),
    };
    answer(&election, |standing| match term {
        Some(term) if !standing.is_leader || standing.term != term => StatusCode::GONE,
        Some(_) => StatusCode::OK,
        None => leads_or_conflict(standing),
    })
}

async fn step_down(Meant(election): Meant) -> Response {
    election.step_down();
    answer(&election, |_| StatusCode::OK)
}

async fn get_lock(Meant(election): Meant) -> Response {
    answer(&election, |standing| if standing.leader.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND })
}

async fn put_lock(Meant(election): Meant) -> Response {
    election.campaign(Some(LOCK_TTL));
    decided(&election).await;
    answer(&election, leads_or_conflict)
}

async fn watch_changes(Meant(election): Meant) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let changes = election.watch();
    let events = stream::unfold((election, changes, true), |(election, mut changes, first)| async move {
        if !first {
            changes.changed().await.ok()?;
        }
        changes.mark_unchanged();
        let event = sse::Event::default().data(body(&election, &election.standing()).to_string());
        Some((Ok(event), (election, changes, false)))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// Waits until there is a leader, at most as long as one try may take.
async fn decided(election: &Election) {
    let mut changes: watch::Receiver<Seen> = election.watch();
    let limit = election.times().request_timeout();
    let _ = tokio::time::timeout(limit, changes.wait_for(|seen| seen.leader.is_some())).await;
}

fn term(query: Option<&str>, body: &[u8]) -> Result<Option<u64>, String> {
    let in_query = query.into_iter().flat_map(|query| query.split('&')).find_map(|pair| pair.strip_prefix("term="));
    if let Some(text) = in_query {
        return text.parse().map(Some).map_err(|_| format!("term {text:?} is not a number"));
    }
    if body.is_empty() {
        return Ok(None);
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    match value.get("term") {
        None | Some(Value::Null) => Ok(None),
        Some(term) => term.as_u64().map(Some).ok_or_else(|| format!("term {term} is not a number")),
    }
}

fn leads_or_conflict(standing: &Standing) -> StatusCode {
    if standing.is_leader { StatusCode::OK } else { StatusCode::CONFLICT }
}

/// Status and body come from one look at the clock.
fn answer(election: &Election, status: impl Fn(&Standing) -> StatusCode) -> Response {
    let standing = election.standing();
    (status(&standing), Json(body(election, &standing))).into_response()
}

fn body(election: &Election, standing: &Standing) -> Value {
    let remaining = standing.remaining.max(election.quiet());
    json!({
        "lease": election.name(),
        "leader": standing.leader.as_deref().map(name_of),
        "isLeader": standing.is_leader,
        "term": standing.term,
        "remainingMs": u64::try_from(remaining.as_millis()).unwrap_or(u64::MAX),
    })
}
