//! Findings in files that a description mounts: they are in the file, and not in the `ConfigMap` that it becomes.

use std::path::Path;
use std::sync::Arc;

use super::blame::Origin;
use crate::describe::{Place, find_beside, read_beside};
use crate::diagnostic::Label;
use crate::limits;
use crate::yaml::{self, Document, NodeId, Part, Source, Span};

/// A part of a file that a description mounts.
pub(super) struct Mounted {
    /// The part.
    pub part: Place,
    /// The entry of `files` that names the file, or its folder.
    pub entry: Place,
}

/// Where what a label of a generated `ConfigMap` is about is in a file beside the description.
pub(super) fn of(label: &Label, origin: &Origin<'_>) -> Option<Mounted> {
    if origin.made.object["kind"] != "ConfigMap" || origin.made.blame.is_some() {
        return None;
    }
    let document = origin.document;
    let data = document.get(document.root(), "data")?;
    let is_around = |node: NodeId| {
        let span = document.span(node);
        span.start <= label.span.start && label.span.end <= span.end
    };
    let entry = document.entries(data).iter().find(|entry| is_around(entry.value()) || is_around(entry.key))?;
    let text = document.str(entry.value())?;
    let (source, entry_place) = file(&document.key(entry), text, &origin.description.name_place)?;
    let span = within(&source.text, document, entry.value(), label).unwrap_or_else(|| first_line(&source.text));
    Some(Mounted { part: Place { source: Arc::new(source), span }, entry: entry_place })
}

/// The file that a key of the `ConfigMap` is from, by its name and content, and the entry of `files` that names it.
fn file(key: &str, text: &str, description: &Place) -> Option<(Source, Place)> {
    let base = Path::new(&description.source.name).parent()?;
    let is_name = |name: &str| {
        name == key
            || key.split_once('-').is_some_and(|(number, rest)| {
                rest == name && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
            })
    };
    for (path, place) in entries(description) {
        let Ok(found) = find_beside(&path, &place) else { continue };
        let mut names = vec![path.clone()];
        if found.is_dir() {
            let within = |name: &str| format!("{}/{name}", path.trim_end_matches('/'));
            names = vec![within(key)];
            names.extend(key.split_once('-').map(|(_, rest)| within(rest)));
        }
        for name in names {
            let last = name.rsplit('/').next().unwrap_or_default();
            let Ok(found) = find_beside(&name, &place) else { continue };
            if !is_name(last) || !found.is_file() {
                continue;
            }
            let Ok(bytes) = read_beside(&found, &name, &place, limits::BESIDE.most) else { continue };
            if bytes == text.as_bytes() {
                return Some((Source::from_text(base.join(&name).display().to_string(), text), place));
            }
        }
    }
    None
}

/// What each `files` of a description's text names, in order.
fn entries(description: &Place) -> Vec<(String, Place)> {
    let mut found = Vec::new();
    for part in yaml::read(&description.source) {
        let Part::Document(document) = part else { continue };
        let mut pending = vec![document.root()];
        while let Some(node) = pending.pop() {
            for entry in document.entries(node) {
                if document.key(entry) == "files" {
                    let files = document.entries(entry.value()).iter();
                    found.extend(files.filter_map(|file| {
                        let place = Place { span: document.span(file.value()), ..description.clone() };
                        Some((document.str(file.value())?.to_owned(), place))
                    }));
                }
                pending.push(entry.value());
            }
            pending.extend(document.items(node));
        }
    }
    found
}

/// The same words on the same line of the file: a `ConfigMap`'s text has its lines, indented.
fn within(file: &str, document: &Document, value: NodeId, label: &Label) -> Option<Span> {
    let raw = document.raw(value);
    let start = document.span(value).range().start;
    let at = label.span.range().start.checked_sub(start)?;
    // the first line of a block has its sign alone
    let line =
        raw.starts_with('|').then(|| raw.get(..at).map(|before| before.matches('\n').count()))??.checked_sub(1)?;
    let begins = file.split_inclusive('\n').take(line).map(str::len).sum::<usize>();
    let content = file.get(begins..)?.lines().next()?;
    let words = label.source.slice(label.span).lines().next()?.trim();
    let before = raw.get(..at)?.rsplit('\n').next()?.trim_start().len();
    let offset = content.len() - content.trim_start().len() + before;
    let offset =
        if content.get(offset..).is_some_and(|rest| rest.starts_with(words)) { offset } else { content.find(words)? };
    Some(Span::new(begins + offset, begins + offset + words.len()))
}

fn first_line(text: &str) -> Span {
    Span::new(0, text.lines().next().unwrap_or_default().len())
}
