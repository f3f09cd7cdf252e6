//! The entries of a document: its shape, what it uses, what it ignores, its priority.

use super::app;
use super::description::{Entry, Ignore, Init};
use super::merge::use_name;
use super::schema::{self, Subject};
use super::spanned::{Kind, Member, Place, Spanned};
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
        // what is not a map has been refused by the grammar
        [] if !matches!(member.value.kind, Kind::Map(_)) => None,
        [] => {
            findings.push(
                Finding::error(member.key_place.label(""), "`shape` names no pattern")
                    .help("shape: {replicated: {replicas: 2}}"),
            );
            None
        }
        [_, second, ..] => {
            findings.push(
                Finding::error(second.key_place.label("one too many"), "`shape` names exactly one pattern")
                    .help("shape: {replicated: {replicas: 2}}"),
            );
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
                .help(format!("give one of them its own name: {}: {{{as_name}, …}}", entry.pattern)),
            );
            continue;
        }
        entries.push(entry);
    }
    entries
}

/// What a container of `init` takes from the app where it says nothing itself.
const INHERITED: [&str; 7] = ["image", "env", "envFrom", "volumes", "user", "group", "resources"];

pub(super) fn inits(root: &Spanned, uses: &[Entry], findings: &mut Vec<Finding>) -> Vec<Init> {
    let app = root.get("app");
    let mut inits: Vec<Init> = Vec::new();
    for item in root.get("init").map(Spanned::items).unwrap_or_default() {
        if let Some(second) = item.members().get(1) {
            findings.push(
                Finding::error(second.key_place.label("one too many"), "an entry of `init` is exactly one container")
                    .help("begin a new entry with `-`, or indent this under the name"),
            );
        }
        let Some(member) = item.members().first() else { continue };
        let name = root.member("name").filter(|name| name.value.text() == Some(&member.key));
        let other = uses.iter().find(|entry| entry.name == member.key).map(|entry| &entry.place);
        let other = other.or_else(|| inits.iter().find(|init| init.name == member.key).map(|init| &init.place));
        if let Some(other) = other.or(name.map(|name| &name.value.place)) {
            findings.push(named_twice(&member.key, &member.key_place, other));
            continue;
        }
        let own = member.value.members().iter();
        let more = app.map(Spanned::members).unwrap_or_default().iter();
        let more =
            more.filter(|other| INHERITED.contains(&other.key.as_str()) && member.value.get(&other.key).is_none());
        let value = Spanned { kind: Kind::Map(own.chain(more).cloned().collect()), place: member.value.place.clone() };
        if value.get("image").is_none() {
            findings.push(
                Finding::error(member.key_place.label(""), format!("`{}` needs `image`", member.key))
                    .because("there is no `app` whose image it could use")
                    .help("init: [{prepare: {image: registry.example.com/prepare:1, …}}]"),
            );
            continue;
        }
        let mut own = Vec::new();
        let app = app::read(&Member { value, ..member.clone() }, &mut own);
        // what is wrong with the app's own keys has been said there
        let is_new = |finding: &Finding| {
            let known =
                |other: &Finding| other.message == finding.message && other.primary.span == finding.primary.span;
            !findings.iter().any(known)
        };
        let own: Vec<Finding> = own.into_iter().filter(is_new).collect();
        findings.extend(own);
        inits.push(Init { name: member.key.clone(), app, place: member.key_place.clone() });
    }
    inits
}

fn named_twice(name: &str, place: &Place, other: &Place) -> Finding {
    Finding::error(place.label("and so is this"), format!("two containers would be called `{name}`"))
        .label(other.label("this is"))
        .because("the containers of a Pod must have different names")
        .help("give one of them another name")
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
