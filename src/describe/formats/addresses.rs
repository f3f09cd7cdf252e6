//! Addresses: hosts, URLs, topics and where messages and logs go.

use super::Mistake;
use super::names::{dns_label, dns_subdomain};
use crate::secret_texts::by_form;

/// `host:port`.
pub(super) fn authority(text: &str) -> Option<Mistake> {
    let parts = text.rsplit_once(':');
    let right = parts.is_some_and(|(name, port)| {
        dns_subdomain(name).is_none() && !port.starts_with('+') && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    (!right).then(|| Mistake::new("this is a host and a port, such as kafka.example.com:9092"))
}

pub(super) fn host(text: &str) -> Option<Mistake> {
    if text.contains("://") || text.contains('/') {
        return Some(Mistake::new("a host is a name without scheme and path").help("write www.example.com"));
    }
    let name = text.strip_prefix("*.").unwrap_or(text);
    dns_subdomain(name)
        .map(|_| Mistake::new("a host is lower-case letters, digits, `-` and `.`, such as www.example.com"))
}

pub(super) fn url(text: &str) -> Option<Mistake> {
    let graphic =
        !text.is_empty() && text.chars().all(|character| !character.is_whitespace() && !character.is_control());
    if !graphic || text.starts_with('-') {
        return Some(Mistake::new("an address has no space and does not begin with `-`"));
    }
    let secret = has_password(text);
    secret.then(|| Mistake {
        secret: true,
        ..Mistake::new("this address carries a password")
            .because("descriptions are kept in version control")
            .help("name the secret instead: secret/<name>/<key>")
    })
}

pub(super) fn http_url(text: &str) -> Option<Mistake> {
    let host = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let fits = host.is_some_and(|host| host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['));
    (!fits).then(|| Mistake::new("a web address starts with https:// and a host").help(format!("write https://{text}")))
}

/// Whether an address carries a password: `scheme://user:password@host`.
fn has_password(text: &str) -> bool {
    !by_form(text).is_empty()
}

pub(super) fn gateway_ref(text: &str) -> Option<Mistake> {
    let (namespace, name) = text.split_once('/').map_or((None, text), |(namespace, name)| (Some(namespace), name));
    let mistake = namespace.and_then(|namespace| dns_label(namespace, 63)).or_else(|| dns_subdomain(name));
    mistake.map(|mistake| mistake.help("write <name> or <namespace>/<name>"))
}

/// A topic of Kafka that is also a subject of NATS: neither system reads anything else out of it
/// (`kafka/common/internals/Topic.java`; docs.nats.io: Subject-Based Messaging).
pub(super) fn topic(text: &str) -> Option<Mistake> {
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let right =
        !text.is_empty() && text.len() <= 200 && text.bytes().all(ok) && text.split('.').all(|part| !part.is_empty());
    (!right).then(|| {
        Mistake::new("a topic is letters, digits, `-`, `_` and single `.` between them, at most 200 characters")
    })
}

/// `kafka://host:port,host:port` or `nats://host:port`.
pub(super) fn bus(text: &str) -> Option<Mistake> {
    if has_password(text) {
        return url(text);
    }
    let hosts = text.strip_prefix("kafka://").or_else(|| text.strip_prefix("nats://"));
    let right = hosts.is_some_and(|hosts| hosts.split(',').all(|host| authority(host).is_none()));
    (!right).then(|| {
        Mistake::new("a bus is kafka:// or nats:// with hosts and ports, several with commas between them")
            .help("write kafka://kafka:9092 or nats://nats:4222")
    })
}

/// Standard output, or a collector.
pub(super) fn log_target(text: &str) -> Option<Mistake> {
    let address = text.strip_prefix("forward/").and_then(|address| address.rsplit_once(':'));
    let known = address.is_some_and(|(name, port)| {
        host(name).is_none() && !name.starts_with('*') && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    (!known && text != "stdout").then(|| Mistake::new("logs go to stdout or to forward/<host>:<port>"))
}
