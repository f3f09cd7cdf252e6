//! Every rule against its own page: `bad` blocks fire it and nothing else, `good` blocks are clean.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use patterns::diagnostic::{Finding, Level};
use patterns::kube::{File, Workspace};
use patterns::lint::{self, Selection};
use patterns::report::terminal;
use patterns::rules;
use patterns::yaml::{Source, edit};

/// What a user sees by default, and all that `rule` itself says: other rules' advice has to be asked for.
fn lint_for(rule: &rules::Rule, text: &str) -> Vec<Finding> {
    let mut findings = lint(text);
    findings.retain(|finding| finding.level > Level::Advice || finding.rule == Some(rule.id));
    findings
}

fn lint(text: &str) -> Vec<Finding> {
    let source = Arc::new(Source::decode("page.yaml", text.as_bytes().to_vec()).unwrap());
    let workspace = Workspace { files: vec![File::read(&source)], ..Workspace::default() };
    lint::workspace(&workspace, &Selection::new(&[], &[], Level::Advice).unwrap())
}

fn shown(findings: &[Finding]) -> String {
    findings.iter().map(|finding| terminal::render(finding, false)).collect()
}

/// The blocks of a page that open with this line.
pub fn blocks(page: &str, opening: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while lines.by_ref().any(|line| line == opening) {
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.push(block.join("\n") + "\n");
    }
    blocks
}

#[test]
fn bad_blocks_fire_their_rule_and_nothing_else() {
    for rule in rules::all() {
        for block in blocks(rule.page(), "```yaml bad") {
            let findings = lint_for(rule, &block);
            let names: Vec<_> = findings.iter().filter_map(|finding| finding.rule).map(|rule| rule.name).collect();
            assert!(
                !names.is_empty() && names.iter().all(|name| *name == rule.id.name),
                "{}: {names:?}\n{block}\n{}",
                rule.id.name,
                shown(&findings)
            );
        }
    }
}

#[test]
fn good_blocks_are_clean_under_all_rules() {
    for rule in rules::all() {
        for block in blocks(rule.page(), "```yaml good") {
            let findings = lint_for(rule, &block);
            assert!(findings.is_empty(), "{}\n{block}\n{}", rule.id.name, shown(&findings));
        }
    }
}

#[test]
fn pages_are_complete() {
    for rule in rules::all() {
        let name = rule.id.name;
        assert!(rule.page().starts_with(&format!("# {name}\n\n")), "{name}: the page begins with its name");
        assert!(rule.page().contains("\n## Why\n"), "{name}: the page says why");
        let has_example = !blocks(rule.page(), "```yaml bad").is_empty();
        assert!(
            has_example || matches!(name, "invalid-description" | "invalid-utf8" | "stale-baseline"),
            "{name}: the page has an example"
        );
    }
}

#[test]
fn findings_say_what_they_promise() {
    for rule in rules::all() {
        for block in blocks(rule.page(), "```yaml bad") {
            for finding in lint_for(rule, &block) {
                let name = rule.id.name;
                assert!(finding.level <= rule.level, "{name}: above the level that the list promises");
                assert!(!finding.message.ends_with('.'), "{name}: {}", finding.message);
                assert_ne!(finding.message.replace(' ', "-"), name, "the name is not a message");
                assert!(!finding.primary.span.range().is_empty(), "{name}: points at nothing");
            }
        }
    }
}

/// `patterns rules` says which rules have a fix.
#[test]
fn the_list_knows_which_rules_have_a_fix() {
    for rule in rules::all() {
        let examples = blocks(rule.page(), "```yaml bad").into_iter();
        let has_fix = examples.flat_map(|block| lint_for(rule, &block)).any(|finding| finding.fix.is_some());
        assert_eq!(rule.has_fix, has_fix, "{}", rule.id.name);
        assert!(!rule.summary().is_empty(), "{}", rule.id.name);
    }
}

/// A fix leaves YAML behind that is read and in which this finding is gone.
#[test]
fn fixes_mend() {
    for rule in rules::all() {
        let mut mended = false;
        for block in blocks(rule.page(), "```yaml bad") {
            let before = lint_for(rule, &block);
            for fix in before.iter().filter_map(|finding| finding.fix.as_ref()) {
                let text = edit::apply(&block, &fix.edits);
                let after = lint_for(rule, &text);
                assert_eq!(after.len() + 1, before.len(), "{}: {}\n{text}\n{}", rule.id.name, fix.title, shown(&after));
                mended = true;
            }
        }
        assert_eq!(mended, rule.has_fix, "{}", rule.id.name);
    }
}

/// A rule with fixes shows one: what they make of the `bad` block is the `good` block after it.
#[test]
fn a_page_shows_what_its_fix_does() {
    let mut missing = Vec::new();
    for rule in rules::all() {
        let good = blocks(rule.page(), "```yaml good");
        let mut fixed = Vec::new();
        for block in blocks(rule.page(), "```yaml bad") {
            let findings = lint_for(rule, &block);
            let edits: Vec<_> =
                findings.iter().filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| fix.edits.clone()).collect();
            if !edits.is_empty() {
                fixed.push(edit::apply(&block, &edits));
            }
        }
        if !fixed.is_empty() && !fixed.iter().any(|text| good.contains(text)) {
            missing.push(format!("{}: no good block is one of\n{}", rule.id.name, fixed.join("---\n")));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// A rename shows in review.
#[test]
fn names_and_levels() {
    let line = |rule: &rules::Rule| format!("{:8} {:30} {}", rule.id.family, rule.id.name, rule.level.name());
    let list = rules::all().map(line).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(list);
}

#[test]
fn names_are_unique_and_in_their_family() {
    let mut names: Vec<_> = rules::names().collect();
    names.sort_unstable();
    let before = names.len();
    names.dedup();
    assert_eq!(names.len(), before);
    for (family, rules) in rules::FAMILIES {
        assert!(rules.iter().all(|rule| rule.id.family == *family));
    }
}

/// Text that somebody is still typing.
#[test]
fn every_byte_cut_off_and_no_panic() {
    let text = "\
apiVersion: v1
kind: Pod
metadata: {name: twins}
spec:
  containers:
    - name: blue
      image: registry.example.com/shop:1
      ports: [{containerPort: 8080}]
    - name: green
      image: registry.example.com/shop:2
      ports: [{containerPort: 8080}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: norway}
data:
  country: no
# patterns: ignore[norway
";
    for end in 0..text.len() {
        for finding in lint(&text[..end]) {
            assert!(!terminal::render(&finding, true).is_empty());
        }
    }
}

/// Rules compare facts; only `facts` reads command lines, addresses and configuration.
#[test]
fn rules_do_not_read_text() {
    const FORBIDDEN: [&str; 6] = [
        "facts::text",
        "facts::address",
        "facts::formats",
        "shell::parse",
        "facts::command::arguments",
        "mentions_number",
    ];
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules"))];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                seen += 1;
                let text = std::fs::read_to_string(&path).unwrap();
                for word in FORBIDDEN {
                    assert!(!text.contains(word), "{} uses {word}", path.display());
                }
            }
        }
    }
    assert!(seen > 100, "{seen}");
}
