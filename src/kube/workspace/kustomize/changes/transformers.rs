//! What `transformers` change: those that kustomize has itself (`api/internal/builtins` in `sigs.k8s.io/kustomize`) do
//! as their configuration says, and other programs may change anything.

use super::configurations::change;
use super::reader::{Reader, documents, is_inline};
use super::{Change, MOST, Names, Segment, What};
use crate::yaml::{NodeId, Source};

impl Reader<'_> {
    pub(super) fn transformers(&self, found: &mut Vec<Change>) {
        for item in self.of_root("transformers") {
            let source = self.document.str(*item).and_then(|text| {
                let inline = is_inline(text).then(|| Source::from_text("transformer".to_owned(), text.to_owned()));
                inline.or_else(|| self.file(text))
            });
            for document in documents(source) {
                match document {
                    Some(document) => {
                        Reader { document: &document, root: document.root(), folder: self.folder }.transformer(found);
                    }
                    None => found.push(Change::everything()),
                }
            }
        }
    }

    /// The fields that the transformer changes which this document configures.
    fn transformer(&self, found: &mut Vec<Change>) {
        let root = self.root;
        let is_built_in = self.document.get_str(root, "apiVersion") == Some("builtin");
        let kind = self.document.get_str(root, "kind").filter(|_| is_built_in).unwrap_or_default();
        match kind {
            "AnnotationsTransformer" => self.added_keys("annotations", found),
            "LabelTransformer" => self.added_keys("labels", found),
            "PrefixTransformer" | "SuffixTransformer" | "PrefixSuffixTransformer" => self.listed(&Names::Any, found),
            "ImageTagTransformer" => {
                self.document.get(root, "imageTag").into_iter().for_each(|image| self.image(image, found));
                self.listed(&Names::Any, found);
            }
            "NamespaceTransformer" => {
                let name = self.document.at(root, &["metadata", "namespace"]).and_then(|name| self.document.str(name));
                found.extend(Change::of_namespace(name.unwrap_or_default()));
                self.listed(&Names::Any, found);
            }
            "ReplicaCountTransformer" => {
                let name = self.document.at(root, &["replica", "name"]).and_then(|name| self.document.str(name));
                self.listed(&Names::one(name), found);
            }
            "PatchTransformer" => self.targeted_patch(root, "patch", found),
            "PatchJson6902Transformer" => self.targeted_patch(root, "jsonOp", found),
            "PatchStrategicMergeTransformer" => {
                self.merge_patches("paths", found);
                self.patch(self.document.get_str(root, "patches"), None, None, false, found);
            }
            "ReplacementTransformer" => self.replacements(found),
            "ValueAddTransformer" => self.added_values(found),
            // what kustomize generates gets its name from it
            "HashTransformer" => found.push(Change::of_all("metadata.name")),
            _ => found.push(Change::everything()),
        }
    }

    /// The fields that a transformer lists, in objects with these names.
    fn listed(&self, names: &Names, found: &mut Vec<Change>) {
        let listed = self.of_root("fieldSpecs").iter().map(|spec| change(self.document, *spec));
        found.extend(listed.map(|change| Change { names: names.clone(), ..change }));
    }

    /// The keys that a transformer adds to the maps which it lists.
    fn added_keys(&self, field: &str, found: &mut Vec<Change>) {
        let added = self.document.get(self.root, field);
        for entry in added.map_or(&[][..], |added| self.document.entries(added)) {
            let key = self.document.key(entry);
            for spec in self.of_root("fieldSpecs") {
                let mut change = change(self.document, *spec);
                if let What::Field(steps) | What::FieldIfThere(steps) = &mut change.what {
                    steps.push(Segment::key(&key));
                }
                found.push(change);
                if found.len() > MOST {
                    return;
                }
            }
        }
    }

    fn added_values(&self, found: &mut Vec<Change>) {
        let root = self.root;
        for target in self.of_root("targets") {
            self.added_value(*target, found);
        }
        let Some(path) = self.document.get_str(root, "targetFilePath") else { return };
        for document in documents(self.file(path)) {
            let Some(document) = document else {
                found.push(Change::everything());
                continue;
            };
            let reader = Reader { document: &document, root: document.root(), folder: self.folder };
            reader.of_root("targets").iter().for_each(|target| reader.added_value(*target, found));
        }
    }

    /// What `{selector: {kind: Bucket}, fieldPath: /spec/project}` changes. A `/` in a key is escaped, and items of lists
    /// are selected in brackets: what these are in counts as changed.
    fn added_value(&self, target: NodeId, found: &mut Vec<Change>) {
        let selector = self.document.get(target, "selector");
        let (kinds, names) = selector.map_or((Names::Any, Names::Any), |selector| self.target(selector));
        let path = self.document.get_str(target, "fieldPath").unwrap_or_default();
        let keys = path.split('/').filter(|key| !key.is_empty());
        let plain = keys.take_while(|key| !key.contains(['[', '\\', '*']));
        found.push(Change { kinds, names, what: What::Field(plain.map(Segment::key).collect()) });
    }
}
