//! Which files of a crate use which, read from their `use` lines and paths.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A file by the path of its module: `["kube", "validation"]`; the root of the crate is empty.
pub type Module = Vec<String>;

/// The files below a folder, as `room/file`, with their code: no comment and no test.
pub fn files(folder: &str) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = BTreeMap::new();
    let mut waiting = vec![root.clone()];
    while let Some(folder) = waiting.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).unwrap().with_extension("");
                let name = name.to_str().unwrap().replace(std::path::MAIN_SEPARATOR, "/");
                found.insert(name, code(&fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

fn code(text: &str) -> String {
    let tests = text.find("mod tests {").and_then(|at| text[..at].rfind("#[cfg(test)]"));
    let code = text[..tests.unwrap_or(text.len())].lines();
    code.filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The files that each file of a crate uses. What a facade takes from its own children is left out: it shows them to
/// others and takes no part in what they do.
pub fn graph(folder: &str) -> BTreeMap<Module, BTreeSet<Module>> {
    let files: BTreeMap<Module, File> =
        files(folder).into_iter().map(|(name, code)| (module(&name), File::of(&code))).collect();
    let targets = |module: &Module, file: &File| {
        let paths = file.imports.iter().map(|import| &import.path).chain(&file.paths);
        let used = paths.filter_map(|path| resolve(&files, module, path, 0));
        used.filter(|used| !used.starts_with(module)).collect()
    };
    files.iter().map(|(module, file)| (module.clone(), targets(module, file))).collect()
}

/// `kube/unit` and `kube/unit/mod` are one module.
fn module(name: &str) -> Module {
    let mut words: Module = name.split('/').map(str::to_owned).collect();
    if matches!(words.last().map(String::as_str), Some("mod" | "lib")) {
        words.pop();
    }
    words
}

struct File {
    imports: Vec<Import>,
    /// Paths in the code itself.
    paths: Vec<Vec<String>>,
}

struct Import {
    path: Vec<String>,
    /// Whether other files can take it from here.
    is_shown: bool,
}

impl File {
    fn of(code: &str) -> Self {
        let (mut imports, mut rest) = (Vec::new(), String::new());
        let mut lines = code.lines();
        while let Some(line) = lines.next() {
            let Some((visibility, tree)) =
                line.trim_start().split_once("use ").filter(|(before, _)| is_visibility(before))
            else {
                rest.push_str(line);
                rest.push('\n');
                continue;
            };
            let mut tree = tree.to_owned();
            while !tree.contains(';') {
                tree.push_str(lines.next().unwrap());
            }
            let mut paths = Vec::new();
            expand(&[], tree.split(';').next().unwrap(), &mut paths);
            imports.extend(paths.into_iter().map(|path| Import { path, is_shown: !visibility.is_empty() }));
        }
        Self { imports, paths: paths(&rest) }
    }
}

fn is_visibility(before: &str) -> bool {
    before.is_empty() || before == "pub " || before.starts_with("pub(") && before.ends_with(") ")
}

/// The paths of `a::{b, c::{d, e}}`.
fn expand(before: &[String], tree: &str, paths: &mut Vec<Vec<String>>) {
    let words = |text: &str| {
        let text = text.split(" as ").next().unwrap();
        text.split("::").map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let Some((start, branches)) = tree.split_once('{') else {
        let path = [before, &words(tree)].concat();
        paths.extend((!path.is_empty()).then_some(path));
        return;
    };
    let before = [before, &words(start)].concat();
    let (mut depth, mut begin) = (0, 0);
    let branches = &branches[..branches.rfind('}').unwrap()];
    for (at, letter) in branches.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&before, &branches[begin..at], paths);
                begin = at + 1;
            }
            _ => {}
        }
    }
    if !branches[begin..].trim().is_empty() {
        expand(&before, &branches[begin..], paths);
    }
}

fn paths(code: &str) -> Vec<Vec<String>> {
    let written = code.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != ':');
    let words = |path: &str| path.split("::").filter(|word| !word.is_empty()).map(str::to_owned).collect();
    written.filter(|path| path.contains("::")).map(words).filter(|words: &Vec<String>| !words.is_empty()).collect()
}

/// The file where what a path names lives, followed through files that only show it.
fn resolve(files: &BTreeMap<Module, File>, from: &Module, path: &[String], steps: usize) -> Option<Module> {
    const MOST: usize = 8;
    let mut at = from.clone();
    let mut rest = path;
    match path[0].as_str() {
        "crate" => {
            at.clear();
            rest = &rest[1..];
        }
        "self" => rest = &rest[1..],
        "super" => {
            while let Some(("super", after)) = rest.split_first().map(|(first, after)| (first.as_str(), after)) {
                at.pop();
                rest = after;
            }
        }
        _ if !files.contains_key(&[at.as_slice(), &path[..1]].concat()) => return None,
        _ => {}
    }
    while let Some((first, after)) = rest.split_first() {
        let child = [at.as_slice(), std::slice::from_ref(first)].concat();
        if !files.contains_key(&child) {
            break;
        }
        (at, rest) = (child, after);
    }
    let file = files.get(&at)?;
    let shown = rest.first().filter(|_| steps < MOST).and_then(|name| {
        let known = file.imports.iter().find(|import| import.is_shown && import.path.last() == Some(name))?;
        (known.path != path).then(|| resolve(files, &at, &known.path, steps + 1))?
    });
    shown.or(Some(at))
}

/// The groups of files that use each other, those of more than one.
pub fn circles(uses: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<BTreeSet<Module>> {
    let reached = |from| {
        let mut reached: BTreeSet<&Module> = BTreeSet::new();
        let mut waiting = vec![from];
        while let Some(next) = waiting.pop() {
            waiting.extend(uses.get(next).into_iter().flatten().filter(|used| reached.insert(used)));
        }
        reached
    };
    let reached: BTreeMap<&Module, BTreeSet<&Module>> = uses.keys().map(|module| (module, reached(module))).collect();
    let mut circles = BTreeSet::new();
    for (module, others) in &reached {
        let back = others.iter().filter(|other| reached.get(*other).is_some_and(|back| back.contains(*module)));
        circles.insert(back.map(|other| (*other).clone()).collect::<BTreeSet<Module>>());
    }
    circles.into_iter().filter(|circle| circle.len() > 1).collect()
}
