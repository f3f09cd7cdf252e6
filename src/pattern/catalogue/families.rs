//! The families of patterns: the folders that patterns are in.

use crate::words::list;

/// The families of patterns.
const FAMILIES: &[&str] = &["single-container", "sidecar", "ambassador", "adapter", "serving", "batch"];

/// The known families, for messages.
pub(crate) fn families() -> String {
    list(FAMILIES)
}

/// Whether a folder's name is that of a family.
pub(crate) fn is_family(name: &str) -> bool {
    FAMILIES.contains(&name)
}
