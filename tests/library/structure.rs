//! The rooms of `src/` wait for each other in no circle, and inside a room only neighbours do. Those of `src/pattern/`
//! know each other in one direction, and no file of theirs waits for itself.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod graph;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Each room may use those in front of it.
const ROOMS: [&str; 9] = ["names", "catalogue", "template", "plan", "objects", "keys", "compose", "docs", "user"];

/// The files below a folder but its root, as `room/file`, with their code.
fn files(folder: &str) -> BTreeMap<String, String> {
    let mut files = graph::files(folder);
    files.remove("mod");
    files.remove("lib");
    files
}

fn room(file: &str) -> &str {
    file.split('/').next().unwrap_or(file)
}

/// The words of a path that follow each place where it is written.
fn after<'a>(code: &'a str, path: &str) -> Vec<Vec<&'a str>> {
    let words = |(at, _): (usize, &str)| {
        let rest = &code[at + path.len()..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(rest.len());
        rest[..end].split("::").collect()
    };
    code.match_indices(path).map(words).collect()
}

/// The files that a file names.
fn uses(file: &str, code: &str, files: &BTreeMap<String, String>) -> BTreeSet<String> {
    let known = |path: String| {
        let of_room = format!("{}/mod", room(&path));
        [path.clone(), of_room, room(&path).to_owned()].into_iter().find(|name| files.contains_key(name))
    };
    let elsewhere =
        after(code, "crate::pattern::").into_iter().filter_map(|words| known(words[..words.len().min(2)].join("/")));
    let beside = after(code, "super::").into_iter().filter_map(|words| {
        let path = format!("{}/{}", room(file), words[0]);
        files.contains_key(&path).then_some(path)
    });
    elsewhere.chain(beside).filter(|used| used != file).collect()
}

#[test]
fn rooms_of_patterns_use_what_is_in_front_of_them() {
    let files = files("src/pattern");
    let rank = |file: &str| ROOMS.iter().position(|known| *known == room(file));
    let mut wrong = Vec::new();
    for (file, code) in &files {
        let Some(own) = rank(file) else { panic!("{file} is in none of the rooms {ROOMS:?}") };
        if code.contains("super::super::") {
            wrong.push(format!("{file} names another room by its place: write crate::pattern::…"));
        }
        for words in after(code, "crate::pattern::") {
            match ROOMS.iter().position(|known| *known == words[0]) {
                Some(used) if used <= own => {}
                Some(_) => wrong.push(format!("{file} uses {}, which comes after it", words.join("::"))),
                None => wrong.push(format!("{file} uses pattern::{}, which is for the rest of the program", words[0])),
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn no_file_of_patterns_waits_for_itself() {
    let files = files("src/pattern");
    let mut left: BTreeMap<&String, BTreeSet<String>> =
        files.iter().map(|(file, code)| (file, uses(file, code, &files))).collect();
    assert!(left.values().map(BTreeSet::len).sum::<usize>() > files.len(), "imports are found");
    take_out_what_waits_for_nothing(&mut left);
    assert_eq!(left, BTreeMap::new(), "files that use each other in a circle");
}

/// What is left is in a circle, or waits for one.
fn take_out_what_waits_for_nothing(left: &mut BTreeMap<&String, BTreeSet<String>>) {
    while let Some(name) =
        left.iter().find(|(_, uses)| uses.iter().all(|used| !left.contains_key(used))).map(|(name, _)| (*name).clone())
    {
        left.remove(&name);
    }
}

#[test]
fn no_room_waits_for_itself() {
    let files = files("src");
    let rooms: BTreeSet<String> = files.keys().map(|file| room(file).to_owned()).collect();
    let mut left: BTreeMap<&String, BTreeSet<String>> = rooms.iter().map(|name| (name, BTreeSet::new())).collect();
    for (file, code) in &files {
        assert!(!code.contains("crate::{"), "{file}: one `use` for each room, which this test can read");
        let own = room(file).to_owned();
        let others = after(code, "crate::").into_iter().map(|words| words[0].to_owned());
        left.get_mut(&own).unwrap().extend(others.filter(|name| *name != own && rooms.contains(name)));
    }
    assert!(left[&"cmd".to_owned()].contains("expand"), "imports are found");
    take_out_what_waits_for_nothing(&mut left);
    assert_eq!(left, BTreeMap::new(), "rooms that use each other in a circle");
}

/// Everything but the commands is there without a command line, such as for an editor.
#[test]
fn only_commands_know_the_command_line() {
    let files = files("src");
    let is_command = |file: &str| ["cli", "cmd", "main"].contains(&room(file));
    let names = |code: &str| !after(code, "crate::cli").is_empty();
    let knowing = || files.iter().filter(|(_, code)| names(code)).map(|(file, _)| file.as_str());
    assert!(knowing().any(is_command), "imports are found");
    assert_eq!(knowing().filter(|file| !is_command(file)).collect::<Vec<_>>(), Vec::<&str>::new());
}

/// Where the code of the program and of each crate below it begins.
fn folders() -> Vec<String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates");
    let names = fs::read_dir(crates).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| format!("crates/{name}/src")).chain(["src".to_owned()]).collect()
}

#[test]
fn few_files_use_each_other_in_a_circle() {
    const MOST: usize = 3;
    let mut wrong = Vec::new();
    for folder in folders() {
        let graph = graph::graph(&folder);
        for circle in graph::circles(&graph).into_iter().filter(|circle| circle.len() > MOST) {
            let used = |module: &graph::Module| {
                let used = graph[module].iter().filter(|used| circle.contains(*used));
                used.map(|used| used.join("::")).collect::<Vec<_>>().join(", ")
            };
            wrong.extend(circle.iter().map(|module| format!("{folder}: {} uses {}", module.join("::"), used(module))));
        }
    }
    assert!(wrong.is_empty(), "more than {MOST} files use each other in a circle:\n{}", wrong.join("\n"));
}

#[test]
fn imports_are_found() {
    let graph = graph::graph("src");
    let uses = |file: &str, used: &str| {
        let module = |name: &str| name.split('/').map(str::to_owned).collect::<graph::Module>();
        graph[&module(file)].contains(&module(used))
    };
    assert!(uses("apiserver/pod/volume", "apiserver/pod/mounts"), "by its own `use`");
    assert!(uses("apiserver/pod/security", "apiserver/pod/windows"), "among others in brackets");
    assert!(uses("cel/library", "cel/eval/budget"), "where its room shows what is in another file");
    assert!(!uses("cel", "cel/opaque"), "a facade and its files are one");
}

#[test]
fn paths_do_not_climb_three_floors() {
    for folder in folders() {
        for (file, code) in graph::files(&folder) {
            assert!(!code.contains("super::super::super::"), "{folder}/{file}: write the path from `crate`");
        }
    }
}
