//! What may be shown of configuration and logs.
//!
//! A list of names that secrets go by is never complete, so configuration is taken the other way round: a value is shown
//! when its key and its form are known to be harmless, and masked otherwise. Logs have no keys to know; there, what
//! follows a name that sounds secret and what looks like a credential is masked, and they are shown only when asked for.

use sha2::{Digest as _, Sha256};

/// Last words of keys whose numbers, addresses and modes tell nothing that one could log in with.
const HARMLESS: [&str; 81] = [
    "address",
    "addr",
    "attempts",
    "backlog",
    "backoff",
    "batch",
    "bind",
    "buffer",
    "buffers",
    "bytes",
    "capacity",
    "clients",
    "compression",
    "concurrency",
    "connections",
    "count",
    "cpu",
    "debug",
    "delay",
    "depth",
    "dir",
    "directory",
    "enabled",
    "encoding",
    "env",
    "environment",
    "expiry",
    "factor",
    "file",
    "files",
    "flush",
    "folder",
    "format",
    "host",
    "hostname",
    "idle",
    "interval",
    "keepalive",
    "lease",
    "length",
    "level",
    "limit",
    "limits",
    "listen",
    "max",
    "memory",
    "min",
    "mode",
    "parallel",
    "path",
    "percent",
    "period",
    "pool",
    "port",
    "ports",
    "processes",
    "protocol",
    "queue",
    "rate",
    "ratio",
    "region",
    "replicas",
    "retention",
    "retries",
    "retry",
    "root",
    "samples",
    "schema",
    "scheme",
    "server",
    "shards",
    "size",
    "threads",
    "threshold",
    "timeout",
    "ttl",
    "type",
    "verbose",
    "version",
    "workers",
    "zone",
];

/// Parts of names that what should stay secret goes by; beside such a name nothing is harmless.
const SECRET: [&str; 24] = [
    "auth",
    "bearer",
    "cert",
    "connection-string",
    "cookie",
    "cred",
    "dsn",
    "hash",
    "jwt",
    "key",
    "license",
    "nonce",
    "otp",
    "pass",
    "pin",
    "private",
    "pwd",
    "salt",
    "secret",
    "seed",
    "session",
    "sign",
    "token",
    "webhook",
];

/// Words that configuration is written with.
const WORDS: [&str; 44] = [
    "all",
    "always",
    "any",
    "async",
    "auto",
    "console",
    "debug",
    "default",
    "development",
    "disabled",
    "enabled",
    "error",
    "fatal",
    "fifo",
    "grpc",
    "gzip",
    "http",
    "https",
    "info",
    "ipv4",
    "ipv6",
    "json",
    "lifo",
    "localhost",
    "lru",
    "never",
    "none",
    "prod",
    "production",
    "replica",
    "staging",
    "stderr",
    "stdout",
    "strict",
    "sync",
    "tcp",
    "test",
    "text",
    "trace",
    "udp",
    "unix",
    "utf-8",
    "warn",
    "warning",
];

/// Values that say yes, no or nothing.
const FLAGS: [&str; 12] = ["", "true", "false", "yes", "no", "on", "off", "null", "~", "{}", "[]", "''"];

/// Masks what it is given. The hash tells equal values of one process apart from others; it is keyed with random bytes,
/// so that nobody can find a short value by trying all.
pub struct Mask {
    key: [u8; 16],
}

impl Mask {
    /// A mask with this key.
    #[must_use]
    pub fn new(key: [u8; 16]) -> Self {
        Self { key }
    }

    fn masked(&self, value: &str) -> String {
        let digest = Sha256::new().chain_update(self.key).chain_update(value).finalize();
        let first = digest.iter().take(3).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        format!("({} bytes, {first:06x})", value.len())
    }

    /// A file of configuration, line by line: `key: value`, `key=value`, `key value`, sections and list items.
    #[must_use]
    pub fn configuration(&self, text: &str) -> String {
        // What stands deeper than a key that sounds secret is all of it secret, other keys included.
        let mut secret: Option<usize> = None;
        let lines = text.lines().map(|line| {
            let content = line.trim_start();
            let indent = line.len() - content.len();
            if content.is_empty() {
                return String::new();
            }
            let is_item = content.starts_with('-') || content.starts_with(['}', ']']);
            if secret.is_some_and(|of| indent > of || (indent == of && is_item)) {
                return if structural(content) { line.to_owned() } else { self.whole(line, content) };
            }
            secret = None;
            if structural(content) {
                return line.to_owned();
            }
            let Some(entry) = Entry::of(content) else { return self.whole(line, content) };
            let sounds_secret = sounds_secret(entry.key);
            if sounds_secret {
                secret = Some(indent);
            }
            let shown = FLAGS.contains(&entry.bare())
                || structural(entry.value)
                || (!sounds_secret && harmless(entry.key) && plain(entry.bare()));
            let value = if shown { entry.value.to_owned() } else { self.masked(entry.value) };
            format!("{}{}{}", &line[..indent], entry.before, value)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn whole(&self, line: &str, content: &str) -> String {
        format!("{}{}", &line[..line.len() - content.len()], self.masked(content))
    }

    /// A line of a log.
    #[must_use]
    pub fn log_line(&self, line: &str) -> String {
        if line.contains("-----BEGIN ") || line.contains("-----END ") {
            return self.masked(line);
        }
        let mut shown = String::new();
        // Whether the next word belongs to a name that sounds secret.
        let mut masked = false;
        let mut before = "";
        for (word, separator) in words(line) {
            let lower = word.to_ascii_lowercase();
            if masked && !word.is_empty() {
                masked = false;
                if ["is", "was", "for", "of", "bearer", "basic", "token", "digest"].contains(&lower.as_str()) {
                    masked = true;
                    shown += word;
                } else {
                    shown += &self.masked(word);
                }
            } else if looks_secret(word) || (before == ":" && word.contains('@')) {
                shown += &self.masked(word);
            } else {
                shown += word;
                if sounds_secret(&lower) {
                    masked = true;
                }
            }
            shown += separator;
            before = separator;
        }
        shown
    }
}

/// Only the syntax of a format.
fn structural(content: &str) -> bool {
    !content.is_empty() && content.bytes().all(|byte| b"{}[](),;|>-+\"' ".contains(&byte)) && content.len() < 8
}

/// One line of configuration, taken apart.
struct Entry<'line> {
    /// All until the value.
    before: &'line str,
    key: &'line str,
    value: &'line str,
}

impl<'line> Entry<'line> {
    /// `- key: value`, `"key": value,`, `export KEY=value`, `key = value`, `key value;`, `[section]`.
    fn of(content: &'line str) -> Option<Self> {
        let mut from = 0;
        for prefix in ["- ", "export ", "set ", "SET "] {
            if content[from..].starts_with(prefix) {
                from += prefix.len();
                from += content[from..].len() - content[from..].trim_start().len();
            }
        }
        let quote = content[from..].starts_with(['"', '\'']);
        from += usize::from(quote);
        let length = content[from..].find(|c: char| !is_of_key(c)).unwrap_or(content.len() - from);
        let key = &content[from..from + length];
        let mut rest = &content[from + length..];
        rest = if quote { rest.strip_prefix(['"', '\''])? } else { rest };
        let after = rest.trim_start();
        let value = match after.strip_prefix([':', '=']) {
            Some(value) => value.trim_start(),
            // Words one after the other: only what cannot be half of something else is a key.
            None if after.len() < rest.len() && !quote => after,
            None if rest.is_empty() => return None,
            None => return None,
        };
        is_name(key).then(|| Self { before: &content[..content.len() - value.len()], key, value })
    }

    /// The value without quotes, and without what ends it.
    fn bare(&self) -> &'line str {
        let value = self.value.trim_end().trim_end_matches([',', ';']);
        let inner = |quote: char| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
        inner('"').or_else(|| inner('\'')).unwrap_or(value)
    }
}

fn is_of_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || ['_', '-', '.'].contains(&c)
}

/// Whether it is a name that a person gave: words of letters, with a short number at most.
fn is_name(text: &str) -> bool {
    let word = |word: &str| {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        letters.bytes().all(|byte| byte.is_ascii_alphabetic()) && word.len() - letters.len() <= 3 && word.len() <= 24
    };
    !text.is_empty() && text.len() <= 64 && text.split(['_', '-', '.']).all(word)
}

/// `maxClients` and `MAX_CLIENTS` alike.
fn dashed(key: &str) -> String {
    let mut dashed = String::new();
    let mut before_is_lower = false;
    for c in key.chars() {
        if c.is_ascii_uppercase() && before_is_lower {
            dashed.push('-');
        }
        before_is_lower = c.is_ascii_lowercase();
        dashed.push(if ['_', '.'].contains(&c) { '-' } else { c.to_ascii_lowercase() });
    }
    dashed
}

fn sounds_secret(key: &str) -> bool {
    let key = dashed(key);
    SECRET.iter().any(|word| key.contains(word)) && !["keepalive", "key-prefix"].contains(&key.as_str())
}

fn harmless(key: &str) -> bool {
    let key = dashed(key);
    key.rsplit('-').next().is_some_and(|last| HARMLESS.contains(&last))
}

/// Numbers with a unit, words of configuration, addresses and paths of names; nothing that could be a credential.
fn plain(value: &str) -> bool {
    let number = |text: &str| {
        let digits = text.trim_start_matches(['-', ':']);
        let unit = digits.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let count = digits.len() - unit.len();
        (1..=12).contains(&count)
            && unit.len() <= 3
            && unit.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'%')
    };
    let lower = value.to_ascii_lowercase();
    let address = || {
        let (host, port) = value.rsplit_once(':').unwrap_or((value, "0"));
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_host = host.parse::<std::net::IpAddr>().is_ok() || ["", "*", "localhost"].contains(&host);
        (is_host || (host.contains('.') && is_name(host))) && port.parse::<u16>().is_ok()
    };
    let path = || {
        value.starts_with('/') && value.len() > 1 && value[1..].split('/').all(|part| part.is_empty() || is_name(part))
    };
    number(value) || WORDS.contains(&lower.as_str()) || value.parse::<std::net::IpAddr>().is_ok() || address() || path()
}

/// Words and what separates each from the next.
fn words(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_separator = |c: char| c.is_whitespace() || "\"'=,;()[]{}<>&?|`".contains(c) || c == ':';
    let mut rest = line;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        // A URL stays whole: what may be secret in it stands between two of its parts.
        let url = rest.find("://").filter(|at| !rest[..*at].contains(is_separator)).map_or(0, |at| at + 3);
        let plain = |c: char| c.is_whitespace() || "\"'<>".contains(c);
        let end = if url > 0 { rest[url..].find(plain).map(|at| at + url) } else { rest.find(is_separator) };
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        let separators = after.find(|c: char| !is_separator(c)).unwrap_or(after.len());
        let (separator, next) = after.split_at(separators);
        rest = next;
        Some((word, separator))
    })
}

/// Credentials that stand without a name: in a URL, or long and unpronounceable.
fn looks_secret(word: &str) -> bool {
    if let Some((_, after)) = word.split_once("://") {
        return after.contains(['@', '?', '#']) || after.split('/').any(looks_secret);
    }
    let mixed = |part: &str, least: usize| {
        let has = |what: fn(&u8) -> bool| part.bytes().filter(what).count();
        part.len() >= least && has(u8::is_ascii_digit) >= 2 && has(u8::is_ascii_alphabetic) >= 6
    };
    let known = ["eyJ", "AKIA", "ASIA", "ghp_", "gho_", "xox", "sk-", "glpat-", "$2", "$5$", "$6$", "$apr1$"];
    word.split('/').any(|part| mixed(part, 16))
        || (mixed(word, 40) && !word.starts_with('/'))
        || (word.len() >= 8 && known.iter().any(|prefix| word.starts_with(prefix)))
}

#[cfg(test)]
mod tests {
    use super::Mask;

    const MASK: Mask = Mask { key: [7; 16] };

    /// Every planted value contains `s3cr`, in files of the forms that programs read.
    #[test]
    fn no_planted_value_is_shown() {
        let planted = [
            "requirepass s3cr-redis\nmasterauth s3cr-redis\nuser default on >s3cr ~* +@all",
            "pwd = s3cr\npassphrase=s3cr\nDB_PASSWD=s3cr\nexport API_TOKEN=\"s3cr\"\nPGPASSWORD=s3cr psql",
            "headers:\n  Authorization: Bearer s3cr\n  authorization: Basic s3cr=\n  X-Api: s3cr\n  Cookie: sid=s3cr",
            "jwt: eyJs3cr.s3cr.s3cr\naws_access_key_id = AKIAs3cr\naws_secret_access_key = s3cr/s3cr",
            "dsn: postgres://u:s3cr@db:5432/x\nurl: https://h/?token=s3cr\nhost: u:s3cr@db\nserver: s3cr@db",
            "db.example.com:5432:shop:shop:s3cr\n*:*:*:*:s3cr\nmachine h login u password s3cr",
            "secret:\n- s3cr\n- s3cr2\n- name: s3cr\nsecrets:\n  - s3cr\n  - {a: s3cr}\n  port: s3cr",
            "tokens:\n  s3cr: alice\nkeys: [s3cr, s3cr]\nclient_secret: |\n  s3cr\n  timeout: s3cr",
            "{\"a\": {\"password\": \"s3cr\"}}",
            "{\n  \"password\": \"s3cr\",\n  \"timeout\": \"s3cr\",\n  \"level\": \"s3cr\"\n}",
            "-----BEGIN PRIVATE KEY-----\ns3crAAAA\n-----END PRIVATE KEY-----",
            "<password>s3cr</password>\n<add key=\"x\" value=\"s3cr\"/>",
            "# requirepass s3cr\n; pwd=s3cr\n// token: s3cr\nport: 80 # s3cr\nport: 80, password: s3cr",
            "env:\n- name: DB\n  value: s3cr\n- {name: X, value: s3cr}",
            "admin:$apr1$s3cr\nadmin:s3cr\ns3cr\n- s3cr\ns3cr s3cr\ns3cr = 5\ns3cr: true",
            "proxy_set_header Authorization \"Basic s3cr\";\nserver s3cr:80;\nset $token s3cr;",
            "auth_file: /s3cr1234\npath: /hooks/T01234/s3cr1234\nlisten: s3cr\nsize: s3cr\nmode: s3cr",
            "connectionString=Server=db;User=a;Pwd=s3cr;\nconnection.string: s3cr\nspring.datasource.password=s3cr",
            "pin: s3cr\nlicense_key: s3cr\nsigning-key: s3cr\nsession.salt=s3cr\nOTP_SEED=s3cr\nwebhook: https://h/s3cr",
        ];
        for text in planted {
            let shown = MASK.configuration(text);
            assert!(!shown.contains("s3cr"), "{text}\nis shown as\n{shown}");
        }
    }

    /// One of letters alone looks like any other word.
    #[test]
    fn words_that_are_passwords_are_masked() {
        for line in [
            "password: hunter",
            "pass hunter",
            "listen: hunter",
            "level: hunter",
            "size=hunter",
            "hunter",
            "- hunter",
            "value: hunter",
            "admin:hunter",
            "mode = hunter",
            "host: hunter",
            "a: {b: hunter}",
            "version: hunter",
        ] {
            assert!(!MASK.configuration(line).contains("hunter"), "{line}");
        }
    }

    #[test]
    fn numbers_under_names_that_are_not_known_are_masked_too() {
        let shown =
            MASK.configuration("pin: 48151623\nunknown: 48151623\nkey.timeout: 48151623\nsecret:\n  port: 48151623");
        assert!(!shown.contains("48151623"), "{shown}");
    }

    #[test]
    fn what_is_harmless_is_shown() {
        for line in [
            "workers: 4",
            "  max_clients = 100",
            "maxClients=100",
            "\"port\": 8080,",
            "listen 8080;",
            "timeout: 30s",
            "MEMORY_LIMIT=512Mi",
            "level: debug",
            "log-format: \"json\"",
            "enabled: true",
            "anything: false",
            "listen = 0.0.0.0:80",
            "listen [::1]:80",
            "host: db.example.com",
            "- interval: 5",
            "log_file: /var/log/app.log",
            "server:",
            "{",
            "  },",
            "retries: 0",
            "password: \"\"",
            "ratio: 0.5",
        ] {
            assert_eq!(MASK.configuration(line), line);
        }
    }

    #[test]
    fn equal_values_have_equal_hashes_within_one_process_only() {
        let of = |key: u8| Mask::new([key; 16]).configuration("a: hunter2\nb: hunter2\nc: hunter3");
        let shown = of(1);
        let lines: Vec<_> = shown.lines().map(|line| line.split_once(' ').unwrap().1).collect();
        assert_eq!(lines[0], lines[1]);
        assert_ne!(lines[0], lines[2]);
        assert!(lines[0].starts_with("(7 bytes, "), "{shown}");
        assert_ne!(shown, of(2));
    }

    #[test]
    fn logs_lose_their_credentials() {
        for line in [
            "GET / Authorization: Bearer s3cr",
            "authorization=\"Basic s3cr\"",
            "login with password s3cr failed",
            "password is s3cr",
            "{\"token\":\"s3cr\",\"a\":1}",
            "token=s3cr&a=1",
            "Set-Cookie: s3cr",
            "pwd:s3cr",
            "connecting to postgres://u:s3cr@db/x",
            "GET https://h/p?sig=s3cr",
            "user u:s3cr@db",
            "jwt eyJs3crAAAAAAA",
            "using AKIAs3crAAAAAAAA1234",
            "-----BEGIN s3cr",
            "x-api-key: s3cr",
            "requirepass s3cr",
            "got 0123s3crabcdef456789abcd",
            "hash $2y$10$s3cr",
        ] {
            let shown = MASK.log_line(line);
            assert!(!shown.contains("s3cr"), "{line}: {shown}");
        }
        for line in [
            "2026-01-02T03:04:05.678Z INFO listening on 0.0.0.0:8080",
            "GET /healthz 200 in 3 ms",
            "worker 17 started",
            "{\"level\":\"info\",\"msg\":\"one item done\",\"n\":3}",
            "see https://example.com/docs/page",
            "a,b;c",
            "",
        ] {
            assert_eq!(MASK.log_line(line), line);
        }
    }
}
