//! Manifests that `patterns import` once left where they were for a reason that no manifest gave.

use std::path::Path;

use serde_json::Value;

use crate::support::patterns;

#[test]
fn nothing_is_left_for_a_reason_of_the_import_itself() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/reasons");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let run = patterns(&["import", "--format", "json", file.to_str().unwrap()]);
        let said: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
        assert_eq!(said["imported"], said["workloads"], "{}: {said}", file.display());
        assert_eq!(said["left"], Value::Array(Vec::new()), "{}", file.display());
        assert_eq!(said["fields"]["lost"], 0, "{}", file.display());
    }
}
