//! Environment variables and where their values come from: `ValidateEnv`, `ValidateEnvFrom`.

use super::super::field::Field;
use super::super::formats;
use super::{paths, selectors};

/// Fields of a Pod that a variable can show.
const ENV_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// The sources that `valueFrom` can name, exactly one of them.
const SOURCES: [&str; 5] = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

/// `ValidateEnv`
pub fn env(variables: Field) {
    for variable in variables.items() {
        let name = variable.child("name");
        name.check_required(formats::env_name);
        if variable.child("valueFrom").is_set() {
            value_from(variable);
        }
    }
}

fn value_from(variable: Field) {
    let source = variable.child("valueFrom");
    // Counted over data on purpose. A closure here used to both count and answer (`count += usize::from(is_set);
    // is_set`), and rustc 1.95 deletes such a comparison at opt-level 2 and 3 although its value is still used: the
    // count stayed 0 and every valid `valueFrom` was refused (rust-lang/rust#158206, fixed in 1.96.1).
    let written: Vec<(&str, Field)> =
        SOURCES.iter().map(|name| (*name, source.child(name))).filter(|(_, reference)| reference.is_set()).collect();
    for &(name, reference) in &written {
        match name {
            "fieldRef" => selectors::field_selector(reference, &ENV_FIELDS),
            "resourceFieldRef" => selectors::resource_selector(reference, false),
            "fileKeyRef" => file_key(reference),
            _ => {
                reference.child("name").check(formats::dns_subdomain);
                key(reference.child("key"), formats::config_key);
            }
        }
    }
    if written.is_empty() {
        source.invalid("names no source: fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef or fileKeyRef");
    } else if !variable.child("value").is_empty() {
        source.invalid("excludes `value`: a variable has one value");
    } else if written.len() > 1 {
        source.invalid("has more than one source");
    }
}

/// A key of a file that an init container writes (`fileKeyRef`).
fn file_key(reference: Field) {
    key(reference.child("key"), formats::env_name);
    key(reference.child("volumeName"), formats::dns_label);
    if reference.child("path").is_empty() {
        reference.child("path").required("");
    } else {
        paths::backsteps(reference.child("path"));
    }
}

fn key(key: Field, format: fn(&str) -> Option<&'static str>) {
    key.check_required(format);
}

/// `ValidateEnvFrom`
pub fn env_from(sources: Field) {
    for source in sources.items() {
        source.child("prefix").check_unless_empty(formats::env_name);
        let references = [source.child("configMapRef"), source.child("secretRef")];
        for reference in references.into_iter().filter(|reference| reference.is_set()) {
            key(reference.child("name"), formats::dns_subdomain);
        }
        match references.iter().filter(|reference| reference.is_set()).count() {
            0 => source.as_path_of(sources).invalid("has an element without `configMapRef` or `secretRef`"),
            1 => {}
            _ => source.as_path_of(sources).invalid("has an element with two sources"),
        }
    }
}
