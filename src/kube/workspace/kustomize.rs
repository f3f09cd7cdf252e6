//! Kustomize patches: files that look like objects and are only parts of them.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::File;
use crate::yaml::{self, Document, NodeId, Part, Source};

/// `RecognizedKustomizationFileNames` in `sigs.k8s.io/kustomize/api/konfig`.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// How many folders upwards a kustomization is looked for; repositories keep patches one or two below it.
const LEVELS: usize = 5;

/// Marks the objects of files that a kustomization names as patches, be it in the run or beside them.
pub(super) fn mark_patches(files: &mut [File]) {
    // Whether a folder that was looked into is a repository's root.
    let mut seen: HashMap<PathBuf, bool> = HashMap::new();
    let mut patches = HashSet::new();
    for file in files.iter().filter(|file| !file.objects.is_empty()) {
        let Some(path) = &file.path else { continue };
        for folder in path.ancestors().skip(1).take(LEVELS) {
            let is_root = *seen.entry(folder.to_owned()).or_insert_with(|| {
                read_folder(folder, &mut patches);
                folder.join(".git").exists()
            });
            if is_root {
                break;
            }
        }
    }
    if patches.is_empty() {
        return;
    }
    for file in files {
        if file.path.as_ref().is_some_and(|path| patches.contains(path)) {
            for object in &mut file.objects {
                object.is_patch = true;
            }
        }
    }
}

fn read_folder(folder: &Path, patches: &mut HashSet<PathBuf>) {
    for name in NAMES {
        let path = folder.join(name);
        let Some(source) = std::fs::read(&path).ok().and_then(|bytes| Source::decode(name, bytes).ok()) else {
            continue;
        };
        for part in yaml::read(&Arc::new(source)) {
            let Part::Document(document) = part else { continue };
            let named = patch_files(&document);
            patches.extend(named.iter().filter_map(|file| std::fs::canonicalize(folder.join(file)).ok()));
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
