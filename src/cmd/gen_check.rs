//! `patterns gen --check DIR`: is the folder what would be written?

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use similar::TextDiff;

use super::Exit;
use super::streams::say;
use crate::files;
use crate::limits;

/// Compares the folder's YAML and JSON files with `files`. Differences go to stderr as a unified diff;
/// missing and stale files count.
pub fn compare(folder: &Path, files: &[(String, String)]) -> io::Result<Exit> {
    let mut differs = false;
    for (name, text) in files {
        let path = folder.join(name);
        let there = match content(&path) {
            Ok(there) => there,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(files::named(&path, &error)),
        };
        if there != *text {
            differs = true;
            let shown = path.display().to_string();
            let diff = TextDiff::from_lines(&there, text);
            say(diff.unified_diff().header(&shown, &format!("{shown} (generated)")).to_string().trim_end_matches('\n'));
        }
    }
    for name in stale(folder, files)? {
        differs = true;
        say(format_args!("{}: no object of the description makes this file", folder.join(name).display()));
    }
    Ok(if differs { Exit::Findings } else { Exit::Clean })
}

/// Files in the folder that an earlier run wrote for the same description and this one would not: an object that
/// was renamed, a `ConfigMap` of other content. Files of other origin are nobody's business.
pub fn stale(folder: &Path, files: &[(String, String)]) -> io::Result<BTreeSet<String>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(error),
    };
    let origins: BTreeSet<&str> = files.iter().filter_map(|(_, text)| origin(text)).collect();
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_manifest = [".yaml", ".json"].iter().any(|extension| name.ends_with(extension));
        if !is_manifest || files.iter().any(|(written, _)| *written == name) {
            continue;
        }
        let text = content(&entry.path()).unwrap_or_default();
        let is_own = origin(&text).is_some_and(|origin| origins.contains(origin));
        if is_own || origins.iter().any(|own| is_older(&text, own)) {
            names.insert(name);
        }
    }
    Ok(names)
}

/// A file that [`write`](super::generate) would replace although no run for this description wrote it, and where it
/// comes from instead.
pub fn foreign(folder: &Path, files: &[(String, String)]) -> Option<(String, String)> {
    files.iter().find_map(|(name, text)| {
        let there = content(&folder.join(name)).ok()?;
        let own = origin(text)?;
        match origin(&there) {
            None => Some((name.clone(), "the generator did not write it".to_owned())),
            Some(other) if other != own && !is_older(&there, own) => {
                Some((name.clone(), format!("it comes from {other}")))
            }
            Some(_) => None,
        }
    })
}

/// The text of a file in the folder.
fn content(path: &Path) -> io::Result<String> {
    String::from_utf8(files::read_regular(path, limits::INPUT)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))
}

/// Whether a file was written when descriptions were known by their base names.
fn is_older(text: &str, own: &str) -> bool {
    let is_old = source(text).is_some_and(|value| value.contains("@sha256:"));
    is_old && origin(text) == own.rsplit('/').next()
}

/// The description that an object says it comes from: `apps/shop.yaml` of `patterns/source: apps/shop.yaml#shop`.
fn origin(text: &str) -> Option<&str> {
    source(text)?.split(['#', '@']).next()
}

fn source(text: &str) -> Option<&str> {
    let line = text.lines().find(|line| line.trim_start().trim_start_matches('"').starts_with("patterns/source"))?;
    Some(line.split_once(": ")?.1.trim_matches(['"', '\'', ',']))
}
