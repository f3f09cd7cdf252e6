//! Packages of Crossplane: its package manager completes the definitions in one before a server gets them.

use std::path::Path;

use super::file::File;
use crate::files;
use crate::kube::changes;
use crate::limits;

/// How far above a definition the package is described: `package/crossplane.yaml` of `package/crds/group/kind.yaml`.
const ABOVE: usize = 4;

/// Marks what the package manager fills in: the Service that converts between versions, and whose certificate it has
/// (crossplane/crossplane: `internal/controller/pkg/revision/establisher.go`, `enrichControlledResource`).
pub(super) fn connect(files: &mut [File]) {
    for file in files.iter_mut().filter(|file| file.rendered.is_none()) {
        let is_converted = |object: &crate::kube::Object| {
            object.id.kind == "CustomResourceDefinition"
                && object.document.at(object.node, &["spec", "conversion", "webhook"]).is_some()
        };
        if !file.objects.iter().any(is_converted) || !file.path.as_deref().is_some_and(is_of_a_package) {
            continue;
        }
        for object in file.objects.iter_mut().filter(|object| is_converted(object)) {
            let client = changes::field(["spec", "conversion", "webhookClientConfig"]);
            object.changes = std::mem::take(&mut object.changes).and(client);
        }
    }
}

/// Whether a file lies below the description of a package.
fn is_of_a_package(path: &Path) -> bool {
    let describes_a_package = |folder: &Path| {
        let text = files::read_regular(&folder.join("crossplane.yaml"), limits::BESIDE).unwrap_or_default();
        memchr::memmem::find(&text, b"meta.pkg.crossplane.io/").is_some()
    };
    path.ancestors().skip(1).take(ABOVE).any(describes_a_package)
}
