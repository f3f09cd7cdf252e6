//! What a run changes in its folders.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use super::Folder;
use super::kustomization;
use super::owner::{Owner, There};
use crate::files::{self, named};

/// The difference between folders and what a run puts there.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Files with other texts: path, the text before if there is one, and after.
    pub written: Vec<(PathBuf, Option<String>, String)>,
    /// Files that the run would have written once, and does not any more.
    pub removed: Vec<PathBuf>,
    /// How many files are as they should be.
    pub kept: usize,
    /// Files that are in the way, and why.
    pub foreign: Vec<(PathBuf, String)>,
    /// Files in the way that come from a description that is not there any more, by that description.
    pub moved: BTreeMap<String, Vec<PathBuf>>,
    /// Files of descriptions that the run does not generate, and which.
    pub others: Vec<(PathBuf, String)>,
    /// Such descriptions, with their files in folders that have a kustomization. It would not name them any more, and what
    /// applies it would delete their objects.
    pub left_out: BTreeMap<String, Vec<PathBuf>>,
}

impl Changes {
    /// Whether everything is as it should be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
            && self.removed.is_empty()
            && self.foreign.is_empty()
            && self.moved.is_empty()
            && self.left_out.is_empty()
    }
}

/// Compares folders with what is there. `left` are folders that an earlier run may have written.
///
/// # Errors
/// A folder or file that cannot be read.
pub fn changes(folders: &[Folder], left: &[PathBuf], owner: &Owner) -> io::Result<Changes> {
    let mut changes = Changes::default();
    for folder in folders {
        for (name, text) in &folder.files {
            let path = folder.path.join(name);
            match owner.look(&path).map_err(|error| named(&path, &error))? {
                There::Own(before) if before == *text => changes.kept += 1,
                There::Own(before) => changes.written.push((path, Some(before), text.clone())),
                There::Nothing => changes.written.push((path, None, text.clone())),
                There::Of(other) if owner.lacks(&other) => changes.moved.entry(other).or_default().push(path),
                There::Of(other) => changes.foreign.push((path, format!("it comes from {other}"))),
                There::Foreign(why) => changes.foreign.push((path, why.to_owned())),
            }
        }
        rivals(folder, &mut changes);
        let before = changes.others.len();
        stale(&folder.path, &folder.files, owner, &mut changes)?;
        if has_kustomization(folder) {
            for (path, origin) in changes.others.drain(before..) {
                changes.left_out.entry(origin).or_default().push(path);
            }
        }
    }
    for path in left {
        let before = changes.removed.len();
        stale(path, &[], owner, &mut changes)?;
        // a kustomization alone does not show whose folder it is
        if changes.removed[before..].iter().all(|file| file.ends_with(kustomization::FILE)) {
            changes.removed.truncate(before);
        }
    }
    changes.removed.sort_unstable();
    changes.others.sort_unstable();
    Ok(changes)
}

fn has_kustomization(folder: &Folder) -> bool {
    folder.files.iter().any(|(own, _)| own == kustomization::FILE)
}

/// `kustomize` refuses a folder with two files that could be its kustomization.
fn rivals(folder: &Folder, changes: &mut Changes) {
    let is_own = |name: &str| folder.files.iter().any(|(own, _)| own == name);
    if !has_kustomization(folder) {
        return;
    }
    for name in kustomization::NAMES.into_iter().filter(|name| !is_own(name)) {
        let path = folder.path.join(name);
        // the same file where names are compared without case
        if path.symlink_metadata().is_ok() {
            changes.foreign.push((path, format!("kustomize takes only one of it and {}", kustomization::FILE)));
        }
    }
}

/// Files that an earlier run wrote: an object that was renamed, a `ConfigMap` of other content, a description that is
/// gone. Files of other origin stay.
fn stale(folder: &Path, texts: &[(String, String)], owner: &Owner, changes: &mut Changes) -> io::Result<()> {
    let written: HashSet<&str> = texts.iter().map(|(name, _)| name.as_str()).collect();
    for path in files::sorted_if_there(folder).map_err(|error| named(folder, &error))? {
        let name = files::name(&path);
        let is_manifest = [".yaml", ".json"].iter().any(|extension| name.ends_with(extension));
        if !is_manifest || written.contains(name.as_str()) {
            continue;
        }
        match owner.look(&path) {
            Ok(There::Own(_)) => changes.removed.push(path),
            Ok(There::Of(other)) if owner.leaves_out(&other) => changes.others.push((path, other)),
            // what cannot be read is not known to be ours
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}
