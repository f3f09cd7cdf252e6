//! How traffic enters a document's Pods, and what its Service says of that.

use serde_json::{Value as Json, json};

use super::fill::Filled;
use crate::describe::Description;
use crate::pattern::catalogue::definition::Claim;

/// The type that has no address: clients get those of the Pods.
pub(crate) const HEADLESS: &str = "Headless";

/// How traffic enters the Pod: through the outermost pattern that claims it, or straight to the app.
#[derive(Clone, Debug)]
pub(crate) struct Inbound {
    /// Number of the port that takes the traffic.
    pub port: u16,
    /// Its name.
    pub name: String,
    /// The claim of the pattern in front, if there is one.
    pub claim: Option<Claim>,
}

/// Whether the document's Service has no cluster IP: its shape's has none, or `expose` says so.
pub(crate) fn is_headless(description: &Description, shape: &Filled) -> bool {
    match description.expose.as_ref().and_then(|expose| expose.service_type.as_deref()) {
        Some(kind) => kind == HEADLESS,
        None => shape.definition.headless,
    }
}

/// How the Service of a document offers its traffic.
pub(crate) fn inbound_context(inbound: &Inbound, description: &Description, headless: bool) -> Json {
    let own = description.app.as_ref().and_then(|app| app.protocol.as_deref());
    let (service, protocol) = match (&inbound.claim, own) {
        (Some(claim), _) => (claim.service, claim.protocol.as_str()),
        (None, None | Some("http")) => (80, inbound.name.as_str()),
        (None, Some("https")) => (443, "https"),
        (None, Some(protocol)) => (inbound.port, protocol),
    };
    let asked = description.expose.as_ref().and_then(|expose| expose.member("port"));
    let asked = asked.and_then(|port| u16::try_from(port.value.to_json().as_u64()?).ok());
    let service = if headless { inbound.port } else { asked.unwrap_or(service) };
    let transport = if protocol == "udp" { json!("UDP") } else { Json::Null };
    json!({
        "port": inbound.port,
        "name": inbound.name,
        "service": service,
        "protocol": protocol,
        "app_protocol": app_protocol(protocol),
        "transport": transport,
    })
}

/// What a Service says of a protocol (`appProtocol`): names of IANA, or Kubernetes' own.
pub(crate) fn app_protocol(protocol: &str) -> Option<&'static str> {
    Some(match protocol {
        "http" => "http",
        "https" => "https",
        "grpc" => "kubernetes.io/h2c",
        "redis" => "redis",
        "memcached" => "memcache",
        "mysql" => "mysql",
        "postgres" => "postgresql",
        "mongodb" => "mongodb",
        "amqp" => "amqp",
        "mqtt" => "mqtt",
        _ => return None,
    })
}
