//! What transformer configurations add (`api/internal/plugins/builtinconfig` in `sigs.k8s.io/kustomize`): more fields
//! for what kustomize changes everywhere. They change nothing else, and take nothing away.

use std::sync::Arc;

use super::reader::Reader;
use super::{Change, Names, Segment, What};
use crate::yaml::{self, Document, NodeId, Part, Value};

/// The lists with fields that get other values. References to names follow the objects that they name, and
/// `varReference` says where variables may be.
const LISTS: [&str; 9] = [
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "templateLabels",
    "commonAnnotations",
    "images",
    "replicas",
];

impl Reader<'_> {
    pub(super) fn configurations(&self, found: &mut Vec<Change>) {
        for item in self.of_root("configurations") {
            let Some(source) = self.document.str(*item).and_then(|path| self.file(path)) else {
                found.push(Change::everything());
                continue;
            };
            for part in yaml::read(&Arc::new(source)) {
                let Part::Document(document) = part else {
                    found.push(Change::everything());
                    continue;
                };
                let root = document.root();
                let lists = LISTS.iter().filter_map(|list| document.get(root, list));
                found.extend(lists.flat_map(|list| document.items(list)).map(|spec| change(&document, *spec)));
            }
        }
    }
}

/// What `{kind: MyJob, path: spec/template/spec/image, create: true}` changes.
fn change(document: &Document, spec: NodeId) -> Change {
    let path = document.get_str(spec, "path").unwrap_or_default();
    let keys = path.split('/').map(|key| key.trim_end_matches("[]")).filter(|key| !key.is_empty());
    let steps: Vec<Segment> = keys.map(Segment::key).collect();
    let is_made = document.get(spec, "create").is_some_and(|node| document.value(node) == Value::Bool(true));
    let what = if is_made { What::Field(steps) } else { What::FieldIfThere(steps) };
    Change { kinds: Names::one(document.get_str(spec, "kind")), names: Names::Any, what }
}
