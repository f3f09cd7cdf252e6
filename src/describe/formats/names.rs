//! Names: of objects, labels, variables, images, resources and programs.

use super::Mistake;
use crate::kube::api_resources::VERBS;

pub(super) fn dns_label(text: &str, most: usize) -> Option<Mistake> {
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

/// The name of a namespace (`ValidateNamespaceName`: `IsDNS1123Label`).
pub(super) fn namespace(text: &str) -> Option<Mistake> {
    service_port(text).map(|_| {
        Mistake::new(
            "a namespace is at most 63 lower-case letters, digits and `-`, with a letter or digit at both ends",
        )
    })
}

/// The name of a Service's port (`ValidateServicePort`: `IsDNS1123Label`).
pub(super) fn service_port(text: &str) -> Option<Mistake> {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let ok = !text.is_empty()
        && text.len() <= 63
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-');
    (!ok).then(|| Mistake::new("the name of a Service's port is lower-case letters, digits and `-`, at most 63"))
}

pub(super) fn dns_subdomain(text: &str) -> Option<Mistake> {
    let label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    let ok = text.len() <= 253 && text.split('.').all(label);
    (!ok).then(|| Mistake::new("an object's name is lower-case letters, digits, `-` and `.`, at most 253 characters"))
}

/// The name of a Role or its binding, of a whole cluster or a namespace (`IsValidPathSegmentName`).
pub(super) fn role_name(text: &str) -> Option<Mistake> {
    let ok = !text.is_empty() && text != "." && text != ".." && !text.contains(['/', '%']);
    (!ok).then(|| Mistake::new("the name of a Role or binding is any text without `/` and `%`, but for `.` and `..`"))
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

/// A key of a Secret or `ConfigMap` (`IsConfigMapKey`).
#[must_use]
pub fn is_config_key(text: &str) -> bool {
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty() && text.len() <= 253 && text.bytes().all(ok) && text != "." && text != ".."
}

/// A label's key, or key and value (`IsQualifiedName`, `IsValidLabelValue`).
pub(super) fn label(text: &str) -> Option<Mistake> {
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

/// `IsQualifiedName`.
pub(super) fn label_key(text: &str) -> Option<Mistake> {
    (text.contains('=') || label(text).is_some()).then(|| {
        Mistake::new("this is not a valid key for labels or annotations").help("write team or example.com/team")
    })
}

/// `IsValidLabelValue`.
pub(super) fn label_value(text: &str) -> Option<Mistake> {
    (!text.is_empty() && label(&format!("key={text}")).is_some()).then(|| {
        Mistake::new(
            "a label's value is at most 63 letters, digits, `-`, `_` and `.`, with letters or digits at its ends",
        )
    })
}

/// The effects of taints.
const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// A taint as `kubectl taint` writes it: key, value and effect, the last two if they matter; `*` is every taint.
pub(super) fn taint(text: &str) -> Option<Mistake> {
    let (taint, effect) = taint_and_effect(text);
    if effect.is_some_and(|effect| !EFFECTS.contains(&effect)) {
        return Some(
            Mistake::new("there is no such taint effect").help(format!("one of {}", crate::words::list(&EFFECTS))),
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

pub(super) fn env_name(text: &str) -> Option<Mistake> {
    let head = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.');
    let ok = text.as_bytes().first().copied().is_some_and(head)
        && text.bytes().all(|byte| head(byte) || byte.is_ascii_digit());
    (!ok).then(|| Mistake::new("a variable's name is letters, digits, `_`, `-` and `.`, not beginning with a digit"))
}

/// A program's name, as processes are found by it.
pub(super) fn process(text: &str) -> Option<Mistake> {
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+');
    let fits = !text.is_empty() && text.len() <= 64 && text.bytes().all(ok) && !text.starts_with('-');
    (!fits).then(|| {
        Mistake::new("a process is named by its program, without path: letters, digits, `-`, `_`, `.` and `+`")
    })
}

/// A name in HTTP: of a header, of a cookie (RFC 9110, section 5.6.2), without what a configuration would read
/// something else out of.
pub(super) fn token(text: &str) -> Option<Mistake> {
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let fits = !text.is_empty() && text.len() <= 128 && text.bytes().all(ok);
    (!fits).then(|| Mistake::new("a header or cookie is named with letters, digits, `-` and `_`"))
}

/// What a proxy hashes of a request.
pub(super) fn hash_key(text: &str) -> Option<Mistake> {
    match text.split_once('/') {
        None if text == "uri" => None,
        Some(("header" | "cookie", name)) => token(name),
        _ => Some(Mistake::new("this does not name what to hash").help("write uri, header/<name> or cookie/<name>")),
    }
}

/// The name of a metric, which is part of a path of the metrics APIs (`IsValidPathSegmentName`).
pub(super) fn metric(text: &str) -> Option<Mistake> {
    let why = "the metrics APIs serve it under that name (`IsValidPathSegmentName`)";
    if text.is_empty() || text == "." || text == ".." || text.contains(char::is_control) {
        return Some(Mistake::new("this cannot be the name of a metric").because(why));
    }
    if text.contains('%') {
        return Some(Mistake::new("a metric's name has no `%`").because(why));
    }
    text.contains('/').then(|| {
        let name = text.replace('/', "|");
        let help = format!("the name by which the adapter of your cluster knows it; Google's is {name}");
        Mistake::new("a metric's name has no `/`").because(why).help(help)
    })
}

/// `<resource>[.<group>][/<subresource>]`.
pub(super) fn resource(text: &str) -> Option<Mistake> {
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

pub(super) fn verb(text: &str) -> Option<Mistake> {
    if VERBS.contains(&text) {
        return None;
    }
    let mistake = Mistake::new(format!("`{text}` is not a verb of Kubernetes"));
    Some(match crate::words::nearest(text, VERBS.iter().copied()) {
        Some(verb) => mistake.help(format!("did you mean {verb}?")),
        None => mistake.help("get, list, watch, create, update, patch, delete, deletecollection"),
    })
}

/// `IsValidPortName`.
pub(super) fn port_name(text: &str) -> Option<Mistake> {
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
