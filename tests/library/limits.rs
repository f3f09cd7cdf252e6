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
const HARMLESS: [(&str, &str); 9] = [
    // what lies beyond decides between a warning and an error only
    ("manifest/duplicate_key", "LARGE"),
    // lengths of names
    ("serving/statefulset_service_not_headless", "LONGEST"),
    ("workload/selector_matches_nothing", "LONGEST"),
    ("workload/no_such_service", "LABEL_LENGTH"),
    // among how many names that of a suggestion is looked for
    ("serving/statefulset_service_missing", "MOST"),
    ("workload/dangling_reference", "COMPARED"),
    ("workload/service_port_missing", "SOUGHT"),
    // what is tried before all are looked at
    ("workload/rwo", "MOST"),
    // past which WIDE counts
    ("workload/no_pdb", "MOST"),
];

/// The numbers of rules, and what their pages say of each.
const SAID: [(&str, &str, &str); 19] = [
    ("adapter/adapter_scrape_port_mismatch", "MOST", "in a folder that has more than {} of them in one namespace"),
    ("ambassador/ambassador_bypassed", "MOST", "bypasses more than {} ambassadors is reported for the first {}"),
    (
        "ambassador/route_not_attached",
        "MOST",
        "with more than {} listeners, or where more than {} Gateways have one name",
    ),
    ("ambassador/split_weights", "MOST", "its servers are looked at for the first {}"),
    ("batch/no_such_template", "SAID", "the first {} such names are reported"),
    ("election/election_without_lease_rbac", "MOST", "more than {} bindings"),
    ("election/election_without_lease_rbac", "MOST_RULES", "more than {} rules in their roles"),
    ("serving/no_such_pod", "MOST", "A similar StatefulSet is looked for among the first {} of the folder"),
    ("sidecar/two_collectors_one_file", "MOST", "each is compared with the first {}"),
    ("workload/config_map_key_missing", "SOUGHT", "only the first {} are compared with its keys"),
    ("workload/policy_of_service_port", "MOST", "Beside more than {} policies"),
    ("workload/dangling_service", "MOST", "is looked for among the first {} of the folder"),
    ("workload/dangling_service", "MOST_WORDS", "Of each name the first {} words are compared"),
    ("workload/no_pdb", "WIDE", "more than {} budgets of a run"),
    ("workload/no_such_service", "SHORTEST", "names of fewer than {} letters"),
    ("workload/overlapping_selectors", "MOST", "only the first {} different ones are compared"),
    ("workload/rbac_allows_nothing", "SEARCHED", "In a role of more than {} rules"),
    ("workload/selector_matches_nothing", "MOST", "among the first 200 of the first {} Services"),
    (
        "workload/service_port_on_loopback",
        "MOST_SERVICES",
        "Of more than {} Services that lead to one Pod, the first {}",
    ),
];

const MATCHING: &str = "src/kube/index/matching.rs";

/// Numbers outside of the rules on which rules depend: their file, the rule, and what its page says of them.
const SHARED: [(&str, &str, &str, &str); 10] = [
    ("src/kube/selection.rs", "MOST", "workload/dangling_service", "is looked for among the first {} of the folder"),
    (
        "src/kube/selection.rs",
        "MOST",
        "workload/selector_matches_nothing",
        "among the first {} workloads of the folder",
    ),
    ("src/kube/selection.rs", "MOST", "workload/selector_matches_nothing", "a ServiceMonitor among the first {} of"),
    (MATCHING, "FIRST", "workload/selector_takes_job_pods", "of more than {} that it selects, the first {} count"),
    (MATCHING, "FIRST", "workload/two_pdbs_one_pod", "of more than {} that it covers, the first {} count"),
    (
        MATCHING,
        "LOOKS",
        "workload/dangling_service",
        "more than {} objects of the run have to be compared with the selector",
    ),
    (MATCHING, "LOOKS", "workload/pdb_blocks_drain", "has to be compared with more than {} objects"),
    (MATCHING, "LOOKS", "workload/selector_matches_nothing", "more than {} objects of the run have to be compared"),
    (
        MATCHING,
        "LOOKS",
        "workload/selector_takes_job_pods",
        "Of more than {} objects that have each of the selector's labels, the first {}",
    ),
    (
        MATCHING,
        "LOOKS",
        "workload/two_pdbs_one_pod",
        "Of more than {} objects that have each label of a budget's selector, the first {}",
    ),
];

#[test]
fn pages_of_rules_say_of_how_many_objects_they_see_the_first() {
    let numbers_of_rules: Vec<_> = numbers_of_rules()
        .into_iter()
        .filter(|(rule, name, _)| name != "SHOWN" && !HARMLESS.contains(&(rule.as_str(), name.as_str())))
        .collect();
    for (rule, name, most) in &numbers_of_rules {
        let said = SAID.iter().find(|(of, number, _)| of == rule && number == name);
        let (_, _, said) = said.unwrap_or_else(|| panic!("what does {rule}.md say of `{name}`? Add it to `SAID`"));
        assert_says(rule, name, *most, said);
    }
    for (rule, name, _) in SAID {
        let is_there = numbers_of_rules.iter().any(|(of, number, _)| of == rule && number == name);
        assert!(is_there, "{rule} has no number `{name}`");
    }
    for (file, name, rule, said) in SHARED {
        let most = numbers(&root().join(file)).find(|(known, _)| known == name);
        let (_, most) = most.unwrap_or_else(|| panic!("{file} has no number `{name}`"));
        assert_says(rule, name, most, said);
    }
}

#[test]
fn harmless_numbers_are_there() {
    let known: Vec<(String, String)> = numbers_of_rules().into_iter().map(|(rule, name, _)| (rule, name)).collect();
    for (rule, name) in HARMLESS {
        assert!(known.contains(&(rule.to_owned(), name.to_owned())), "{rule} has no number `{name}`");
    }
}

/// Whether "When not" of a page says something of a number, which is `{}` there.
fn assert_says(rule: &str, name: &str, most: usize, said: &str) {
    let page = fs::read_to_string(root().join("src/rules").join(rule).with_extension("md")).unwrap();
    let text = page.split_once("## When not").and_then(|(_, rest)| rest.split("```").next()).unwrap_or_default();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = said.replace("{}", &most.to_string());
    let ends = |rest: &str| !rest.starts_with(|letter: char| letter.is_ascii_digit());
    let says = text.match_indices(&said).any(|(at, _)| ends(&text[at + said.len()..]));
    assert!(says, "\"When not\" of {rule}.md does not say \"{said}\", `{name}` of its program");
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
