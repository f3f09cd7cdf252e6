//! `patterns new`: a starter description.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::page::parameters;
use crate::describe::grammar;
use crate::pattern::catalogue::definition::Definition;
use crate::pattern::catalogue::folders::Folder;

/// The pattern's example, each key with what it means, and all that the pattern takes; none without an example.
#[must_use]
pub fn starter(folder: &Folder, definition: &Definition) -> Option<String> {
    let example = folder.file("example.yaml")?;
    let name = &definition.name;
    let mut out = String::new();
    let _ = writeln!(out, "# {name}: {}.", definition.summary);
    let _ = writeln!(out, "# `patterns gen FILE` expands this; `patterns explain {name}` explains it.");
    let mut explained = HashSet::new();
    let mut rest = example.lines().skip_while(|line| line.starts_with('#')).peekable();
    while let Some(line) = rest.next() {
        let key = line.split_once(':').map(|(key, _)| key).filter(|key| !key.starts_with([' ', '#', '-']));
        let meaning = key.and_then(|key| grammar()["properties"][key]["description"].as_str());
        if let Some(meaning) = meaning.filter(|_| key != Some("patterns") && explained.insert(key)) {
            let _ = writeln!(out, "# {meaning}");
        }
        let _ = writeln!(out, "{line}");
        if rest.peek().is_none() {
            break;
        }
    }
    let rows = parameters(definition);
    if !rows.is_empty() {
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let _ = writeln!(out, "\n# Parameters of `{name}`:");
        for (param, text) in rows {
            let _ = writeln!(out, "#   {param:width$}  {text}");
        }
    }
    Some(out)
}
