//! Templates of custom kinds that only the schema of their definition shows.

use super::{Hop, Life, Reached, Template, places, template};
use crate::kube::Mentions;
use crate::kube::types::{PodSpec, Read};
use crate::sort;
use crate::yaml::{Document, NodeId};

/// Where the schema of a custom kind has Pod templates.
#[derive(Debug)]
pub(in crate::kube) struct SchemaPaths<'schema>(Vec<(Vec<Hop<'schema>>, Shape)>);

/// What a path of a schema leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    /// A map with the Pod's spec in it.
    Template,
    /// The spec alone.
    Spec,
}

/// How deep templates are looked for; no published definition has one below 12 fields.
pub(in crate::kube) const DEPTH: usize = 16;

impl<'schema> SchemaPaths<'schema> {
    /// Looks for maps with `containers`, a list of maps with `name` and `image`. Those right in `spec` are no Pods:
    /// operators add such containers to Pods of their own.
    pub(in crate::kube) fn of(document: &'schema Document, schema: NodeId) -> Self {
        let mut paths = Self(Vec::new());
        let mentions = Mentions::of(document, schema, "containers");
        paths.look(document, schema, &mentions, &mut Vec::new());
        sort::by_key(&mut paths.0, |(path, _)| format!("{path:?}"));
        paths
    }

    fn look(&mut self, document: &'schema Document, schema: NodeId, mentions: &Mentions, path: &mut Vec<Hop<'schema>>) {
        if path.len() > DEPTH || !mentions.may_be_in(document.span(schema)) {
            return;
        }
        if path.len() > 1 && has_containers(document, schema) {
            let requires = document.get(schema, "required").map_or(&[][..], |list| document.items(list));
            let is_spec = path.last() == Some(&Hop::Key("spec"));
            if is_spec {
                self.0.push((path[..path.len() - 1].to_vec(), Shape::Template));
            } else if requires.iter().any(|name| document.str(*name) == Some("containers")) {
                self.0.push((path.clone(), Shape::Spec));
            }
            return;
        }
        let mut into = |schema, hop| {
            path.push(hop);
            self.look(document, schema, mentions, path);
            path.pop();
        };
        let properties = document.get(schema, "properties").map_or(&[][..], |properties| document.entries(properties));
        for entry in properties {
            if let Some(key) = document.str(entry.key) {
                into(entry.value(), Hop::Key(key));
            }
        }
        for (keyword, hop) in [("items", Hop::Items), ("additionalProperties", Hop::Values)] {
            if let Some(inner) = document.get(schema, keyword) {
                into(inner, hop);
            }
        }
    }

    /// The templates of an object of that kind.
    pub(in crate::kube) fn read(&self, document: &Document, node: NodeId) -> Vec<Template> {
        let mut found = Vec::new();
        for (path, shape) in &self.0 {
            for Reached { node: at, key } in places(document, node, path) {
                let made = match shape {
                    Shape::Template => template(document, at).map(|made| made.template),
                    Shape::Spec => bare(document, at),
                };
                found.extend(made.map(|made| Template { part: key, ..made }));
            }
        }
        found
    }
}

fn has_containers(document: &Document, schema: NodeId) -> bool {
    let item = document.at(schema, &["properties", "containers", "items", "properties"]);
    item.is_some_and(|item| ["name", "image"].iter().all(|field| document.get(item, field).is_some()))
}

fn bare(document: &Document, node: NodeId) -> Option<Template> {
    if document.items(document.get(node, "containers")?).is_empty() {
        return None;
    }
    let spec = PodSpec::read(document, node);
    Some(Template { node, spec_node: node, metadata: None, spec, containers: None, life: Life::Unknown, part: None })
}
