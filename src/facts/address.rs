//! Addresses as programs are told them: `host:port`, `:port`, URLs, data source names.

mod one;
mod surrounded;

use std::ops::Range;

use super::program::Form;
use one::{address, default_port, host, plain, port, url};

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
