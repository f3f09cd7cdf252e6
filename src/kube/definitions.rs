//! The custom resource definitions of a run, and which of several counts for an object.

mod installed;

use std::collections::HashMap;
use std::sync::Arc;

use super::hash::FastSet;
use super::index::nearness;
use super::object::Object;
use super::templates::{self, SchemaPaths};
use super::unit::Kustomizations;
use crate::yaml::{Document, NodeId, Value};
use installed::{home, is_below, is_everybodys, is_others_fixture};

/// How many different definitions of one kind are compared at most; a run that holds more is not a set of manifests.
pub(super) const MOST: usize = 8;

/// How many places of one kind's definitions are remembered at most.
const COPIES: usize = 200;

/// The schema of one version of a kind.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The document of its definition.
    pub document: Arc<Document>,
    /// The node of the schema.
    pub node: NodeId,
    /// The node of the version that has it.
    pub version: NodeId,
    /// Whether its objects are in no namespace.
    pub is_clustered: bool,
    /// Whether a kustomization changes the schema before it reaches the server: what that takes is not known.
    pub is_changed: bool,
    kustomizations: Kustomizations,
}

/// The versions of a kind that one definition serves.
#[derive(Debug)]
pub struct Served {
    /// The document of the definition.
    pub document: Arc<Document>,
    /// Their names, in the definition's order; none where a kustomization changes them.
    pub versions: Vec<String>,
    kustomizations: Kustomizations,
}

/// The definitions of a run.
#[derive(Debug, Default)]
pub struct Definitions {
    /// By API version and kind, in the order of the run.
    versions: HashMap<(String, String), Vec<Definition>>,
    /// By group and kind.
    served: HashMap<(String, String), Vec<Served>>,
    /// All their kinds, in whichever group: most objects are of none.
    kinds: FastSet<String>,
}

impl Definitions {
    /// Collects the definitions among some objects. Copies of one schema count once in each folder.
    pub fn collect<'object>(objects: impl IntoIterator<Item = &'object Object>) -> Self {
        let mut versions: HashMap<_, Vec<Definition>> = HashMap::new();
        let mut served: HashMap<_, Vec<Served>> = HashMap::new();
        let mut kinds = FastSet::default();
        // Texts are compared and not hashed: a schema is large, and of one kind and folder there are few.
        let mut seen: HashMap<_, Vec<&str>> = HashMap::new();
        for object in objects {
            let id = (object.id.api_version.as_str(), object.id.kind.as_str());
            if id != ("apiextensions.k8s.io/v1", "CustomResourceDefinition") || object.is_patch {
                continue;
            }
            let document = &object.document;
            let Some(spec) = document.get(object.node, "spec") else { continue };
            let text = |path: &[&str]| document.at(spec, path).and_then(|node| document.str(node)).unwrap_or_default();
            let (group, kind) = (text(&["group"]), text(&["names", "kind"]));
            kinds.insert(kind.to_owned());
            let of_kind = served.entry((group.to_owned(), kind.to_owned())).or_default();
            if of_kind.len() < COPIES {
                of_kind.push(Served {
                    document: Arc::clone(document),
                    versions: if object.keeps(&["spec.versions"]) {
                        served_versions(document, spec)
                    } else {
                        Vec::new()
                    },
                    kustomizations: object.kustomizations.clone(),
                });
            }
            for version in document.get(spec, "versions").map_or(&[][..], |node| document.items(node)) {
                let Some(name) = document.get_str(*version, "name") else { continue };
                let Some(node) = document.at(*version, &["schema", "openAPIV3Schema"]) else { continue };
                let key = (format!("{group}/{name}"), kind.to_owned());
                let folder = document.source.name.rsplit_once('/').map_or("", |(folder, _)| folder);
                if versions.get(&key).is_some_and(|known| known.len() >= COPIES) {
                    continue;
                }
                let (schema, known) = (document.raw(node), seen.entry((key.clone(), folder)).or_default());
                if !known.contains(&schema) {
                    known.push(schema);
                    versions.entry(key).or_default().push(Definition {
                        document: Arc::clone(document),
                        node,
                        version: *version,
                        is_clustered: text(&["scope"]) == "Cluster",
                        is_changed: !object.keeps_node(node),
                        kustomizations: object.kustomizations.clone(),
                    });
                }
            }
        }
        Self { versions, served, kinds }
    }

    /// Whether there is none at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// The nearest definition of an object's kind, if no definition that may count for it serves its version.
    #[must_use]
    pub fn without_version(&self, object: &Object) -> Option<&Served> {
        if !self.kinds.contains(object.id.kind.as_str()) {
            return None;
        }
        let (group, version) = object.id.api_version.split_once('/')?;
        let all = self.served.get(&(group.to_owned(), object.id.kind.to_string()))?;
        let is_meant = |one: &&Served| counts(&one.document, &one.kustomizations, object);
        let all: Vec<_> = all.iter().filter(is_meant).collect();
        let is_served =
            all.iter().any(|one| one.versions.is_empty() || one.versions.iter().any(|name| name == version));
        let nearest = || all.iter().copied().max_by_key(|one| nearness(&object.document, &one.document));
        if is_served { None } else { nearest() }
    }

    /// Those that may be meant for an object: the nearest, of equally near ones the newest first, as the names of
    /// their files count.
    #[must_use]
    pub fn of(&self, object: &Object) -> Vec<&Definition> {
        self.nearest(object, |one| counts(&one.document, &one.kustomizations, object))
    }

    /// The same wherever they are: another one of the kind is like them in where its Pods and its fields are.
    #[must_use]
    pub fn like(&self, object: &Object) -> Vec<&Definition> {
        self.nearest(object, |one| !is_others_fixture(&one.document, &object.document))
    }

    fn nearest(&self, object: &Object, is_meant: impl Fn(&Definition) -> bool) -> Vec<&Definition> {
        if !self.kinds.contains(object.id.kind.as_str()) {
            return Vec::new();
        }
        let key = (object.id.api_version.to_string(), object.id.kind.to_string());
        let all = self.versions.get(&key).map_or(&[][..], Vec::as_slice);
        let near = |definition: &Definition| nearness(&object.document, &definition.document);
        let all: Vec<_> = all.iter().filter(|definition| is_meant(definition)).collect();
        let nearest = all.iter().map(|definition| near(definition)).max().unwrap_or_default();
        let mut found: Vec<_> = all.into_iter().filter(|definition| near(definition) == nearest).collect();
        found.sort_by_cached_key(|definition| std::cmp::Reverse(natural(&definition.document.source.name)));
        found.truncate(MOST);
        found
    }
}

/// Whether a definition can be the one that an object meets on its server. Of a project's own kinds there is one. Kinds
/// that every cluster installs from elsewhere have as many as a repository has tutorials and clusters.
fn counts(definition: &Document, kustomizations: &[u32], object: &Object) -> bool {
    if is_others_fixture(definition, &object.document) {
        return false;
    }
    let group = object.id.group();
    !is_everybodys(group)
        || kustomizations.iter().any(|number| object.kustomizations.contains(number))
        || is_below(&object.document.source.name, home(&definition.source.name))
}

/// What a definition serves; nothing where a version cannot be read.
fn served_versions(document: &Document, spec: NodeId) -> Vec<String> {
    let versions = document.get(spec, "versions").map_or(&[][..], |node| document.items(node));
    let is_served = |version: &&NodeId| {
        document.get(**version, "served").is_none_or(|served| document.value(served) != Value::Bool(false))
    };
    let name = |version: &NodeId| document.get_str(*version, "name").map(str::to_owned);
    versions.iter().filter(is_served).map(name).collect::<Option<_>>().unwrap_or_default()
}

/// A name to compare with others so that `v1.18` is before `v1.23`, and `v1.9` before both.
fn natural(name: &str) -> Vec<(u64, String)> {
    let mut parts: Vec<(u64, String)> = Vec::new();
    let mut was_digit = false;
    for letter in name.chars() {
        if parts.is_empty() || was_digit != letter.is_ascii_digit() {
            parts.push((0, String::new()));
            was_digit = letter.is_ascii_digit();
        }
        if let Some((number, text)) = parts.last_mut() {
            match letter.to_digit(10) {
                Some(digit) => *number = number.saturating_mul(10).saturating_add(u64::from(digit)),
                None => text.push(letter),
            }
        }
    }
    parts
}

/// Gives objects of custom kinds that no table knows the Pod templates that the schema of their kind shows. Their
/// operators are unknown: they may change the Pods before they make them.
pub(super) fn add_templates<'object>(objects: impl Iterator<Item = &'object mut Object>, definitions: &Definitions) {
    let mut paths: HashMap<(usize, NodeId), SchemaPaths<'_>> = HashMap::new();
    for object in objects {
        let (api_version, kind) = (object.id.api_version.as_str(), object.id.kind.as_str());
        if object.typed.is_some() || templates::is_known(api_version, kind) || super::is_known(api_version, kind) {
            continue;
        }
        let Some(Definition { document, node, .. }) = definitions.like(object).into_iter().next() else { continue };
        let key = (Arc::as_ptr(document).addr(), *node);
        let paths = paths.entry(key).or_insert_with(|| SchemaPaths::of(document, *node));
        object.templates = paths.read(&object.document, object.node).into();
        object.is_operated = !object.templates.is_empty();
    }
}
