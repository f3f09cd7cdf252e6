//! Asking the leaves: all at once, each for a bounded time, slow ones a second time elsewhere.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use http_body_util::Full;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};

use super::super::Failure;
use super::super::http::{Answer, Http, NoAnswer, address};

/// Which leaf a request is for, and of how many: all that some leaves need to know their part.
const LEAF: HeaderName = HeaderName::from_static("x-patterns-leaf");
const LEAVES: HeaderName = HeaderName::from_static("x-patterns-leaves");

/// Which leaves of a root below are missing from its answer.
pub const MISSING: HeaderName = HeaderName::from_static("x-patterns-missing");

/// Belong to one connection, or are made anew (RFC 9110, section 7.6.1).
const NOT_FORWARDED: [HeaderName; 17] = [
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::PROXY_AUTHORIZATION,
    header::PROXY_AUTHENTICATE,
    header::HOST,
    header::CONTENT_LENGTH,
    // Bodies are put together, so they must come as they are.
    header::ACCEPT_ENCODING,
    header::EXPECT,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    // And a part, or nothing because it has not changed, is no answer to put together.
    header::RANGE,
    header::IF_RANGE,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
];

/// All leaves and how patient to be with them.
pub struct Leaves {
    http: Http,
    /// For each leaf, where to ask first, second, …
    targets: Vec<Vec<Uri>>,
    timeout: Duration,
    hedge_after: Option<Duration>,
    max_body: usize,
}

/// What every leaf is sent, apart from its body.
pub struct Outgoing {
    method: Method,
    path: String,
    headers: HeaderMap,
}

/// Why a leaf is missing.
#[derive(Clone, Debug)]
pub enum Miss {
    /// Not in time.
    Late,
    /// Not reachable, or what it said is not an answer.
    Bad(String),
}

/// A leaf's answer.
pub struct Reply {
    /// The body, whole.
    pub body: Bytes,
    /// What it says is missing from it.
    pub missing: Option<HeaderValue>,
    /// Whether its Content-Type is a JSON one.
    pub claims_json: bool,
    /// How many requests were sent for it beyond the first.
    pub hedges: u64,
}

impl Outgoing {
    /// Takes over what concerns the leaves.
    #[must_use]
    pub fn new(method: Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let named_in_connection = |name: &HeaderName| {
            headers
                .get_all(header::CONNECTION)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .any(|list| list.split(',').any(|item| item.trim().eq_ignore_ascii_case(name.as_str())))
        };
        let kept = headers.iter().filter(|(name, _)| !NOT_FORWARDED.contains(name) && !named_in_connection(name));
        let headers = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        Self { method, path, headers }
    }

    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }
}

impl Leaves {
    /// Fills the leaves' numbers into the URLs.
    ///
    /// # Errors
    /// A URL that is none, or that is the same for all leaves.
    pub fn new(
        count: usize,
        leaf_url: &str,
        replica_urls: &[String],
        timeout: Duration,
        hedge_after: Option<Duration>,
        max_body: usize,
    ) -> Result<Self, Failure> {
        if count > 1 && !leaf_url.contains("{i}") {
            return Err(Failure::Usage(format!("--leaf-url {leaf_url:?} is the same for all leaves: it needs {{i}}")));
        }
        let targets = (0..count).map(|leaf| {
            let at = |flag: &str, url: &str| address(flag, &url.replace("{i}", &leaf.to_string()));
            let mut targets = vec![at("--leaf-url", leaf_url)?];
            for url in replica_urls {
                targets.push(at("--replica-url", url)?);
            }
            if hedge_after.is_some() && replica_urls.is_empty() {
                // Behind one name may be several Pods.
                targets.push(at("--leaf-url", leaf_url)?);
            }
            Ok(targets)
        });
        let targets = targets.collect::<Result<_, Failure>>()?;
        Ok(Self { http: Http::new(timeout, max_body), targets, timeout, hedge_after, max_body })
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.targets.len()
    }

    /// Asks one leaf within its own time and the time that is left.
    ///
    /// # Errors
    /// Why it is missing.
    pub async fn ask(&self, leaf: usize, outgoing: &Outgoing, body: &Bytes, left: Duration) -> Result<Reply, Miss> {
        let time = self.timeout.min(left);
        tokio::time::timeout(time, self.race(leaf, outgoing, body, time)).await.unwrap_or(Err(Miss::Late))
    }

    /// The first good answer counts; dropping the other calls ends them.
    async fn race(&self, leaf: usize, outgoing: &Outgoing, body: &Bytes, time: Duration) -> Result<Reply, Miss> {
        let mut targets = self.targets[leaf].iter();
        let mut running = FuturesUnordered::new();
        let mut sent = 0;
        let mut last = Miss::Late;
        loop {
            if let Some(target) = targets.next() {
                running.push(self.call(target, leaf, outgoing, body, time));
                sent += 1;
            }
            let more = targets.len() > 0;
            let next = tokio::select! {
                Some(result) = running.next() => Some(result),
                () = pause(self.hedge_after), if more => None,
                else => return Err(last),
            };
            match next {
                Some(Ok(answer)) => {
                    let missing = answer.headers.get(MISSING).cloned();
                    let kind = answer.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
                    let claims_json = kind.is_some_and(|kind| kind.contains("json"));
                    return Ok(Reply { body: answer.body, missing, claims_json, hedges: sent - 1 });
                }
                Some(Err(miss)) if running.is_empty() && !more => return Err(miss),
                Some(Err(miss)) => last = miss,
                None => {}
            }
        }
    }

    async fn call(
        &self,
        target: &Uri,
        leaf: usize,
        outgoing: &Outgoing,
        body: &Bytes,
        time: Duration,
    ) -> Result<Answer, Miss> {
        let bad = |reason: String| Miss::Bad(reason);
        let uri = below(target, &outgoing.path).map_err(|error| bad(error.to_string()))?;
        let mut request = Request::new(Full::new(body.clone()));
        *request.method_mut() = outgoing.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = outgoing.headers.clone();
        request.headers_mut().insert(LEAF, HeaderValue::from(leaf));
        request.headers_mut().insert(LEAVES, HeaderValue::from(self.count()));
        match self.http.send(request, self.max_body, time).await {
            Ok(answer) if answer.status.is_success() && answer.status != StatusCode::PARTIAL_CONTENT => Ok(answer),
            Ok(answer) => Err(bad(format!("answered {}", answer.status))),
            Err(NoAnswer::Late(_)) => Err(Miss::Late),
            Err(error) => Err(bad(error.to_string())),
        }
    }
}

async fn pause(hedge_after: Option<Duration>) {
    match hedge_after {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

/// The request's path below the target's own.
fn below(target: &Uri, path: &str) -> Result<Uri, hyper::http::Error> {
    let path = match path.strip_prefix('/') {
        // The root's own root is the leaf's URL itself.
        Some(query) if query.is_empty() || query.starts_with('?') => format!("{}{query}", target.path()),
        _ => format!("{}{path}", target.path().trim_end_matches('/')),
    };
    let mut parts = target.clone().into_parts();
    parts.path_and_query = Some(path.parse()?);
    Ok(Uri::from_parts(parts)?)
}
