//! The folder that bounds what a description may name.

use std::path::{Path, PathBuf};

/// The folder that a description and what it names must lie in: the repository, or the project's folder, or else the
/// description's own.
#[must_use]
pub fn root(folder: &Path) -> PathBuf {
    let has = |name: &'static str| move |folder: &&Path| folder.join(name).exists();
    let root = folder.ancestors().find(has(".git")).or_else(|| folder.ancestors().find(has(".patterns.yaml")));
    root.unwrap_or(folder).to_owned()
}

/// Why a folder is the one that [`root`] finds.
#[must_use]
pub fn why_root(root: &Path) -> &'static str {
    if root.join(".git").exists() {
        "a description can name only files of its repository: this is the folder that contains .git"
    } else if root.join(".patterns.yaml").exists() {
        "a description can name only files of its project: this is the folder that contains .patterns.yaml, and none above it contains .git"
    } else {
        "a description can name only files of its repository, which contains .git, or of its project, which contains .patterns.yaml; no folder above this one contains either, as in an archive"
    }
}
