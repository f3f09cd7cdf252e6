//! Errors of the system in words for people.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::name;
use crate::words::{edits_within, nearest};

/// How a path is shown.
pub trait Shown {
    /// As text on one line, without what a terminal or a CI server would obey: a file's name may have line breaks.
    fn shown(&self) -> String;
}

impl Shown for Path {
    fn shown(&self) -> String {
        let text = self.to_string_lossy();
        text.chars().map(|sign| if sign.is_control() { char::REPLACEMENT_CHARACTER } else { sign }).collect()
    }
}

/// Why a path cannot be read or written. Other errors say it already.
#[must_use]
pub fn why(path: &Path, error: &io::Error) -> String {
    if error.raw_os_error().is_none() {
        return error.to_string();
    }
    match error.kind() {
        io::ErrorKind::NotFound => missing(path),
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            match path.ancestors().find(|part| part.exists()) {
                Some(part) if part == path => "this is a file, not a folder".to_owned(),
                Some(part) => format!("{} is a file, not a folder", part.shown()),
                None => "this is not a folder".to_owned(),
            }
        }
        io::ErrorKind::IsADirectory => "this is a folder, not a file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::StorageFull => "no space is left on the device".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error ").next().unwrap_or_default().to_owned()
        }
    }
}

/// What could not be searched below a folder, and why.
#[must_use]
pub fn unsearched(folder: &Path, error: ignore::Error) -> (PathBuf, io::Error) {
    let path = path_of(&error).unwrap_or(folder).to_owned();
    let error = error.into_io_error().unwrap_or_else(|| io::Error::other("cannot be searched"));
    // the walk wraps the system's error in a sentence
    let inner = error.get_ref().and_then(|inner| inner.source()?.downcast_ref::<io::Error>()?.raw_os_error());
    (path, inner.map_or(error, io::Error::from_raw_os_error))
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

/// What of a path is not there, and what there is that is called nearly so.
fn missing(path: &Path) -> String {
    if path.symlink_metadata().is_ok_and(|there| there.is_symlink()) {
        return "this link's target does not exist".to_owned();
    }
    let is_missing = |part: &&Path| !part.as_os_str().is_empty() && !part.exists();
    let Some(first) = path.ancestors().take_while(is_missing).last().filter(|first| *first != path) else {
        return format!("there is no such file or folder{}", did_you_mean(path));
    };
    format!("there is no folder {}{}", first.shown(), did_you_mean(first))
}

fn did_you_mean(path: &Path) -> String {
    /// More names than people mistake for each other.
    const MOST: usize = 1_000;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = fs::read_dir(folder.unwrap_or(Path::new("."))).into_iter().flatten().take(MOST);
    let mut names: Vec<String> = entries.flatten().map(|entry| name(&entry.path())).collect();
    // the same answer whatever the order of the file system
    names.sort_unstable();
    let stem = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let given = stem(&name(path));
    // alike in more than the ending that most have
    let is_slip =
        |near: &&str| edits_within(2, &given, &stem(near)).is_some_and(|edits| edits * 2 <= given.chars().count());
    match nearest(&name(path), names.iter().map(String::as_str)).filter(is_slip) {
        Some(near) => format!("; did you mean {}?", path.with_file_name(near).shown()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    use super::{unsearched, why};

    #[test]
    fn a_search_that_fails_says_what_the_system_says() {
        let error = ignore::WalkBuilder::new("src/0123456789").build().find_map(Result::err).unwrap();
        let (path, error) = unsearched(Path::new("src"), error);
        assert_eq!(path, Path::new("src/0123456789"));
        assert_eq!(why(&path, &error), "there is no such file or folder");
    }

    #[test]
    fn what_is_not_there_is_named() {
        let said = |path: &str| why(Path::new(path), &File::open(path).unwrap_err());
        assert_eq!(said("src/file.rs"), "there is no such file or folder; did you mean src/files.rs?");
        assert_eq!(said("src/0123456789"), "there is no such file or folder");
        assert_eq!(said("srcs/files/words.rs"), "there is no folder srcs; did you mean src?");
        assert_eq!(said("Cargo.toml/a/b"), "Cargo.toml is a file, not a folder");
        let said = |path: &str| why(Path::new(path), &std::fs::read_dir(path).unwrap_err());
        assert_eq!(said("Cargo.toml"), "this is a file, not a folder");
        assert_eq!(why(Path::new("a"), &io::Error::other("as it is")), "as it is");
        assert_eq!(why(Path::new(""), &io::Error::from_raw_os_error(2)), "there is no such file or folder");
    }
}
