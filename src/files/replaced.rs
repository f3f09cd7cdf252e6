//! Files that are replaced whole or not at all.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A file's new content. It is written beside the file and put in its place at once by [`NewFile::commit`], so that a
/// full disk or a signal leaves the file as it was.
#[derive(Debug)]
pub struct NewFile {
    out: BufWriter<File>,
    /// Where it is written and where it goes; nothing for devices and pipes, which are written as they are.
    places: Option<(PathBuf, PathBuf)>,
}

impl NewFile {
    /// Begins to write a file that exists or not. A link stays, and what it leads to is replaced.
    ///
    /// # Errors
    /// A folder that cannot be written, or a file whose mode and owner cannot be kept.
    pub fn create(path: &Path) -> io::Result<Self> {
        let there = match fs::metadata(path) {
            Ok(there) => Some(there),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if there.as_ref().is_some_and(Metadata::is_dir) {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "this is a folder, not a file"));
        }
        if there.as_ref().is_some_and(|there| !there.is_file()) {
            let out = BufWriter::new(OpenOptions::new().write(true).open(path)?);
            return Ok(Self { out, places: None });
        }
        let path = if there.is_some() { fs::canonicalize(path)? } else { path.to_owned() };
        if there.is_some() {
            // What its user may not write stays, even where the folder would allow it to be replaced.
            OpenOptions::new().write(true).open(&path)?;
        }
        let new = beside(&path);
        // A new file, never one that a link of this name leads to.
        let file = OpenOptions::new().write(true).create_new(true).open(&new)?;
        let made = Self { out: BufWriter::new(file), places: Some((new, path)) };
        if let Some(there) = there {
            keep(&there, made.out.get_ref())?;
        }
        Ok(made)
    }

    /// Puts the new content in the file's place.
    ///
    /// # Errors
    /// A disk that does not take it; the file is then as it was.
    pub fn commit(mut self) -> io::Result<()> {
        self.out.flush()?;
        let Some((new, path)) = &self.places else { return Ok(()) };
        // Before the name moves, or a loss of power could leave an empty file.
        self.out.get_ref().sync_all()?;
        fs::rename(new, path)?;
        self.places = None;
        Ok(())
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some((new, _)) = &self.places {
            let _ = fs::remove_file(new);
        }
    }
}

/// Replaces a file's content, or makes the file.
///
/// # Errors
/// As for [`NewFile`].
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    let mut new = NewFile::create(path)?;
    new.write_all(content.as_ref())?;
    new.commit()
}

/// A name in the same folder that no other process or call takes.
fn beside(path: &Path) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".patterns-{}-{count}.new", std::process::id()))
}

/// Removes what runs left in a folder that were ended while they wrote: files with such names, and with the number of a
/// process that is not there.
pub fn remove_abandoned(folder: &Path) {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_abandoned = entry.file_name().to_str().and_then(process_of).is_some_and(is_gone);
        if is_abandoned && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The process in the name of a file that waits to take another's place: `.patterns-PID-N.new`, `.patterns-PID.new`.
fn process_of(name: &str) -> Option<i32> {
    let numbers = name.strip_prefix(".patterns-")?.strip_suffix(".new")?;
    let (process, count) = numbers.split_once('-').unwrap_or((numbers, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    process.parse().ok().filter(|_| is_number(process) && is_number(count))
}

/// Whether no process has this number.
#[cfg(unix)]
fn is_gone(process: i32) -> bool {
    let Some(process) = rustix::process::Pid::from_raw(process) else { return false };
    rustix::process::test_kill_process(process) == Err(rustix::io::Errno::SRCH)
}

/// Where that cannot be asked, all are left.
#[cfg(not(unix))]
fn is_gone(_: i32) -> bool {
    false
}

/// Gives a new file the mode and owner of the old one.
fn keep(there: &Metadata, file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        let new = file.metadata()?;
        if (there.uid(), there.gid()) != (new.uid(), new.gid()) {
            fchown(file, Some(there.uid()), Some(there.gid()))
                .map_err(|error| io::Error::new(error.kind(), format!("its owner cannot be kept: {error}")))?;
        }
    }
    // After the owner, because a change of owner takes some modes away.
    file.set_permissions(there.permissions())
}

#[cfg(test)]
mod tests {
    use super::process_of;

    #[test]
    fn only_names_of_our_own_have_a_process() {
        for (name, process) in [
            (".patterns-12-0.new", Some(12)),
            (".patterns-12.new", Some(12)),
            (".patterns-12-0.new.yaml", None),
            (".patterns-.new", None),
            (".patterns--1.new", None),
            (".patterns-+1.new", None),
            (".patterns-12-x.new", None),
            (".patterns-99999999999.new", None),
            ("patterns-12-0.new", None),
            (".patterns.yaml", None),
        ] {
            assert_eq!(process_of(name), process, "{name}");
        }
    }
}
