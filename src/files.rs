//! Reading files without waiting or filling the memory, and replacing them whole or not at all.

mod pipes;
mod replaced;
mod root;
mod words;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::RwLock;

use crate::limits::{self, Limit};
use crate::yaml::Source;

use pipes::is_named_pipe;
pub use replaced::{NewFile, remove_abandoned, write};
pub use root::{root, why_root};
pub use words::{Shown, unsearched, why};

/// What standard input is called in messages.
pub const STDIN: &str = "<stdin>";

/// A path without `.` and `..`, as it is written: links are not followed.
#[must_use]
pub fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// Texts that count instead of what is on disk, by their files without links and dots: what an editor holds unsaved.
/// Empty but for the language server. Every file that another names is read here, so that settings, bases and
/// kustomizations in the editor count wherever they are asked for.
static HELD: RwLock<Option<HashMap<PathBuf, Vec<u8>>>> = RwLock::new(None);

/// Lets a text count instead of the file, until it is [released](release).
pub fn hold(file: PathBuf, text: Vec<u8>) {
    if let Ok(mut held) = HELD.write() {
        held.get_or_insert_default().insert(file, text);
    }
}

/// Lets the file on disk count again.
pub fn release(file: &Path) {
    if let Ok(mut held) = HELD.write()
        && let Some(held) = held.as_mut()
    {
        held.remove(file);
    }
}

fn held(file: &Path) -> Option<Vec<u8>> {
    let held = HELD.read().ok()?;
    let held = held.as_ref().filter(|held| !held.is_empty())?;
    held.get(&identity(file)).cloned()
}

/// A file's path without links and dots. Of one that is not there yet, its folder's counts.
#[must_use]
pub fn identity(path: &Path) -> PathBuf {
    let in_folder = || Some(fs::canonicalize(std::path::absolute(path).ok()?.parent()?).ok()?.join(path.file_name()?));
    fs::canonicalize(path).ok().or_else(in_folder).unwrap_or_else(|| path.to_owned())
}

/// Where a path leads that is written in a folder without links and dots: as [`fs::canonicalize`] has it, without asking
/// for each of the folders above again. Where names have several spellings, the system is asked for the one that counts.
///
/// # Errors
/// A path at whose end nothing is.
pub fn real_in(folder: &Path, path: &Path) -> io::Result<PathBuf> {
    let asked = || fs::canonicalize(folder.join(path));
    let bytes = path.as_os_str().as_encoded_bytes();
    let ends_in_folder = bytes.ends_with(b"/") || bytes.ends_with(b"/.");
    if !cfg!(target_os = "linux") || !folder.is_absolute() || ends_in_folder {
        return asked();
    }
    let mut real = folder.to_owned();
    let mut is_folder = true;
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if is_folder => drop(real.pop()),
            Component::Normal(name) if is_folder => {
                real.push(name);
                let there = fs::symlink_metadata(&real)?;
                if there.is_symlink() {
                    return asked();
                }
                is_folder = there.is_dir();
            }
            _ => return asked(),
        }
    }
    Ok(real)
}

/// What is in a folder, by name: the same on any machine.
///
/// # Errors
/// A folder that cannot be read.
pub fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort_unstable();
    Ok(paths)
}

/// The same of a folder that does not have to be there.
///
/// # Errors
/// A folder that is there and cannot be read.
pub fn sorted_if_there(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let is_absent = |kind| matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    sorted(folder).or_else(|error| if is_absent(error.kind()) { Ok(Vec::new()) } else { Err(error) })
}

/// A file's or folder's name.
#[must_use]
pub fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Reads what the command line names: a file, or a pipe such as `<(kustomize build .)`.
///
/// # Errors
/// What cannot be read, or is larger than `limit`.
pub fn read(path: &Path, limit: Limit) -> io::Result<Vec<u8>> {
    if path.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "this is a folder, not a file"));
    }
    if is_named_pipe(path) {
        let message = "this is a named pipe, which waits until a program writes to it; give it as standard input, `-`";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    within(File::open(path)?, 0, limit)
}

/// Reads a file that another file names or that is found by its name. It is unchecked, so it may be a pipe that
/// never ends or a device that never stops.
///
/// # Errors
/// What is not a regular file, cannot be read, or is larger than `limit`.
pub fn read_regular(path: &Path, limit: Limit) -> io::Result<Vec<u8>> {
    read_regular_if_seen(path, limit, false)
}

/// The same for a file that may just have been seen to be a regular one.
///
/// # Errors
/// As [`read_regular`].
pub fn read_regular_if_seen(path: &Path, limit: Limit, is_seen: bool) -> io::Result<Vec<u8>> {
    if let Some(text) = held(path) {
        return if text.len() as u64 > limit.most { Err(too_large(limit)) } else { Ok(text) };
    }
    // Opening a pipe would wait for its other end.
    if !is_seen && !fs::metadata(path)?.is_file() {
        return Err(not_regular());
    }
    let file = File::open(path)?;
    let there = file.metadata()?;
    if !there.is_file() {
        return Err(not_regular());
    }
    within(file, there.len(), limit)
}

/// Whether an ignore file is there: one that is a pipe or a device, or a link to one, would never end, and the search for
/// files reads them whole.
///
/// # Errors
/// One that is not a regular file, or is larger than [`limits::BESIDE`].
pub fn check_ignore_file(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(there) if !there.is_file() => Err(named(path, &not_regular())),
        Ok(there) if there.len() > limits::BESIDE.most => Err(named(path, &too_large(limits::BESIDE))),
        there => Ok(there.is_ok()),
    }
}

/// Whether the ignore files of a folder can be read.
///
/// # Errors
/// As [`check_ignore_file`].
pub fn check_ignore_files(folder: &Path) -> io::Result<()> {
    [".gitignore", ".ignore"].iter().try_for_each(|name| check_ignore_file(&folder.join(name)).map(drop))
}

/// The same for a folder and those above it, whose ignore files count in it.
///
/// # Errors
/// As [`check_ignore_files`].
pub fn check_ignore_files_from(folder: &Path) -> io::Result<()> {
    let whole = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    check_ignore_files(folder)?;
    whole.ancestors().skip(1).try_for_each(check_ignore_files)
}

/// Reads a file that is found by its name. A link that leads out of the repository would show a file from outside.
///
/// # Errors
/// As [`read_regular`], and such a link.
pub fn read_found(path: &Path, limit: Limit) -> io::Result<Vec<u8>> {
    let is_link = fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink());
    if is_link && fs::metadata(path)?.is_file() {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let root = root(&fs::canonicalize(folder)?);
        if !fs::canonicalize(path)?.starts_with(&root) {
            let message = format!("is a link that leads out of {}", root.shown());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    }
    read_regular(path, limit)
}

/// A file that another names, as text: a regular one, for what is not may wait forever.
///
/// # Errors
/// As for [`read_regular`].
pub fn open_regular(path: &Path) -> io::Result<Source> {
    let bytes = read_regular(path, limits::INPUT).map_err(|error| named(path, &error))?;
    Source::decode(path.display().to_string(), bytes).map_err(io::Error::other)
}

/// A file, or standard input for `-`, as text.
///
/// # Errors
/// One that cannot be read, is larger than [`limits::INPUT`], or is not text.
pub fn open(path: &Path) -> io::Result<Source> {
    let (name, bytes) = if path.as_os_str() == "-" {
        let bytes = read_stdin(limits::INPUT).map_err(|error| named(Path::new(STDIN), &error))?;
        (STDIN.to_owned(), bytes)
    } else {
        let name = path.display().to_string();
        let bytes = read(path, limits::INPUT).map_err(|error| named(path, &error))?;
        (name, bytes)
    };
    Source::decode(name, bytes).map_err(io::Error::other)
}

/// Reads standard input to its end.
///
/// # Errors
/// Input that cannot be read, or is larger than `limit`.
pub fn read_stdin(limit: Limit) -> io::Result<Vec<u8>> {
    within(io::stdin().lock(), 0, limit)
}

/// Reads to the end. With the size that is expected, nothing is copied to grow, and nothing stays that was too much.
fn within(from: impl Read, expected: u64, limit: Limit) -> io::Result<Vec<u8>> {
    let room = usize::try_from(expected.min(limit.most)).unwrap_or_default();
    // and for the line break that may be missing at the end
    let mut bytes = Vec::with_capacity(room.saturating_add(1));
    from.take(limit.most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit.most {
        return Err(too_large(limit));
    }
    Ok(bytes)
}

/// What to say of something larger than a limit.
#[must_use]
pub fn too_large(limit: Limit) -> io::Error {
    let message =
        format!("larger than {limit}, the most that is read (limit {}, see `patterns explain limits`)", limit.name);
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")
}

/// An error with the path that it is about.
#[must_use]
pub fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {}", path.shown(), why(path, error)))
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::real_in;

    /// In a folder and in one below it, where links lead to files, to folders, to what is not there and out of it.
    #[test]
    fn what_is_real_in_a_folder_is_what_the_system_says() {
        let scratch = std::env::temp_dir().join(format!("patterns-real-{}", std::process::id()));
        let below = scratch.join("below");
        fs::create_dir_all(below.join("base")).unwrap();
        for file in ["a.yaml", "below/b.yaml", "below/base/c.yaml"] {
            fs::write(scratch.join(file), "").unwrap();
        }
        for (link, to) in [("link.yaml", "../a.yaml"), ("linked", "base"), ("gone.yaml", "nowhere"), ("up", "..")] {
            symlink(to, below.join(link)).unwrap();
        }
        let paths = [
            "b.yaml",
            "./b.yaml",
            "base",
            "base/",
            "base/.",
            "base/c.yaml",
            "base/../b.yaml",
            "base/..",
            "..",
            "../",
            "../a.yaml",
            "../below/base/c.yaml",
            "link.yaml",
            "linked",
            "linked/c.yaml",
            "linked/../b.yaml",
            "up",
            "up/a.yaml",
            "up/../a.yaml",
            "gone.yaml",
            "absent.yaml",
            "absent/../b.yaml",
            "b.yaml/",
            "b.yaml/.",
            "b.yaml/..",
            "b.yaml/../b.yaml",
            "b.yaml/c.yaml",
            "",
            ".",
            "/",
            "/absent",
            "../../../../../../../..",
        ];
        for folder in [&scratch, &below].map(|folder| fs::canonicalize(folder).unwrap()) {
            for path in paths {
                let (ours, systems) = (real_in(&folder, Path::new(path)), fs::canonicalize(folder.join(path)));
                assert_eq!(ours.ok(), systems.ok(), "{path:?} in {}", folder.display());
            }
        }
        fs::remove_dir_all(scratch).unwrap();
    }
}
