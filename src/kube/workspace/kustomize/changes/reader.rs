//! What each field of a kustomization changes.

use std::path::Path;
use std::sync::Arc;

use regex_lite::Regex;

use super::patches::{merged, operations_on, steps_of_replacement};
use super::{Change, Label, Names, SELECTORS, SELECTORS_WITHIN, Segment, TEMPLATES, What};
use crate::files;
use crate::limits;
use crate::yaml::{self, Document, NodeId, Part, Source, Value};

/// A document that is a kustomization, or a file that one names.
pub(super) struct Reader<'a> {
    pub(super) document: &'a Document,
    /// The map with the fields of a kustomization.
    pub(super) root: NodeId,
    pub(super) folder: &'a Path,
}

/// The documents of a file; none in place of what cannot be read, be it the whole file.
pub(super) fn documents(source: Option<Source>) -> impl Iterator<Item = Option<Document>> {
    let parts = match source {
        Some(source) => yaml::read(&Arc::new(source)).into_iter().map(Some).collect(),
        None => vec![None],
    };
    parts.into_iter().map(|part| match part {
        Some(Part::Document(document)) => Some(document),
        _ => None,
    })
}

/// Whether an item of a list is YAML itself, and does not name a file.
pub(super) fn is_inline(text: &str) -> bool {
    text.contains('\n') || text.trim_start().starts_with('{')
}

impl Reader<'_> {
    pub(super) fn items(&self, at: NodeId, field: &str) -> &[NodeId] {
        self.document.get(at, field).map_or(&[][..], |list| self.document.items(list))
    }

    pub(super) fn of_root(&self, field: &str) -> &[NodeId] {
        self.items(self.root, field)
    }

    pub(super) fn file(&self, path: &str) -> Option<Source> {
        let bytes = files::read_regular(&self.folder.join(path), limits::BESIDE).ok()?;
        Source::decode(path, bytes).ok()
    }

    fn has(&self, field: &str) -> bool {
        self.document.get(self.root, field).is_some()
    }

    pub(super) fn simple(&self, found: &mut Vec<Change>) {
        if self.has("namePrefix") || self.has("nameSuffix") {
            found.push(Change::of_all("metadata.name"));
        }
        self.namespace("namespace", found);
        let text = |item: &NodeId, field: &str| self.document.get_str(*item, field);
        for item in self.of_root("replicas") {
            let kinds = Regex::new("^(Deployment|ReplicationController|ReplicaSet|StatefulSet)$");
            let kinds = kinds.map_or(Names::Any, Names::Like);
            found.push(Change::of(kinds, Names::one(text(item, "name")), "spec.replicas"));
        }
        for item in self.of_root("images") {
            self.image(*item, found);
        }
        for (field, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
            let extends = |item: &&NodeId| matches!(text(item, "behavior"), Some("merge" | "replace"));
            for item in self.of_root(field).iter().filter(extends) {
                for data in ["data", "binaryData", "stringData"] {
                    found.push(Change::of(Names::one(Some(kind)), Names::one(text(item, "name")), data));
                }
            }
        }
    }

    /// What a field changes that holds the namespace of all objects.
    pub(super) fn namespace(&self, field: &str, found: &mut Vec<Change>) {
        if self.has(field) {
            let name = self.document.get_str(self.root, field);
            found.extend(Change::of_namespace(name.unwrap_or_default()));
            found.push(Change::of(Names::one(Some("Namespace")), Names::Any, "metadata.name"));
        }
    }

    /// What `{name: nginx, newTag: '1.29'}` changes.
    pub(super) fn image(&self, item: NodeId, found: &mut Vec<Change>) {
        let Some(name) = self.document.get_str(item, "name") else { return };
        let parts = [("newName", "name"), ("newTag", "tag"), ("digest", "tag"), ("tagSuffix", "tag")];
        for (_, part) in parts.into_iter().filter(|(field, _)| self.document.get(item, field).is_some()) {
            let what = What::Image { name: name.to_owned(), part };
            found.push(Change { kinds: Names::Any, names: Names::Any, what });
        }
    }

    pub(super) fn labels(&self, found: &mut Vec<Change>) {
        let root = self.root;
        self.annotations(found);
        let common = self.document.get(root, "commonLabels");
        self.label(common, &TEMPLATES, true, found);
        let is_set = |item: &NodeId, field: &str| {
            self.document.get(*item, field).is_some_and(|node| self.document.value(node) == Value::Bool(true))
        };
        let mut selects = common.is_some();
        for item in self.of_root("labels") {
            let pairs = self.document.get(*item, "pairs");
            // the fields that it names may be any
            let in_selectors = is_set(item, "includeSelectors") || self.document.get(*item, "fields").is_some();
            let in_templates = in_selectors || is_set(item, "includeTemplates");
            selects |= in_selectors;
            self.label(pairs, if in_templates { &TEMPLATES } else { &[] }, in_selectors, found);
        }
        if selects {
            found.extend(SELECTORS_WITHIN.into_iter().map(Change::of_all));
        }
    }

    fn annotations(&self, found: &mut Vec<Change>) {
        let map = self.document.get(self.root, "commonAnnotations");
        for entry in map.map_or(&[][..], |map| self.document.entries(map)) {
            let key = self.document.key(entry);
            let place = |above: &str| {
                let above = above.split('.').filter(|key| !key.is_empty()).chain(["metadata", "annotations", &key]);
                What::FieldIfThere(above.map(Segment::key).collect())
            };
            let all = TEMPLATES.into_iter().chain([""]).map(place);
            found.extend(all.map(|what| Change { kinds: Names::Any, names: Names::Any, what }));
        }
    }

    /// Labels of objects, of these templates, and in selectors as well.
    fn label(&self, pairs: Option<NodeId>, templates: &[&'static str], selects: bool, found: &mut Vec<Change>) {
        for entry in pairs.map_or(&[][..], |pairs| self.document.entries(pairs)) {
            let key = self.document.key(entry).into_owned();
            let value = self.document.str(entry.value()).map(str::to_owned);
            let labels = templates.iter().copied().chain([""]);
            let labels = labels.map(|above| {
                above.split('.').filter(|key| !key.is_empty()).chain(["metadata", "labels"]).collect::<Vec<_>>()
            });
            let selectors = SELECTORS.iter().filter(|_| selects).map(|path| path.split('.').collect());
            found.extend(labels.chain(selectors).map(|map| {
                let what = What::Label(Label { map, key: key.clone(), value: value.clone() });
                Change { kinds: Names::Any, names: Names::Any, what }
            }));
        }
    }

    pub(super) fn patches(&self, found: &mut Vec<Change>) {
        for item in self.of_root("patches").iter().chain(self.of_root("patchesJson6902")) {
            self.targeted_patch(*item, "patch", found);
        }
        self.merge_patches("patchesStrategicMerge", found);
    }

    /// A patch that says what it is for; `text` is the field that holds it, if no file does.
    pub(super) fn targeted_patch(&self, item: NodeId, text: &str, found: &mut Vec<Change>) {
        let target = self.document.get(item, "target").map(|target| self.target(target));
        // that is permission to change what an object is
        let is_open = self.document.get(item, "options").is_some();
        let inline = self.document.get_str(item, text);
        let path = self.document.get_str(item, "path").or_else(|| self.document.str(item));
        self.patch(inline, path, target.as_ref(), is_open, found);
    }

    /// A list of strategic merge patches and of files with them.
    pub(super) fn merge_patches(&self, list: &str, found: &mut Vec<Change>) {
        for item in self.of_root(list) {
            let text = self.document.str(*item);
            self.patch(text.filter(|text| is_inline(text)), text, None, false, found);
        }
    }

    pub(super) fn target(&self, node: NodeId) -> (Names, Names) {
        let text = |field: &str| Names::selected(self.document.get_str(node, field));
        (text("kind"), text("name"))
    }

    pub(super) fn patch(
        &self,
        inline: Option<&str>,
        path: Option<&str>,
        target: Option<&(Names, Names)>,
        is_open: bool,
        found: &mut Vec<Change>,
    ) {
        let (kinds, names) = target.cloned().unwrap_or((Names::Any, Names::Any));
        let everything = || Change { kinds: kinds.clone(), names: names.clone(), what: What::Field(Vec::new()) };
        let source = match (inline, path) {
            _ if is_open => None,
            (Some(text), _) => Some(Source::from_text("patch".to_owned(), text.to_owned())),
            (None, Some(path)) => self.file(path),
            (None, None) => return,
        };
        for document in documents(source) {
            let Some(document) = document else {
                found.push(everything());
                continue;
            };
            let root = document.root();
            let (kinds, names) = match target {
                Some(target) => target.clone(),
                None => {
                    let name = document.at(root, &["metadata", "name"]).and_then(|name| document.str(name));
                    (Names::one(document.get_str(root, "kind")), Names::one(name))
                }
            };
            let paths = match document.value(root) {
                Value::List(operations) => operations_on(&document, operations),
                Value::Map(_) => merged(&document),
                _ => continue,
            };
            let change = |steps| Change { kinds: kinds.clone(), names: names.clone(), what: What::Field(steps) };
            found.extend(paths.into_iter().map(change));
        }
    }

    pub(super) fn replacements(&self, found: &mut Vec<Change>) {
        for item in self.of_root("replacements") {
            let Some(path) = self.document.get_str(*item, "path") else {
                self.replacement(*item, found);
                continue;
            };
            for document in documents(self.file(path)) {
                let Some(document) = document else {
                    found.push(Change::everything());
                    continue;
                };
                let reader = Reader { document: &document, root: document.root(), folder: self.folder };
                let root = [document.root()];
                let items = document.items(document.root());
                for item in if items.is_empty() { &root } else { items } {
                    reader.replacement(*item, found);
                }
            }
        }
    }

    fn replacement(&self, item: NodeId, found: &mut Vec<Change>) {
        for target in self.items(item, "targets") {
            let select = self.document.get(*target, "select");
            let (kinds, names) = select.map_or((Names::Any, Names::Any), |select| self.target(select));
            let paths: Vec<_> = self.items(*target, "fieldPaths").iter().map(|path| self.document.str(*path)).collect();
            for path in if paths.is_empty() { vec![Some("metadata.name")] } else { paths } {
                let steps = path.map(steps_of_replacement).unwrap_or_default();
                found.push(Change { kinds: kinds.clone(), names: names.clone(), what: What::Field(steps) });
            }
        }
    }
}
