//! Files that a description names: they lie beside it or below, and links must not lead elsewhere.

use std::path::{Component, Path, PathBuf};

use super::spanned::Place;
use crate::diagnostic::Finding;
use crate::files;
use crate::limits;

/// The file or folder of a path that is written at `place`.
///
/// # Errors
/// A path that leads out of the description's folder, to nothing, or to a device.
pub fn find(path: &str, place: &Place) -> Result<PathBuf, Box<Finding>> {
    if place.source.name == "<stdin>" {
        return Err(Box::new(
            Finding::error(place.label(""), "a description from standard input cannot name files")
                .because("files must be in the description's folder or below"),
        ));
    }
    let below = !path.is_empty()
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !below || path.contains(char::is_control) {
        return Err(Box::new(
            Finding::error(place.label(""), "files must be in the description's folder or below")
                .help("write its path from the description's folder, without `..`"),
        ));
    }
    let beside = Path::new(&place.source.name).parent().filter(|folder| !folder.as_os_str().is_empty());
    let unreadable = |error: std::io::Error| {
        let why = files::why(&beside.unwrap_or(Path::new("")).join(path), &error);
        Box::new(Finding::error(place.label(""), format!("cannot read {path}: {why}")))
    };
    let folder = beside.unwrap_or(Path::new(".")).canonicalize().map_err(unreadable)?;
    let file = folder.join(path).canonicalize().map_err(unreadable)?;
    if !file.starts_with(&folder) {
        return Err(Box::new(
            Finding::error(place.label(""), format!("{path} leads out of the description's folder"))
                .because("a link must not bring files from elsewhere into a manifest"),
        ));
    }
    let kind = file.metadata().map_err(unreadable)?;
    if !kind.is_file() && !kind.is_dir() {
        return Err(Box::new(Finding::error(place.label(""), format!("{path} is not a regular file"))));
    }
    Ok(file)
}

/// Reads a file that [`find`] found.
///
/// # Errors
/// A file that cannot be read or is larger than `most` bytes.
pub fn read(file: &Path, path: &str, place: &Place, most: u64) -> Result<Vec<u8>, Box<Finding>> {
    let limit = limits::BESIDE.or_less(most);
    files::read_regular(file, limit).map_err(|error| {
        if error.kind() == std::io::ErrorKind::FileTooLarge {
            return Box::new(
                Finding::error(place.label(""), format!("{path} is larger than {limit}"))
                    .because(format!(
                        "it becomes part of a ConfigMap, which holds 1 MiB in all (limit {}, see `patterns explain limits`)",
                        limit.name
                    ))
                    .help("put it into the image, or into a volume"),
            );
        }
        Box::new(Finding::error(place.label(""), format!("cannot read {path}: {}", files::why(file, &error))))
    })
}
