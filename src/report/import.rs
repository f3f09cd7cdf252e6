//! What an import came to: as text for people, as JSON for programs, as a diff of objects.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::difference::Difference;
use super::excerpt::printable;
use crate::import::{Compared, Import, Imported, Input, Kind, check, hide_secrets};
use crate::secret_texts::{by_form, is_secret, masked, replaced};
use crate::sort;
use crate::words::clip;
use crate::yaml::emit;

/// What could not be imported as it is, with its place.
pub type Unread = (String, String);

/// Fields of a document, counted by how they relate to what was there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    /// That say the same.
    pub same: usize,
    /// That the manifest leaves open and the description does not.
    pub completed: usize,
    /// That were said, and are made in another way or stricter.
    pub changed: usize,
    /// That were said and are not made.
    pub lost: usize,
}

/// Counts the fields of some objects.
#[must_use]
pub fn count<'a>(objects: impl IntoIterator<Item = &'a Compared>) -> Count {
    let mut count = Count::default();
    for field in objects.into_iter().flat_map(|object| &object.fields) {
        match field.kind {
            Kind::Same => count.same += 1,
            Kind::Completed(_) => count.completed += 1,
            Kind::Changed(_) => count.changed += 1,
            Kind::Lost => count.lost += 1,
        }
    }
    count
}

/// The numbers of an import in one line.
#[must_use]
pub fn summary(import: &Import, workloads: usize) -> String {
    let count = count(import.documents.iter().flat_map(|document| &document.objects));
    let (imported, plain) = workloads_of(import);
    let noun = if workloads == 1 { "workload" } else { "workloads" };
    format!(
        "{imported} of {workloads} {noun} imported, {plain} without patch or extra; fields: {} unchanged, {} completed, {} changed, {} lost",
        count.same, count.completed, count.changed, count.lost
    )
}

/// How many workloads are imported, those of environments too, and how many of them without `patch` or `extra`. One that several
/// environments have from the same file is one.
fn workloads_of(import: &Import) -> (usize, usize) {
    let count = |wanted: fn(&Imported) -> bool| {
        let objects = import.documents.iter().filter(|document| wanted(document)).flat_map(|one| &one.objects);
        let workloads = objects.filter(|object| object.input.is_workload());
        workloads.map(|object| (object.input.file.as_str(), object.input.start)).collect::<BTreeSet<_>>().len()
    };
    (count(|_| true), count(is_plain))
}

/// Whether a document needs neither `patch` nor `extra`.
#[must_use]
pub fn is_plain(document: &Imported) -> bool {
    document.patches == 0 && document.extra.is_empty()
}

/// The report for people.
#[must_use]
pub fn text(import: &Import, workloads: usize, unread: &[Unread]) -> String {
    let mut out = format!("{}\n", summary(import, workloads));
    let mut named = BTreeSet::new();
    for document in &import.documents {
        write_document(&mut out, document);
        // variants of one workload name the same Secrets
        for secret in document.secrets.iter().filter(|secret| named.insert(secret.as_str())) {
            let _ = writeln!(out, "  create      {}", printable(secret));
        }
        for obsolete in &document.obsolete {
            let _ = writeln!(out, "  delete      {}", printable(obsolete));
        }
    }
    let lost = import.lost().map(|(input, field)| (input, field.name()));
    section(&mut out, "lost", lost.map(|(input, name)| of_object(input, &name)));
    let check = check(import).into_iter().map(|(what, places)| format!("{what}: {}", printable(&few(&places))));
    section(&mut out, "check before you apply; no manifest says it, and a program may depend on it", check);
    let refused = import.refused.iter().map(|refused| told(refused));
    section(&mut out, "nothing is generated from all of it; generate its documents apart", refused);
    let left = import.left.iter().map(|left| of_object(&left.input, &left.why));
    section(&mut out, "not imported; keep applying these", left);
    if !import.of_cluster.is_empty() {
        let number = plural(import.of_cluster.len(), "object");
        let _ = writeln!(out, "\nmade by the cluster, and nothing to apply: {number}");
    }
    let unread = unread.iter().map(|(place, why)| format!("{}: {}", printable(place), told(why)));
    section(&mut out, "not imported; fix these or fill them in first", unread);
    out
}

/// The first of many places in one line; the JSON report has all.
fn few(places: &[String]) -> String {
    const SHOWN: usize = 8;
    match places.len().saturating_sub(SHOWN) {
        // a few more take no more room than their number does
        0..=2 => places.join(", "),
        more => format!("{} and {more} more (`--format json` has all)", places[..SHOWN].join(", ")),
    }
}

/// Words of a report, which repeat no secret.
fn told(words: &str) -> String {
    printable(&shown(words))
}

/// Words without what shows by its form that it is a secret. They name options, and are no command.
fn shown(words: &str) -> Cow<'_, str> {
    replaced(words, by_form(words))
}

/// A title with a line for each of its points; nothing without points.
fn section(out: &mut String, title: &str, points: impl Iterator<Item = String>) {
    let mut points = points.peekable();
    if points.peek().is_some() {
        let _ = writeln!(out, "\n{title}:");
    }
    for point in points {
        let _ = writeln!(out, "  {point}");
    }
}

fn of_object(input: &Input, what: &str) -> String {
    format!("{} ({}): {}", printable(&input.title()), printable(&input.place()), told(what))
}

fn write_document(out: &mut String, document: &Imported) {
    let workload = &document.workload;
    let _ =
        writeln!(out, "\n{} ({}) is `{}`", printable(&workload.title()), printable(&workload.place()), document.name);
    if let Some(variant) = &document.variant {
        let _ = writeln!(out, "  variant     {}", printable(variant));
    }
    if !document.environments.is_empty() {
        let _ = writeln!(out, "  environments: {}", document.environments.join(", "));
    }
    for (reason, fields) in completed(document) {
        let _ = writeln!(out, "  completed   {}: {reason}", printable(&fields.join(", ")));
    }
    for (reason, fields) in changed(document) {
        let _ = writeln!(out, "  changed     {}: {reason}", printable(&fields.join(", ")));
    }
    for added in &document.added {
        let _ = writeln!(out, "  added       {}", told(added));
    }
    if document.patches > 0 {
        let _ = writeln!(out, "  patch       {} for what no key expresses", plural(document.patches, "object"));
    }
    for extra in &document.extra {
        let _ = writeln!(out, "  extra       {} ({})", printable(&extra.title()), printable(&extra.place()));
    }
    for note in &document.notes {
        let _ = writeln!(out, "  note        {}", told(note));
    }
}

fn plural(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The completed fields by reason.
fn completed(document: &Imported) -> BTreeMap<&'static str, Vec<String>> {
    let mut reasons: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for field in document.objects.iter().flat_map(|object| &object.fields) {
        let Kind::Completed(reason) = field.kind else { continue };
        let name = told_apart(&field.path);
        let name = match short(&name, field.made.as_ref()) {
            Some(made) => format!("{name} {made}"),
            None => name,
        };
        let names = reasons.entry(reason).or_default();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    reasons
}

/// The last key of a path, after the one above it where many maps have it.
fn told_apart(path: &[String]) -> String {
    const COMMON: [&str; 4] = ["drop", "port", "seconds", "type"];
    let mut steps = path.iter().rev().filter(|step| !step.starts_with('['));
    match (steps.next(), steps.next()) {
        (Some(last), Some(above)) if COMMON.contains(&last.as_str()) => format!("{above}.{last}"),
        (last, _) => last.cloned().unwrap_or_default(),
    }
}

/// A value that has its place in a line.
fn short(name: &str, value: Option<&Json>) -> Option<String> {
    match value {
        Some(value @ (Json::Bool(_) | Json::Number(_))) => Some(value.to_string()),
        Some(Json::String(text)) if text.len() < 24 && name != "value" && !is_secret(name, text) => {
            Some(masked(text).into_owned())
        }
        Some(Json::Array(items)) if matches!(name, "capabilities.drop" | "matchLabelKeys") => match items.as_slice() {
            [one] => short(name, Some(one)),
            _ => None,
        },
        _ => None,
    }
}

/// The changed fields by reason, with what they were and are, where that is short.
fn changed(document: &Imported) -> BTreeMap<&'static str, Vec<String>> {
    let mut reasons: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for field in document.objects.iter().flat_map(|object| &object.fields) {
        let Kind::Changed(reason) = field.kind else { continue };
        let name = told_apart(&field.path);
        let name = match (short(&name, field.said.as_ref()), short(&name, field.made.as_ref())) {
            (Some(said), Some(made)) => format!("{name} {said} -> {made}"),
            _ => name,
        };
        let names = reasons.entry(reason).or_default();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    reasons
}

/// The report for programs.
#[must_use]
pub fn json(import: &Import, workloads: usize, unread: &[Unread]) -> Json {
    let document = |document: &Imported| {
        let count = count(&document.objects);
        let fields = |wanted: fn(&Kind) -> bool| -> Vec<Json> {
            let all = document.objects.iter().flat_map(|object| object.fields.iter().map(move |field| (object, field)));
            all.filter(|(_, field)| wanted(&field.kind))
                .map(|(object, field)| {
                    let reason = match field.kind {
                        Kind::Completed(reason) | Kind::Changed(reason) => json!(reason),
                        Kind::Same | Kind::Lost => Json::Null,
                    };
                    json!({"object": object.input.title(), "field": field.name(), "why": reason})
                })
                .collect()
        };
        json!({
            "name": document.name,
            "workload": document.workload.title(),
            "file": document.workload.file,
            "line": document.workload.line,
            "environments": document.environments,
            "variant": document.variant,
            "same": count.same,
            "completed": fields(|kind| matches!(kind, Kind::Completed(_))),
            "changed": fields(|kind| matches!(kind, Kind::Changed(_))),
            "lost": fields(|kind| *kind == Kind::Lost),
            "added": document.added,
            "patches": document.patches,
            "extra": document.extra.iter().map(Input::title).collect::<Vec<_>>(),
            "notes": document.notes,
            "create": document.secrets,
            "delete": document.obsolete,
            "description": document.text,
        })
    };
    let left = import.left.iter().map(
        |left| json!({"object": left.input.title(), "file": left.input.file, "line": left.input.line, "why": shown(&left.why)}),
    );
    let count = count(import.documents.iter().flat_map(|document| &document.objects));
    json!({
        "workloads": workloads,
        "imported": workloads_of(import).0,
        "plain": workloads_of(import).1,
        "fields": {"same": count.same, "completed": count.completed, "changed": count.changed, "lost": count.lost},
        "documents": import.documents.iter().map(document).collect::<Vec<_>>(),
        "check": check(import).into_iter().map(|(what, at)| json!({"what": what, "at": at})).collect::<Vec<_>>(),
        "cluster": import.of_cluster.iter().map(Input::title).collect::<Vec<_>>(),
        "refused": import.refused.iter().map(|refused| shown(refused)).collect::<Vec<_>>(),
        "left": left.collect::<Vec<_>>(),
        "unread": unread.iter().map(|(place, why)| json!({"file": place, "why": shown(why)})).collect::<Vec<_>>(),
    })
}

/// Each object as it is and as it will be.
#[must_use]
pub fn diff(import: &Import) -> String {
    let mut out = String::new();
    for object in import.documents.iter().flat_map(|document| &document.objects) {
        let (mut old, mut new) = (sorted(&object.input.object), sorted(&object.made));
        hide_secrets(&mut old);
        hide_secrets(&mut new);
        let text = |value: &Json| emit::to_yaml(value).unwrap_or_default();
        let (old, new) = (text(&old), text(&new));
        let title = clip(&object.input.title());
        let before = format!("{title} ({})", printable(&object.input.place()));
        let after = format!("{title} (generated)");
        let _ = write!(out, "{}", Difference::of(&old, &new, [&before, &after], None));
    }
    out
}

/// With its keys in order, and without what the server wrote.
fn sorted(value: &Json) -> Json {
    match value {
        Json::Object(members) => {
            let mut entries: Vec<(&String, &Json)> = members.iter().filter(|(key, _)| *key != "status").collect();
            sort::by_key(&mut entries, |(key, _)| *key);
            Json::Object(entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect())
        }
        Json::Array(items) => Json::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::few;

    #[test]
    fn many_places_are_a_number() {
        let places = |number: usize| (0..number).map(|number| format!("Pod/p{number}")).collect::<Vec<_>>();
        assert_eq!(few(&places(2)), "Pod/p0, Pod/p1");
        assert!(few(&places(10)).ends_with(", Pod/p9"));
        assert!(few(&places(400)).ends_with(", Pod/p7 and 392 more (`--format json` has all)"));
    }
}
