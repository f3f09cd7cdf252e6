//! Paths that are left out, as `.gitignore` writes them.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Patterns of paths, relative to a folder.
#[derive(Clone, Debug, Default)]
pub struct Globs {
    folder: PathBuf,
    patterns: Option<Gitignore>,
}

/// A pattern that cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error("`{pattern}` is not a valid glob: {reason}")]
pub struct BadGlob {
    /// The pattern.
    pub pattern: String,
    reason: ignore::Error,
}

impl Globs {
    /// Patterns relative to `folder`, which is absolute and without links.
    ///
    /// # Errors
    /// The first pattern that cannot be understood.
    pub fn new(folder: &Path, patterns: &[String]) -> Result<Self, BadGlob> {
        let mut builder = GitignoreBuilder::new(folder);
        // to git it means nothing
        builder.allow_unclosed_class(false);
        let bad = |pattern: &String| {
            let pattern = pattern.clone();
            move |reason| BadGlob { pattern, reason }
        };
        for pattern in patterns {
            builder.add_line(None, pattern).map_err(bad(pattern))?;
        }
        let built = builder.build().map_err(bad(&patterns.join(", ")))?;
        Ok(Self { folder: folder.to_owned(), patterns: (!built.is_empty()).then_some(built) })
    }

    /// Whether a file is meant, itself or by a folder above it.
    #[must_use]
    pub fn match_file(&self, path: &Path) -> bool {
        self.matches(path, false)
    }

    pub(super) fn matches(&self, path: &Path, is_folder: bool) -> bool {
        let Some(patterns) = self.patterns.as_ref().filter(|_| path.starts_with(&self.folder)) else { return false };
        patterns.matched_path_or_any_parents(path, is_folder).is_ignore()
    }
}
