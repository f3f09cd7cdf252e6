//! Variables of a container, and where their values come from.

use serde_json::{Value as Json, json};

use super::super::formats::{check, is_config_key, is_object_name};
use super::super::spanned::{Kind, Member, Place, Spanned};
use super::resources::Resources;
use super::text::{Reader, looks_like_secret};
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
pub(super) fn read(reader: &mut Reader<'_>, env: Option<&Spanned>) -> Vec<EnvVar> {
    let mut variables = Vec::new();
    for member in env.map(Spanned::members).unwrap_or_default() {
        let (from, literal) = (member.value.get("from"), member.value.get("text"));
        // a key of another name has been refused, and says what is meant
        let is_known = |one: &Member| ["from", "optional", "text"].contains(&one.key.as_str());
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
            continue;
        }
        let Some(text) = reader.scalar(from.or(literal).unwrap_or(&member.value)) else { continue };
        let mut source = match literal {
            Some(_) => literal_of(member, text, reader.findings),
            None => source(member, text, reader.findings),
        };
        if let (EnvSource::From(from), true) = (&mut source, is_optional(&member.value)) {
            for key in from.as_object_mut().into_iter().flat_map(|from| from.values_mut()) {
                key["optional"] = json!(true);
            }
        }
        variables.push(EnvVar { name: member.key.clone(), source, place: member.key_place.clone() });
    }
    variables
}

fn is_optional(value: &Spanned) -> bool {
    value.get("optional").is_some_and(|optional| optional.to_json() == true)
}

fn source(member: &Member, text: String, findings: &mut Vec<Finding>) -> EnvSource {
    let parts: Vec<&str> = text.split('/').collect();
    let place = &member.value.place;
    match parts.as_slice() {
        [kind @ ("secret" | "configmap"), name, key] if is_object_name(name) && is_config_key(key) => {
            let kind = if *kind == "secret" { "secretKeyRef" } else { "configMapKeyRef" };
            EnvSource::From(json!({kind: {"name": name, "key": key}}))
        }
        ["secret" | "secrets" | "configmap" | "configmaps", ..] if parts.len() > 1 => {
            findings.push(nearly(place).help("write secret/<name>/<key> or configmap/<name>/<key>"));
            EnvSource::Text(text)
        }
        ["pod", kind @ ("labels" | "annotations"), key @ ..] if !key.is_empty() && !key[0].is_empty() => {
            if let Some(mistake) = check("label-key", &key.join("/")) {
                let finding = Finding::error(place.label(""), mistake.message);
                findings.push(finding.help(format!("write pod/{kind}/team or pod/{kind}/example.com/team")));
            }
            EnvSource::From(json!({"fieldRef": {"fieldPath": format!("metadata.{kind}['{}']", key.join("/"))}}))
        }
        ["pod", field] => {
            let Some((_, path)) = FIELDS.iter().find(|(name, _)| name == field) else {
                let names = FIELDS.iter().map(|(name, _)| *name).chain(["labels", "annotations"]);
                let label =
                    nearest(field, names).map_or_else(String::new, |name| format!("did you mean `pod/{name}`?"));
                findings.push(
                    Finding::error(place.label(label), format!("a Pod has no field `{field}` that a variable can hold"))
                        .help("pod/ip, name, namespace, uid, node, host-ip, service-account, labels/<key> or annotations/<key>"),
                );
                return EnvSource::Text(text);
            };
            EnvSource::From(json!({"fieldRef": {"fieldPath": path}}))
        }
        [kind @ ("limits" | "requests"), "cpu" | "memory" | "ephemeral-storage"] => {
            EnvSource::From(json!({"resourceFieldRef": {"resource": format!("{kind}.{}", parts[1])}}))
        }
        ["pod" | "limits" | "requests", _, ..] => {
            findings.push(
                nearly(place).help("write pod/<field>, limits/cpu, limits/memory, requests/cpu or requests/memory"),
            );
            EnvSource::Text(text)
        }
        _ => literal_of(member, text, findings),
    }
}

/// A value that is a text, which no secret may be.
fn literal_of(member: &Member, text: String, findings: &mut Vec<Finding>) -> EnvSource {
    if looks_like_secret(&member.key, &text) {
        findings.push(
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

/// A limit that is not set: the kubelet would fill in what the node has.
pub fn check_limits(env: &[EnvVar], resources: &Resources, findings: &mut Vec<Finding>) {
    for variable in env {
        let EnvSource::From(source) = &variable.source else { continue };
        let Some(resource) = source.pointer("/resourceFieldRef/resource").and_then(Json::as_str) else { continue };
        let (kind, name) = resource.split_once('.').unwrap_or((resource, ""));
        if !resources.has(kind, name) {
            findings.push(
                Finding::error(
                    variable.place.label(""),
                    format!(
                        "{} would hold the node's {name}: no {} of {name} is set here",
                        variable.name,
                        kind.trim_end_matches('s')
                    ),
                )
                .because("the kubelet gives a container without a limit what the node has")
                .help(format!("resources: {{cpu: …, memory: …, limit: {{cpu: 1, memory: 512Mi}}}} sets limits/{name}")),
            );
        }
    }
}

/// Reads `envFrom`.
pub(super) fn from(list: Option<&Spanned>, findings: &mut Vec<Finding>) -> Vec<EnvFrom> {
    let mut read = Vec::new();
    for item in list.map(Spanned::items).unwrap_or_default() {
        // other keys and other types have been refused by the grammar
        let is_ours = |member: &Member| matches!(member.key.as_str(), "secret" | "configmap" | "prefix" | "optional");
        if !item.members().iter().all(is_ours) || item.text().is_some_and(|text| !text.contains('/')) {
            continue;
        }
        let optional = is_optional(item);
        let named = match item.text() {
            Some(text) => text.split_once('/').map(|(kind, name)| (kind == "secret", name)),
            None => {
                let of = |key: &str| item.get(key).and_then(Spanned::text);
                match (of("secret"), of("configmap")) {
                    (Some(name), None) => Some((true, name)),
                    (None, Some(name)) => Some((false, name)),
                    _ => None,
                }
            }
        };
        let Some((is_secret, name)) = named else {
            findings.push(
                Finding::error(item.place.label(""), "an entry of `envFrom` names one Secret or one ConfigMap")
                    .help("write secret/<name>, configmap/<name> or {secret: <name>, prefix: DB_}"),
            );
            continue;
        };
        let kind = if is_secret { "secretRef" } else { "configMapRef" };
        read.push(EnvFrom { kind, name: name.to_owned(), prefix: super::text_of(item, "prefix"), optional });
    }
    read
}
