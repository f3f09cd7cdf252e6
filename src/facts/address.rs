//! Addresses as programs are told them: `host:port`, `:port`, URLs, data source names.

mod surrounded;

use std::net::IpAddr;
use std::ops::Range;

use super::program::Form;

/// A host as an address says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// None is said.
    Absent,
    /// All of the Pod's addresses: `0.0.0.0`, `::`, `*`.
    Any,
    /// The Pod itself.
    Loopback,
    /// A name or another address.
    Name(String),
    /// Something that is filled in elsewhere.
    Unknown,
}

/// An address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The host.
    pub host: Host,
    /// The port, as written or by the scheme.
    pub port: Option<u16>,
    /// `redis` of `redis://…`.
    pub scheme: Option<String>,
    /// Whether a part of it is filled in elsewhere.
    pub is_unknown: bool,
    /// The path of a URL.
    pub path: String,
    /// Its bytes in the text.
    pub range: Range<usize>,
}

/// How long a text may be that is looked at for addresses, in bytes. What is longer is not an address.
pub(super) const LONGEST: usize = 64 << 10;

/// The addresses of a text. Sockets in the file system and paths are none.
#[must_use]
pub fn read(form: Form, text: &str) -> Vec<Address> {
    if text.len() > LONGEST {
        return Vec::new();
    }
    match form {
        Form::Port => {
            port(text.trim()).map(|port| address(Host::Absent, Some(port), None, 0..text.len())).into_iter().collect()
        }
        Form::Host => {
            // of `127.0.0.1 -::1` the first
            let found = host(text.split_whitespace().next().unwrap_or_default());
            found.map(|host| address(host, None, None, 0..text.len())).into_iter().collect()
        }
        Form::Url | Form::Address => outside_comments(text, several(text)),
        Form::Text => outside_comments(text, surrounded::addresses(text)),
    }
}

fn outside_comments(text: &str, mut found: Vec<Address>) -> Vec<Address> {
    let mut is_comment = in_comments(text);
    found.retain(|address| !is_comment(address.range.start));
    found
}

/// Whether a place is in a line of comment of a script or configuration of several lines. Places that are asked for in
/// their order are told in one pass over the text.
fn in_comments(text: &str) -> impl FnMut(usize) -> bool {
    let has_lines = text.contains('\n');
    // how far the text was looked at, and where the line of that place begins
    let (mut seen, mut start) = (0, 0);
    move |at| {
        if !has_lines {
            return false;
        }
        if at < seen {
            (seen, start) = (0, 0);
        }
        if let Some(between) = text.get(seen..at) {
            start = between.rfind('\n').map_or(start, |end| seen + end + 1);
            seen = at;
        }
        let line = text[start..].trim_start();
        line.starts_with('#') || line.starts_with("//")
    }
}

/// Addresses and URLs between commas and blanks. Of `mongodb://a,b` the scheme's port is the second one's too.
fn several(text: &str) -> Vec<Address> {
    let mut found = Vec::new();
    let mut scheme_port = None;
    for (word, at) in parts(text) {
        if let Some(one) = url(word, at) {
            let is_open = one.path.is_empty() && text[at + word.len()..].starts_with(',');
            scheme_port = one.scheme.as_deref().and_then(default_port).filter(|_| is_open);
            found.push(one);
        } else if let Some(mut one) = plain(word, at) {
            let is_name = matches!(one.host, Host::Name(_) | Host::Loopback) && !one.is_unknown;
            one.port = one.port.or(scheme_port.filter(|_| is_name));
            found.push(one);
        }
    }
    found
}

/// The texts between commas and blanks, and where they begin.
fn parts(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let is_end = |sign: char| sign == ',' || sign == ';' || sign.is_whitespace();
    let words = text.split(is_end).filter(|word| !word.is_empty());
    words.map(move |word| (word, word.as_ptr() as usize - text.as_ptr() as usize))
}

fn address(host: Host, port: Option<u16>, scheme: Option<&str>, range: Range<usize>) -> Address {
    let is_unknown = host == Host::Unknown;
    Address { host, port, scheme: scheme.map(str::to_ascii_lowercase), is_unknown, path: String::new(), range }
}

/// A port: digits without a sign or leading zeros, from 0 to 65535.
fn port(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.parse().ok()
}

fn host(text: &str) -> Option<Host> {
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
fn plain(word: &str, at: usize) -> Option<Address> {
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
fn default_port(scheme: &str) -> Option<u16> {
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

/// `scheme://user:password@host:port/path`; of several hosts the first, the others follow by [`parts`].
fn url(word: &str, at: usize) -> Option<Address> {
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

#[cfg(test)]
mod tests {
    use super::{Host, read};
    use crate::facts::program::Form;

    fn all(form: Form, text: &str) -> Vec<(String, Option<u16>)> {
        let name = |host: &Host| match host {
            Host::Absent => "-".to_owned(),
            Host::Any => "*".to_owned(),
            Host::Loopback => "lo".to_owned(),
            Host::Name(name) => name.clone(),
            Host::Unknown => "?".to_owned(),
        };
        read(form, text).iter().map(|one| (name(&one.host), one.port)).collect()
    }

    fn one(form: Form, text: &str, host: &str, port: impl Into<Option<u16>>) {
        assert_eq!(all(form, text), [(host.to_owned(), port.into())], "{text}");
    }

    #[test]
    fn plain_addresses() {
        one(Form::Address, "127.0.0.1:4180", "lo", 4180);
        one(Form::Address, ":8080", "-", 8080);
        one(Form::Address, "8080", "-", 8080);
        one(Form::Address, "[::1]:80", "lo", 80);
        one(Form::Address, "[::]:80", "*", 80);
        one(Form::Address, "0.0.0.0:80", "*", 80);
        one(Form::Address, "cache-0.cache:11211:1", "cache-0.cache", 11211);
        one(Form::Address, "tcp:127.0.0.1:5432", "lo", 5432);
        one(Form::Address, "localhost", "lo", None);
        one(Form::Address, "$(POD_IP):80", "?", 80);
        one(Form::Address, "http://localhost:8080/x", "lo", 8080);
        for text in ["", "/var/run/x.sock", "unix:/x", "a:99999", "a:080", "a:b", "é:1"] {
            assert_eq!(all(Form::Address, text), [], "{text}");
        }
    }

    #[test]
    fn urls() {
        one(Form::Url, "redis://:pw@127.0.0.1:6379/0", "lo", 6379);
        one(Form::Url, "redis://cache", "cache", 6379);
        one(Form::Url, "https://a.example.com/b", "a.example.com", 443);
        one(Form::Url, "mysql://u:p@tcp(127.0.0.1:3307)/db", "lo", 3307);
        one(Form::Url, "dns:///x:1", "x", 1);
        one(Form::Url, "http://[::1]:80", "lo", 80);
        assert_eq!(all(Form::Url, "mongodb://a:1,b:2/"), [("a".to_owned(), Some(1)), ("b".to_owned(), Some(2))]);
        assert_eq!(all(Form::Url, "unix:///x"), []);
    }

    #[test]
    fn texts() {
        one(Form::Text, "host=127.0.0.1 port=5432 user=x", "lo", 5432);
        one(Form::Text, "Server=localhost,1433;Database=x", "lo", 1433);
        one(Form::Text, "jdbc:postgresql://localhost:5432/db", "lo", 5432);
        one(Form::Text, "user:p@ss@tcp(127.0.0.1:3306)/db", "lo", 3306);
        one(Form::Text, "TCP:127.0.0.1:80,fork", "lo", 80);
        one(Form::Text, "s1 127.0.0.1:8081 check", "lo", 8081);
    }

    #[test]
    fn hosts_of_every_kind() {
        one(Form::Address, "::1", "lo", None);
        one(Form::Address, "::", "*", None);
        one(Form::Address, "[::ffff:127.0.0.1]:80", "lo", 80);
        one(Form::Address, "[fe80::1]:80", "fe80::1", 80);
        one(Form::Text, "TCP-LISTEN:80,fork,bind=127.0.0.1", "lo", 80);
        one(Form::Text, "TCP-LISTEN:80,fork", "-", 80);
        one(Form::Text, "127.0.0.1:5432:db:5432", "lo", 5432);
        one(Form::Text, "5432:db:5433", "-", 5432);
        one(Form::Text, "host='127.0.0.1' port='5432'", "lo", 5432);
        one(Form::Text, "web1 10.0.0.1:80 check host=x", "10.0.0.1", 80);
        for text in ["host=/var/run/x port=5432", "postgres://u:p@localhost:5432/db?host=/x"] {
            assert_eq!(all(Form::Text, text), [], "{text}");
        }
        let both = [("a".to_owned(), Some(27017)), ("b".to_owned(), Some(27017))];
        assert_eq!(all(Form::Url, "mongodb://a,b/"), both);
    }

    #[test]
    fn long_texts_take_linear_time() {
        for form in [Form::Address, Form::Text, Form::Url] {
            for piece in ["a:1,", "[", "host=", "x=@", "://", "TCP-LISTEN:1,", ":", "'"] {
                let begin = std::time::Instant::now();
                let _ = read(form, &piece.repeat(super::LONGEST / piece.len()));
                assert!(begin.elapsed().as_secs() < 5, "{form:?} {piece}");
            }
        }
    }
}
