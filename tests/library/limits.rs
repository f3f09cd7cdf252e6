//! The table of limits in SECURITY.md, and what pages say of the numbers in rules.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

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

/// Numbers that leave no finding out: they limit what a finding shows or suggests, or are about other things.
const HARMLESS: [(&str, &str); 8] = [
    // what lies beyond decides between a warning and an error only
    ("manifest/duplicate_key", "LARGE"),
    // lengths of names
    ("serving/statefulset_service_not_headless", "LONGEST"),
    ("workload/selector_matches_nothing", "LONGEST"),
    // among how many names that of a suggestion is looked for
    ("serving/statefulset_service_missing", "MOST"),
    ("workload/dangling_reference", "COMPARED"),
    ("workload/service_port_missing", "SOUGHT"),
    // what is tried before all are looked at
    ("workload/rwo", "MOST"),
    // past which WIDE counts
    ("workload/no_pdb", "MOST"),
];

/// Numbers outside of the rules on which rules depend.
const SHARED: [(&str, &str, &[&str]); 3] = [
    ("src/kube/selection.rs", "MOST", &["workload/dangling_service", "workload/selector_matches_nothing"]),
    ("src/kube/index/matching.rs", "FIRST", &["workload/selector_takes_job_pods", "workload/two_pdbs_one_pod"]),
    (
        "src/kube/index/matching.rs",
        "LOOKS",
        &[
            "workload/dangling_service",
            "workload/pdb_blocks_drain",
            "workload/selector_matches_nothing",
            "workload/selector_takes_job_pods",
            "workload/two_pdbs_one_pod",
        ],
    ),
];

#[test]
fn pages_of_rules_say_of_how_many_objects_they_see_the_first() {
    let mut checked = 0;
    for (rule, name, most) in numbers_of_rules() {
        if name == "SHOWN" || HARMLESS.contains(&(rule.as_str(), name.as_str())) {
            continue;
        }
        assert_says(&rule, &name, most);
        checked += 1;
    }
    assert!(checked > 10, "{checked}");
    for (file, name, rules) in SHARED {
        let most = numbers(&root().join(file)).find(|(known, _)| known == name);
        let (_, most) = most.unwrap_or_else(|| panic!("{file} has no number `{name}`"));
        for rule in rules {
            assert_says(rule, name, most);
        }
    }
}

#[test]
fn harmless_numbers_are_there() {
    let known: Vec<(String, String)> = numbers_of_rules().into_iter().map(|(rule, name, _)| (rule, name)).collect();
    for (rule, name) in HARMLESS {
        assert!(known.contains(&(rule.to_owned(), name.to_owned())), "{rule} has no number `{name}`");
    }
}

fn assert_says(rule: &str, name: &str, most: usize) {
    let page = fs::read_to_string(root().join("src/rules").join(rule).with_extension("md")).unwrap();
    let text = page.split_once("## When not").and_then(|(_, rest)| rest.split("```").next()).unwrap_or_default();
    let says = text.split(|letter: char| !letter.is_ascii_digit()).any(|number| number == most.to_string());
    assert!(says, "\"When not\" of {rule}.md does not say {most}, `{name}` of its program");
}

/// The numbers by which rules limit what they look at, each with the rule's page and its name.
fn numbers_of_rules() -> Vec<(String, String, usize)> {
    let rules = root().join("src/rules");
    let mut all = Vec::new();
    let mut folders = vec![rules.clone()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                // a rule's further files are in a folder of its name
                let is_page = |path: &&Path| path.with_extension("md").is_file();
                let rule = [path.as_path(), path.parent().unwrap()].into_iter().find(is_page).unwrap_or(&path);
                let rule = rule.with_extension("").strip_prefix(&rules).unwrap().display().to_string();
                all.extend(numbers(&path).map(|(name, most)| (rule.clone(), name, most)));
            }
        }
    }
    all
}

/// The constants of a file that count things.
fn numbers(path: &Path) -> impl Iterator<Item = (String, usize)> {
    let code = fs::read_to_string(path).unwrap();
    let constants: Vec<(String, usize)> = code
        .lines()
        .filter_map(|line| {
            let (name, number) = line.trim().strip_prefix("const ")?.split_once(": usize = ")?;
            Some((name.to_owned(), number.trim_end_matches(';').replace('_', "").parse().ok()?))
        })
        .collect();
    constants.into_iter()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
