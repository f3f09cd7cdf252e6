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
