//! Small manifests and what the linter says of them: `tests/cases/<topic>/<name>.yaml`, each with a first line
//! `# finds: rule …` (these rules find something, as errors or warnings, and no other does) or `# quiet` (no error and no warning). A folder in
//! place of a file is linted as one run; its line is in `case.txt`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use patterns::diagnostic::Level;
use patterns::kube::Workspace;
use patterns::lint::{self, Selection};

/// The cases of all topics: where each is, and its line.
fn cases() -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let list = |folder: &Path| {
        let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries
    };
    for case in list(&root).iter().filter(|topic| topic.is_dir()).flat_map(|topic| list(topic)) {
        let text = if case.is_dir() { case.join("case.txt") } else { case.clone() };
        let text = fs::read_to_string(&text).unwrap_or_else(|error| panic!("{}: {error}", text.display()));
        all.push((case, text.lines().next().unwrap_or_default().to_owned()));
    }
    all
}

#[test]
fn each_case_is_judged_as_it_says() {
    let cases = cases();
    assert!(cases.len() > 50, "{}", cases.len());
    let mut wrong = Vec::new();
    for (path, line) in &cases {
        let wanted: BTreeSet<&str> = match line.strip_prefix("# finds:") {
            Some(rules) => rules.split_whitespace().collect(),
            None if line.starts_with("# quiet") => BTreeSet::new(),
            None => panic!("{}: says neither `# finds: …` nor `# quiet`", path.display()),
        };
        let workspace = Workspace::load(std::slice::from_ref(path), None);
        let findings = lint::workspace(&workspace, &Selection::new(&[], &[], Level::Warning).unwrap());
        let found: BTreeSet<&str> = findings.iter().filter_map(|finding| Some(finding.rule?.name)).collect();
        if found != wanted {
            wrong.push(format!("{}: wants {wanted:?}, says {found:?}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
