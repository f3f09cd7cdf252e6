//! Environment variables and where their values come from: `ValidateEnv`, `ValidateEnvFrom`.

use super::super::field::Field;
use super::super::formats;
use super::volume;

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

/// Fields of a Pod that the server knows as labels of fields (`ConvertDownwardAPIFieldLabel`).
const FIELD_LABELS: [&str; 15] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.host",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.serviceAccountName",
    "spec.schedulerName",
    "status.phase",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
];

/// The sources that `valueFrom` can name, exactly one of them.
const SOURCES: [&str; 5] = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

/// `ValidateEnv`
pub fn env(variables: Field) {
    for variable in variables.items() {
        let name = variable.child("name");
        if name.is_empty() {
            name.required("");
        } else {
            name.check(formats::env_name);
        }
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
            "fieldRef" => field_selector(reference, &ENV_FIELDS),
            "resourceFieldRef" => resource_selector(reference, false),
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
        volume::backsteps(reference.child("path"));
    }
}

fn key(key: Field, format: fn(&str) -> Option<&'static str>) {
    if key.is_empty() {
        key.required("");
    } else {
        key.check(format);
    }
}

/// `validateObjectFieldSelector`
pub fn field_selector(selector: Field, fields: &[&str]) {
    let path = selector.child("fieldPath");
    if path.is_empty() {
        path.required("");
        return;
    }
    if selector.child("apiVersion").str_or("v1") != "v1" {
        path.invalid("is read with an `apiVersion` other than v1");
        return;
    }
    match subscript(path.str()) {
        Some(("metadata.annotations", key)) => {
            if let Some(rule) = formats::qualified_name_caseless(key) {
                path.as_path_of(selector).invalid(format!("has a key that {rule}"));
            }
        }
        Some(("metadata.labels", key)) => {
            if let Some(rule) = formats::qualified_name(key) {
                path.as_path_of(selector).invalid(format!("has a key that {rule}"));
            }
        }
        Some(_) => path.invalid("allows a key in brackets only for annotations and labels"),
        None if !FIELD_LABELS.contains(&path.str()) => {
            path.invalid("names no field that a Pod exposes to its containers");
        }
        None if matches!(path.str(), "metadata.annotations" | "metadata.labels") && !fields.contains(&path.str()) => {
            let map = path.str();
            path.not_supported_but(
                format!("`fieldPath` is `{map}`, and a variable holds one value of it"),
                Some(format!("write `{map}['KEY']`, or mount all of them as a file: volumes.downwardAPI")),
            );
        }
        None => {
            let field = if path.str() == "spec.host" { "spec.nodeName" } else { path.str() };
            path.one_of(field, fields);
        }
    }
}

/// `SplitMaybeSubscriptedPath`: `metadata.labels['app']`.
fn subscript(path: &str) -> Option<(&str, &str)> {
    path.strip_suffix("']")?.split_once("['").filter(|(field, _)| !field.is_empty())
}

/// `validateContainerResourceFieldSelector`
pub fn resource_selector(selector: Field, in_volume: bool) {
    let resource = selector.child("resource");
    let is_huge_page = |name: &str| name.starts_with("requests.hugepages-") || name.starts_with("limits.hugepages-");
    if in_volume && selector.child("containerName").is_empty() {
        selector.child("containerName").required("a volume belongs to no container in particular");
    } else if resource.is_empty() {
        resource.required("");
    } else if !is_huge_page(resource.str()) {
        resource.one_of(resource.str(), &RESOURCES);
    }
    let divisor = selector.child("divisor");
    let quantity = divisor.quantity();
    if quantity.sign() == 0 {
        return;
    }
    let is_cpu = matches!(resource.str(), "limits.cpu" | "requests.cpu");
    let is_bytes = RESOURCES.contains(&resource.str()) || is_huge_page(resource.str());
    if is_cpu && !quantity.is_unit_or_milli() {
        divisor.invalid("must be 1 or 1m for cpu");
    } else if is_bytes && !is_cpu && !quantity.is_unit() {
        divisor.invalid("must be 1, 1k … 1E or 1Ki … 1Ei");
    }
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
