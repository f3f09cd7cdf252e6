//! Outgoing HTTP: one pooled client, every answer bounded in size and time.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{HeaderMap, Request, StatusCode, Uri};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::{Failure, bounded::Bounded, cluster::chain};

/// A client for plain HTTP; within a Pod and behind a mesh that is what there is.
#[derive(Clone)]
pub struct Http {
    client: Client<Bounded, Full<Bytes>>,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, all of it.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NoAnswer {
    /// Not in time.
    #[error("no answer within {}", humantime::format_duration(*.0))]
    Late(Duration),
    /// The body is larger than allowed.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// Refused, reset or not HTTP.
    #[error("{0}")]
    Broken(String),
}

impl Http {
    /// A client that gives up connecting after `connect`, and a connection after an answer of more than `most` bytes.
    #[must_use]
    pub fn new(connect: Duration, most: usize) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(connect));
        connector.set_nodelay(true);
        // A server that has closed an idle connection just now would cost a request.
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .build(Bounded::new(connector, most));
        Self { client }
    }

    /// Sends a request and reads all of the answer.
    ///
    /// # Errors
    /// See [`NoAnswer`].
    pub async fn send(&self, request: Request<Full<Bytes>>, limit: usize, time: Duration) -> Result<Answer, NoAnswer> {
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| NoAnswer::Broken(chain(&error)))?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, limit).collect().await.map_err(|error| {
                if error.is::<LengthLimitError>() {
                    NoAnswer::TooLarge(limit)
                } else {
                    NoAnswer::Broken(chain(&*error))
                }
            })?;
            Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes() })
        };
        tokio::time::timeout(time, exchange).await.unwrap_or(Err(NoAnswer::Late(time)))
    }

    /// Fetches a page.
    ///
    /// # Errors
    /// See [`NoAnswer`].
    pub async fn get(&self, uri: Uri, limit: usize, time: Duration) -> Result<Answer, NoAnswer> {
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.uri_mut() = uri;
        self.send(request, limit, time).await
    }
}

/// Reads a flag that is an address; only plain HTTP is spoken.
///
/// # Errors
/// Which flag, and why not.
pub fn address(flag: &str, text: &str) -> Result<Uri, Failure> {
    let uri: Uri = text.parse().map_err(|error| Failure::Usage(format!("{flag} {text:?} is not a URL: {error}")))?;
    if uri.scheme_str() != Some("http") || uri.host().is_none_or(str::is_empty) {
        return Err(Failure::Usage(format!("{flag} {text:?} must begin with http:// and a host")));
    }
    Ok(uri)
}
