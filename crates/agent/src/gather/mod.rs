//! `gather`: the root of scatter/gather. It asks all leaves, and answers with what the user's merge container makes of
//! their answers, or with the list of them.

mod leaves;
mod metrics;
mod rpc;
mod split;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::Full;
use hyper::Uri;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::sync::Semaphore;

use super::Failure;
use super::cli::{GatherArgs, GatherMode, OnPartial, Protocol};
use super::http::{Answer, Http, address};
use super::serve::{GRACE, Limits, Servers};
use super::signals::Termination;
use super::status::{self, Report};
use leaves::{Leaves, MISSING, Miss, Outgoing, Reply};
use metrics::Metrics;
pub use rpc::Call;
pub use split::parts;

/// How long a client's connection is kept for its next request: longer than the pools of proxies keep theirs.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Bytes of all requests' bodies at once, and of all answers; each a quarter of what a generated root may use.
const BODIES: usize = 32 * 1024 * 1024;

/// Answers until SIGTERM, then ends what it has begun.
///
/// # Errors
/// Flags that cannot work, or an address in use.
pub async fn run(args: GatherArgs) -> Result<(), Failure> {
    let mut termination = Termination::new()?;
    let leaves = args.leaves.get();
    let quorum = args.quorum.unwrap_or(leaves);
    if quorum == 0 || quorum > leaves {
        return Err(Failure::Usage(format!("--quorum {quorum} must be 1 to {leaves}, the number of leaves")));
    }
    if args.timeout.is_zero() || args.deadline.is_some_and(|deadline| deadline.is_zero()) {
        return Err(Failure::Usage("--timeout and --deadline must be greater than zero".to_owned()));
    }
    if args.hedge_after.is_some_and(|hedge| hedge >= args.timeout) {
        return Err(Failure::Usage("--hedge-after must be less than --timeout, or it never happens".to_owned()));
    }
    let mut servers = Servers::new("gather");
    let metrics = Metrics::register(&mut servers.registry);
    let root = Arc::new(Root {
        leaves: Leaves::new(leaves, &args.leaf_url, &args.replica_urls, args.timeout, args.hedge_after, args.max_body)?,
        merge: args.merge.as_deref().map(|url| address("--merge", url)).transpose()?,
        http: Http::new(args.timeout, args.max_body.saturating_mul(leaves)),
        quorum,
        on_partial: args.on_partial,
        mode: args.mode,
        protocol: args.protocol,
        timeout: args.timeout,
        deadline: args.deadline,
        max_body: args.max_body,
        room: Semaphore::new(args.max_requests.get()),
        metrics,
    });
    status::start(&mut servers, args.status.status, Arc::clone(&root) as _).await?;
    let router = Router::new().fallback(answer).with_state(Arc::clone(&root));
    // Clients keep connections for their next request, and some wait in vain for a place.
    let connections = args.max_requests.get().saturating_add(64);
    let bodies = args.max_body.max(BODIES);
    let limits =
        Limits { connections, wait: KEEP_ALIVE, body: args.max_body, bodies, answers: BODIES, ..Limits::SMALL };
    servers.serve("root", "--listen", args.listen, router, limits).await?;
    servers.until(&mut termination).await?;
    servers.end(args.timeout.max(args.deadline.unwrap_or_default()) * 2 + GRACE, &mut termination).await;
    Ok(())
}

struct Root {
    leaves: Leaves,
    merge: Option<Uri>,
    http: Http,
    quorum: usize,
    on_partial: OnPartial,
    mode: GatherMode,
    protocol: Protocol,
    timeout: Duration,
    deadline: Option<Duration>,
    max_body: usize,
    room: Semaphore,
    metrics: Metrics,
}

/// What came back.
struct Gathered {
    /// In the order of the leaves; the bodies are JSON.
    replies: Vec<(usize, Bytes)>,
    missing: Vec<usize>,
    /// Missing leaves, and the missing leaves of leaves that are roots themselves: `3,1.2`.
    header: Option<HeaderValue>,
    all_late: bool,
}

/// An answer that is none: status and words.
struct Refusal {
    status: StatusCode,
    error: String,
    missing: Vec<usize>,
}

impl Refusal {
    fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), missing: Vec::new() }
    }
}

/// Whether a path has a segment `.` or `..`, plain or escaped.
fn has_dots(path: &str) -> bool {
    let plain = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    path.split('/').any(plain)
}

async fn answer(State(root): State<Arc<Root>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let start = Instant::now();
    let asked = Outgoing::new(method, &uri, &headers);
    let response = match root.room.try_acquire() {
        // It would leave the path that the leaf's URL has.
        _ if has_dots(uri.path()) => {
            let error = "the path has a segment of dots; write where it leads";
            plain_refusal(&Refusal::new(StatusCode::BAD_REQUEST, error))
        }
        Ok(_room) => match root.protocol {
            Protocol::Plain => root.plain(&asked, &body, start).await,
            Protocol::Jsonrpc => root.jsonrpc(&asked, &body, start).await,
        },
        // Memory for another request's bodies is not there.
        Err(_) => plain_refusal(&Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too many requests at once")),
    };
    root.metrics.requests.get_or_create(&vec![("code", response.status().as_u16().to_string())]).inc();
    root.metrics.seconds.observe(start.elapsed().as_secs_f64());
    response
}

impl Root {
    async fn plain(&self, outgoing: &Outgoing, body: &Bytes, start: Instant) -> Response {
        let outcome = async {
            let parts = split::parts(self.mode, body, self.leaves.count());
            let gathered = self.gather(outgoing, parts, None, start).await;
            self.enough(&gathered)?;
            let answer = self.merge(&gathered, start).await?;
            Ok((answer, gathered.header))
        };
        match outcome.await {
            Ok((merged, missing)) => {
                let mut response = Response::new(Body::from(merged.body));
                *response.status_mut() = merged.status;
                let kind = merged.headers.get(header::CONTENT_TYPE).cloned();
                let kind = kind.unwrap_or(HeaderValue::from_static("application/json"));
                response.headers_mut().insert(header::CONTENT_TYPE, kind);
                if let Some(missing) = missing {
                    response.headers_mut().insert(MISSING, missing);
                }
                response
            }
            Err(refusal) => plain_refusal(&refusal),
        }
    }

    async fn jsonrpc(&self, outgoing: &Outgoing, body: &Bytes, start: Instant) -> Response {
        let json = |text: String| ([(header::CONTENT_TYPE, "application/json")], text).into_response();
        if *outgoing.method() != Method::POST {
            return plain_refusal(&Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "JSON-RPC is spoken by POST"));
        }
        let call = match Call::read(body) {
            Ok(call) => call,
            Err((code, message)) => return json(rpc::failure(None, code, message, &[])),
        };
        let outcome = async {
            let parts = split::parts(self.mode, &call.data, self.leaves.count());
            let gathered = self.gather(outgoing, parts, Some(&call), start).await;
            self.enough(&gathered)?;
            let answer = self.merge(&gathered, start).await?;
            if !answer.status.is_success() {
                return Err(Refusal::new(answer.status, format!("the merge container answered {}", answer.status)));
            }
            let result = RawValue::from_string(String::from_utf8_lossy(&answer.body).into_owned());
            let result =
                result.map_err(|_| Refusal::new(StatusCode::BAD_GATEWAY, "the merge container answered no JSON"))?;
            Ok((result, gathered.header))
        };
        match (outcome.await, &call.id) {
            (_, None) => StatusCode::NO_CONTENT.into_response(),
            (Ok((result, missing)), Some(id)) => {
                let mut response = json(rpc::success(id, &result));
                if let Some(missing) = missing {
                    response.headers_mut().insert(MISSING, missing);
                }
                response
            }
            (Err(refusal), Some(id)) => json(rpc::failure(Some(id), -32000, &refusal.error, &refusal.missing)),
        }
    }

    async fn gather(
        &self,
        outgoing: &Outgoing,
        parts: Vec<Option<Bytes>>,
        call: Option<&Call>,
        start: Instant,
    ) -> Gathered {
        let left = self.left(start, true);
        let asked = parts.into_iter().enumerate().filter_map(|(leaf, part)| Some((leaf, part?)));
        let replies = join_all(asked.map(|(leaf, part)| async move {
            let body = call.map_or_else(|| part.clone(), |call| call.to_leaf(leaf, &part));
            let asked = Instant::now();
            let reply = self.leaves.ask(leaf, outgoing, &body, left).await;
            let labels = vec![("leaf", leaf.to_string())];
            self.metrics.leaves.get_or_create(&labels).observe(asked.elapsed().as_secs_f64());
            (leaf, reply.and_then(|reply| checked(reply, call.is_some())))
        }))
        .await;
        let mut gathered = Gathered { replies: Vec::new(), missing: Vec::new(), header: None, all_late: true };
        let mut header = Vec::new();
        for (leaf, reply) in replies {
            match reply {
                Ok(reply) => {
                    self.metrics.hedges.inc_by(reply.hedges);
                    let below = reply.missing.as_ref().and_then(|missing| missing.to_str().ok()).unwrap_or_default();
                    let below = below.split(',').map(str::trim).filter(|missing| !missing.is_empty());
                    header.extend(below.map(|missing| format!("{leaf}.{missing}")));
                    gathered.replies.push((leaf, reply.body));
                }
                Err(miss) => {
                    let (reason, why) = match &miss {
                        Miss::Late => ("late", "not in time"),
                        Miss::Bad(why) => ("bad", why.as_str()),
                    };
                    self.metrics.missing.get_or_create(&vec![("reason", reason.to_owned())]).inc();
                    tracing::debug!(leaf, why, "a leaf is missing");
                    if let Miss::Bad(_) = miss {
                        gathered.all_late = false;
                    }
                    header.push(leaf.to_string());
                    gathered.missing.push(leaf);
                }
            }
        }
        gathered.header = HeaderValue::from_str(&header.join(",")).ok().filter(|value| !value.is_empty());
        gathered
    }

    fn enough(&self, gathered: &Gathered) -> Result<(), Refusal> {
        let (got, missing) = (gathered.replies.len(), gathered.missing.len());
        // Leaves without a part of a small request were not asked.
        let quorum = self.quorum.min(got + missing);
        let enough = missing == 0 || (self.on_partial == OnPartial::Allow && got >= quorum);
        if enough {
            return Ok(());
        }
        let status = if gathered.all_late { StatusCode::GATEWAY_TIMEOUT } else { StatusCode::BAD_GATEWAY };
        let error = format!("{got} of {} leaves answered", got + missing);
        Err(Refusal { status, error, missing: gathered.missing.clone() })
    }

    /// What the merge container makes of it, or the list of bodies.
    async fn merge(&self, gathered: &Gathered, start: Instant) -> Result<Answer, Refusal> {
        #[derive(Serialize)]
        struct Entry<'a> {
            leaf: usize,
            body: &'a RawValue,
        }
        #[derive(Serialize)]
        struct ToMerge<'a> {
            responses: Vec<Entry<'a>>,
            missing: &'a [usize],
        }
        let raw = |body| serde_json::from_slice::<&RawValue>(body).unwrap_or(RawValue::NULL);
        let Some(merge) = &self.merge else {
            let bodies: Vec<_> = gathered.replies.iter().map(|(_, body)| raw(body)).collect();
            let body = serde_json::to_vec(&bodies).unwrap_or_default().into();
            return Ok(Answer { status: StatusCode::OK, headers: header::HeaderMap::new(), body });
        };
        let responses = gathered.replies.iter().map(|(leaf, body)| Entry { leaf: *leaf, body: raw(body) }).collect();
        let body = serde_json::to_vec(&ToMerge { responses, missing: &gathered.missing }).unwrap_or_default();
        let mut request = hyper::Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = merge.clone();
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let limit = self.max_body.saturating_mul(self.leaves.count());
        let merged = self.http.send(request, limit, self.left(start, false).min(self.timeout)).await;
        merged.map_err(|error| Refusal::new(StatusCode::BAD_GATEWAY, format!("the merge container: {error}")))
    }

    /// What is left of the deadline; the leaves must leave a fifth of it to the merge container.
    fn left(&self, start: Instant, for_leaves: bool) -> Duration {
        let Some(deadline) = self.deadline else { return self.timeout };
        let end = if for_leaves && self.merge.is_some() { deadline.mul_f64(0.8) } else { deadline };
        end.saturating_sub(start.elapsed())
    }
}

/// A body that is JSON; text that is none becomes a JSON string, unless the leaf claims that it is JSON.
fn checked(mut reply: Reply, rpc: bool) -> Result<Reply, Miss> {
    if rpc {
        reply.body = Call::result(&reply.body).map_err(Miss::Bad)?;
        return Ok(reply);
    }
    if serde_json::from_slice::<&RawValue>(&reply.body).is_ok() {
        return Ok(reply);
    }
    if reply.claims_json {
        return Err(Miss::Bad("claims to answer JSON and does not".to_owned()));
    }
    let text = std::str::from_utf8(&reply.body).map_err(|_| Miss::Bad("answered neither JSON nor text".to_owned()))?;
    reply.body = Bytes::from(json!(text).to_string());
    Ok(reply)
}

fn plain_refusal(refusal: &Refusal) -> Response {
    let body = json!({ "error": refusal.error, "missing": refusal.missing });
    let mut response = (refusal.status, Json(body)).into_response();
    let missing: Vec<_> = refusal.missing.iter().map(ToString::to_string).collect();
    if let Some(value) = HeaderValue::from_str(&missing.join(",")).ok().filter(|value| !value.is_empty()) {
        response.headers_mut().insert(MISSING, value);
    }
    response
}

impl Report for Root {
    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}
