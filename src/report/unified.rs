//! What fixes change, as a unified diff.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::difference::Difference;
use super::excerpt::printable;
use crate::files;
use crate::secrets::Secrets;
use crate::yaml::Source;

/// Writes the difference between two states of a file. What a Secret holds is hidden in both.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(out: &mut dyn io::Write, before: &Arc<Source>, after: &Arc<Source>) -> io::Result<()> {
    let (old, new) = (shown(before), shown(after));
    let name = printable(&path_in_repository(Path::new(&before.name)));
    let names = [format!("a/{name}"), format!("b/{name}")];
    write!(out, "{}", Difference::of(&old, &new, names.each_ref().map(String::as_str), None))
}

/// How a diff names a file so that `git apply` finds it, wherever in the repository it is called: from the root on.
/// Outside of one from the project's folder on, and outside of both as it is called here, or from `/` on where that
/// would leave the folder.
#[must_use]
pub fn path_in_repository(path: &Path) -> String {
    let whole = std::path::absolute(path).map(|path| files::without_dots(&path)).unwrap_or_default();
    // a folder that is not there yet has no links either
    let known = whole.ancestors().skip(1).find_map(|folder| Some((folder, fs::canonicalize(folder).ok()?)));
    let whole = known.and_then(|(folder, real)| Some(real.join(whole.strip_prefix(folder).ok()?)));
    let below = |mark: &str| {
        let whole = whole.as_deref()?;
        let root = whole.ancestors().skip(1).find(|folder| folder.join(mark).exists())?;
        whole.strip_prefix(root).ok().map(Path::to_owned)
    };
    let leaves = path.components().any(|part| part == std::path::Component::ParentDir);
    let called = || whole.clone().filter(|_| leaves).unwrap_or_else(|| path.to_owned());
    let inside = below(".git").or_else(|| below(".patterns.yaml")).unwrap_or_else(called);
    let inside = inside.to_string_lossy().replace('\\', "/");
    inside.trim_start_matches("./").trim_start_matches('/').to_owned()
}

/// A file's text without its secrets and without what a terminal would obey, as a diff shows it.
#[must_use]
pub fn shown(source: &Arc<Source>) -> String {
    let hidden = Secrets::default().of(source);
    let mut out = String::with_capacity(source.text.len());
    for (at, character) in source.text.char_indices() {
        let structure = matches!(character, ' ' | '\t' | '\r' | '\n' | ':' | '{' | '}' | ',' | '"');
        out.push(if !structure && hidden.contains(at) { '•' } else { character });
    }
    // Lines keep their ends, and what is applied its tabs.
    let without_controls = |line: &str| line.split('\t').map(printable).collect::<Vec<_>>().join("\t");
    let line = |line: &str| match line.strip_suffix('\r') {
        Some(line) => without_controls(line) + "\r",
        None => without_controls(line),
    };
    out.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    fn files_are_named_from_the_root_of_what_they_are_in() {
        let folder = std::env::temp_dir().join(format!("patterns-unified-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("apps/web")).unwrap();
        let file = folder.join("apps/web/../../k8s/a.yaml");
        let whole = fs::canonicalize(&folder).unwrap().join("k8s/a.yaml");
        let whole = whole.to_string_lossy().trim_start_matches('/').to_owned();
        assert_eq!(path_in_repository(&file), whole);
        fs::write(folder.join(".patterns.yaml"), "").unwrap();
        assert_eq!(path_in_repository(&file), "k8s/a.yaml");
        fs::create_dir_all(folder.join("apps/.git")).unwrap();
        assert_eq!(path_in_repository(&file), "k8s/a.yaml");
        assert_eq!(path_in_repository(&folder.join("apps/web/b.yaml")), "web/b.yaml");
        fs::remove_dir_all(&folder).unwrap();
    }
}
