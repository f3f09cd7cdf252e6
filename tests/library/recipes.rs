//! The recipes of CONTRIBUTING.md: what is added by hand in two places is there in both.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum as _;
use patterns::cli::LintFormat;
use patterns::kube::versions::Target;
use patterns::rules;
use patterns::yaml::{self, Part, Source};
use serde_json::Value;

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

/// GitHub shows a template only with its name and what it is about, each on a line.
#[test]
fn templates_of_issues_have_names() {
    for path in files_below(&root().join(".github/ISSUE_TEMPLATE")) {
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().take(4).collect();
        let has_names = matches!(lines[..], ["---", name, about, "---"]
            if name.starts_with("name: ") && about.starts_with("about: "));
        assert!(has_names, "{}: {lines:?}", path.display());
    }
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

/// What declares the modules of a folder: `mod.rs` or the crate's root in it, or the file beside it that has its name.
fn declarations(folder: &Path) -> String {
    let beside = folder.with_extension("rs");
    let inside = ["mod.rs", "lib.rs", "main.rs"].map(|name| folder.join(name));
    inside.iter().chain([&beside]).filter_map(|path| fs::read_to_string(path).ok()).collect()
}

#[test]
fn every_source_file_is_a_module() {
    let sources = ["src", "crates/yaml/src", "crates/text/src", "crates/agent/src", "tests/library", "tests/program"];
    let files = sources.iter().flat_map(|folder| files_below(&root().join(folder)));
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        let (folder, name) = (path.parent().unwrap(), path.file_stem().unwrap().to_str().unwrap());
        // these are the folder itself, or programs
        if matches!(name, "mod" | "lib" | "main" | "build") || folder.ends_with("bin") {
            continue;
        }
        let is_module = declarations(folder).lines().any(|line| line.ends_with(&format!("mod {name};")));
        assert!(is_module, "{} is not compiled: `mod {name};` is missing beside it", path.display());
    }
}

/// Most tests of patterns go through the examples that are there: one that is missing is tested by none of them.
#[test]
fn every_pattern_has_an_example_and_is_named() {
    let pages = ["README.md", "docs/language.md"].map(|page| (page, fs::read_to_string(root().join(page)).unwrap()));
    let definitions = files_below(&root().join("patterns")).into_iter().filter(|path| path.ends_with("pattern.yaml"));
    let folders: Vec<PathBuf> = definitions.map(|path| path.parent().unwrap().to_owned()).collect();
    assert!(folders.len() > 20, "{}", folders.len());
    for folder in folders {
        let name = folder.file_name().unwrap().to_str().unwrap();
        assert!(folder.join("example.yaml").is_file(), "{} has no example.yaml", folder.display());
        for (page, text) in &pages {
            let section = text.split("## Patterns\n").nth(1).unwrap().split("\n#").next().unwrap();
            assert!(section.contains(&format!("`{name}`")), "{page} does not name `{name}` under \"Patterns\"");
        }
    }
}

#[test]
fn every_output_format_has_its_file_and_is_named() {
    let pages = ["README.md", "docs/lint.md"].map(|page| (page, fs::read_to_string(root().join(page)).unwrap()));
    let settings = fs::read_to_string(root().join("src/lint/settings.yaml")).unwrap();
    let choice = settings.lines().find(|line| line.starts_with("  format: ")).unwrap();
    for format in LintFormat::value_variants() {
        let name = format.to_possible_value().unwrap().get_name().to_owned();
        assert!(root().join(format!("src/report/{name}.rs")).is_file(), "src/report/{name}.rs");
        for (page, text) in &pages {
            assert!(text.contains(&format!("`{name}`")), "{page} does not name the format `{name}`");
        }
        let is_offered = choice.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == name);
        assert!(is_offered, "`format` in src/lint/settings.yaml does not offer `{name}`");
    }
}

#[test]
fn every_folder_of_the_source_is_in_the_architecture() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let name = entry.unwrap().file_name().to_str().unwrap().to_owned();
        let is_named = ["lib.rs", "build.rs"].contains(&name.as_str()) || text.contains(&format!("`src/{name}"));
        assert!(is_named, "ARCHITECTURE.md does not say what `src/{name}` is for");
    }
}

/// Every path in backticks in these pages that begins at the project's root is there.
#[test]
fn paths_named_in_the_pages_for_contributors_exist() {
    for page in ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/versions.md", "docs/own-pattern.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let named = text.split('`').skip(1).step_by(2).filter(|name| !name.contains(['<', '*', ' ', '{']));
        let roots = ["src/", "tests/", "patterns/", "templates/", "docs/", ".ci/", ".github/", "packaging/", "fuzz/"];
        for name in named.filter(|name| roots.iter().any(|root| name.starts_with(root))) {
            assert!(root().join(name).exists(), "{page} names `{name}`, which is not there");
        }
    }
}

#[test]
fn the_supported_versions_are_named() {
    let (oldest, newest) = (Target::OLDEST.0, Target::NEWEST.0);
    let range = format!("1.{oldest} to 1.{newest}");
    let named = [
        ("README.md", range.clone()),
        ("docs/design.md", range.clone()),
        ("docs/language.md", format!("up to `\"1.{newest}\"`")),
        ("docs/own-pattern.md", format!("({oldest} to {newest})")),
        ("src/cli/descriptions.rs", range.clone()),
        ("src/cli/lint.rs", range.clone()),
        ("src/kube/api_resources.txt", range),
        (".ci/differential", format!("\"1.{newest}\"]")),
    ];
    let is_there = |(file, text): &&(&str, String)| fs::read_to_string(root().join(file)).unwrap().contains(text);
    let missing: Vec<_> = named.iter().filter(|one| !is_there(one)).collect();
    assert!(missing.is_empty(), "these files do not say which versions are supported: {missing:#?}");
}

/// A comma in an unquoted text of a flow map begins another key: `{description: this, and that}` says "this" alone.
#[test]
fn no_text_is_cut_at_a_comma() {
    fn cut(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(
                    members
                        .iter()
                        .filter(|(key, value)| value.is_null() && key.contains(' '))
                        .map(|(key, _)| key.clone()),
                );
                members.values().for_each(|value| cut(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| cut(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    let mut read = 0;
    for folder in ["src", "patterns"] {
        for path in files_below(&root().join(folder))
            .into_iter()
            .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        {
            let source = Arc::new(Source::from_text("a.yaml".to_owned(), fs::read_to_string(&path).unwrap()));
            for part in yaml::read(&source) {
                let Part::Document(document) = part else { panic!("{}", path.display()) };
                let value: Value = serde_json::from_str(&document.to_json(document.root())).unwrap();
                let before = found.len();
                cut(&value, &mut found);
                found[before..].iter_mut().for_each(|key| *key = format!("{}: `{key}`", path.display()));
                read += 1;
            }
        }
    }
    assert!(read > 400, "{read}");
    assert_eq!(found, Vec::<String>::new());
}

/// Code that knows rules by their names knows those that there are: a renamed rule would lose its advice or its guard.
#[test]
fn rules_that_code_names_are_there() {
    const OTHERS: [&str; 7] =
        ["dns-subdomain", "host-port", "new-privileges", "no-hook", "no-system-pod", "own-users", "volume-group"];
    let known: BTreeSet<&str> = rules::names().collect();
    let mut named = 0;
    for file in [
        "expand/blame.rs",
        "import/reach.rs",
        "import/refusal.rs",
        "lint/fix.rs",
        "lint/mod.rs",
        "pattern/keys/reach.rs",
        "policy/export.rs",
    ] {
        let text = fs::read_to_string(root().join("src").join(file)).unwrap();
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        let is_name = |text: &&str| {
            text.contains('-')
                && !text.starts_with('-')
                && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        for literal in code.split('"').skip(1).step_by(2).filter(is_name).filter(|text| !OTHERS.contains(text)) {
            assert!(known.contains(literal), "src/{file}: no rule is called `{literal}`");
            named += 1;
        }
    }
    assert!(named > 30, "{named}");
}
