//! Paths of files in volumes, and their permissions.

use super::super::field::Field;

/// `validatePathNoBacksteps`
pub fn backsteps(path: Field) {
    if path.str().split('/').any(|part| part == "..") {
        path.invalid("may not contain `..`");
    }
}

/// `validateLocalDescendingPath`
pub fn local_descending_path(path: Field) {
    if path.str().starts_with('/') {
        path.invalid("must be relative");
    }
    backsteps(path);
}

/// `ValidateLocalNonReservedPath`
pub fn local_non_reserved_path(path: Field) {
    local_descending_path(path);
    let text = path.str();
    if text.starts_with("..") && text != ".." && !text.starts_with("../") {
        path.invalid("may not begin with `..`: the kubelet's own links do");
    }
}

/// Permission bits.
pub fn file_mode(mode: Field) {
    if !(0..=0o777).contains(&mode.int()) {
        mode.invalid(format!("is {}, outside 0 to 0777 (511): YAML reads 0644 as octal, JSON wants 420", mode.int()));
    }
}

/// `validateKeyToPath`
pub fn key_to_path(item: Field) {
    for name in ["key", "path"] {
        if item.child(name).is_empty() {
            item.child(name).required("");
        }
    }
    local_non_reserved_path(item.child("path"));
    file_mode(item.child("mode"));
}
