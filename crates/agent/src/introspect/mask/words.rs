//! The words that decide: names that are harmless, names that secrets go by, and the values of configuration.

/// Last words of keys whose numbers tell nothing that one could log in with.
pub const COUNTS: [&str; 55] = [
    "attempts",
    "backlog",
    "backoff",
    "batch",
    "buffer",
    "buffers",
    "bytes",
    "capacity",
    "clients",
    "concurrency",
    "connections",
    "count",
    "cpu",
    "debug",
    "delay",
    "depth",
    "expiry",
    "factor",
    "files",
    "flush",
    "idle",
    "interval",
    "keepalive",
    "lease",
    "length",
    "level",
    "limit",
    "limits",
    "max",
    "memory",
    "min",
    "parallel",
    "percent",
    "period",
    "pool",
    "port",
    "ports",
    "processes",
    "queue",
    "rate",
    "ratio",
    "replicas",
    "retention",
    "retries",
    "retry",
    "samples",
    "shards",
    "size",
    "threads",
    "threshold",
    "timeout",
    "ttl",
    "verbose",
    "version",
    "workers",
];

/// Last words of keys whose addresses and paths tell nothing of that kind. Their numbers may: `root: 48151623`.
pub const PLACES: [&str; 14] = [
    "addr",
    "address",
    "bind",
    "dir",
    "directory",
    "file",
    "folder",
    "host",
    "hostname",
    "listen",
    "path",
    "root",
    "server",
    "socket",
];

/// Of these, those that may be a port alone.
pub const LISTENERS: [&str; 4] = ["addr", "address", "bind", "listen"];

/// Last words of keys whose values are words of configuration.
pub const MODES: [&str; 17] = [
    "compression",
    "debug",
    "enabled",
    "encoding",
    "env",
    "environment",
    "format",
    "level",
    "mode",
    "protocol",
    "region",
    "schema",
    "scheme",
    "type",
    "verbose",
    "version",
    "zone",
];

/// Last words of keys below which names of people have their passwords.
pub const PEOPLE: [&str; 4] = ["accounts", "logins", "members", "users"];

/// Parts of names that what should stay secret goes by; beside such a name nothing is harmless.
pub const SECRET: [&str; 24] = [
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

/// Whole words of such names.
pub const SECRET_WORDS: [&str; 5] = ["mfa", "pat", "psk", "pw", "sid"];

/// Words that configuration is written with.
pub const WORDS: [&str; 44] = [
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
pub const FLAGS: [&str; 12] = ["", "true", "false", "yes", "no", "on", "off", "null", "~", "{}", "[]", "''"];

/// Whether it is a name that a person gave: words of letters, with a short number at most.
pub fn is_name(text: &str) -> bool {
    let word = |word: &str| {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        letters.bytes().all(|byte| byte.is_ascii_alphabetic()) && word.len() - letters.len() <= 3 && word.len() <= 24
    };
    !text.is_empty() && text.len() <= 64 && text.split(['_', '-', '.']).all(word)
}

/// `maxClients` and `MAX_CLIENTS` alike.
pub fn dashed(key: &str) -> String {
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

/// Whether what goes by this name should stay secret.
pub fn sounds_secret(name: &str) -> bool {
    let name = dashed(name);
    let known = ["keepalive", "key-prefix"].contains(&name.as_str());
    !known
        && (SECRET.iter().any(|part| name.contains(part)) || name.split('-').any(|word| SECRET_WORDS.contains(&word)))
}

/// The last word of a name.
pub fn last_word(name: &str) -> String {
    dashed(name).rsplit('-').next().unwrap_or_default().to_owned()
}
