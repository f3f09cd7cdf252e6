//! Kustomize: files that look like objects and are only parts of them, and objects that it has yet to change.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::File;
use crate::yaml::{self, Document, NodeId, Part, Source};

/// `RecognizedKustomizationFileNames` in `sigs.k8s.io/kustomize/api/konfig`.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// How many folders upwards a kustomization is looked for; repositories keep patches one or two below it.
const LEVELS: usize = 5;

/// What kustomizations say of other files.
#[derive(Default)]
struct Named {
    /// Files that are patches.
    patches: HashSet<PathBuf>,
    /// Files and folders whose objects are changed before they are applied.
    bases: HashSet<PathBuf>,
}

/// Fields by which a kustomization changes its resources (kubectl.docs.kubernetes.io, "kustomization").
const CHANGES: [&str; 17] = [
    "commonLabels",
    "labels",
    "commonAnnotations",
    "images",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "replicas",
    "replacements",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "transformers",
    "components",
    "configurations",
    "vars",
    "helmCharts",
];

/// Marks the objects of files that a kustomization names as patches or changes as resources, be it in the run
/// or beside them.
pub(super) fn mark(files: &mut [File]) {
    // Whether a folder that was looked into is a repository's root.
    let mut seen: HashMap<PathBuf, bool> = HashMap::new();
    let mut named = Named::default();
    for file in files.iter() {
        let Some(path) = &file.path else { continue };
        for folder in path.ancestors().skip(1).take(LEVELS) {
            let is_root = *seen.entry(folder.to_owned()).or_insert_with(|| {
                read_folder(folder, &mut named);
                folder.join(".git").exists()
            });
            if is_root {
                break;
            }
        }
    }
    if named.patches.is_empty() && named.bases.is_empty() {
        return;
    }
    for file in files {
        let Some(path) = &file.path else { continue };
        let is_patch = named.patches.contains(path);
        let is_base = path.ancestors().take(LEVELS).any(|path| named.bases.contains(path));
        for object in &mut file.objects {
            object.is_patch |= is_patch;
            object.is_kustomized |= is_base;
            object.is_base |= is_base;
        }
    }
}

fn read_folder(folder: &Path, found: &mut Named) {
    for name in NAMES {
        let path = folder.join(name);
        let Some(source) = std::fs::read(&path).ok().and_then(|bytes| Source::decode(name, bytes).ok()) else {
            continue;
        };
        for part in yaml::read(&Arc::new(source)) {
            let Part::Document(document) = part else { continue };
            let place = |file: &&str| std::fs::canonicalize(folder.join(file)).ok();
            found.patches.extend(patch_files(&document).iter().filter_map(place));
            if CHANGES.iter().any(|field| document.get(document.root(), field).is_some()) {
                found.bases.extend(resources(&document).iter().filter_map(place));
            }
        }
    }
}

/// The files that a kustomization names as patches. A component is a folder with a kustomization of its
/// own, which is found from the files in it.
fn patch_files(document: &Document) -> Vec<&str> {
    let root = document.root();
    let items = |field: &str| document.get(root, field).map_or(&[][..], |list| document.items(list));
    let path = |item: &NodeId| document.get_str(*item, "path");
    let by_path = items("patches").iter().chain(items("patchesJson6902")).filter_map(path);
    let by_name = items("patchesStrategicMerge").iter().filter_map(|item| document.str(*item));
    by_path.chain(by_name).filter(|name| !name.contains('\n')).collect()
}

/// The files and folders that a kustomization builds from.
fn resources(document: &Document) -> Vec<&str> {
    let items = |field: &str| document.get(document.root(), field).map_or(&[][..], |list| document.items(list));
    let names = items("resources").iter().chain(items("bases")).filter_map(|item| document.str(*item));
    names.filter(|name| !name.contains("://") && !name.contains('\n')).collect()
}
