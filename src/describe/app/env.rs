//! Variables of a container, and where their values come from.

use serde_json::{Value as Json, json};

use super::super::formats::{check, is_config_key, is_object_name};
use super::super::spanned::{Kind, Member, Place, Spanned};
use super::resources::Resources;
use super::text::{AppReader, looks_like_secret};
use crate::diagnostic::Finding;
use crate::words::nearest;

/// A variable of the app.
#[derive(Clone, Debug)]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Where its value comes from.
    pub source: EnvSource,
    /// Where it is named.
    pub place: Place,
}

/// Where a variable's value comes from.
#[derive(Clone, Debug)]
pub enum EnvSource {
    /// The text itself.
    Text(String),
    /// As Kubernetes writes it under `valueFrom`.
    From(Json),
}

/// A Secret or `ConfigMap` whose keys are variables.
#[derive(Clone, Debug)]
pub struct EnvFrom {
    /// `secretRef` or `configMapRef`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What the variables' names begin with.
    pub prefix: Option<String>,
    /// Whether a Pod starts without it.
    pub optional: bool,
}

/// Fields of the Pod by our words for them (`pkg/apis/core/v1/conversion.go` has Kubernetes').
const FIELDS: &[(&str, &str)] = &[
    ("ip", "status.podIP"),
    ("name", "metadata.name"),
    ("namespace", "metadata.namespace"),
    ("uid", "metadata.uid"),
    ("node", "spec.nodeName"),
    ("host-ip", "status.hostIP"),
    ("service-account", "spec.serviceAccountName"),
];

/// Reads `env`.
pub(super) fn read(reader: &mut AppReader, env: Option<&Spanned>) -> Vec<EnvVar> {
    let members = env.map(Spanned::members).unwrap_or_default();
    members.iter().filter_map(|member| variable(reader, member)).collect()
}

fn variable(reader: &mut AppReader, member: &Member) -> Option<EnvVar> {
    let (from, literal) = (member.value.get("from"), member.value.get("text"));
    // a key of another name has been refused, and says what is meant
    let is_known = |inner: &Member| ["from", "optional", "text"].contains(&inner.key.as_str());
    let is_map = matches!(&member.value.kind, Kind::Map(members) if members.iter().all(is_known));
    if is_map && from.is_some() == literal.is_some() {
        let message = match from {
            Some(_) => "a variable says one of `from` and `text`".to_owned(),
            None => format!("`{}` needs `from`, or `text`", member.key),
        };
        reader.findings.push(
            Finding::error(member.value.place.label(""), message)
                .help(format!("{0}: {{from: secret/api/token}}, or {0}: {{text: secret/api}}", member.key)),
        );
        return None;
    }
    let text = reader.scalar(from.or(literal).unwrap_or(&member.value))?;
    let mut source = match literal {
        Some(_) => literal_of(reader, member, text),
        None => source(reader, member, text),
    };
    if let (EnvSource::From(from), true) = (&mut source, is_optional(&member.value)) {
        for key in from.as_object_mut().into_iter().flat_map(|from| from.values_mut()) {
            key["optional"] = json!(true);
        }
    }
    Some(EnvVar { name: member.key.clone(), source, place: member.key_place.clone() })
}

fn is_optional(value: &Spanned) -> bool {
    value.get("optional").is_some_and(|optional| optional.to_json() == true)
}

/// Where a value comes from that may be a reference.
fn source(reader: &mut AppReader, member: &Member, text: String) -> EnvSource {
    let parts: Vec<&str> = text.split('/').collect();
    let place = &member.value.place;
    match parts.as_slice() {
        [kind @ ("secret" | "configmap"), name, key] if is_object_name(name) && is_config_key(key) => {
            let kind = if *kind == "secret" { "secretKeyRef" } else { "configMapKeyRef" };
            EnvSource::From(json!({kind: {"name": name, "key": key}}))
        }
        ["secret" | "configmap", name, ..] if name.contains("$(") => {
            reader
                .findings
                .push(Finding::error(place.label(""), format!("the name `{name}` has to be filled in first")));
            EnvSource::Text(text)
        }
        ["secret" | "secrets" | "configmap" | "configmaps", ..] if parts.len() > 1 => {
            reader.findings.push(nearly(place).help("write secret/<name>/<key> or configmap/<name>/<key>"));
            EnvSource::Text(text)
        }
        ["pod", kind @ ("labels" | "annotations"), key @ ..] if !key.is_empty() && !key[0].is_empty() => {
            if let Some(mistake) = check("label-key", &key.join("/")) {
                let finding = Finding::error(place.label(""), mistake.message);
                reader.findings.push(finding.help(format!("write pod/{kind}/team or pod/{kind}/example.com/team")));
            }
            EnvSource::From(json!({"fieldRef": {"fieldPath": format!("metadata.{kind}['{}']", key.join("/"))}}))
        }
        ["pod", field] => {
            let Some((_, path)) = FIELDS.iter().find(|(name, _)| name == field) else {
                reader.findings.push(no_field(place, field));
                return EnvSource::Text(text);
            };
            EnvSource::From(json!({"fieldRef": {"fieldPath": path}}))
        }
        [kind @ ("limits" | "requests"), "cpu" | "memory" | "ephemeral-storage"] => {
            EnvSource::From(json!({"resourceFieldRef": {"resource": format!("{kind}.{}", parts[1])}}))
        }
        ["pod" | "limits" | "requests", _, ..] => {
            reader.findings.push(
                nearly(place).help("write pod/<field>, limits/cpu, limits/memory, requests/cpu or requests/memory"),
            );
            EnvSource::Text(text)
        }
        _ => literal_of(reader, member, text),
    }
}

/// A value that is a text, which no secret may be.
fn literal_of(reader: &mut AppReader, member: &Member, text: String) -> EnvSource {
    if looks_like_secret(&member.key, &text) {
        reader.findings.push(
            Finding::error(member.key_place.label("holds a secret"), "this is a plaintext secret")
                .hide(member.value.place.span)
                .because("descriptions are kept in version control, and their output in the cluster's history")
                .help(format!("{}: secret/<name>/<key>", member.key)),
        );
    }
    EnvSource::Text(text)
}

fn nearly(place: &Place) -> Finding {
    Finding::error(place.label(""), "this looks like a reference, but would be used as text")
}

/// A field of the Pod that no variable can hold.
fn no_field(place: &Place, field: &str) -> Finding {
    let names = FIELDS.iter().map(|(name, _)| *name).chain(["labels", "annotations"]);
    let label = nearest(field, names).map_or_else(String::new, |name| format!("did you mean `pod/{name}`?"));
    Finding::error(place.label(label), format!("a Pod has no field `{field}` that a variable can hold"))
        .help("pod/ip, name, namespace, uid, node, host-ip, service-account, labels/<key> or annotations/<key>")
}

/// A limit that is not set: the kubelet would fill in what the node has.
pub(super) fn check_limits(env: &[EnvVar], resources: &Resources) -> impl Iterator<Item = Finding> {
    env.iter().filter_map(|variable| {
        let EnvSource::From(source) = &variable.source else { return None };
        let resource = source.pointer("/resourceFieldRef/resource").and_then(Json::as_str)?;
        let (kind, name) = resource.split_once('.').unwrap_or((resource, ""));
        if resources.has(kind, name) {
            return None;
        }
        let kind = kind.trim_end_matches('s');
        let message = format!("{} would hold the node's {name}: no {kind} of {name} is set here", variable.name);
        Some(
            Finding::error(variable.place.label(""), message)
                .because("the kubelet gives a container without a limit what the node has")
                .help(format!("resources: {{cpu: …, memory: …, limit: {{cpu: 1, memory: 512Mi}}}} sets limits/{name}")),
        )
    })
}

/// Reads `envFrom`.
pub(super) fn from(reader: &mut AppReader, list: Option<&Spanned>) -> Vec<EnvFrom> {
    let mut read = Vec::new();
    for item in list.map(Spanned::items).unwrap_or_default() {
        // other keys and other types have been refused by the grammar
        let is_ours = |member: &Member| matches!(member.key.as_str(), "secret" | "configmap" | "prefix" | "optional");
        if !item.members().iter().all(is_ours) || item.text().is_some_and(|text| !text.contains('/')) {
            continue;
        }
        let Some((is_secret, name)) = secret_or_config_map(item) else {
            reader.findings.push(
                Finding::error(item.place.label(""), "an entry of `envFrom` names one Secret or one ConfigMap")
                    .help("write secret/<name>, configmap/<name> or {secret: <name>, prefix: DB_}"),
            );
            continue;
        };
        let kind = if is_secret { "secretRef" } else { "configMapRef" };
        let prefix = super::text_of(item, "prefix");
        read.push(EnvFrom { kind, name: name.to_owned(), prefix, optional: is_optional(item) });
    }
    read
}

/// The name of an entry of `envFrom`, and whether it is a Secret's.
fn secret_or_config_map(item: &Spanned) -> Option<(bool, &str)> {
    if let Some(text) = item.text() {
        return text.split_once('/').map(|(kind, name)| (kind == "secret", name));
    }
    let of = |key: &str| item.get(key).and_then(Spanned::text);
    match (of("secret"), of("configmap")) {
        (Some(name), None) => Some((true, name)),
        (None, Some(name)) => Some((false, name)),
        _ => None,
    }
}
