//! What of an object reaches the API server as it is written, whatever kustomize changes first.

use super::{Object, PodView};
use crate::kube::changes::{Field, field};
use crate::kube::decode::Problem;
use crate::kube::path::Path;
use crate::yaml::NodeId;

impl Object {
    /// Whether it is what the API server and its controllers work with: no part that is yet to be merged, and nothing
    /// that an unknown operator makes something of.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.is_patch && !self.is_operated
    }

    /// Whether these fields reach the API server as they are written: `spec.ports`. Where not, what is absent in them may
    /// be given, and what is wrong mended.
    #[must_use]
    pub fn keeps(&self, fields: &[&str]) -> bool {
        let is_changed = |field: &&str| self.changes.reach(&field.split('.').collect::<Vec<_>>());
        self.is_whole() && (self.changes.is_empty() || !fields.iter().any(is_changed))
    }

    /// The same for the field that a node is, or is in.
    #[must_use]
    pub fn keeps_node(&self, node: NodeId) -> bool {
        let is_changed = || {
            let path = Path::between(&self.document, self.node, node);
            self.changes.reach(&path.fields())
        };
        self.is_whole() && (self.changes.is_empty() || !is_changed())
    }

    /// What a strict decode refuses, and nothing changes first. What becomes another kind is none of this kind.
    pub fn lasting_problems(&self) -> impl Iterator<Item = &Problem> {
        let is_other_kind = self.changes.reach(&["kind"]);
        let is_changed = |node: NodeId| {
            !self.changes.is_empty() && {
                let path = Path::between(&self.document, self.node, node);
                self.changes.reach(&path.fields())
            }
        };
        self.problems.iter().filter(move |problem| !is_other_kind && !is_changed(problem.node))
    }

    /// Whether what it selects, and what it is selected by, reaches the API server as it is written, or with labels that
    /// are given to all alike: labels, selectors, ports, and the namespace that is named.
    #[must_use]
    pub fn keeps_selection(&self) -> bool {
        const OWN: [&str; 7] = [
            "spec.namespaceSelector",
            "spec.ports",
            "spec.ingress",
            "spec.egress",
            "spec.rules",
            "spec.endpoints",
            "spec.podMetricsEndpoints",
        ];
        if self.changes.is_empty() {
            return self.is_whole();
        }
        let is_in_place = self.id.namespace.is_none() || self.keeps(&["metadata.namespace"]);
        let has_ports = || self.pods().all(|pod| pod.keeps(&["spec.containers.ports"]));
        is_in_place && self.keeps(&OWN) && has_ports() && self.keeps_matching()
    }

    /// The same, without any labels that are given: those of two kustomizations may keep apart what selects alike as it is
    /// written.
    #[must_use]
    pub fn keeps_selection_as_written(&self) -> bool {
        self.keeps_selection()
            && self.keeps(&["spec.selector", "spec.podSelector"])
            && self.pods().all(|pod| pod.keeps(&["metadata.labels"]))
    }

    /// Whether its selectors match the same as before: what is added to one is added to all labels as well, as kustomize's
    /// `commonLabels` are, and is nowhere in it yet.
    fn keeps_matching(&self) -> bool {
        let lacks = |path: &[&str], key: &str| {
            let map = self.document.at(self.node, path);
            map.is_none_or(|map| self.document.get(map, key).is_none())
        };
        let labels = self.changes.added_to(&["metadata", "labels"]);
        let mut selected = Vec::new();
        for path in [["spec", "selector"], ["spec", "podSelector"]] {
            let Some(keys) = self.changes.added_to(&path) else { return false };
            let in_map = [path[0], path[1], "matchLabels"];
            let is_alike = |key: &&str| {
                labels.as_ref().is_some_and(|labels| labels.contains(key)) && lacks(&path, key) && lacks(&in_map, key)
            };
            if !keys.iter().all(is_alike) {
                return false;
            }
            selected.extend(keys);
        }
        self.pods().all(|pod| {
            let path = pod.field_path(&["metadata", "labels"]);
            let path: Vec<&str> = path.iter().map(|key| &**key).collect();
            let added = self.changes.added_to(&path);
            added.is_some_and(|keys| keys.iter().all(|key| selected.contains(key) && lacks(&path, key)))
        })
    }
}

impl<'object> PodView<'object> {
    /// Whether these fields of the Pod's template reach the API server as they are written:
    /// `spec.containers.ports`, of init containers as well.
    #[must_use]
    pub fn keeps(self, fields: &[&str]) -> bool {
        self.object.is_whole() && !self.is_changed(fields)
    }

    /// Whether kustomize changes one of these fields.
    #[must_use]
    pub fn is_changed(self, fields: &[&str]) -> bool {
        if self.object.changes.is_empty() {
            return false;
        }
        let above = self.above();
        // the containers of such templates are in fields of other names
        let fields = if self.containers.is_some() { &[""] } else { fields };
        fields.iter().any(|field| {
            let keys = field.split('.').filter(|key| !key.is_empty());
            self.object.changes.reach(&above.fields().into_iter().chain(keys).collect::<Vec<_>>())
        })
    }

    /// The keys that are yet to be given or changed in `labels` or `annotations` of these Pods; nothing if any may be.
    #[must_use]
    pub fn changed_keys(self, map: &str) -> Option<Vec<&'object str>> {
        if self.object.changes.is_empty() {
            return Some(Vec::new());
        }
        let above = self.above();
        let mut map_above = above.fields();
        map_above.extend(["metadata", map]);
        self.object.changes.keys_of(&map_above)
    }

    /// A field of the template, from the object down.
    pub(in crate::kube) fn field_path(self, keys: &[&str]) -> Field {
        field(self.above().fields().into_iter().chain(keys.iter().copied()))
    }

    /// The way from the object to the template.
    fn above(self) -> Path {
        Path::between(&self.object.document, self.object.node, self.template)
    }
}
