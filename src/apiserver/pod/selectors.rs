//! What a Pod shows of itself to its containers: `ValidateEnv`'s selectors and files of the downward API.

use super::super::field::Field;
use super::super::formats;
use super::paths;

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

/// `validateDownwardAPIVolumeFile`
pub fn downward_file(file: Field) {
    const FIELDS: [&str; 5] =
        ["metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"];
    if file.child("path").is_empty() {
        file.child("path").required("");
    }
    paths::local_non_reserved_path(file.child("path"));
    let (field, resource) = (file.child("fieldRef"), file.child("resourceFieldRef"));
    if field.is_set() {
        field_selector(field, &FIELDS);
        if resource.is_set() {
            file.invalid("has both `fieldRef` and `resourceFieldRef`");
        }
    } else if resource.is_set() {
        resource_selector(resource, true);
    } else {
        file.required("a downward API file needs a `fieldRef` or a `resourceFieldRef`");
    }
    paths::file_mode(file.child("mode"));
}
