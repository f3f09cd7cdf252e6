//! The API server: how to reach it, and its refusals in words that say what to change.

use std::time::Duration;

use hyper_util::client::legacy::{Client as HyperClient, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ConfigExt as _};
use kube::{Client, Config, config::KubeConfigOptions};
use tower::ServiceBuilder;

use super::Failure;
use super::bounded::Bounded;

/// A client for the cluster this Pod runs in, or for `KUBECONFIG` where that is set; and the namespace to work in.
///
/// The ServiceAccount's token is read again as the kubelet renews it. An answer of more than `most` bytes is none.
///
/// # Errors
/// Neither can be used; says what is missing.
pub async fn connect(namespace: Option<&str>, most: usize) -> Result<(Client, String), Failure> {
    let config = if std::env::var_os("KUBECONFIG").is_some() {
        Config::from_kubeconfig(&KubeConfigOptions::default())
            .await
            .map_err(|error| Failure::Usage(format!("KUBECONFIG cannot be used: {}", chain(&error))))?
    } else {
        Config::incluster().map_err(|error| {
            Failure::Usage(format!(
                "no API server to connect to: {}; a Pod needs token, ca.crt and namespace under \
                 /var/run/secrets/kubernetes.io/serviceaccount; elsewhere set KUBECONFIG",
                chain(&error)
            ))
        })?
    };
    let namespace = namespace
        .map(str::to_owned)
        .or_else(|| std::env::var("POD_NAMESPACE").ok())
        .filter(|namespace| !namespace.is_empty())
        .unwrap_or_else(|| config.default_namespace.clone());
    let client = client(&config, most)
        .map_err(|error| Failure::Usage(format!("no client for the API server: {}", chain(&error))))?;
    Ok((client, namespace))
}

/// As `Client::try_from` makes it, but bounded, and without repeating: roles repeat calls themselves, when they know that
/// it is still wanted.
fn client(config: &Config, most: usize) -> kube::Result<Client> {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(Duration::from_secs(5)));
    let https = config.rustls_https_connector_with_connector(Bounded::new(connector, most))?;
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(tower::BoxError::from)
        .service(HyperClient::builder(TokioExecutor::new()).build::<_, Body>(https));
    Ok(Client::new(service, config.default_namespace.clone()))
}

/// What was asked of the API server.
#[derive(Clone, Copy, Debug)]
pub struct Call<'call> {
    /// The verb, as RBAC names it.
    pub verb: &'call str,
    /// Plural and group, as RBAC errors name it: `leases.coordination.k8s.io`.
    pub resource: &'call str,
    /// The object's name; empty for lists and creates.
    pub name: &'call str,
    /// The namespace that the call is about.
    pub namespace: &'call str,
    /// All the verbs that the role needs on it.
    pub needs: &'call str,
}

/// One sentence about a failed call.
#[must_use]
pub fn explain(error: &kube::Error, call: &Call<'_>) -> String {
    let Call { verb, resource, name, namespace, needs } = call;
    let object = if name.is_empty() { (*resource).to_owned() } else { format!("{resource} {name:?}") };
    match code(error) {
        Some(403) => format!(
            "{object} is forbidden: the ServiceAccount needs {needs} on {resource} in namespace {namespace:?}, \
             and {verb} was refused: {}",
            said(error)
        ),
        Some(401) => format!("the API server does not accept the ServiceAccount's token ({verb} {object})"),
        Some(404) if *verb == "create" => format!("cannot create {object}: there is no namespace {namespace:?}"),
        _ => format!("{verb} {object} failed: {}", said(error)),
    }
}

/// The API server's own words, or what kept it from having any.
fn said(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => format!("{} ({})", status.message, status.code),
        other => chain(other),
    }
}

/// A call that has no answer by then has none.
const CALL_LIMIT: Duration = Duration::from_secs(15);

/// Why a call gave nothing.
#[derive(Debug)]
pub enum CallError {
    /// No answer in time; it may have taken effect.
    Late,
    /// Refused, or not delivered.
    Client(kube::Error),
}

impl CallError {
    /// The HTTP status that the API server answered with, if it answered.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Late => None,
            Self::Client(error) => code(error),
        }
    }

    /// Whether repeating it is useless: the API server understood and refuses.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self.code(), Some(400 | 401 | 403 | 405 | 422))
    }

    /// Whether this very object was refused, by validation, admission or a quota; another may be taken.
    #[must_use]
    pub fn refuses_object(&self) -> bool {
        matches!(self.code(), Some(400 | 403 | 413 | 422))
    }

    /// One sentence about it.
    #[must_use]
    pub fn explain(&self, call: &Call<'_>) -> String {
        match self {
            Self::Late => format!("{} {} {:?}: no answer within {CALL_LIMIT:?}", call.verb, call.resource, call.name),
            Self::Client(error) => explain(error, call),
        }
    }
}

/// Makes a call, for a bounded time.
///
/// # Errors
/// Refused, not delivered or too late.
pub async fn timed<T>(call: impl Future<Output = kube::Result<T>>) -> Result<T, CallError> {
    match tokio::time::timeout(CALL_LIMIT, call).await {
        Ok(result) => result.map_err(CallError::Client),
        Err(_) => Err(CallError::Late),
    }
}

/// The HTTP status that the API server answered with, if it answered.
#[must_use]
pub fn code(error: &kube::Error) -> Option<u16> {
    match error {
        kube::Error::Api(status) => Some(status.code),
        _ => None,
    }
}

/// An error with its causes; the outermost alone often says only that something failed.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}
