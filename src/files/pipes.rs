//! Pipes that have a name.

use std::fs;
use std::path::Path;

/// Whether a path is a pipe with a name: what a shell makes for `<(…)` is one that is open already, under `/dev/fd`.
#[cfg(unix)]
pub(super) fn is_named_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let is_pipe = fs::metadata(path).is_ok_and(|there| there.file_type().is_fifo());
    is_pipe && !path.starts_with("/dev/fd") && fs::canonicalize(path).is_ok()
}

#[cfg(not(unix))]
pub(super) fn is_named_pipe(_: &Path) -> bool {
    false
}
