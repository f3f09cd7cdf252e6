//! Kubernetes' documentation of fields, for hovers.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Definition, Definitions, Object};
use crate::kube::versions::FieldHistory;
use crate::packed::{Packed, packed};
use crate::yaml::{Document, NodeId};

/// A field of one of Kubernetes' types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its type: `string`, `integer`, `[]core/v1.Container`, `map:string`.
    pub of: &'static str,
    /// What it is for, in two sentences at most.
    pub text: &'static str,
}

static TEXT: Packed = packed!("fields.packed");

/// Fields by type, in order of name.
static TYPES: LazyLock<HashMap<&'static str, Vec<Field>>> = LazyLock::new(|| {
    let mut types: HashMap<&str, Vec<Field>> = HashMap::new();
    let mut last = "";
    for line in TEXT.text().lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix('\t') {
            None => last = line,
            Some(field) => {
                let mut parts = field.splitn(3, '\t');
                if let (Some(name), Some(of), Some(text)) = (parts.next(), parts.next(), parts.next()) {
                    types.entry(last).or_default().push(Field { name, of, text });
                }
            }
        }
    }
    types
});

/// What is known of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its name; that of the map, where the path ends at a key of one.
    pub name: String,
    /// Its type, as `kubectl explain` writes it: `string`, `[]Container`.
    pub of: String,
    /// What it is for.
    pub text: String,
    /// Which versions have it, where not all do.
    pub times: Option<String>,
}

/// What is known of the field at the end of a path of keys in an object.
#[must_use]
pub fn about(object: &Object, definitions: &Definitions, fields: &[&str]) -> Option<About> {
    let of_kubernetes = of_type(&root(&object.id.api_version, &object.id.kind), fields);
    of_kubernetes.or_else(|| {
        let definition = definitions.like(object).into_iter().next()?;
        of_definition(definition, fields)
    })
}

/// `core/v1.Pod` for a Pod: the first label of the group, as the packages of Kubernetes' API are called.
fn root(api_version: &str, kind: &str) -> String {
    let (group, version) = api_version.split_once('/').unwrap_or(("core", api_version));
    let package = group.split('.').next().unwrap_or_default();
    format!("{package}/{version}.{kind}")
}

fn of_type(root: &str, fields: &[&str]) -> Option<About> {
    let mut of = root;
    let mut found: Option<(&str, Field)> = None;
    for name in fields {
        of = item(of);
        if let Some(values) = of.strip_prefix("map:") {
            of = values;
            continue;
        }
        let field = TYPES.get(of)?.iter().find(|field| field.name == *name)?;
        found = Some((of, *field));
        of = field.of;
    }
    let (owner, field) = found?;
    let type_name = short(owner);
    let times = FieldHistory::of(type_name, field.name).map(|history| {
        let gate = history.gate.map(|gate| format!(" behind the feature gate {gate}")).unwrap_or_default();
        format!("{}{gate}", history.times())
    });
    Some(About { name: field.name.to_owned(), of: written(field.of), text: field.text.to_owned(), times })
}

fn item(of: &str) -> &str {
    of.trim_start_matches("[]")
}

fn short(of: &str) -> &str {
    of.rsplit_once('.').map_or(of, |(_, name)| name)
}

/// `[]Container`, `map[string]string`.
fn written(of: &str) -> String {
    let bare = item(of);
    let lists = &of[..of.len() - bare.len()];
    match bare.strip_prefix("map:") {
        Some(values) => format!("{lists}map[string]{}", short(values)),
        None => format!("{lists}{}", short(bare)),
    }
}

/// The same by the schema of a custom resource definition.
fn of_definition(definition: &Definition, fields: &[&str]) -> Option<About> {
    let document: &Document = &definition.document;
    let mut node = definition.node;
    for name in fields {
        node = inner(document, node, name)?;
    }
    let text = document.get_str(node, "description")?;
    let of = document.get_str(node, "type").unwrap_or("object");
    let name = (*fields.last()?).to_owned();
    Some(About { name, of: of.to_owned(), text: text.trim().to_owned(), times: None })
}

fn inner(document: &Document, mut node: NodeId, name: &str) -> Option<NodeId> {
    while let Some(items) = document.get(node, "items") {
        node = items;
    }
    let property = document.get(node, "properties").and_then(|properties| document.get(properties, name));
    property.or_else(|| document.get(node, "additionalProperties"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_lists_and_maps() {
        let port = of_type("apps/v1.Deployment", &["spec", "template", "spec", "containers", "ports", "containerPort"]);
        let port = port.unwrap();
        assert_eq!(port.of, "integer");
        assert!(port.text.starts_with("Number of port"), "{}", port.text);
        let containers = of_type("core/v1.Pod", &["spec", "containers"]).unwrap();
        assert_eq!(containers.of, "[]Container");
        assert_eq!(of_type("core/v1.Pod", &["metadata", "labels"]).unwrap().of, "map[string]string");
        assert!(of_type("core/v1.Pod", &["metadata", "labels", "app"]).is_some());
        assert!(of_type("core/v1.Pod", &["spec", "nothing"]).is_none() && of_type("v1.X", &["spec"]).is_none());
        let since = of_type("core/v1.Pod", &["spec", "hostnameOverride"]).unwrap().times;
        assert!(since.unwrap().starts_with("since v1.34"));
    }

    /// Every kind that is decoded is described, and every type that a field names is there or is a scalar.
    #[test]
    fn the_table_is_whole() {
        for (api_version, kind) in super::super::KINDS {
            assert!(TYPES.contains_key(root(api_version, kind).as_str()), "{api_version} {kind}");
        }
        for (owner, field) in TYPES.iter().flat_map(|(owner, fields)| fields.iter().map(move |field| (owner, field))) {
            let of = item(field.of);
            let of = item(of.strip_prefix("map:").unwrap_or(of));
            let is_of_its_own =
                of.contains('/') && !of.ends_with("Status") && !of.contains("alpha") && !of.contains("beta");
            // What these hold is free, or a scalar in JSON.
            let is_known = TYPES.contains_key(of)
                || [
                    "JSON",
                    "JSONSchemaPropsOrArray",
                    "JSONSchemaPropsOrBool",
                    "Time",
                    "MicroTime",
                    "FieldsV1",
                    "IntOrString",
                ]
                .iter()
                .any(|known| of.contains(known));
            assert!(!is_of_its_own || is_known, "{owner}.{}: {of}", field.name);
        }
    }
}
