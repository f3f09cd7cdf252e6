//! Addresses among other words: in scripts, data source names and the words of tools.

use super::one::{host, plain, port, url};
use super::{Address, Host};

/// Addresses that other words surround.
pub(super) fn addresses(text: &str) -> Vec<Address> {
    if let Some(of_pairs) = of_pairs(text) {
        return of_pairs;
    }
    let is_end =
        |sign: char| sign.is_whitespace() || matches!(sign, ',' | ';' | '(' | ')' | '"' | '\'' | '<' | '>' | '|');
    text.split(is_end).filter(|word| !word.is_empty()).filter_map(|word| of_word(text, word)).collect()
}

/// The address that pairs of a text spell, none of a socket in the file system: `host=127.0.0.1 port=5432`,
/// `Server=localhost,1433;`, `Data Source=…`.
fn of_pairs(text: &str) -> Option<Vec<Address>> {
    let lower = text.to_ascii_lowercase();
    let pairs = |names: &[&str]| {
        names.iter().find_map(|name| {
            let at = lower.find(name)?;
            let is_start = at == 0 || !lower.as_bytes()[at - 1].is_ascii_alphanumeric();
            let rest = &text[at + name.len()..];
            let quote = rest.chars().next().filter(|sign| matches!(sign, '"' | '\''));
            let value = match quote {
                Some(quote) => rest[1..].split(quote).next().unwrap_or_default(),
                None => &rest[..rest.find([' ', ';', '&', '\'', '"']).unwrap_or(rest.len())],
            };
            is_start.then_some(value)
        })
    };
    // of a server's line in a configuration options may be pairs, but its first word is none
    let first = &text[..text.find([' ', ';', ':', '/', '(', '@']).unwrap_or(text.len())];
    let is_of_pairs = first.contains('=') || lower.starts_with("data source=");
    let name = pairs(&["host=", "server=", "data source=", "addr=", "hostaddr="])
        .filter(|name| is_of_pairs || name.starts_with(['/', '%']) && text.contains('?'))?;
    if name.starts_with('/') || name.starts_with("%2F") || name.starts_with("%2f") {
        return Some(Vec::new());
    }
    let (name, beside) = name.split_once(',').map_or((name, None), |(name, port)| (name, Some(port)));
    let number = beside.or_else(|| pairs(&["port="])).and_then(port);
    let mut found = plain(name.trim_start_matches("tcp:"), 0)?;
    found.port = number.or(found.port);
    found.range = 0..text.len();
    Some(vec![found])
}

/// How socat begins an address.
const OF_SOCAT: [&str; 11] = [
    "TCP:",
    "TCP4:",
    "TCP6:",
    "OPENSSL:",
    "UDP:",
    "TCP-LISTEN:",
    "TCP4-LISTEN:",
    "TCP6-LISTEN:",
    "TCP-L:",
    "OPENSSL-LISTEN:",
    "UDP-LISTEN:",
];

/// The address in a word of a text: a URL, `name=host:port`, `user:pw@host:port`, socat's `TCP:host:port`.
fn of_word(text: &str, word: &str) -> Option<Address> {
    let at = word.as_ptr() as usize - text.as_ptr() as usize;
    let of_url = url(word, at);
    if of_url.is_some() || word.contains("://") {
        return of_url;
    }
    let rest = word.rsplit_once('@').map_or(word, |(_, rest)| rest);
    let rest = rest.rsplit_once('=').map_or(rest, |(_, rest)| rest);
    let upper = rest.to_ascii_uppercase();
    let said = OF_SOCAT.into_iter().find(|start| upper.starts_with(start));
    let rest = said.map_or(rest, |start| &rest[start.len()..]);
    let start = rest.as_ptr() as usize - text.as_ptr() as usize;
    let of_forward = forward(rest, start);
    if of_forward.is_some() {
        return of_forward;
    }
    // a number alone is a port only where it is said so: `a:b:c=tcp:3306`
    let mut found =
        plain(rest, start).filter(|found| found.port.is_some() && (said.is_some() || found.host != Host::Absent))?;
    let is_listening = said.is_some_and(|start| start.ends_with("LISTEN:") || start == "TCP-L:");
    if let Some(bound) = bound_by(&text[start + rest.len()..]).filter(|_| is_listening) {
        found.host = host(bound).unwrap_or(Host::Unknown);
        found.is_unknown |= found.host == Host::Unknown;
    }
    Some(found)
}

/// The host of socat's `TCP-LISTEN:80,fork,bind=127.0.0.1`, by the options behind the port.
fn bound_by(mut options: &str) -> Option<&str> {
    // more options than anybody writes are not looked at
    for _ in 0..16 {
        let rest = options.strip_prefix(',')?;
        let end = rest.find(|sign: char| sign == ',' || sign.is_whitespace()).unwrap_or(rest.len());
        if let Some(bound) = rest[..end].strip_prefix("bind=") {
            return Some(bound);
        }
        options = &rest[end..];
    }
    None
}

/// Where ssh's `-L 127.0.0.1:5432:db:5432` and `-L 5432:db:5432` listen.
fn forward(word: &str, at: usize) -> Option<Address> {
    let mut behind = word.rsplitn(3, ':');
    let (to_port, to, front) = (behind.next()?, behind.next()?, behind.next()?);
    if port(to_port).is_none() || port(to).is_some() || !matches!(host(to)?, Host::Name(_) | Host::Loopback) {
        return None;
    }
    let one = plain(front, at)?;
    // `host:port:other:port`, not an IPv6 address
    (one.port.is_some() && !front.contains("::")).then_some(one)
}
