//! The entries of a document: its shape, what it uses, what it ignores, its priority.

use super::document::{Entry, Ignore};
use super::merge::use_name;
use super::schema::{self, Subject};
use super::spanned::{Kind, Spanned};
use crate::diagnostic::Finding;

pub(super) fn priority(value: &Spanned) -> Option<(String, Option<i64>)> {
    match value.text() {
        Some(name) => Some((name.to_owned(), None)),
        None => Some((value.get("name")?.text()?.to_owned(), value.get("value")?.to_json().as_i64())),
    }
}

pub(super) fn ignores(root: &Spanned) -> Vec<Ignore> {
    let ignore = |item: &Spanned| {
        let rule = item.get("rule")?;
        let why = item.get("why").and_then(Spanned::text)?.to_owned();
        Some(Ignore { rule: rule.text()?.to_owned(), why, place: rule.place.clone() })
    };
    root.get("ignore").map(Spanned::items).unwrap_or_default().iter().filter_map(ignore).collect()
}

pub(super) fn shape(root: &Spanned, findings: &mut Vec<Finding>) -> Option<Entry> {
    let Some(member) = root.member("shape") else {
        let place = root.get("name").map_or_else(|| root.place.clone(), |name| name.place.clone());
        let params = Spanned { kind: Kind::Null, place: place.clone() };
        return Some(Entry { pattern: "replicated".to_owned(), name: "replicated".to_owned(), place, params });
    };
    match member.value.members() {
        [shape] => Some(Entry {
            pattern: shape.key.clone(),
            name: shape.key.clone(),
            place: shape.key_place.clone(),
            params: shape.value.clone(),
        }),
        // what is no map has been refused by the grammar
        [] if !matches!(member.value.kind, Kind::Map(_)) => None,
        [] => {
            findings.push(
                Finding::error(member.key_place.label(""), "`shape` names no pattern")
                    .help("shape: {replicated: {replicas: 2}}"),
            );
            None
        }
        [_, second, ..] => {
            findings.push(Finding::error(second.key_place.label("one too many"), "`shape` names exactly one pattern"));
            None
        }
    }
}

pub(super) fn uses(root: &Spanned, findings: &mut Vec<Finding>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for item in root.get("use").map(Spanned::items).unwrap_or_default() {
        let Some(entry) = entry(item, findings) else { continue };
        if let Some(other) = entries.iter().find(|other| other.name == entry.name) {
            let as_name = format!("as: {}-2", entry.name);
            findings.push(
                Finding::error(
                    entry.place.label("and so is this"),
                    format!("two entries of `use` are called `{}`", entry.name),
                )
                .label(other.place.label("this is"))
                .because("containers, volumes and ports are named after their entry")
                .help(format!("give one of them a name of its own: {}: {{{as_name}, …}}", entry.pattern)),
            );
            continue;
        }
        entries.push(entry);
    }
    entries
}

fn entry(item: &Spanned, findings: &mut Vec<Finding>) -> Option<Entry> {
    let name = use_name(item)?.to_owned();
    match &item.kind {
        Kind::Text(pattern) => {
            let params = Spanned { kind: Kind::Null, place: item.place.clone() };
            Some(Entry { pattern: pattern.clone(), name, place: item.place.clone(), params })
        }
        Kind::Map(members) => {
            if let Some(second) = members.get(1) {
                findings.push(
                    Finding::error(
                        second.key_place.label("one too many"),
                        "an entry of `use` names exactly one pattern",
                    )
                    .help("begin a new entry with `-`, or indent this under the pattern"),
                );
            }
            let member = members.first()?;
            let mut params = member.value.clone();
            if let Some(alias) = params.remove("as") {
                let subject = Subject { name: "`as`", member: "key", help: None, place: &alias.key_place };
                schema::check(
                    &serde_json::json!({"type": "string", "format": "base-name"}),
                    &alias.value,
                    subject,
                    findings,
                );
            }
            Some(Entry { pattern: member.key.clone(), name, place: member.key_place.clone(), params })
        }
        _ => None,
    }
}
