//! Names of files in reports, relative to a folder: a report is often read elsewhere than where it was made.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::Finding;
use crate::lint::fingerprint::path;
use crate::yaml::Source;

/// The folder that names are relative to.
#[derive(Clone, Debug)]
pub struct Base(PathBuf);

impl Base {
    /// A folder that exists.
    ///
    /// # Errors
    /// One that does not.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let real = fs::canonicalize(folder)?;
        if real.is_dir() { Ok(Self(real)) } else { Err(io::Error::from(io::ErrorKind::NotADirectory)) }
    }

    /// A file's name from the folder on; files elsewhere have their whole path, which is below no other folder. Names of
    /// what is not a file stay as they are.
    #[must_use]
    pub fn name(&self, name: &str) -> String {
        let path = Path::new(name);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let whole = || {
            let whole = fs::canonicalize(folder).ok()?.join(path.file_name()?);
            Some(whole.strip_prefix(&self.0).unwrap_or(&whole).to_str()?.to_owned())
        };
        if name.starts_with('<') { None } else { whole() }.unwrap_or_else(|| name.to_owned())
    }

    /// Gives the files of findings these names.
    pub fn rename(&self, findings: &mut [Finding]) {
        let mut renamed: HashMap<usize, (Arc<Source>, Arc<Source>)> = HashMap::new();
        let labels =
            findings.iter_mut().flat_map(|finding| std::iter::once(&mut finding.primary).chain(&mut finding.labels));
        for label in labels {
            // the old source is kept too, so that no other can come to have its address
            let (_, new) = renamed.entry(Arc::as_ptr(&label.source).addr()).or_insert_with(|| {
                let old = Arc::clone(&label.source);
                let new = Arc::new(old.renamed(self.name(&old.name)));
                (old, new)
            });
            label.source = Arc::clone(new);
        }
    }
}

/// A file's name for other programs: as the base names it, or else from the working directory on.
#[must_use]
pub fn name(source: &Source, base: Option<&Base>) -> String {
    if base.is_some() { source.name.clone() } else { path(&source.name, Path::new(".")) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_to_the_folder() {
        let here = Base::new(Path::new(".")).unwrap();
        assert_eq!(here.name("src/../Cargo.toml"), "Cargo.toml");
        assert_eq!(here.name("./src/lib.rs"), "src/lib.rs");
        assert_eq!(Base::new(Path::new("src")).unwrap().name("src/lib.rs"), "lib.rs");
        let whole = fs::canonicalize("Cargo.toml").unwrap();
        assert_eq!(Base::new(Path::new("src")).unwrap().name("Cargo.toml"), whole.to_str().unwrap());
        assert_eq!(here.name("<stdin>"), "<stdin>");
        assert!(Base::new(Path::new("nowhere")).is_err() && Base::new(Path::new("Cargo.toml")).is_err());
    }
}
