//! The API server: how to reach it, and its refusals in words that say what to change.

use std::time::Duration;

use kube::{Client, Config, config::KubeConfigOptions};

use super::Failure;

/// A client for the cluster this Pod runs in, or for `KUBECONFIG` where that is set; and the namespace to work in.
///
/// The ServiceAccount's token is read again as the kubelet renews it.
///
/// # Errors
/// Neither can be used; says what is missing.
pub async fn connect(namespace: Option<&str>) -> Result<(Client, String), Failure> {
    let mut config = if std::env::var_os("KUBECONFIG").is_some() {
        Config::from_kubeconfig(&KubeConfigOptions::default())
            .await
            .map_err(|error| Failure::Usage(format!("KUBECONFIG cannot be used: {}", chain(&error))))?
    } else {
        Config::incluster().map_err(|error| {
            Failure::Usage(format!(
                "no API server to talk to: {}; a Pod needs token, ca.crt and namespace under \
                 /var/run/secrets/kubernetes.io/serviceaccount; elsewhere set KUBECONFIG",
                chain(&error)
            ))
        })?
    };
    // Roles repeat calls themselves, when they know that it is still wanted.
    config.default_retry = false;
    config.connect_timeout = Some(Duration::from_secs(5));
    let namespace = namespace
        .map(str::to_owned)
        .or_else(|| std::env::var("POD_NAMESPACE").ok())
        .filter(|namespace| !namespace.is_empty())
        .unwrap_or_else(|| config.default_namespace.clone());
    let client = Client::try_from(config)
        .map_err(|error| Failure::Usage(format!("no client for the API server: {}", chain(&error))))?;
    Ok((client, namespace))
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
    /// Its namespace.
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
             and {verb} was refused"
        ),
        Some(401) => format!("the API server does not accept the ServiceAccount's token ({verb} {object})"),
        Some(404) if *verb == "create" => format!("cannot create {object}: there is no namespace {namespace:?}"),
        _ => format!("{verb} {object} failed: {}", chain(error)),
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
