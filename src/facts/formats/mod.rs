//! Formats of configuration, each as a list of settings: a key of several segments, a value, and its bytes.
//!
//! Anything that cannot be parsed is left out and reported as such: an incomplete file makes facts unknown, never
//! wrong. Parsing takes linear time and memory; blocks that nest deeper than any real configuration are skipped.

mod blocks;
mod caddyfile;
mod hcl;
mod holes;
mod keys;
mod lines;
mod toml;
mod trees;

use std::ops::Range;

use super::program::Format;

pub use holes::is_to_be_filled_in;
pub use keys::{fits, sibling};

/// How deep blocks and maps may nest.
pub(in crate::facts) const DEPTH: usize = 64;

/// One setting of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The segments of its key, outermost first.
    pub key: Vec<String>,
    /// Its value without quotes; of several words all, joined by blanks.
    pub value: String,
    /// The bytes of the value in the text.
    pub range: Range<usize>,
    /// The number of the block that it is in, where blocks of one name may be several: each `[INPUT]` of Fluent
    /// Bit, each `server` of nginx.
    pub block: usize,
}

/// The settings of a text.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Each setting, in their order.
    pub entries: Vec<Entry>,
    /// Whether these are all: if not, anything that no setting states is unknown.
    pub is_whole: bool,
}

/// All settings of a text, in their order.
#[must_use]
pub fn read(format: Format, text: &str) -> Vec<Entry> {
    reading(format, text).entries
}

/// All settings of a text, and whether it could be read to its end.
#[must_use]
pub fn reading(format: Format, text: &str) -> Reading {
    let mut found = Collector::new(text);
    match format {
        Format::Yaml => trees::yaml(&mut found),
        Format::Toml => toml::read(&mut found),
        Format::Ini => lines::ini(&mut found),
        Format::Properties => lines::properties(&mut found),
        Format::Words => lines::words(&mut found),
        Format::FluentBit => lines::fluent_bit(&mut found),
        Format::Haproxy => lines::haproxy(&mut found),
        Format::Nginx => blocks::nginx(&mut found),
        Format::Hcl => hcl::read(&mut found),
        Format::Caddyfile => caddyfile::read(&mut found),
        Format::Unread => found.is_whole = false,
    }
    let is_whole = found.is_whole && !is_to_be_filled_in(format, text);
    Reading { entries: found.entries, is_whole }
}

/// Where the readers put what they find.
struct Collector<'text> {
    text: &'text str,
    entries: Vec<Entry>,
    is_whole: bool,
    /// How many bytes of keys there may still be: a long name of a block is repeated in all that it holds.
    room: usize,
    /// How many nodes may still be looked at.
    visits: usize,
    depth: usize,
}

impl<'text> Collector<'text> {
    fn new(text: &'text str) -> Self {
        let room = (text.len().saturating_mul(64)).saturating_add(1 << 20);
        Self { text, entries: Vec::new(), is_whole: true, room, visits: room, depth: 0 }
    }

    fn add<Segment: AsRef<str>>(&mut self, key: &[Segment], block: usize, value: String, range: Range<usize>) {
        let cost = key.iter().map(|segment| segment.as_ref().len() + 32).sum::<usize>() + 64;
        let Some(room) = self.room.checked_sub(cost) else {
            self.is_whole = false;
            return;
        };
        self.room = room;
        let key = key.iter().map(|segment| segment.as_ref().to_owned()).collect();
        self.entries.push(Entry { key, value, range, block });
    }

    /// Whether another node may be looked at: aliases repeat what they name.
    fn visits(&mut self) -> bool {
        self.visits = self.visits.saturating_sub(1);
        self.visits > 0 && self.room > 64
    }

    /// Goes a block deeper; nothing where that is too deep.
    fn enter(&mut self) -> Option<()> {
        (self.depth < DEPTH).then(|| self.depth += 1)
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

/// A piece of a text that is a part of it, as its bytes.
fn range_of(text: &str, piece: &str) -> Range<usize> {
    let start = (piece.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start + piece.len()
}

/// A value without the quotes around it.
fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            let mut before = ' ';
            // of `"a" "b"` the quotes belong to two words
            let ends_inside = inner.chars().any(|sign| std::mem::replace(&mut before, sign) != '\\' && sign == quote);
            return if ends_inside { value } else { inner };
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::{fits, read, reading, sibling};
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
        assert_eq!(sibling(Format::Yaml, &entries, 1, "address"), Some(0));
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

    fn is(format: Format, text: &str, wanted: &[&str]) {
        assert_eq!(all(format, text), wanted, "{text}");
    }

    #[test]
    fn toml() {
        let read = |text, wanted: &[&str]| is(Format::Toml, text, wanted);
        read("a = { b = \"x\", c.d = 1 }\n", &["a/b=x", "a/c/d=1"]);
        read("s = [[\"127.0.0.1\", 5432],\n [\"b\", 1]]", &["s/0/0=127.0.0.1", "s/0/1=5432", "s/1/0=b", "s/1/1=1"]);
        read("x = [ {a = 1}, # ]\n {a = 2} ]", &["x/0/a=1", "x/1/a=2"]);
        read("[a.\"b.c\"]\n\"d=e\" = 1\n", &["a/b.c/d=e=1"]);
        read("[[a]]\nx=1\n[a.b]\ny=2\n[[a]]\n[[a.c]]\nz=4\n", &["a/0/x=1", "a/0/b/y=2", "a/1/c/0/z=4"]);
        read("a = \"\"\"\nport = 1\n[x]\"\"\"\nb = 2", &["a=port = 1\n[x]", "b=2"]);
        read("a = 'c\\' # x\nb = \"x\\\"y\\u00e9 # z\"\r\n", &["a=c\\", "b=x\"yé # z"]);
        assert!(reading(Format::Toml, "a = [1,\n2]\n").is_whole);
        for text in ["a = [1,\nb = 2", "{\"a\": 1}", "a = \"x", "a = {{ .x }}"] {
            assert!(!reading(Format::Toml, text).is_whole, "{text}");
        }
    }

    #[test]
    fn hcl() {
        let read = |text, wanted: &[&str]| is(Format::Hcl, text, wanted);
        read("listener \"tcp\" { address = \"127.0.0.1:8200\" }", &["listener/tcp/address=127.0.0.1:8200"]);
        read("a = [\n \"x\",\n \"y\", # z\n]\nb = [\"{\"]\n", &["a/0=x", "a/1=y", "b/0={"]);
        read("a {\n b = <<EOF\nport = 1 }\nEOF\n c = \"/x\"\n}\n", &["a/b=port = 1 }\n", "a/c=/x"]);
        read("/* a = 1\n */\nc = 3 // x\nd = \"http://e\" # f = 1", &["c=3", "d=http://e"]);
        read("path \"a/{{x}}/b=c\" {\n x = 1\n}\n", &["path/a/{{x}}/b=c/x=1"]);
        read("ports\n{\n http = 80\n}\na = { b = 1, c = 2 }\n", &["ports/http=80", "a/b=1", "a/c=2"]);
        read("a = \"${env(\"X\")}\"\nb = 1", &["a=${env(\"X\")}", "b=1"]);
        read("{\"ports\": {\"http\": 80}, \"a\": [1]}", &["ports/http=80", "a/0=1"]);
        assert!(!reading(Format::Hcl, "a { b = 1").is_whole);
    }

    #[test]
    fn comments_and_quotes() {
        is(Format::Properties, "port = 5432\t\t# x\na = 'x # y' # z\n", &["port=5432", "a=x # y"]);
        is(Format::Properties, "a = b:1,\\\n  c:2\nd=1", &["a=b:1,c:2", "d=1"]);
        is(
            Format::Ini,
            "[mysqld]\nskip-networking\nport = 1\t# x\n",
            &["mysqld/skip-networking=true", "mysqld/port=1"],
        );
        is(Format::Haproxy, "frontend a\n log-format \"a # b\"\n", &["frontend/a/log-format=a # b"]);
        is(Format::Haproxy, "frontend a\nlog-forward b\n bind :514\n", &["log-forward/b/bind=:514"]);
        is(Format::Words, "a it's # x\nb \"x\" \"y\"\n", &["a=it's", "b=\"x\" \"y\""]);
    }

    #[test]
    fn caddyfiles() {
        let read = |text, wanted: &[&str]| is(Format::Caddyfile, text, wanted);
        read("localhost:80\n\nreverse_proxy a:1\n", &["site=localhost:80", "site/reverse_proxy=a:1"]);
        read("(x) {\n respond a\n}\n:80 {\n import x\n}\n", &["snippet/respond=a", "site=:80", "site/import=x"]);
        read("a.example.com,\nb.example.com {\n}", &["site=a.example.com", "site=b.example.com"]);
        read(":80 {\t# x\n respond \"a # b\"\t# y\n}", &["site=:80", "site/respond=a # b"]);
        read(
            ":80 {\n handle /x {\n  reverse_proxy a:1\n }\n}",
            &["site=:80", "site/handle=/x", "site/handle/reverse_proxy=a:1"],
        );
    }

    #[test]
    fn long_names_of_blocks_are_not_repeated_without_end() {
        let long = "x".repeat(100_000);
        for (format, text) in [
            (Format::Ini, format!("[{long}]\n{}", "a=1\n".repeat(20_000))),
            (Format::Nginx, format!("{long} {{ {} }}", "a 1; ".repeat(20_000))),
            (Format::Hcl, format!("{long} {{\n{}}}", "a = 1\n".repeat(20_000))),
            (Format::Toml, format!("{long} = [{}]\n", "1,".repeat(20_000))),
            (Format::Yaml, format!("{long}: [{}1]\n", "1, ".repeat(20_000))),
        ] {
            let reading = reading(format, &text);
            let bytes: usize = reading.entries.iter().flat_map(|entry| &entry.key).map(String::len).sum();
            assert!(!reading.is_whole && bytes < 100 * text.len(), "{format:?} {bytes}");
        }
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
            Format::Unread,
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
