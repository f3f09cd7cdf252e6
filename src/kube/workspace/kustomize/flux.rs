//! Flux: its Kustomizations apply folders of a repository, and change what is in them as kustomize does
//! (fluxcd.io/flux/components/kustomize/kustomizations).

use std::path::{Component, Path, PathBuf};

use super::super::file::File;
use super::changes;
use super::{Kustomization, LEVELS, MOST_CHANGES};
use crate::kube::Object;
use crate::kube::changes::Changes;
use crate::kube::hash::FastSet;

/// What begins the API versions of Flux's Kustomizations.
const GROUP: &str = "kustomize.toolkit.fluxcd.io/";

/// Whether an object is a Kustomization of Flux.
pub(in super::super) fn is_kustomization(object: &Object) -> bool {
    object.id.kind == "Kustomization" && object.id.api_version.starts_with(GROUP)
}

/// The Kustomizations of Flux in a run that change what they apply, as kustomizations of the folders that they name.
pub(super) fn read(files: &[File]) -> Vec<Kustomization> {
    let mut found = Vec::new();
    for file in files {
        let Some(path) = &file.path else { continue };
        for object in file.objects.iter().filter(|object| is_kustomization(object)) {
            let Some(spec) = object.document.get(object.node, "spec") else { continue };
            let changes = changes::of_flux(&object.document, spec, path.parent().unwrap_or(path));
            if changes.is_empty() {
                continue;
            }
            let named = object.document.get_str(spec, "path").unwrap_or_default();
            // no folder is called so: what is in it is what another kustomization brings
            let folder = path.join(format!("#{}", found.len()));
            found.push(Kustomization { folder, resources: folders(path, named), changes, ..Kustomization::default() });
        }
    }
    found
}

/// The folders that Kustomizations of Flux in a run may apply, whether or not they change anything.
pub(in super::super) fn applied(files: &[File]) -> Vec<PathBuf> {
    let of_file = |file: &File| -> Vec<PathBuf> {
        let Some(path) = &file.path else { return Vec::new() };
        let applying = file.objects.iter().filter(|object| is_kustomization(object));
        let named = applying.map(|object| {
            let spec = object.document.get(object.node, "spec");
            spec.and_then(|spec| object.document.get_str(spec, "path")).unwrap_or_default()
        });
        named.flat_map(|named| folders(path, named)).collect()
    };
    files.iter().flat_map(of_file).collect()
}

/// Marks what Flux changes in what is rendered already: it applies what kustomize makes of the same folders.
pub(super) fn change_rendered(files: &mut [File], all: &[Kustomization], is_renamed: bool, selected: &FastSet<String>) {
    for file in files.iter_mut().filter(|file| file.rendered.is_some()) {
        let is_applied = |one: &&Kustomization| {
            let mut above = file.path.iter().flat_map(|path| path.ancestors().skip(1).take(LEVELS));
            above.any(|folder| one.resources.iter().any(|path| path == folder))
        };
        let changes: Vec<_> = all.iter().filter(is_applied).flat_map(|one| &one.changes).take(MOST_CHANGES).collect();
        for object in &mut file.objects {
            let fields = changes.iter().flat_map(|change| change.fields(object, is_renamed, selected));
            object.changes = fields.collect::<Changes>().beside_others(!changes.is_empty());
        }
    }
}

/// The folders that a path may mean. It begins at the root of a repository or an artifact, which may be any folder above
/// the file; the root itself is only known where it is a clone.
fn folders(file: &Path, named: &str) -> Vec<PathBuf> {
    let named: PathBuf = Path::new(named).components().filter(|part| !matches!(part, Component::CurDir)).collect();
    let named: PathBuf = named.components().filter(|part| !matches!(part, Component::RootDir)).collect();
    if named.components().any(|part| !matches!(part, Component::Normal(_))) {
        return Vec::new();
    }
    let above = file.ancestors().skip(1);
    if named.as_os_str().is_empty() {
        return above.filter(|folder| folder.join(".git").exists()).take(1).map(Path::to_owned).collect();
    }
    above.filter_map(|folder| folder.join(&named).canonicalize().ok().filter(|there| there.is_dir())).collect()
}
