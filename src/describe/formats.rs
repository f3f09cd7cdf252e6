//! Named formats of text in descriptions, by the names that schemas use.
//!
//! Where Kubernetes will check the text again, the rule is Kubernetes' own
//! (`k8s.io/apimachinery/pkg/util/validation/validation.go`).

use super::target::{self, Target};
use crate::kube::api_resources::VERBS;
use crate::kube::duration::milliseconds;
use crate::kube::validation::{self, Quantity};

/// Why a text does not follow its format.
pub struct Mistake {
    /// What is wrong, in one sentence.
    pub message: String,
    /// The mechanism.
    pub why: Option<&'static str>,
    /// What to do.
    pub help: Option<String>,
    /// The text holds a secret and must not be shown.
    pub secret: bool,
}

impl Mistake {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), why: None, help: None, secret: false }
    }

    fn because(mut self, why: &'static str) -> Self {
        self.why = Some(why);
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A regular expression for a format, where there is one that refuses nothing that [`check`] accepts. It is for
/// editors, which know neither our formats nor the rest of our checks.
#[must_use]
pub fn format_pattern(format: &str) -> Option<&'static str> {
    Some(match format {
        "dns-label" | "base-name" => r"^[a-z]([a-z0-9-]*[a-z0-9])?$",
        "dns-subdomain" => r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
        "host" => r"^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
        "gateway-ref" => r"^([a-z][a-z0-9-]*/)?[a-z0-9][a-z0-9.-]*$",
        "image" => r"^[^\s/:@-]\S*$",
        "path" | "log-path" | "http-path" | "host-path" => r"^/",
        "duration" | "interval" => r"^([0-9]+[smh])+$",
        "timeout" => r"^([0-9]+(ms|s|m|h))+$",
        "env-name" => r"^[A-Za-z_.-][A-Za-z0-9_.-]*$",
        "secret-ref" => r"^secret/[^/]+/[^/]+$",
        "configmap-ref" => r"^configmap/[^/]+$",
        "percent" => r"^[0-9]+%$",
        "health" => r"^(grpc$|/)",
        "env-from" => r"^(secret|configmap)/[^/]+$",
        "port-name" => r"^[a-z0-9-]{1,15}$",
        _ => return None,
    })
}

/// Whether a format is known: it says something about some text.
#[must_use]
pub fn is_format(format: &str) -> bool {
    const HOPELESS: &[&str] = &["", "\u{0} !"];
    format == "file" || HOPELESS.iter().any(|text| check(format, text).is_some())
}

/// Whether a text can be where a format is asked for.
#[must_use]
pub fn fits(format: &str, text: &str) -> bool {
    check(format, text).is_none()
}

/// Checks a text; an unknown format accepts everything.
#[must_use]
pub fn check(format: &str, text: &str) -> Option<Mistake> {
    match format {
        "dns-label" => dns_label(text, 63),
        // names of generated objects get suffixes such as `-logs-1a2b3c4d`
        "base-name" => dns_label(text, 40),
        // beside a base name in a label's value, which has at most 63
        "part-name" => dns_label(text, 22),
        "jq" => jq_expression(text),
        "topic" => topic(text),
        "bus" => bus(text),
        "authority" => authority(text),
        "authorities" => text.split(',').find_map(authority),
        "dns-subdomain" => dns_subdomain(text),
        "host" => host(text),
        "image" => image(text),
        "path" => path(text),
        "log-path" => path(text).or_else(|| log_path(text)),
        "log-regex" => log_regex(text),
        "log-start" => log_start(text),
        "log-target" => log_target(text),
        "duration" => duration_seconds(text).err(),
        "interval" => interval(text),
        "lease" => lease(text),
        "cron" => cron(text),
        "timeout" => timeout(text),
        "http-path" => http_path(text),
        "env-name" => env_name(text),
        "secret-ref" => secret_ref(text),
        "configmap-ref" => configmap_ref(text),
        "key-ref" => key_ref(text),
        "url" => url(text),
        "http-url" => url(text).or_else(|| http_url(text)),
        "percent" => percent(text),
        "quantity" => quantity(text),
        "memory" => memory(text),
        "port" => port(text),
        "port-name" => port_name(text),
        "health" => {
            if text == "grpc" {
                None
            } else {
                http_path(text)
            }
        }
        "env-from" => env_from(text),
        "host-path" => host_path(text),
        "sub-path" => sub_path(text),
        "resource" => resource(text),
        "verb" => verb(text),
        "label-key" => label_key(text),
        "service-class" if text.contains('/') => label_key(text),
        "service-class" => dns_subdomain(text),
        "label-value" => label_value(text),
        "taint" => taint(text),
        "time-zone" => time_zone(text),
        "target" => Target::parse(text).err(),
        "hash-key" => hash_key(text),
        "token" => token(text),
        "label" => label(text),
        "process" => process(text),
        "shard-address" => target::check_shard(text),
        "gateway-ref" => gateway_ref(text),
        _ => None,
    }
}

fn dns_label(text: &str, most: usize) -> Option<Mistake> {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let ok =
        text.bytes().all(inner) && text.as_bytes().first().is_some_and(u8::is_ascii_lowercase) && !text.ends_with('-');
    if !ok {
        return Some(
            Mistake::new("a name is lower-case letters, digits and `-`, beginning with a letter and not ending in `-`")
                .because("object names, container names and DNS names are made from it"),
        );
    }
    (text.len() > most).then(|| Mistake::new(format!("a name has at most {most} characters; this has {}", text.len())))
}

/// An expression in jq, short enough that reading it is cheap.
fn jq_expression(text: &str) -> Option<Mistake> {
    if text.len() > 1000 {
        return Some(Mistake::new(format!("an expression has at most 1000 bytes; this has {}", text.len())));
    }
    super::jq::check(text).err().map(|message| {
        Mistake::new(message)
            .because("conditions and keys are written as jq writes them, and see one message")
            .help(r#"write .kind == "car" or .owner"#)
    })
}

/// A topic of Kafka that is also a subject of NATS: neither system reads anything else out of it
/// (`kafka/common/internals/Topic.java`; docs.nats.io: Subject-Based Messaging).
fn topic(text: &str) -> Option<Mistake> {
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let right =
        !text.is_empty() && text.len() <= 200 && text.bytes().all(ok) && text.split('.').all(|part| !part.is_empty());
    (!right).then(|| {
        Mistake::new("a topic is letters, digits, `-`, `_` and single `.` between them, at most 200 characters")
    })
}

/// `kafka://host:port,host:port` or `nats://host:port`.
fn bus(text: &str) -> Option<Mistake> {
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

/// `host:port`.
fn authority(text: &str) -> Option<Mistake> {
    let parts = text.rsplit_once(':');
    let right = parts.is_some_and(|(name, port)| {
        dns_subdomain(name).is_none() && !port.starts_with('+') && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    (!right).then(|| Mistake::new("this is a host and a port, such as kafka.example.com:9092"))
}

fn dns_subdomain(text: &str) -> Option<Mistake> {
    let label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    let ok = text.len() <= 253 && text.split('.').all(label);
    (!ok).then(|| Mistake::new("an object's name is lower-case letters, digits, `-` and `.`, at most 253 characters"))
}

fn host(text: &str) -> Option<Mistake> {
    if text.contains("://") || text.contains('/') {
        return Some(Mistake::new("a host is a name without scheme and path").help("write www.example.com"));
    }
    let name = text.strip_prefix("*.").unwrap_or(text);
    dns_subdomain(name)
        .map(|_| Mistake::new("a host is lower-case letters, digits, `-` and `.`, such as www.example.com"))
}

fn image(text: &str) -> Option<Mistake> {
    let bad = |character: char| character.is_whitespace() || character.is_control() || !character.is_ascii();
    if let Some((_, reference)) = text.split_once("://") {
        return Some(Mistake::new("an image has no scheme").help(format!("write {reference}")));
    }
    if text.is_empty() || text.contains(bad) || text.starts_with(['/', ':', '@', '-']) {
        return Some(Mistake::new("an image is a reference such as registry.example.com/shop:1.7.0"));
    }
    if let Some((_, digest)) = text.split_once('@') {
        let hex = digest
            .strip_prefix("sha256:")
            .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if !hex && !digest.starts_with("sha512:") {
            return Some(Mistake::new("a digest is sha256: and 64 hexadecimal digits"));
        }
    }
    let name = text.split('@').next().unwrap_or(text);
    let path = match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => path,
        _ => name,
    };
    let first = path.split_once('/').filter(|(first, _)| first.contains(['.', ':']) || *first == "localhost");
    let repository = first.map_or(path, |(_, repository)| repository);
    let ok = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    if repository.is_empty() || !repository.bytes().all(ok) {
        return Some(Mistake::new("the repository of an image is lower-case letters, digits, `-`, `_`, `.` and `/`"));
    }
    None
}

fn path(text: &str) -> Option<Mistake> {
    if !text.starts_with('/') {
        return Some(Mistake::new("a path in a container begins with `/`"));
    }
    if text.trim_matches('/').is_empty() {
        return Some(Mistake::new("a volume over `/` hides the whole image").help("name a folder below it"));
    }
    if text.split('/').any(|part| part == "..") {
        return Some(Mistake::new("a path in a container has no `..`"));
    }
    if text.contains(|character: char| character.is_control()) || text.contains(':') {
        return Some(
            Mistake::new("a path in a container has no control characters and no `:`")
                .because("the API server refuses a mountPath with `:`"),
        );
    }
    (text.len() > 1024).then(|| Mistake::new("this path is longer than 1024 bytes"))
}

/// A file that fluent-bit follows: it expands `${NAME}` and reads `*` and `,` as patterns and lists.
fn log_path(text: &str) -> Option<Mistake> {
    let folder = text.rsplit_once('/').map_or("", |(folder, _)| folder);
    if text.contains("${") || text.contains(',') {
        return Some(
            Mistake::new("a log file's path has no `${` and no `,`")
                .because("fluent-bit would read something else out of it"),
        );
    }
    if folder.contains('*') {
        return Some(
            Mistake::new("a `*` is in the file's name alone")
                .because("the folder is shared as a volume, which has one path"),
        );
    }
    (folder.is_empty() || text.ends_with('/')).then(|| {
        Mistake::new("a log file lies in its own folder")
            .because("the folder is shared as a volume")
            .help("write /var/log/app/app.log")
    })
}

/// An expression that takes a log line apart: fluent-bit expands `${NAME}`, and ends without a named group.
fn log_regex(text: &str) -> Option<Mistake> {
    let named = text.match_indices("(?<").any(|(at, _)| !text[at + 3..].starts_with(['=', '!']));
    log_start(text).or_else(|| {
        (!named).then(|| {
            Mistake::new("this expression names no group, so it finds no field").help("write (?<name>…) around a field")
        })
    })
}

fn log_start(text: &str) -> Option<Mistake> {
    let bad = text.is_empty() || text.contains("${") || text.contains(char::is_control);
    bad.then(|| Mistake::new("an expression for log lines is not empty and has no `${` and no control characters"))
}

/// Standard output, or a collector.
fn log_target(text: &str) -> Option<Mistake> {
    let address = text.strip_prefix("forward/").and_then(|address| address.rsplit_once(':'));
    let known = address.is_some_and(|(name, port)| {
        host(name).is_none() && !name.starts_with('*') && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    (!known && text != "stdout").then(|| Mistake::new("logs go to stdout or to forward/<host>:<port>"))
}

fn http_path(text: &str) -> Option<Mistake> {
    let ok = text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic());
    (!ok).then(|| {
        Mistake::new("an HTTP path begins with `/` and has no space")
            .help(format!("write /{}", text.trim_start_matches('/').split_whitespace().next().unwrap_or("healthz")))
    })
}

/// Seconds of a duration such as `90s`, `15m` or `1h30m`; whole seconds only.
///
/// # Errors
/// What is wrong with the text.
pub fn duration_seconds(text: &str) -> Result<u64, Mistake> {
    let mistake = || Mistake::new("a duration is a whole number with s, m or h, such as 30s, 5m or 1h30m");
    // of what Go reads, whole seconds, minutes and hours alone: a description has no other times
    let is_whole = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b's' | b'm' | b'h'));
    let has_unit = text.ends_with(['s', 'm', 'h']) && !text.contains("ms");
    let milliseconds = if is_whole && has_unit { milliseconds(text) } else { None };
    milliseconds.map(|time| time / 1000).filter(|seconds| *seconds <= 31_536_000).ok_or_else(mistake)
}

/// A duration that something waits, or takes: none of it would be taken for a default, or refused.
fn interval(text: &str) -> Option<Mistake> {
    match duration_seconds(text) {
        Err(mistake) => Some(mistake),
        Ok(0) => Some(Mistake::new("this takes a second at least").help("write 1s or more, or leave it out")),
        Ok(_) => None,
    }
}

/// A duration that may be less than a second.
fn timeout(text: &str) -> Option<Mistake> {
    let is_milliseconds =
        text.strip_suffix("ms").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    if is_milliseconds && milliseconds(text).is_some_and(|time| (1..=u64::from(u32::MAX)).contains(&time)) {
        return None;
    }
    duration_seconds(text)
        .err()
        .map(|_| Mistake::new("a timeout is a whole number with ms, s or m, such as 800ms or 2s"))
}

/// The time of a Lease: long enough that two thirds of it leave room for a second try at renewing.
fn lease(text: &str) -> Option<Mistake> {
    match duration_seconds(text) {
        Err(mistake) => Some(mistake),
        Ok(seconds) if (6..=3600).contains(&seconds) => None,
        Ok(_) => Some(
            Mistake::new("a lease lasts from 6 seconds to an hour")
                .because("the leader renews within two thirds of it, with time for a second try"),
        ),
    }
}

/// What the API server takes for a schedule.
fn cron(text: &str) -> Option<Mistake> {
    validation::schedule(text)
        .map(|wrong| Mistake::new(format!("this schedule {wrong}")).help(r#"write "0 3 * * *" for 3:00 every day"#))
}

/// A label's key, or key and value (`IsQualifiedName`, `IsValidLabelValue`).
fn label(text: &str) -> Option<Mistake> {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    let part = |part: &str| {
        let ok = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let ends = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.ends_with(|c: char| c.is_ascii_alphanumeric())
        };
        part.len() <= 63 && part.bytes().all(ok) && ends(part)
    };
    let key_fits = match key.split_once('/') {
        Some((prefix, name)) => dns_subdomain(prefix).is_none() && part(name),
        None => part(key),
    };
    let fits = key_fits && (value.is_empty() && !text.ends_with('=') || part(value));
    (!fits).then(|| {
        Mistake::new("this is not a label").help("write <key> or <key>=<value>, such as example.com/rules=active")
    })
}

/// A program's name, as processes are found by it.
fn process(text: &str) -> Option<Mistake> {
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+');
    let fits = !text.is_empty() && text.len() <= 64 && text.bytes().all(ok) && !text.starts_with('-');
    (!fits).then(|| {
        Mistake::new("a process is named by its program, without path: letters, digits, `-`, `_`, `.` and `+`")
    })
}

/// A name in HTTP: of a header, of a cookie (RFC 9110, section 5.6.2), without what a configuration would read
/// something else out of.
fn token(text: &str) -> Option<Mistake> {
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let fits = !text.is_empty() && text.len() <= 128 && text.bytes().all(ok);
    (!fits).then(|| Mistake::new("a header or cookie is named with letters, digits, `-` and `_`"))
}

/// What a proxy hashes of a request.
fn hash_key(text: &str) -> Option<Mistake> {
    match text.split_once('/') {
        None if text == "uri" => None,
        Some(("header" | "cookie", name)) => token(name),
        _ => Some(Mistake::new("this does not say what to hash").help("write uri, header/<name> or cookie/<name>")),
    }
}

fn env_name(text: &str) -> Option<Mistake> {
    let head = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.');
    let ok = text.as_bytes().first().copied().is_some_and(head)
        && text.bytes().all(|byte| head(byte) || byte.is_ascii_digit());
    (!ok).then(|| Mistake::new("a variable's name is letters, digits, `_`, `-` and `.`, not beginning with a digit"))
}

fn secret_ref(text: &str) -> Option<Mistake> {
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        ["secret", name, key] if is_object_name(name) && is_config_key(key) => None,
        _ => Some(Mistake {
            secret: true,
            ..Mistake::new("a secret is named, never written out")
                .because("a description is kept in version control")
                .help("write secret/<name>/<key>")
        }),
    }
}

/// A name that an object of any kind can have (`IsDNS1123Subdomain`).
#[must_use]
pub fn is_object_name(text: &str) -> bool {
    dns_subdomain(text).is_none()
}

/// A name that a Service can have (`IsDNS1035Label`).
#[must_use]
pub fn is_service_name(text: &str) -> bool {
    dns_label(text, 63).is_none()
}

/// Whether an address carries a password: `scheme://user:password@host`.
#[must_use]
pub fn has_password(text: &str) -> bool {
    let authority = text.split_once("://").and_then(|(_, rest)| rest.split('/').next());
    let user = authority.and_then(|authority| authority.rsplit_once('@')).map(|(user, _)| user);
    user.and_then(|user| user.split_once(':'))
        .is_some_and(|(_, password)| !password.is_empty() && !password.starts_with("$("))
}

fn gateway_ref(text: &str) -> Option<Mistake> {
    let (namespace, name) = text.split_once('/').map_or((None, text), |(namespace, name)| (Some(namespace), name));
    let mistake = namespace.and_then(|namespace| dns_label(namespace, 63)).or_else(|| dns_subdomain(name));
    mistake.map(|mistake| mistake.help("write <name> or <namespace>/<name>"))
}

fn configmap_ref(text: &str) -> Option<Mistake> {
    let named = text.strip_prefix("configmap/").is_some_and(|name| dns_subdomain(name).is_none());
    (!named).then(|| Mistake::new("a ConfigMap is named by its kind and name").help("write configmap/<name>"))
}

/// One key of a Secret or `ConfigMap`.
fn key_ref(text: &str) -> Option<Mistake> {
    let parts: Vec<&str> = text.split('/').collect();
    let fits =
        matches!(parts.as_slice(), ["secret" | "configmap", name, key] if is_object_name(name) && is_config_key(key));
    (!fits).then(|| {
        Mistake::new("only a key of a Secret or ConfigMap may be missing")
            .help("write secret/<name>/<key> or configmap/<name>/<key>")
    })
}

/// A key of a Secret or `ConfigMap` (`IsConfigMapKey`).
#[must_use]
pub fn is_config_key(text: &str) -> bool {
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty() && text.len() <= 253 && text.bytes().all(ok) && text != "." && text != ".."
}

fn url(text: &str) -> Option<Mistake> {
    let graphic =
        !text.is_empty() && text.chars().all(|character| !character.is_whitespace() && !character.is_control());
    if !graphic || text.starts_with('-') {
        return Some(Mistake::new("an address has no space and does not begin with `-`"));
    }
    let secret = has_password(text);
    secret.then(|| Mistake {
        secret: true,
        ..Mistake::new("this address carries a password")
            .because("a description is kept in version control")
            .help("name the secret instead: secret/<name>/<key>")
    })
}

fn http_url(text: &str) -> Option<Mistake> {
    let host = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let fits = host.is_some_and(|host| host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['));
    (!fits).then(|| {
        Mistake::new("an address of the web begins with https:// and a host").help(format!("write https://{text}"))
    })
}

fn percent(text: &str) -> Option<Mistake> {
    let value = text.strip_suffix('%').and_then(|digits| digits.parse::<u32>().ok());
    value
        .is_none_or(|value| !(1..=100).contains(&value))
        .then(|| Mistake::new("a share is a whole percentage from 1% to 100%"))
}

fn quantity(text: &str) -> Option<Mistake> {
    match Quantity::parse(text).map(Quantity::sign) {
        Some(1) => None,
        Some(0) if text.starts_with(|first: char| first.is_ascii_digit()) => Some(Mistake::new("this must be above 0")),
        _ => Some(Mistake::new("a quantity is a number with a unit, such as 250m, 1.5 or 512Mi")),
    }
}

/// A quantity of bytes, of which there are no thousandths.
fn memory(text: &str) -> Option<Mistake> {
    quantity(text).or_else(|| thousandths(text)).or_else(|| bytes(text))
}

fn thousandths(text: &str) -> Option<Mistake> {
    let digits = text.strip_suffix('m')?;
    Some(
        Mistake::new(format!("`{text}` is thousandths of a byte"))
            .because("`m` is milli; the units of memory are Ki, Mi, Gi, and k, M, G")
            .help(format!("write {digits}Mi")),
    )
}

/// A number without a unit, which `1e3` has not either, is bytes, and few mean so little.
fn bytes(text: &str) -> Option<Mistake> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'+' | b'-' | b'e' | b'E'));
    let is_whole = is_plain && !text.ends_with(['e', 'E']);
    let number = Quantity::parse(text).filter(|_| is_whole)?.value();
    if number >= 1 << 20 {
        return None;
    }
    let mistake = Mistake::new(format!("`{text}` is {number} bytes, less than a mebibyte"));
    Some(mistake.help(format!("write it with its unit, such as {number}Mi")))
}

/// A port's number and its protocol: `9000`, `53/udp`.
#[must_use]
pub fn port_of(text: &str) -> Option<(u16, &'static str)> {
    let (number, protocol) = match text.split_once('/') {
        None | Some((_, "tcp")) => (text.split('/').next()?, "TCP"),
        Some((number, "udp")) => (number, "UDP"),
        Some(_) => return None,
    };
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|number| *number > 0 && digits).map(|number| (number, protocol))
}

fn port(text: &str) -> Option<Mistake> {
    if let Ok(number) = text.parse::<u16>() {
        return Some(Mistake::new("a port is a number, not text").help(format!("write {number}, without quotes")));
    }
    port_of(text).is_none().then(|| Mistake::new("a port is a number from 1 to 65535").help("write 9000, or 53/udp"))
}

/// `IsValidPortName`.
fn port_name(text: &str) -> Option<Mistake> {
    let ok = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = !text.is_empty()
        && text.len() <= 15
        && text.bytes().all(ok)
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
        && !text.contains("--")
        && !text.starts_with('-')
        && !text.ends_with('-');
    (!fits).then(|| {
        Mistake::new("a port's name is at most 15 lower-case letters, digits and `-`, with a letter among them")
    })
}

fn env_from(text: &str) -> Option<Mistake> {
    let name = text.strip_prefix("secret/").or_else(|| text.strip_prefix("configmap/"));
    let fits = name.is_some_and(|name| dns_subdomain(name).is_none());
    (!fits).then(|| {
        Mistake::new("all keys come from a Secret or ConfigMap")
            .help("write secret/<name>, configmap/<name> or {secret: <name>, prefix: DB_}")
    })
}

fn host_path(text: &str) -> Option<Mistake> {
    let fits = text.starts_with('/') && !text.split('/').any(|part| part == "..") && !text.contains(char::is_control);
    (!fits).then(|| Mistake::new("a path of the node begins with `/` and has no `..`"))
}

/// `validateLocalDescendingPath`.
fn sub_path(text: &str) -> Option<Mistake> {
    let fits = !text.is_empty()
        && !text.starts_with('/')
        && !text.split('/').any(|part| part == "..")
        && !text.contains(char::is_control);
    (!fits).then(|| Mistake::new("a folder of a volume has no `/` at its start and no `..`").help("write pgdata"))
}

/// `<resource>[.<group>][/<subresource>]`.
fn resource(text: &str) -> Option<Mistake> {
    if text == "*" {
        return None;
    }
    let (resource, subresource) = text.split_once('/').map_or((text, None), |(name, sub)| (name, Some(sub)));
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let fits = dns_subdomain(resource).is_none() && subresource.is_none_or(word);
    (!fits).then(|| {
        Mistake::new("this is not a resource").help(
            "write <resource>[.<group>][/<subresource>], such as pods, deployments.apps or deployments.apps/status",
        )
    })
}

fn verb(text: &str) -> Option<Mistake> {
    if VERBS.contains(&text) {
        return None;
    }
    let mistake = Mistake::new(format!("`{text}` is not a verb of Kubernetes"));
    Some(match crate::words::nearest(text, VERBS.iter().copied()) {
        Some(verb) => mistake.help(format!("did you mean {verb}?")),
        None => mistake.help("get, list, watch, create, update, patch, delete, deletecollection"),
    })
}

/// `IsQualifiedName`.
fn label_key(text: &str) -> Option<Mistake> {
    (text.contains('=') || label(text).is_some())
        .then(|| Mistake::new("this is not a key of labels or annotations").help("write team or example.com/team"))
}

/// `IsValidLabelValue`.
fn label_value(text: &str) -> Option<Mistake> {
    (!text.is_empty() && label(&format!("key={text}")).is_some()).then(|| {
        Mistake::new(
            "a label's value is at most 63 letters, digits, `-`, `_` and `.`, with letters or digits at its ends",
        )
    })
}

/// The effects of taints.
const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// A taint as `kubectl taint` writes it: key, value and effect, the last two if they matter; `*` is every taint.
fn taint(text: &str) -> Option<Mistake> {
    let (taint, effect) = taint_and_effect(text);
    if effect.is_some_and(|effect| !EFFECTS.contains(&effect)) {
        return Some(
            Mistake::new("a taint has no such effect").help(format!("one of {}", crate::words::list(&EFFECTS))),
        );
    }
    // `<key>=` is what `kubectl taint` writes for a taint without a value
    (taint != "*" && label(taint.strip_suffix('=').unwrap_or(taint)).is_some()).then(|| {
        Mistake::new("this is not a taint").help("write <key>, <key>=<value>, <key>=<value>:NoSchedule or \"*\"")
    })
}

/// A taint without its effect, and the effect.
#[must_use]
pub fn taint_and_effect(text: &str) -> (&str, Option<&str>) {
    text.split_once(':').map_or((text, None), |(taint, effect)| (taint, Some(effect)))
}

fn time_zone(text: &str) -> Option<Mistake> {
    (!validation::is_time_zone(text)).then(|| Mistake::new("this time zone is not known").help("write Europe/Berlin"))
}
