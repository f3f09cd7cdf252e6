//! The table of limits in SECURITY.md.

use std::fs;
use std::path::Path;

#[test]
fn the_documented_limits_are_those_of_the_program() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("SECURITY.md")).unwrap();
    for limit in patterns::limits::ALL {
        let row = format!("| `{}` | {limit} | {} |", limit.name, limit.counts);
        assert!(page.contains(&row), "SECURITY.md lacks {row}");
    }
    let rows = page.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() == 4).count();
    assert_eq!(rows, patterns::limits::ALL.len(), "SECURITY.md lists a limit that is none");
}
