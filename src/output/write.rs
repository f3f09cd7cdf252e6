//! Changing folders, all or nothing as far as a file system allows.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::changes::Changes;
use crate::files::Shown as _;
use crate::files::{self, named};

/// Writes and removes what has changed. Every new text is first written beside its place, so that a full disk, a folder
/// without rights or a file in the way leaves everything as it was; then each takes its place at once. Folders that
/// are empty afterwards go, but for `root`.
///
/// # Errors
/// Files that are in the way, and whatever the system refuses.
pub fn write(changes: &Changes, root: &Path) -> io::Result<()> {
    refuse(changes)?;
    let folders: HashSet<&Path> = changes.written.iter().filter_map(|(path, ..)| path.parent()).collect();
    folders.into_iter().for_each(files::remove_abandoned);
    let mut staged = Staged::default();
    for (path, _, text) in &changes.written {
        staged.add(path, text)?;
    }
    staged.publish()?;
    for path in &changes.removed {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(named(path, &error)),
            _ => {}
        }
        // fails while something is in it
        let folders = path.ancestors().skip(1).take_while(|folder| *folder != root && folder.starts_with(root));
        for folder in folders {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
    Ok(())
}

fn refuse(changes: &Changes) -> io::Result<()> {
    let mut lines: Vec<String> = Vec::new();
    for (path, why) in &changes.foreign {
        lines.push(format!("{}: {why}; give one of the two another folder, or delete the file", path.shown()));
    }
    lines.extend(changes.moved.iter().map(|(origin, files)| moved(origin, files)));
    lines.extend(changes.left_out.iter().map(|(origin, files)| left_out(origin, files)));
    let kept = |path: &PathBuf| fs::metadata(path).is_ok_and(|metadata| metadata.permissions().readonly());
    let replaced = changes.written.iter().filter(|(_, before, _)| before.is_some()).map(|(path, _, _)| path);
    for path in replaced.chain(&changes.removed).filter(|path| kept(path)) {
        lines.push(format!("{}: it is read-only; make it writable, or delete it", path.shown()));
    }
    for (path, ..) in &changes.written {
        let bytes = path.file_name().map_or(0, |name| name.as_encoded_bytes().len());
        if bytes > LONGEST_NAME {
            lines.push(format!(
                "{}: this file name has {bytes} bytes, more than the {LONGEST_NAME} that a file name may have; give the object a shorter name, or print it without -o",
                path.shown()
            ));
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{}\nnothing was written", lines.join("\nerror: "))))
}

/// `deploy/service-shop.yaml and 3 more`.
fn several(files: &[PathBuf]) -> String {
    let first = files.first().map(|path| path.shown()).unwrap_or_default();
    if files.len() > 1 { format!("{first} and {} more", files.len() - 1) } else { first }
}

/// What is wrong with files whose description is not there any more, and that the run would write.
pub fn moved(origin: &str, files: &[PathBuf]) -> String {
    let (come, them) = if files.len() == 1 { ("comes", "it") } else { ("come", "them") };
    format!(
        "{} {come} from {origin}, which does not exist here; if you moved that description, delete {them} (`patterns/source` in each names it): the next run writes {them} anew; if another repository generates {them}, give one of the two another folder",
        several(files)
    )
}

/// What is wrong with a description that is there and generates nothing, while a kustomization has its objects.
pub fn left_out(origin: &str, files: &[PathBuf]) -> String {
    format!(
        "{origin}: no output takes it for a description any more, and {} would be missing in {}, so that what applies it deletes their objects; let it begin with `patterns: v1` and be one of `descriptions`, or delete it",
        several(files),
        super::kustomization::FILE
    )
}

/// Bytes of a file's name that file systems take (`NAME_MAX` of Linux and macOS).
const LONGEST_NAME: usize = 255;

/// How many names are tried for a file that waits.
const MOST_NAMES: usize = 1_000_000;

/// Files that wait beside their places.
#[derive(Default)]
struct Staged {
    /// Where the text is, and where it goes.
    files: Vec<(PathBuf, PathBuf)>,
    /// Folders that were made for them, outermost first.
    folders: Vec<PathBuf>,
}

impl Staged {
    fn add(&mut self, path: &Path, text: &str) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new(""));
        self.make(folder)?;
        let mut number = self.files.len();
        let (new, opened) = loop {
            // other runs have other numbers, but for one that was killed, or that runs in another container
            let new = folder.join(format!(".patterns-{}-{number}.new", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&new) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MOST_NAMES => number += 1,
                opened => break (new, opened),
            }
        };
        let mut file = opened.map_err(|error| self.abandon(path, &error))?;
        self.files.push((new, path.to_owned()));
        let written = file.write_all(text.as_bytes());
        written.map_err(|error| self.abandon(path, &error))
    }

    fn make(&mut self, folder: &Path) -> io::Result<()> {
        let missing: Vec<&Path> = folder
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && fs::symlink_metadata(folder).is_err())
            .collect();
        for folder in missing.into_iter().rev() {
            match fs::create_dir(folder) {
                Ok(()) => self.folders.push(folder.to_owned()),
                // another run was faster
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(self.abandon(folder, &error)),
            }
        }
        Ok(())
    }

    fn publish(&mut self) -> io::Result<()> {
        for at in 0..self.files.len() {
            let (new, path) = &self.files[at];
            if let Err(error) = fs::rename(new, path) {
                let path = path.clone();
                self.files.drain(..at);
                return Err(self.abandon(&path, &error));
            }
        }
        Ok(())
    }

    /// Takes back what is not in its place yet.
    fn abandon(&mut self, path: &Path, error: &io::Error) -> io::Error {
        for (new, _) in self.files.drain(..) {
            let _ = fs::remove_file(new);
        }
        for folder in self.folders.drain(..).rev() {
            let _ = fs::remove_dir(folder);
        }
        named(path, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_left_is_not_in_the_way() {
        let folder = std::env::temp_dir().join(format!("patterns-write-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let left = folder.join(format!(".patterns-{}-0.new", std::process::id()));
        fs::write(&left, "half").unwrap();
        let path = folder.join("service-a.yaml");
        let changes = Changes { written: vec![(path.clone(), None, "whole\n".to_owned())], ..Changes::default() };
        write(&changes, &folder).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole\n");
        assert_eq!(fs::read_to_string(&left).unwrap(), "half");
        fs::remove_dir_all(&folder).unwrap();
    }
}
