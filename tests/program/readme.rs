//! Every command of the README and of the book's pages that needs no cluster runs, and ends as the page says.

use std::process::Command;

use crate::support::binary;

/// Pages whose commands run in the repository's root.
const PAGES: [&str; 8] = [
    "README.md",
    "docs/language.md",
    "docs/import.md",
    "docs/lint.md",
    "docs/own-pattern.md",
    "docs/own-rule.md",
    "docs/ci.md",
    "docs/adopt.md",
];

fn text(page: &str) -> String {
    std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap()
}

/// The lines after `$ ` in the `console` blocks of a page.
fn commands(page: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut inside = false;
    for line in text(page).lines().map(str::trim_start) {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if inside => commands.extend(line.strip_prefix("$ ").map(str::to_owned)),
            _ => {}
        }
    }
    commands
}

#[test]
fn commands_run() {
    let binary = binary();
    let binary = binary.to_str().expect("a path in UTF-8");
    let mut ran = 0;
    // in the order of the pages: one command reads what another has written
    let mut seen = std::collections::HashSet::new();
    for command in PAGES.iter().flat_map(|page| commands(page)).filter(|command| seen.insert(command.clone())) {
        // this very test run, and what would change the machine
        if ["cargo test", "cargo install", "pip install", "podman", "docker", "kind ", "minikube"]
            .iter()
            .any(|word| command.starts_with(word))
        {
            continue;
        }
        let line = command.replace("cargo run --release --", "patterns");
        let commands = [
            "gen",
            "lint",
            "diagram",
            "read",
            "explain",
            "new",
            "schema",
            "rules",
            "completions",
            "man",
            "images",
            "import",
            "policy",
        ];
        let line = commands
            .iter()
            .fold(line, |line, command| line.replace(&format!("patterns {command}"), &format!("{binary} {command}")));
        let output =
            Command::new("sh").args(["-c", &line]).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("sh runs");
        assert!(
            output.status.success(),
            "{command}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        ran += 1;
    }
    assert!(ran >= 30, "the pages have commands");
}

/// What the README shows of messages is what the program says about the descriptions in `tests/readme`.
#[test]
fn messages_are_as_shown() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/readme");
    let readme = text("README.md") + &text("docs/language.md");
    let shown: Vec<&str> = readme.split("```text\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
    let shown: Vec<&str> = shown.into_iter().filter(|block| block.starts_with("error: ")).collect();
    assert!(shown.len() >= 2, "{shown:?}");
    for block in shown {
        let file = block.split("╭─[").nth(1).and_then(|rest| rest.split(':').next()).expect("a message names its file");
        let run = Command::new(binary()).args(["gen", file]).current_dir(folder).output().unwrap();
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(said.starts_with(block), "{file}: the README shows\n{block}\nand the program says\n{said}");
    }
}

/// The first column of every table row between two headings.
fn named_between(readme: &str, from: &str, to: &str) -> Vec<String> {
    let section = readme.split(from).nth(1).and_then(|rest| rest.split(to).next()).expect("the section is there");
    let cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    cells.flat_map(|cell| cell.split(", ")).map(|name| name.trim_matches('`').to_owned()).collect()
}

/// The tables name every key of a description and every pattern, and nothing else.
#[test]
fn tables_are_complete() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = text("docs/language.md");
    let grammar = std::fs::read_to_string(root.join("src/describe/grammar.yaml")).unwrap();
    let grammar: serde_json::Value = serde_yaml::from_str(&grammar).unwrap();
    let keys = |pointer: &str| grammar.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect();
    let sorted = |mut names: Vec<String>| {
        names.retain(|name| !["key", "pattern"].contains(&name.as_str()));
        names.sort();
        names
    };
    let top = named_between(&page, "## Keys\n", "Keys of `app`:");
    assert_eq!(sorted(top), sorted(keys("/properties")), "the keys in docs/language.md, and those of the grammar");
    let app = named_between(&page, "Keys of `app`:", "Environments and");
    assert_eq!(sorted(app), sorted(keys("/properties/app/properties")), "what `app` takes, there and by the grammar");
    let mut folders = Vec::new();
    for family in std::fs::read_dir(root.join("patterns")).unwrap().map(|entry| entry.unwrap().path()) {
        if family.is_dir() {
            let names = std::fs::read_dir(family).unwrap().map(|entry| entry.unwrap().file_name());
            folders.extend(names.map(|name| name.to_string_lossy().into_owned()));
        }
    }
    let named = named_between(&page, "## Patterns\n", "## Compose\n");
    assert_eq!(sorted(named), sorted(folders), "the patterns in docs/language.md, and those in patterns/");
}

/// A first visitor reads no more than this.
#[test]
fn the_readme_is_short() {
    let lines = text("README.md").lines().count();
    assert!(lines <= 300, "{lines} lines: what is for later belongs in docs/");
}
