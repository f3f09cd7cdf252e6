//! URLs: Go's `url.ParseRequestURI`.

use std::fmt::Write as _;

/// A URL, or a path that begins with `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// In small letters; empty for a path.
    pub scheme: String,
    /// With the port.
    pub host: String,
    /// As escaped.
    pub path: String,
    /// What follows the `?`.
    pub query: String,
    opaque: String,
}

impl Url {
    /// `url.ParseRequestURI`
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return None;
        }
        let mut url = Self {
            scheme: String::new(),
            host: String::new(),
            path: String::new(),
            query: String::new(),
            opaque: String::new(),
        };
        if text == "*" {
            text.clone_into(&mut url.path);
            return Some(url);
        }
        let (scheme, rest) = scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (mut rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        query.clone_into(&mut url.query);
        if !rest.starts_with('/') {
            if url.scheme.is_empty() {
                return None;
            }
            rest.clone_into(&mut url.opaque);
            return Some(url);
        }
        if let Some(after) = rest.strip_prefix("//").filter(|_| !url.scheme.is_empty()) {
            let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
            let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
            let is_user = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
            if !user.bytes().all(is_user) || unescape(user, false).is_none() {
                return None;
            }
            url.host = self::host(host)?;
            rest = path;
        }
        let decoded = unescape(rest, false)?;
        let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@[]/%".contains(&byte);
        url.path = if rest.bytes().all(is_kept) { rest.to_owned() } else { escape(&decoded) };
        Some(url)
    }

    /// `Hostname` and `Port`
    #[must_use]
    pub fn name_and_port(&self) -> (&str, &str) {
        let host = self.host.as_str();
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !port.contains(']') => (name, port),
            _ => (host, ""),
        };
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        (bare.unwrap_or(name), port)
    }
}

/// Nothing for a text that begins with `:`.
fn scheme(text: &str) -> Option<(&str, &str)> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' => return if at == 0 { None } else { Some((&text[..at], &text[at + 1..])) },
            _ => return Some(("", text)),
        }
    }
    Some(("", text))
}

fn host(text: &str) -> Option<String> {
    let is_port = |text: &str| {
        text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if text.starts_with('[') {
        let end = text.rfind(']')?;
        if !is_port(&text[end + 1..]) {
            return None;
        }
    } else if let Some(at) = text.rfind(':')
        && !is_port(&text[at..])
    {
        return None;
    }
    let is_right =
        |byte: u8| byte >= 0x80 || byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:[]<>\"%".contains(&byte);
    // only what is not ASCII may be escaped in a host
    let mut escapes = text.split('%');
    escapes.next();
    let are_right = escapes.all(|escape| {
        escape.bytes().next().is_some_and(|byte| !(b'0'..=b'7').contains(&byte)) || escape.starts_with("25")
    });
    if !text.bytes().all(is_right) || !are_right {
        return None;
    }
    String::from_utf8(unescape(text, false)?).ok()
}

/// Nothing where a `%` is not followed by two digits.
pub fn unescape(text: &str, is_query: bool) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'%' => {
                let digits =
                    text.get(at + 1..at + 3).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
                out.push(u8::from_str_radix(digits, 16).ok()?);
                at += 2;
            }
            b'+' if is_query => out.push(b' '),
            byte => out.push(*byte),
        }
        at += 1;
    }
    Some(out)
}

fn escape(bytes: &[u8]) -> String {
    let mut out = String::new();
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~$&+,/:;=@".contains(byte) {
            out.push(char::from(*byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
