use crate::kube::Object;
use crate::rules::{Check, Findings, Rule};
use crate::words::{clip, nearest};
use crate::yaml::{Document, NodeId, Value};

/// A custom resource definition scales its objects by a field that their schema does not have.
pub static RULE: Rule = rule!("scale_path_missing.md", Error, Check::Object(check));

fn check(object: &Object, found: &mut Findings<'_>) {
    let is_definition =
        object.id.api_version == "apiextensions.k8s.io/v1" && object.id.kind == "CustomResourceDefinition";
    if !is_definition || !object.keeps(&["spec"]) {
        return;
    }
    let document = &object.document;
    let versions = document.at(object.node, &["spec", "versions"]).map_or(&[][..], |node| document.items(node));
    for version in versions {
        let Some(written) = document.at(*version, &["subresources", "scale", "specReplicasPath"]) else { continue };
        let Some(path) = document.str(written) else { continue };
        let Some(schema) = document.at(*version, &["schema", "openAPIV3Schema"]) else { continue };
        let Some(steps) = path.strip_prefix('.') else { continue };
        let Some((missing, at)) = first_missing(document, schema, steps) else { continue };
        let properties = document.get(at, "properties");
        let known = properties.map_or(&[][..], |node| document.entries(node));
        let known: Vec<_> = known.iter().map(|entry| document.key(entry)).collect();
        let help = match nearest(missing, known.iter().map(AsRef::as_ref)) {
            Some(near) => format!("the schema has `{}` here", clip(near)),
            None => {
                format!("add `{}` to the schema, or name the field that holds the number of replicas", clip(missing))
            }
        };
        found
            .at(written, format!("nothing can scale these objects: their schema has no `{}`", clip(path)))
            .and(properties.unwrap_or(at), format!("no `{}` here", clip(missing)))
            .because(
                "the server drops fields that the schema does not have, and without a value at \
                 `specReplicasPath` the scale subresource returns an error (kubernetes/website: \
                 tasks/extend-kubernetes/custom-resources/custom-resource-definitions, \"Scale subresource\")",
            )
            .help(help);
    }
}

/// The first step of a path that a schema does not know, and where; nothing where it may hold any field.
fn first_missing<'path>(document: &Document, schema: NodeId, path: &'path str) -> Option<(&'path str, NodeId)> {
    let mut at = schema;
    for step in path.split('.') {
        let keeps = document.get(at, "x-kubernetes-preserve-unknown-fields");
        let is_open = document.get(at, "$ref").is_some()
            || keeps.is_some_and(|node| document.value(node) != Value::Bool(false))
            || document.get(at, "additionalProperties").is_some()
            || document.get(at, "x-kubernetes-embedded-resource").is_some();
        if is_open || step.is_empty() || step.contains(['[', ']', '\'']) {
            return None;
        }
        match document.at(at, &["properties", step]) {
            Some(next) => at = next,
            None => return Some((step, at)),
        }
    }
    None
}
