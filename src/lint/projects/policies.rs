//! The policies that settings and the command line name.

use std::io;
use std::path::{Path, PathBuf};

use super::real;
use crate::kube::Workspace;
use crate::kube::versions::Target;
use crate::policy::unusable;

/// Reads policies; none where no path is named.
pub(super) fn policies(paths: &[PathBuf]) -> io::Result<Option<Workspace>> {
    if paths.is_empty() {
        return Ok(None);
    }
    let mut workspace = Workspace::load(paths, None);
    let folders: Vec<PathBuf> = paths.iter().filter_map(|path| real(path)).collect();
    workspace.leave_out(|file| {
        file.path.as_deref().is_some_and(|path| folders.iter().any(|folder| is_example_of(path, folder)))
    });
    match workspace.failures.pop() {
        Some(failure) => Err(io::Error::new(failure.error.kind(), failure.to_string())),
        None => match unusable(&workspace, &named(paths), Target::default()) {
            Some(why) => Err(io::Error::other(why)),
            None => Ok(Some(workspace)),
        },
    }
}

fn named(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Whether a path is in one of the folders of examples below the policies: `patterns policy test` judges those, and
/// policies refuse them on purpose.
pub(super) fn is_example_of(path: &Path, policies: &Path) -> bool {
    let is_example = |part: std::path::Component<'_>| part.as_os_str() == "good" || part.as_os_str() == "bad";
    match path.strip_prefix(policies) {
        Ok(below) => below.components().any(is_example),
        // one policy, and the examples beside it
        Err(_) if policies.is_file() => {
            let beside = policies.parent().and_then(|folder| path.strip_prefix(folder).ok());
            beside.and_then(|beside| beside.components().next()).is_some_and(is_example)
        }
        Err(_) => false,
    }
}
