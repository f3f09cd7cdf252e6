//! What a finding is called from one run to the next: the same when lines before it come and go.

use std::collections::HashMap;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::diagnostic::Finding;
use crate::files;

/// Fingerprints of findings, in their order: 32 hexadecimal digits each, unique within the run. Files count by
/// their names from `folder` on.
#[must_use]
pub fn fingerprints(findings: &[Finding], folder: &Path) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let of = |finding: &Finding| {
        let digest = digest(finding, folder);
        let count = seen.entry(digest.clone()).or_default();
        *count += 1;
        // The second of two findings that say the same of the same object is told apart by its number.
        if *count == 1 { digest } else { hash(&[&digest, &count.to_string()]) }
    };
    findings.iter().map(of).collect()
}

fn digest(finding: &Finding, folder: &Path) -> String {
    let object = finding.object.as_ref().map_or_else(String::new, |object| {
        format!("{}/{}/{}", object.kind, object.namespace.as_deref().unwrap_or_default(), object.name)
    });
    let rule = finding.rule.map_or("", |rule| rule.name);
    hash(&[rule, &path(&finding.primary.source.name, folder), &object, &finding.message])
}

/// A file's name from `folder` on, however it was written on the command line: `./a.yaml` is `a.yaml`.
#[must_use]
pub fn path(name: &str, folder: &Path) -> String {
    let absolute = |path: &Path| std::path::absolute(path).ok().map(|path| files::without_dots(&path));
    let inside = absolute(Path::new(name)).zip(absolute(folder)).and_then(|(file, folder)| {
        let inside = file.strip_prefix(folder).ok()?;
        Some(inside.to_str()?.to_owned())
    });
    inside.filter(|_| !name.starts_with('<')).unwrap_or_else(|| name.to_owned())
}

fn hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    format!("{:x}", hash.finalize()).chars().take(32).collect()
}
