//! Packages of Crossplane: its package manager completes the definitions in one before a server gets them.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::file::File;
use crate::kube::changes;

/// How far above a definition the package is described: `package/crossplane.yaml` of `package/crds/group/kind.yaml`.
const ABOVE: usize = 4;

/// Of so many bytes the beginning of that file is read.
const READ: u64 = 64 << 10;

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
        let Ok(file) = fs::File::open(folder.join("crossplane.yaml")) else { return false };
        let mut text = Vec::new();
        let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
        is_file
            && file.take(READ).read_to_end(&mut text).is_ok()
            && memchr::memmem::find(&text, b"meta.pkg.crossplane.io/").is_some()
    };
    path.ancestors().skip(1).take(ABOVE).any(describes_a_package)
}
