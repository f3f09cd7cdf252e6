//! The book in `docs`: its pages are those of `SUMMARY.md`, its links lead somewhere, what is made from the program is
//! current, and its tutorial works.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::folder::Folder;
use crate::support::{binary, patterns};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// All files below a folder with this ending, by their path from it on.
fn below(root: &Path, ending: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.to_str().unwrap().ends_with(ending) {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read_to_string(path).unwrap());
            }
        }
    }
    found
}

#[test]
fn what_the_program_says_of_itself_is_current() {
    let folder = Folder::new("book", "reference");
    let run = patterns(&["reference", folder.0.to_str().unwrap()]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let (made, kept) = (below(&folder.0, ""), below(&docs().join("reference"), ""));
    let names: BTreeSet<&String> = made.keys().chain(kept.keys()).collect();
    let differ: Vec<&String> = names.into_iter().filter(|name| made.get(*name) != kept.get(*name)).collect();
    assert!(differ.is_empty(), "write them anew with `cargo run -- reference docs/reference`: {differ:?}");
    assert!(made.len() > 40, "{}", made.len());
}

/// A parameter or key whose name or type the program could not tell would have an empty one.
#[test]
fn every_parameter_and_key_has_a_name_and_a_type() {
    let mut seen = 0;
    for (name, text) in below(&docs().join("reference"), ".md") {
        let is_pattern = name.starts_with("patterns/");
        for line in text.lines() {
            assert!(!line.contains("``:") && !line.contains("| `` |"), "{name}: {line}");
            let row =
                line.trim_start().strip_prefix("- `").and_then(|row| row.split_once("`: ")).filter(|_| is_pattern);
            if let Some((key, rest)) = row {
                assert!(!key.is_empty() && !rest.is_empty() && !rest.starts_with([':', ',']), "{name}: {line}");
                seen += 1;
            }
            let cells: Vec<&str> = line.split(" | ").collect();
            if let (true, [key, kind, ..]) = (["description.md", "settings.md"].contains(&name.as_str()), &cells[..]) {
                assert!(
                    key.len() > 3 && kind.starts_with(|first: char| first.is_alphanumeric() || "-…".contains(first)),
                    "{name}: {line}"
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 400, "{seen}");
}

/// The links of a page, without those in code.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut fence: Option<String> = None;
    for line in text.lines() {
        let start: String = line.trim_start().chars().take_while(|letter| *letter == '`').collect();
        match &fence {
            Some(open) if start.len() >= open.len() => fence = None,
            Some(_) => {}
            None if start.len() >= 3 => fence = Some(start),
            None => {
                // every second part is code
                let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("x");
                links.extend(prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())));
            }
        }
    }
    links
}

/// The anchors of a page's headings, as mdBook and GitHub make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let title = title.split("](").next().unwrap().replace('[', "");
            let letters = title.chars().filter(|one| one.is_alphanumeric() || matches!(one, ' ' | '-' | '_'));
            letters.map(|one| if one == ' ' { '-' } else { one }).collect()
        })
        .collect()
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<PathBuf> = below(&docs(), ".md").keys().map(|name| docs().join(name)).collect();
    pages.extend(
        ["README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "packaging/README.md"]
            .map(|name| root.join(name)),
    );
    let (mut checked, mut broken) = (0, Vec::new());
    for page in pages {
        let is_in_book = page.starts_with(docs());
        for link in links(&fs::read_to_string(&page).unwrap()) {
            if link.contains("://") {
                continue;
            }
            checked += 1;
            let (path, anchor) = link.split_once('#').map_or((link.as_str(), None), |(path, end)| (path, Some(end)));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            let is_there = fs::canonicalize(&target).is_ok_and(|real| !is_in_book || real.starts_with(docs()));
            let has_anchor = |anchor| anchors(&fs::read_to_string(&target).unwrap()).contains(anchor);
            if !is_there || anchor.is_some_and(|anchor| !has_anchor(anchor)) {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(checked > 200, "{checked}");
}

#[test]
fn every_page_is_in_the_summary() {
    let summary = fs::read_to_string(docs().join("SUMMARY.md")).unwrap();
    let listed: BTreeSet<String> = links(&summary).into_iter().collect();
    let pages = below(&docs(), ".md").into_keys().filter(|name| name != "SUMMARY.md").collect::<BTreeSet<_>>();
    assert_eq!(listed, pages);
}

/// The tutorial, step by step in an empty folder: a block that begins with a file's name is written to that file, and
/// each command ends well.
#[test]
fn the_tutorial_works() {
    let folder = Folder::new("book", "tutorial");
    fs::create_dir(folder.0.join(".git")).unwrap();
    let text = fs::read_to_string(docs().join("tutorial.md")).unwrap();
    let binary = binary();
    let (mut files, mut commands) = (0, 0);
    for block in text.split("\n```").skip(1).step_by(2) {
        let (language, content) = block.split_once('\n').unwrap();
        match language {
            "yaml" => {
                let name = content.lines().next().unwrap().strip_prefix("# ").expect("the file's name");
                fs::write(folder.0.join(name), format!("{content}\n")).unwrap();
                files += 1;
            }
            "console" => {
                for line in content.lines().map(|line| line.strip_prefix("$ patterns ").expect("a command")) {
                    let words: Vec<&str> = line.split(' ').collect();
                    let run = Command::new(&binary).args(words).current_dir(&folder.0).output().unwrap();
                    let said = String::from_utf8_lossy(&run.stderr).into_owned();
                    assert!(run.status.success(), "{line}: {said}");
                    commands += 1;
                }
            }
            _ => {}
        }
    }
    assert!(files >= 3 && commands >= 8, "{files} {commands}");
    assert!(folder.0.join("deploy/kustomization.yaml").is_file());
}
