//! Formats of configuration, each as a list of settings: a key of several segments, a value, and its bytes.
//!
//! What cannot be read is left out: a file that says less than it could makes facts unknown, never wrong. Reading takes
//! linear time; blocks that nest deeper than any real configuration are passed over.

mod blocks;
mod lines;
mod trees;

use std::ops::Range;

use super::program::Format;

/// How deep blocks and maps may nest.
const DEPTH: usize = 64;

/// One setting of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The segments of its key, outermost first.
    pub key: Vec<String>,
    /// Its value without quotes; of several words all, joined by blanks.
    pub value: String,
    /// The bytes of the value in the text.
    pub range: Range<usize>,
}

/// All settings of a text, in their order.
#[must_use]
pub fn read(format: Format, text: &str) -> Vec<Entry> {
    match format {
        Format::Yaml => trees::yaml(text),
        Format::Toml => trees::toml(text),
        Format::Ini => lines::ini(text),
        Format::Properties => lines::properties(text),
        Format::Words => lines::words(text),
        Format::FluentBit => lines::fluent_bit(text),
        Format::Haproxy => lines::haproxy(text),
        Format::Nginx => blocks::nginx(text),
        Format::Hcl => blocks::hcl(text),
        Format::Caddyfile => blocks::caddyfile(text),
    }
}

/// Whether a key fits a pattern: segments joined by `/`, `*` for any one (also as an end: `server.*`), `**` for any
/// number.
#[must_use]
pub fn fits(format: Format, pattern: &str, key: &[String]) -> bool {
    let ignores_case = matches!(format, Format::Ini | Format::FluentBit | Format::Words | Format::Properties);
    let pattern: Vec<&str> = pattern.split('/').collect();
    fits_from(&pattern, key, ignores_case)
}

fn fits_from(pattern: &[&str], key: &[String], ignores_case: bool) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return key.is_empty() };
    if *first == "**" {
        return (0..=key.len()).any(|skipped| fits_from(rest, &key[skipped..], ignores_case));
    }
    let Some((segment, others)) = key.split_first() else { return false };
    let is_same = |a: &str, b: &str| if ignores_case { a.eq_ignore_ascii_case(b) } else { a == b };
    let fits = match first.strip_suffix('*') {
        Some(start) => segment.get(..start.len()).is_some_and(|own| is_same(own, start)),
        None => is_same(first, segment),
    };
    fits && fits_from(rest, others, ignores_case)
}

/// The setting with this last segment that stands beside another one: with the same segments before it.
#[must_use]
pub fn sibling(entries: &[Entry], at: usize, name: &str) -> Option<usize> {
    let own = entries.get(at)?;
    let (_, parent) = own.key.split_last()?;
    let is_beside = |entry: &Entry| {
        entry.key.len() == own.key.len()
            && entry.key.last().is_some_and(|last| last == name)
            && entry.key.starts_with(parent)
    };
    // siblings are written near each other
    let after = entries[at..].iter().take(64).position(is_beside).map(|distance| at + distance);
    let near = at.saturating_sub(64);
    after.or_else(|| entries[near..at].iter().rposition(is_beside).map(|place| near + place))
}

/// A piece of a text that is a part of it, as its bytes.
fn range_of(text: &str, piece: &str) -> Range<usize> {
    let start = (piece.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start + piece.len()
}

/// A value without the quotes around it.
fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if value.len() >= 2 && value.starts_with(quote) && value.ends_with(quote) {
            return &value[1..value.len() - 1];
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::{fits, read, sibling};
    use crate::facts::program::Format;

    fn all(format: Format, text: &str) -> Vec<String> {
        let entries = read(format, text);
        for entry in &entries {
            assert!(text.get(entry.range.clone()).is_some(), "{entry:?}");
        }
        entries.iter().map(|entry| format!("{}={}", entry.key.join("/"), entry.value)).collect()
    }

    #[test]
    fn trees() {
        let yaml = "admin:\n  address: {socket_address: {address: 127.0.0.1, port_value: 9901}}\nlist: [a, b]\n";
        assert_eq!(
            all(Format::Yaml, yaml),
            [
                "admin/address/socket_address/address=127.0.0.1",
                "admin/address/socket_address/port_value=9901",
                "list/0=a",
                "list/1=b"
            ]
        );
        let toml = "http_address = \"127.0.0.1:4180\" # here\nupstreams = [\n \"http://a:1\",\n \"http://b:2\" ]\n[a.b]\nport = 80\nx.y = 'z'\n[[c]]\nd = 1\n[[c]]\nd = 2\n";
        assert_eq!(
            all(Format::Toml, toml),
            [
                "http_address=127.0.0.1:4180",
                "upstreams/0=http://a:1",
                "upstreams/1=http://b:2",
                "a/b/port=80",
                "a/b/x/y=z",
                "c/0/d=1",
                "c/1/d=2"
            ]
        );
        let entries = read(Format::Yaml, yaml);
        assert_eq!(sibling(&entries, 1, "address"), Some(0));
    }

    #[test]
    fn lines() {
        assert_eq!(all(Format::Ini, "; x\n[pgbouncer]\r\nlisten_port = 6432\r\n"), ["pgbouncer/listen_port=6432"]);
        assert_eq!(all(Format::Properties, "# x\na.b=1\nc: 2\nd 3\n"), ["a.b=1", "c=2", "d=3"]);
        assert_eq!(all(Format::Words, "bind 127.0.0.1 ::1\nport 6380 # no\n"), ["bind=127.0.0.1 ::1", "port=6380"]);
        assert_eq!(
            all(Format::FluentBit, "[SERVICE]\n    HTTP_Server  On\n[Input]\n    Path /var/log/*.log\n"),
            ["SERVICE/HTTP_Server=On", "INPUT/Path=/var/log/*.log"]
        );
        assert_eq!(
            all(Format::Haproxy, "frontend web\n  bind *:80\nbackend app # x\n  server s1 127.0.0.1:8081 check\n"),
            ["frontend/web/bind=*:80", "backend/app/server=s1 127.0.0.1:8081 check"]
        );
        assert!(fits(Format::FluentBit, "service/http_server", &["SERVICE".into(), "HTTP_Server".into()]));
    }

    #[test]
    fn blocks() {
        let nginx = "http { upstream x { server a:1; } server { listen 127.0.0.1:80; location /api { proxy_pass http://x; } } }";
        assert_eq!(
            all(Format::Nginx, nginx),
            [
                "http/upstream/x/server=a:1",
                "http/server/listen=127.0.0.1:80",
                "http/server/location//api/proxy_pass=http://x"
            ]
        );
        let key = ["http", "server", "location", "/api", "proxy_pass"].map(str::to_owned);
        assert!(fits(Format::Nginx, "**/proxy_pass", &key) && fits(Format::Nginx, "**/location/*/proxy_pass", &key));
        let hcl = "listener \"tcp\" {\n  address = \"127.0.0.1:8200\" # x\n  tls = true\n}\nauto_auth {\n  method { type = \"k8s\" }\n}\n";
        assert_eq!(
            all(Format::Hcl, hcl),
            ["listener/tcp/address=127.0.0.1:8200", "listener/tcp/tls=true", "auto_auth/method/type=k8s"]
        );
        assert_eq!(
            all(Format::Caddyfile, "{\n\tadmin off\n}\n:8080 {\n\treverse_proxy 127.0.0.1:3000\n}\n"),
            ["global/admin=off", "site=:8080", "site/reverse_proxy=127.0.0.1:3000"]
        );
    }

    #[test]
    fn any_text_is_read_in_linear_time() {
        let formats = [
            Format::Toml,
            Format::Yaml,
            Format::Ini,
            Format::Properties,
            Format::Hcl,
            Format::Nginx,
            Format::Haproxy,
            Format::Words,
            Format::FluentBit,
            Format::Caddyfile,
        ];
        let mut texts: Vec<String> =
            ["{", "[a]\n", "x;", "a {", "a = [", "\"", "'", "[[", "a {\n", "é=ü\n", "- ", "\u{0}", "#\n"]
                .iter()
                .map(|piece| piece.repeat(20_000))
                .collect();
        // a fixed row of numbers (xorshift) picks odd characters
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = String::new();
        for _ in 0..20_000 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let signs = ['{', '}', '[', ']', '"', '\'', '=', ':', '\n', ' ', '#', 'a', 'é', '\\', ';', ',', '\t', '-'];
            random.push(signs[usize::try_from(state % 18).unwrap_or(0)]);
        }
        texts.push(random);
        for format in formats {
            for text in &texts {
                let begin = std::time::Instant::now();
                all(format, text);
                assert!(begin.elapsed().as_secs() < 10, "{format:?} {:?}", text.get(..8));
            }
        }
    }
}
