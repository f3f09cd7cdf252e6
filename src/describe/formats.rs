//! Named formats of text in descriptions, by the names that schemas use.
//!
//! Where Kubernetes will check the text again, the rule is Kubernetes' own
//! (`k8s.io/apimachinery/pkg/util/validation/validation.go`).

mod addresses;
mod amounts;
mod images;
mod names;
mod paths;
mod references;

use self::addresses::{authority, bus, gateway_ref, host, http_url, log_target, topic, url};
use self::amounts::{cron, interval, lease, memory, percent, port, quantity, time_zone, timeout};
pub use self::amounts::{duration_seconds, port_of};
use self::images::image;
use self::names::{
    dns_label, dns_subdomain, env_name, hash_key, label, label_key, label_value, metric, namespace, port_name, process,
    resource, role_name, service_port, taint, token, verb,
};
pub use self::names::{is_config_key, is_object_name, is_service_name, taint_and_effect};
use self::paths::{folder, host_path, http_path, jq_expression, log_path, log_regex, log_start, path, sub_path};
use self::references::{configmap_ref, env_from, key_ref, secret_ref};
use super::target::{self, Target};

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
        "role-name" => r"^[^/%]+$",
        "namespace" => r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
        "host" => r"^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
        "gateway-ref" => r"^([a-z0-9][a-z0-9-]*/)?[a-z0-9][a-z0-9.-]*$",
        "image" => r"^[^\s/:@-]\S*$",
        "path" | "folder" | "log-path" | "http-path" | "host-path" => r"^/",
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
    let mistake = of_format(format, text)?;
    // what is missing says more than the form of what is there
    let hole = text.find("${").and_then(|at| Some(&text[at..=at + text[at..].find('}')?]));
    let hole = hole.filter(|_| !mistake.secret && format != "image");
    Some(hole.map_or(mistake, |hole| Mistake::new(format!("`{hole}` has to be filled in first"))))
}

fn of_format(format: &str, text: &str) -> Option<Mistake> {
    match format {
        "dns-label" => dns_label(text, 63),
        "namespace" => namespace(text),
        // names of generated objects get suffixes such as `-logs-1a2b3c4d`
        "base-name" => dns_label(text, 40),
        // beside a base name in a label's value, which has at most 63
        "part-name" => dns_label(text, 22),
        "jq" => jq_expression(text),
        "topic" => topic(text),
        "bus" => bus(text),
        "authority" => authority(text),
        "authorities" => text.split(',').find_map(authority),
        "service-class" if text.contains('/') => label_key(text),
        "dns-subdomain" | "service-class" => dns_subdomain(text),
        "role-name" => role_name(text),
        "host" => host(text),
        "image" => image(text),
        "path" => path(text),
        "folder" => folder(text),
        "log-path" => path(text).or_else(|| log_path(text)),
        "log-regex" => log_regex(text),
        "log-start" => log_start(text),
        "log-target" => log_target(text),
        "duration" => duration_seconds(text).err(),
        "interval" => interval(text),
        "lease" => lease(text),
        "cron" => cron(text),
        "timeout" => timeout(text),
        "health" if text == "grpc" => None,
        "http-path" | "health" => http_path(text),
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
        "service-port" => service_port(text),
        "env-from" => env_from(text),
        "host-path" => host_path(text),
        "sub-path" => sub_path(text),
        "resource" => resource(text),
        "verb" => verb(text),
        "label-key" => label_key(text),
        "label-value" => label_value(text),
        "taint" => taint(text),
        "time-zone" => time_zone(text),
        "target" => Target::parse(text).err(),
        "hash-key" => hash_key(text),
        "token" => token(text),
        "label" => label(text),
        "process" => process(text),
        "metric" => metric(text),
        "shard-address" => target::check_shard(text),
        "gateway-ref" => gateway_ref(text),
        _ => None,
    }
}
