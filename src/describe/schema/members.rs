//! Keys that a map should not have, or has in another place.

use serde_json::{Map, Value as Json};

use super::super::grammar::grammar;
use super::super::spanned::{Member, Spanned};
use super::subject::Subject;
use super::types::{accepts, branch};
use crate::diagnostic::Finding;
use crate::words::{list, nearest};

/// The key beside it whose map has such a key.
pub(super) fn home<'schema>(properties: Option<&'schema Map<String, Json>>, key: &str) -> Option<&'schema str> {
    let has = |schema: &Json| schema["properties"].get(key).is_some();
    properties.into_iter().flatten().find(|(_, schema)| has(schema)).map(|(name, _)| name.as_str())
}

/// Keys that are Kubernetes', or written elsewhere: one mistake, however many they are.
pub(super) fn in_another_form(forms: &Map<String, Json>, foreign: &[&Member], subject: Subject<'_>) -> Option<Finding> {
    let mut right: Vec<&str> = foreign.iter().filter_map(|member| forms[&member.key].as_str()).collect();
    right.dedup();
    let member = plural(subject.member, foreign);
    several(foreign, |keys| format!("{} has no {member} {keys}", subject.name), &right.join("; "))
}

/// Keys that belong to the map under another key.
pub(super) fn of_another_map(home: &str, members: &[&Member], subject: Subject<'_>) -> Option<Finding> {
    let keys: Vec<String> = members.iter().map(|member| format!("{}: …", member.key)).collect();
    several(
        members,
        |names| format!("{} has no {} {names}: `{home}` has", subject.name, plural(subject.member, members)),
        &format!("{home}: {{{}}}", keys.join(", ")),
    )
}

/// A key that the description or its app has, written in another map. The keys of `app` in Kubernetes' words are so, too
/// (`is_app`); among the parameters of a pattern such a word may mean anything.
pub(super) fn of_the_description(member: &Member, is_app: bool, subject: Subject<'_>) -> Option<Finding> {
    let (description, app) = (grammar(), &grammar()["properties"]["app"]);
    let key = &member.key;
    let message = format!("{} has no {} `{key}`", subject.name, subject.member);
    let own = |map: &'static Json| map["properties"].get(key).filter(|schema| takes(schema, &member.value));
    let form = |schema: &Json| schema["x-example"].as_str().map_or_else(|| format!("{key}: …"), str::to_owned);
    // what every description has is there already, and means something else here
    let is_there = description["required"].as_array().is_some_and(|required| required.iter().any(|name| name == key));
    let (message, help) = if let Some(schema) = own(description).filter(|_| !is_there) {
        (format!("{message}: the description has"), format!("beside `app`: {}", form(schema)))
    } else if let Some(schema) = own(app) {
        (format!("{message}: `app` has"), format!("in `app`: {}", form(schema)))
    } else {
        let form = description["x-wrong"].get(key).filter(|_| is_app)?.as_str()?;
        (message, if form.starts_with("app:") { form.to_owned() } else { format!("beside `app`: {form}") })
    };
    Some(Finding::error(member.key_place.label(""), message).help(help))
}

/// Whether a schema has a place for a value of this type. Another value means something else by the same name.
fn takes(schema: &Json, value: &Spanned) -> bool {
    branch(schema, value).is_some_and(|schema| schema.get("type").is_none_or(|types| accepts(types, value)))
}

fn plural(noun: &str, members: &[&Member]) -> String {
    if members.len() == 1 { noun.to_owned() } else { format!("{noun}s") }
}

/// One finding about several keys.
fn several(members: &[&Member], message: impl Fn(String) -> String, help: &str) -> Option<Finding> {
    let (first, others) = members.split_first()?;
    let keys: Vec<&str> = members.iter().map(|member| member.key.as_str()).collect();
    let finding = Finding::error(first.key_place.label(""), message(list(&keys))).help(help);
    Some(others.iter().fold(finding, |finding, other| finding.label(other.key_place.label("and this"))))
}

/// The schema of `patternProperties` for a key.
pub(super) fn by_pattern<'schema>(schema: &'schema Json, key: &str) -> Option<&'schema Json> {
    let patterns = schema.get("patternProperties")?.as_object()?.iter();
    let fits = |pattern: &str| regex_lite::Regex::new(pattern).is_ok_and(|regex| regex.is_match(key));
    patterns.filter(|(pattern, _)| fits(pattern)).map(|(_, schema)| schema).next()
}

/// A key that a map does not have.
pub(super) fn unknown(known: &[&str], member: &Member, subject: Subject<'_>, example: Option<&str>) -> Finding {
    let key = &member.key;
    let label = nearest(key, known.iter().copied()).map_or_else(String::new, |name| format!("did you mean `{name}`?"));
    let message = format!("{} has no {} `{key}`", subject.name, subject.member);
    let finding = Finding::error(member.key_place.label(label), message);
    match subject.help {
        Some(help) if known.is_empty() || !finding.primary.text.is_empty() => finding.help(help),
        Some(help) => finding.help(format!("it has {}; {help}", list(known))),
        None if known.is_empty() => finding,
        None if example.is_some() && finding.primary.text.is_empty() => {
            finding.help(format!("{}; it has {}", example.unwrap_or_default(), list(known)))
        }
        None => finding.help(format!("it has {}", list(known))),
    }
}
