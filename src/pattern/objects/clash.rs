//! A clash of weaving, in words.

use serde_json::Value as Json;

use super::weave::Clash;

/// What a clash is about, in words, and the way out.
pub(crate) fn describe(clash: &Clash, app: &str) -> (String, String) {
    if let Some(annotation) = clash.path.strip_prefix("metadata.annotations.") {
        let way = if annotation.starts_with("prometheus.io/") {
            "`monitor: true` on one of them generates a PodMonitor instead, and there can be several of those"
        } else {
            "these two conflict; remove one of them"
        };
        return (format!("set the annotation {annotation}"), way.to_owned());
    }
    let parts: Vec<&str> = clash.path.split(['[', ']']).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [.., ".volumeMounts", path] => {
            (format!("mount something at {path}"), "give one of them another path".to_owned())
        }
        [.., ".env", name] => {
            (format!("set {name}"), "remove one of them, or give the pattern another name with `as`".to_owned())
        }
        [.., ".ports", port] => (format!("declare port {port}"), "give one of them another port".to_owned()),
        ["spec.volumes", name] => {
            (format!("make the volume `{name}`"), "give the pattern another name with `as`".to_owned())
        }
        ["spec.containers" | "spec.initContainers", name, field] if *name != app => (
            format!("make the container `{name}` ({})", field.trim_start_matches('.')),
            "give the pattern another name with `as`".to_owned(),
        ),
        _ => (format!("disagree about {}", clash.path), "these two conflict; remove one of them".to_owned()),
    }
}

/// What the two owners want, as a description names it: a path, a variable, a port, a volume.
pub(crate) fn name(clash: &Clash) -> Option<&str> {
    let start = clash.path.rfind('[')? + 1;
    let name = clash.path[start..].split(']').next()?;
    // a port's name in a path has its protocol
    Some(name.strip_suffix("/TCP").or_else(|| name.strip_suffix("/UDP")).unwrap_or(name))
}

/// A value on one short line.
pub(crate) fn short(value: &Json) -> String {
    let text = match value {
        Json::Object(members) => {
            let plain: Vec<String> = members.iter().map(|(key, value)| format!("{key}: {}", short(value))).collect();
            format!("{{{}}}", plain.join(", "))
        }
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
