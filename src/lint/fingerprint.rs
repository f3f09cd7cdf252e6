//! What a finding is called from one run to the next: the same when lines before it come and go.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use crate::diagnostic::Finding;

/// Fingerprints of findings, in their order: 32 hexadecimal digits each, unique within the run.
#[must_use]
pub fn fingerprints(findings: &[Finding]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let of = |finding: &Finding| {
        let digest = digest(finding);
        let count = seen.entry(digest.clone()).or_default();
        *count += 1;
        // The second of two findings that say the same of the same object is told apart by its number.
        if *count == 1 { digest } else { hash(&[&digest, &count.to_string()]) }
    };
    findings.iter().map(of).collect()
}

fn digest(finding: &Finding) -> String {
    let object = finding.object.as_ref().map_or_else(String::new, |object| {
        format!("{}/{}/{}", object.kind, object.namespace.as_deref().unwrap_or_default(), object.name)
    });
    let rule = finding.rule.map_or("", |rule| rule.name);
    hash(&[rule, path(&finding.primary.source.name), &object, &finding.message])
}

/// A file's name however it was written on the command line: `./a.yaml` is `a.yaml`.
#[must_use]
pub fn path(name: &str) -> &str {
    name.strip_prefix("./").unwrap_or(name)
}

fn hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    format!("{:x}", hash.finalize()).chars().take(32).collect()
}
