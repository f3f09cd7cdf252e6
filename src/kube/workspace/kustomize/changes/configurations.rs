//! What transformer configurations add (`api/internal/plugins/builtinconfig` in `sigs.k8s.io/kustomize`): more fields
//! for what kustomize changes everywhere. They change nothing else, and take nothing away.

use super::reader::{Reader, documents};
use super::{Change, Names, Segment, What};
use crate::yaml::{Document, NodeId, Value};

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
            for document in documents(self.document.str(*item).and_then(|path| self.file(path))) {
                let Some(document) = document else {
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
pub(super) fn change(document: &Document, spec: NodeId) -> Change {
    let path = document.get_str(spec, "path").unwrap_or_default();
    let keys = path.split('/').map(|key| key.trim_end_matches("[]")).filter(|key| !key.is_empty());
    let steps: Vec<Segment> = keys.map(Segment::key).collect();
    let is_made = document.get(spec, "create").is_some_and(|node| document.value(node) == Value::Bool(true));
    let what = if is_made { What::Field(steps) } else { What::FieldIfThere(steps) };
    Change { kinds: Names::one(document.get_str(spec, "kind")), names: Names::Any, what }
}
