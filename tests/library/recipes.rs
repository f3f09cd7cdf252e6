//! The recipes of CONTRIBUTING.md: what is added by hand in two places is there in both.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use patterns::cli::LintFormat;
use patterns::rules;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder and the folders in it, sorted.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// A file without its `mod` line is not compiled at all, and nothing else would say so.
#[test]
fn every_page_of_a_rule_is_registered() {
    let registered: BTreeSet<&str> = rules::all().map(|rule| rule.id.name).collect();
    let mut pages = BTreeSet::new();
    for path in files_below(&root().join("src/rules")) {
        if path.extension().is_some_and(|extension| extension == "md") {
            let page = fs::read_to_string(&path).unwrap();
            let title = page.lines().next().unwrap().trim_start_matches("# ").to_owned();
            assert!(registered.contains(title.as_str()), "{} is not in RULES of its family", path.display());
            pages.insert(title);
        }
    }
    assert_eq!(pages.len(), registered.len(), "two rules share a page");
}

#[test]
fn every_file_of_a_rule_is_a_module() {
    for path in files_below(&root().join("src/rules")) {
        let is_rust = path.extension().is_some_and(|extension| extension == "rs");
        let name = path.file_stem().unwrap().to_str().unwrap();
        if !is_rust || name == "mod" {
            continue;
        }
        let parent = fs::read_to_string(path.parent().unwrap().join("mod.rs")).unwrap();
        let is_module = parent.lines().any(|line| line.ends_with(&format!("mod {name};")));
        assert!(is_module, "{} has no `mod {name};` beside it", path.display());
    }
}

#[test]
fn every_output_format_has_its_file_and_is_in_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for format in LintFormat::value_variants() {
        let name = format.to_possible_value().unwrap().get_name().to_owned();
        assert!(root().join(format!("src/report/{name}.rs")).is_file(), "src/report/{name}.rs");
        assert!(readme.contains(&format!("`{name}`")), "README.md does not name the format `{name}`");
    }
}

/// Every path in backticks in these pages that begins at the project's root is there.
#[test]
fn paths_named_in_the_pages_for_contributors_exist() {
    for page in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let named = text.split('`').skip(1).step_by(2).filter(|name| !name.contains(['<', '*', ' ', '{']));
        let roots = ["src/", "tests/", "patterns/", "templates/", "docs/", ".ci/", ".github/", "packaging/", "fuzz/"];
        for name in named.filter(|name| roots.iter().any(|root| name.starts_with(root))) {
            assert!(root().join(name).exists(), "{page} names `{name}`, which is not there");
        }
    }
}
