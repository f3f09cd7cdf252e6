//! One address: its host and port, alone or in a URL.

use std::net::IpAddr;
use std::ops::Range;

use super::{Address, Host};

pub(super) fn address(host: Host, port: Option<u16>, scheme: Option<&str>, range: Range<usize>) -> Address {
    let is_unknown = host == Host::Unknown;
    Address { host, port, scheme: scheme.map(str::to_ascii_lowercase), is_unknown, path: String::new(), range }
}

/// A port: digits without a sign or leading zeros, from 0 to 65535.
pub(super) fn port(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.parse().ok()
}

pub(super) fn host(text: &str) -> Option<Host> {
    let bare = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(text);
    let lower = bare.to_ascii_lowercase();
    if is_filled_in(text) {
        return Some(Host::Unknown);
    }
    if let Ok(ip) = bare.parse::<IpAddr>() {
        let ip = ip.to_canonical();
        return Some(match (ip.is_loopback(), ip.is_unspecified()) {
            (true, _) => Host::Loopback,
            (_, true) => Host::Any,
            _ => Host::Name(bare.to_owned()),
        });
    }
    let is_v4_loopback = lower.starts_with("127.") && lower.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_v4_loopback
        || matches!(lower.as_str(), "localhost" | "localhost." | "localhost.localdomain" | "ip6-localhost")
    {
        return Some(Host::Loopback);
    }
    // `http://+:80` is ASP.NET's way to say all addresses
    if matches!(lower.as_str(), "*" | "0" | "+") {
        return Some(Host::Any);
    }
    let is_name = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-' | '_');
    let is_v6 =
        bare.contains(':') && bare.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.' | b'%'));
    let is_host = !lower.is_empty()
        && lower.len() <= 253
        && lower.chars().all(is_name)
        && lower.starts_with(|first: char| first.is_ascii_alphanumeric());
    (is_host || is_v6).then_some(Host::Name(bare.trim_end_matches('.').to_owned()))
}

fn is_filled_in(text: &str) -> bool {
    text.contains(['$', '{', '}', '<', '%']) || text.contains("__")
}

/// `host:port`, `:port`, `port`, `host`, `[::1]:port`.
pub(super) fn plain(word: &str, at: usize) -> Option<Address> {
    let range = at..at + word.len();
    let word = word.trim_matches(['"', '\'']);
    if word.starts_with(['/', '.', '@']) || word.starts_with("unix:") || word.starts_with("fd:") {
        return None;
    }
    // `tcp:127.0.0.1:80`, `tcp4:…`
    let word = ["tcp:", "tcp4:", "tcp6:", "udp:"].iter().find_map(|start| word.strip_prefix(start)).unwrap_or(word);
    // a path behind it is not part of the address
    let word = word.split('/').next().unwrap_or(word);
    if let Some(number) = port(word) {
        return Some(address(Host::Absent, Some(number), None, range));
    }
    // `::1` without a port
    if word.parse::<std::net::Ipv6Addr>().is_ok() {
        return Some(address(host(word)?, None, None, range));
    }
    if let Some(rest) = word.strip_prefix(':') {
        return match port(rest) {
            Some(number) => Some(address(Host::Absent, Some(number), None, range)),
            None if is_filled_in(rest) => {
                Some(Address { is_unknown: true, ..address(Host::Absent, None, None, range) })
            }
            None => None,
        };
    }
    let split = match word.strip_prefix('[') {
        Some(_) => word.find(']').map(|end| (&word[..=end], word[end + 1..].strip_prefix(':'))),
        None => match word.matches(':').count() {
            0 => Some((word, None)),
            1 => word.split_once(':').map(|(host, port)| (host, Some(port))),
            // twemproxy's `host:port:weight`, or an IPv6 address
            _ => {
                let mut all = word.splitn(3, ':');
                let (host, second) = (all.next().unwrap_or_default(), all.next());
                let is_weighted = !host.is_empty()
                    && second.is_some_and(|second| port(second).is_some())
                    && host.contains(|sign: char| !sign.is_ascii_hexdigit());
                if is_weighted { Some((host, second)) } else { Some((word, None)) }
            }
        },
    };
    let (name, number) = split?;
    let host = host(name)?;
    match number {
        None => Some(address(host, None, None, range)),
        Some(number) if is_filled_in(number) => Some(Address { is_unknown: true, ..address(host, None, None, range) }),
        Some(number) => {
            let digits = number.split(|sign: char| !sign.is_ascii_digit()).next().unwrap_or_default();
            let is_whole = digits.len() == number.len() || number[digits.len()..].starts_with(['/', '?', ':']);
            Some(address(host, Some(port(digits).filter(|_| is_whole)?), None, range))
        }
    }
}

/// The port that goes without saying.
pub(super) fn default_port(scheme: &str) -> Option<u16> {
    Some(match scheme {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        "postgres" | "postgresql" => 5432,
        "mysql" | "mariadb" => 3306,
        "redis" | "rediss" | "valkey" => 6379,
        "mongodb" => 27017,
        "amqp" => 5672,
        "amqps" => 5671,
        "nats" => 4222,
        "memcached" | "memcache" => 11211,
        "sqlserver" | "mssql" => 1433,
        _ => return None,
    })
}

/// `scheme://user:password@host:port/path`; of several hosts the first, the others follow.
pub(super) fn url(word: &str, at: usize) -> Option<Address> {
    let (before, rest) = word.split_once("://")?;
    let scheme = before.rsplit(|sign: char| !sign.is_ascii_alphanumeric() && !matches!(sign, '+' | '-')).next()?;
    if scheme.is_empty() || matches!(scheme, "unix" | "file") {
        return None;
    }
    let start = at + word.len() - rest.len();
    let authority = &rest[..rest.find(['/', '?', '#', '"', '\'']).unwrap_or(rest.len())];
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // Go's driver: `user:pw@tcp(127.0.0.1:3306)`
    let authority = authority.strip_prefix("tcp(").map_or(authority, |inner| inner.trim_end_matches(')'));
    if authority.is_empty() {
        // `dns:///host:port`
        let inner = rest.strip_prefix('/').filter(|_| matches!(scheme, "dns" | "passthrough"))?;
        return plain(inner, at + word.len() - inner.len());
    }
    let mut found = plain(authority, start)?;
    if matches!(found.host, Host::Absent) && found.port.is_some() && !authority.starts_with(':') {
        // a number alone is a host here
        return None;
    }
    found.port = found.port.or_else(|| default_port(scheme).filter(|_| !found.is_unknown));
    found.scheme = Some(scheme.to_ascii_lowercase());
    let path = rest.find('/').map_or("", |slash| &rest[slash..]);
    let path = &path[..path.find(['?', '#', '"', '\'']).unwrap_or(path.len())];
    path.clone_into(&mut found.path);
    found.range = at..at + word.len();
    Some(found)
}
