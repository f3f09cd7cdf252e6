//! The entries of a document: its shape, what it uses, what it ignores, its priority.

use std::collections::HashMap;

use super::app;
use super::description::{Entry, Ignore, Init};
use super::merge::use_name;
use super::schema::{self, Subject};
use super::spanned::{Kind, Member, Place, Spanned};
use crate::diagnostic::{Finding, Label};
use crate::words::nearest;

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

/// The shape; none if the grammar has refused it.
///
/// # Errors
/// A map of no pattern, or of several.
pub(super) fn shape(root: &Spanned) -> Result<Option<Entry>, Box<Finding>> {
    let Some(member) = root.member("shape") else {
        let place = root.get("name").map_or_else(|| root.place.clone(), |name| name.place.clone());
        let params = Spanned { kind: Kind::Null, place: place.clone() };
        let (pattern, name) = ("replicated".to_owned(), "replicated".to_owned());
        return Ok(Some(Entry { pattern, name, place, params }));
    };
    let wrong = |label: Label, message: &str| {
        Err(Box::new(Finding::error(label, message).help("shape: {replicated: {replicas: 2}}")))
    };
    match member.value.members() {
        [shape] => Ok(Some(Entry {
            pattern: shape.key.clone(),
            name: shape.key.clone(),
            place: shape.key_place.clone(),
            params: shape.value.clone(),
        })),
        // what is not a map has been refused by the grammar
        [] if !matches!(member.value.kind, Kind::Map(_)) => Ok(None),
        [] => wrong(member.key_place.label(""), "`shape` names no pattern"),
        [_, second, ..] => wrong(second.key_place.label("one too many"), "`shape` names exactly one pattern"),
    }
}

/// The entries of `use`, and what is wrong with them.
pub(super) fn uses(root: &Spanned) -> (Vec<Entry>, Vec<Finding>) {
    let mut entries: Vec<Entry> = Vec::new();
    let mut findings = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    for item in root.get("use").map(Spanned::items).unwrap_or_default() {
        let (entry, mistakes) = entry(item);
        findings.extend(mistakes);
        let Some(entry) = entry else { continue };
        let first = *by_name.entry(entry.name.clone()).or_insert(entries.len());
        if let Some(other) = entries.get(first) {
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
    (entries, findings)
}

/// What a container of `init` takes from the app where it says nothing itself.
const INHERITED: [&str; 7] = ["image", "env", "envFrom", "volumes", "user", "group", "resources"];

/// The containers of `init`, and what is wrong with them beside what is `known` already: they take keys from the app.
pub(super) fn inits(root: &Spanned, uses: &[Entry], known: &[Finding]) -> (Vec<Init>, Vec<Finding>) {
    let app = root.get("app");
    let (mut inits, mut findings): (Vec<Init>, Vec<Finding>) = (Vec::new(), Vec::new());
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
        findings.extend(runs_the_app(member, app));
        let value = with_inherited(&member.value, app);
        if value.get("image").is_none() {
            findings.push(
                Finding::error(member.key_place.label(""), format!("`{}` needs `image`", member.key))
                    .because("there is no `app` whose image it could use")
                    .help("init: [{prepare: {image: registry.example.com/prepare:1, …}}]"),
            );
            continue;
        }
        let (app, mistakes) = app::read(&Member { value, ..member.clone() });
        // what is wrong with the app's own keys has been said there
        let is_known = |finding: &Finding| {
            let mut others = known.iter().chain(&findings);
            others.any(|other| other.message == finding.message && other.primary.span == finding.primary.span)
        };
        let new: Vec<Finding> = mistakes.into_iter().filter(|finding| !is_known(finding)).collect();
        findings.extend(new);
        let before = member.value.get("before").filter(|before| before.text().is_some()).cloned();
        findings.extend(before.as_ref().and_then(|before| before_nothing(before, uses)));
        inits.push(Init { name: member.key.clone(), app, place: member.key_place.clone(), before });
    }
    (inits, findings)
}

/// That a container of `init` is to run before an entry that is not there.
fn before_nothing(before: &Spanned, uses: &[Entry]) -> Option<Finding> {
    let name = before.text()?;
    if uses.iter().any(|entry| entry.name == name) {
        return None;
    }
    let meant = nearest(name, uses.iter().map(|entry| entry.name.as_str()));
    let label = meant.map_or_else(String::new, |name| format!("did you mean `{name}`?"));
    let finding = Finding::error(before.place.label(label), format!("`use` has no entry called `{name}`"))
        .because("`before` names the sidecar that starts after this container has ended");
    Some(finding.help("the name of an entry of `use`, or no `before`: it then runs after all sidecars have started"))
}

/// That a container of `init` is the app once more, which does not end: nothing that it says has an effect on what runs.
fn runs_the_app(member: &Member, app: Option<&Spanned>) -> Option<Finding> {
    const EFFECTIVE: [&str; 8] = ["command", "args", "env", "envFrom", "files", "volumes", "shared", "workdir"];
    let is_said = |key: &&str| member.value.get(key).is_some();
    let app = app.filter(|app| app.get("command").is_none())?;
    let image = app.get("image")?.text()?;
    let other = member.value.get("image").and_then(Spanned::text).is_some_and(|own| own != image);
    // a value that is no map has been reported
    let is_map = matches!(member.value.kind, Kind::Map(_) | Kind::Null);
    (is_map && !other && !EFFECTIVE.iter().any(is_said)).then(|| {
        Finding::error(
            member.key_place.label("runs the app's image"),
            format!("`{}` needs `command`, `args` or another `image`", member.key),
        )
        .because("it would run the image's own entrypoint, as the app does, and the app starts only after it ends")
        .help(format!("init: [{{{}: {{command: [python, manage.py, migrate]}}}}]", member.key))
    })
}

/// A container of `init` with what it takes from the app.
fn with_inherited(init: &Spanned, app: Option<&Spanned>) -> Spanned {
    let more = app.map(Spanned::members).unwrap_or_default().iter();
    let more = more.filter(|other| INHERITED.contains(&other.key.as_str()) && init.get(&other.key).is_none());
    Spanned { kind: Kind::Map(init.members().iter().chain(more).cloned().collect()), place: init.place.clone() }
}

fn named_twice(name: &str, place: &Place, other: &Place) -> Finding {
    Finding::clash(format!("two containers would be called `{name}`"), other.label(""), place.label(""))
        .because("the containers of a Pod must have different names")
        .help("give one of them another name")
}

/// An entry of `use`, and what is wrong with it.
fn entry(item: &Spanned) -> (Option<Entry>, Vec<Finding>) {
    let mut findings = Vec::new();
    let Some(name) = use_name(item).map(str::to_owned) else { return (None, findings) };
    if let Kind::Text(pattern) = &item.kind {
        let params = Spanned { kind: Kind::Null, place: item.place.clone() };
        return (Some(Entry { pattern: pattern.clone(), name, place: item.place.clone(), params }), findings);
    }
    if let Some(second) = item.members().get(1) {
        findings.push(
            Finding::error(second.key_place.label("one too many"), "an entry of `use` names exactly one pattern")
                .help("begin a new entry with `-`, or indent this under the pattern"),
        );
    }
    let Some(member) = item.members().first() else { return (None, findings) };
    let mut params = member.value.clone();
    if let Some(alias) = params.remove("as") {
        let subject = Subject { name: "`as`", member: "key", help: None, place: &alias.key_place };
        let schema = serde_json::json!({"type": "string", "format": "base-name"});
        findings.extend(schema::check(&schema, &alias.value, subject));
    }
    (Some(Entry { pattern: member.key.clone(), name, place: member.key_place.clone(), params }), findings)
}
