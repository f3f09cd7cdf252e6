//! Folders that a settings file names: below the project's folder, wherever links lead.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::files;
use crate::project::Into;

/// Where a path below `root` leads, with the links that are there already followed; `root` is without links. The inner
/// error says what is in the way, and where below `root`.
///
/// # Errors
/// A folder that cannot be read.
pub fn resolve(root: &Path, path: &str) -> io::Result<Result<PathBuf, (PathBuf, &'static str)>> {
    let mut at = root.to_owned();
    let mut named = PathBuf::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        named.push(part);
        let next = at.join(part);
        at = match fs::symlink_metadata(&next) {
            Ok(_) => match next.canonicalize() {
                Ok(real) if !real.starts_with(root) => return Ok(Err((named, "leads out of the project"))),
                Ok(real) if !real.is_dir() => return Ok(Err((named, "is not a folder"))),
                Ok(real) => real,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Err((named, "is a link to nothing")));
                }
                Err(error) => return Err(files::named(&next, &error)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => next,
            Err(error) => return Err(files::named(&next, &error)),
        };
    }
    Ok(Ok(at))
}

/// The folders that an `into` could name: those of environments and descriptions that are gone are among them.
#[must_use]
pub fn left_by(root: &Path, into: &Into) -> Vec<PathBuf> {
    let mut found = vec![root.to_owned()];
    for part in into.parts() {
        let mut below = Vec::new();
        for folder in &found {
            if let crate::project::Part::Named(name) = part {
                below.push(folder.join(name));
                continue;
            }
            // what cannot be read is not known to be ours
            for path in files::sorted(folder).unwrap_or_default() {
                let name = files::name(&path);
                if !name.starts_with('.') && part.matches(&name) {
                    below.push(path);
                }
            }
        }
        // links may lead anywhere; what is written through one is found under its own name
        below.retain(|folder| fs::symlink_metadata(folder).is_ok_and(|metadata| metadata.is_dir()));
        found = below;
    }
    found.sort_unstable();
    found
}
