//! `patch` and `extra`: what a description says about objects directly.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use crate::describe::{Kind, Member, Place, Spanned};
use crate::diagnostic::Finding;
use crate::kube::pointer_keys;
use crate::origin::{FROM, SOURCE};
use crate::pattern::names::JOB_MARK;
use crate::pattern::objects;
use crate::pattern::objects::made::Made;
use crate::pattern::objects::strategic;
use crate::pattern::plan::prepare::Prepared;
use crate::words::{did_you_mean, nearest};

/// Applies the document's patches and adds its extra objects.
pub(crate) fn apply(prepared: &Prepared<'_>, made: &mut Vec<Made>) -> Vec<Finding> {
    let description = prepared.description;
    let mut findings = Vec::new();
    // a patch cannot rename an object, so that all are found by the names that they have before
    let names: Vec<String> = made.iter().map(|made| identity(&made.object)).collect();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (at, name) in names.iter().enumerate() {
        places.entry(name).or_insert(at);
    }
    for patch in &description.patches {
        findings.extend(apply_patch(patch, made, (&names, &places)));
    }
    for extra in &description.extra {
        let mut object = extra.to_json();
        objects::place_in(&mut object, description.namespace.as_deref());
        objects::mark(&mut object, description);
        findings.extend(check_identity(extra, &object));
        findings.extend(check_secret(extra));
        made.push(Made { object, blame: Some(extra.place.clone()), origin: description.name_place.clone() });
    }
    findings
}

/// Kind and name become a file's name under `--output`, so they hold nothing that leads elsewhere.
fn check_identity(extra: &Spanned, object: &Json) -> Vec<Finding> {
    let mut findings = Vec::new();
    for field in ["apiVersion", "kind"] {
        if object[field].as_str().is_none_or(str::is_empty) {
            findings.push(Finding::error(extra.place.label(""), format!("an object needs `{field}`")));
        }
    }
    let kind = object["kind"].as_str().unwrap_or_default();
    if !kind.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        findings.push(Finding::error(extra.place.label(""), "a kind is letters and digits, such as ConfigMap"));
    }
    if kind.ends_with("List") && object["items"].is_array() {
        findings.push(
            Finding::error(extra.place.label(""), "a list is not one object")
                .help("write its items under `extra`, one by one"),
        );
    }
    let name = object.pointer("/metadata/name").and_then(Json::as_str).unwrap_or_default();
    if name.is_empty() || name == "." || name == ".." || name.contains(['/', '%', '\\']) {
        findings.push(
            Finding::error(extra.place.label(""), "an object needs a name that can be part of a path")
                .because("the API server serves it under that name (`IsValidPathSegmentName`)")
                .help("metadata: {name: …}"),
        );
    }
    findings
}

/// A Secret's values are in no description: it is in the repository, and what it makes is printed.
fn check_secret(extra: &Spanned) -> Vec<Finding> {
    let is_secret = extra.get("kind").and_then(Spanned::text) == Some("Secret")
        && extra.get("apiVersion").and_then(Spanned::text) == Some("v1");
    let maps = ["data", "stringData"].iter().filter(|_| is_secret).filter_map(|key| extra.member(key));
    let plaintext = |map: &Member| {
        // an empty value is for something else to fill in
        let has_text = |member: &&Member| member.value.text().is_some_and(|text| !text.is_empty());
        let value = map.value.members().iter().find(has_text)?;
        let message = format!("the value of `{}` is a plaintext secret", value.key);
        Some(Finding::error(value.key_place.label(""), message)
            .hide(value.value.place.span)
            .because("anyone who can read the repository or the generated YAML can read it; base64 hides nothing")
            .help("remove the Secret, and create it with kubectl create secret, Sealed Secrets or External Secrets; the description refers to it: TOKEN: secret/<name>/<key>"))
    };
    maps.filter_map(plaintext).collect()
}

/// How many objects a message names.
const SHOWN: usize = 100;

fn apply_patch(
    patch: &Spanned,
    made: &mut [Made],
    (names, places): (&[String], &HashMap<&str, usize>),
) -> Vec<Finding> {
    let Some(target) = patch.get("object") else { return Vec::new() };
    let Some(wanted) = target.text() else { return Vec::new() };
    let Some(at) = places.get(wanted).copied() else { return vec![no_object(target, wanted, names)] };
    let mut findings = Vec::new();
    let made = &mut made[at];
    made.blame = Some(target.place.clone());
    let before = made.object.clone();
    if let Some(merge) = patch.get("merge") {
        findings.extend(strategic::merge(&mut made.object, merge));
    }
    for member in patch.get("set").map(Spanned::members).unwrap_or_default() {
        findings.extend(set_member(&mut made.object, wanted, member));
    }
    for item in patch.get("remove").map(Spanned::items).unwrap_or_default() {
        findings.extend(remove_item(&mut made.object, wanted, item));
    }
    if identity(&made.object) != wanted {
        findings.push(
            Finding::error(target.place.label(""), "a patch cannot rename an object")
                .help("change `name`, or add the object under `extra`"),
        );
        return findings;
    }
    if findings.is_empty() {
        findings.extend(not_a_patchs(target, &before, &made.object));
    }
    if findings.is_empty() && made.object == before && !["merge", "set"].iter().any(|key| says(patch.get(key))) {
        let has_none = ["merge", "set", "remove"].iter().all(|key| patch.get(key).is_none());
        let help = if has_none { "add `merge`, `set` or `remove`" } else { "say what to change, or remove the patch" };
        findings.push(Finding::error(target.place.label(""), "this patch changes nothing").help(help));
    }
    findings
}

/// Whether a patch holds any value; one that is there already may be meant.
fn says(patch: Option<&Spanned>) -> bool {
    patch.is_some_and(|patch| match &patch.kind {
        Kind::Map(members) => members.iter().any(|member| match member.key.as_str() {
            "$patch" => false,
            // its name alone says which container it is
            "containers" | "initContainers" => member.value.items().iter().any(|one| {
                let more = one.members().iter().filter(|member| member.key != "name" && member.key != "$patch");
                more.into_iter().any(|member| says(Some(&member.value)))
            }),
            _ => says(Some(&member.value)),
        }),
        Kind::List(items) => items.iter().any(|item| says(Some(item))),
        Kind::Null => false,
        _ => true,
    })
}

/// Fields that are not a patch's to change, with what to do instead.
fn not_a_patchs(target: &Spanned, before: &Json, after: &Json) -> Vec<Finding> {
    let differs = |pointer: &str| before.pointer(pointer) != after.pointer(pointer);
    let error = |message: &str| Finding::error(target.place.label(""), message);
    let mut findings = Vec::new();
    if differs("/metadata/namespace") {
        findings.push(
            error("a patch cannot move an object to another namespace")
                .because("what refers to it, and what it refers to, would stay behind")
                .help("namespace: <name> beside `app` moves all objects of the document"),
        );
    }
    for key in [SOURCE, FROM] {
        if differs(&format!("/metadata/annotations/{}", key.replace('/', "~1"))) {
            findings.push(
                error(&format!("a patch cannot change the annotation `{key}`"))
                    .because("`patterns gen` finds the files that it may replace and remove by it")
                    .help("leave it as it is; other annotations can be changed"),
            );
        }
    }
    if differs("/status") {
        findings.push(
            error("a patch cannot set `status`")
                .because("the cluster writes it; the API server ignores it in what is applied")
                .help("leave `status` out"),
        );
    }
    findings
}

fn no_object(target: &Spanned, wanted: &str, names: &[String]) -> Finding {
    let shown = names.iter().take(SHOWN);
    let label = nearest(wanted, shown.clone().map(String::as_str)).map_or_else(String::new, did_you_mean);
    let more = names.len().checked_sub(SHOWN).filter(|more| *more > 0);
    let more = more.map_or_else(String::new, |more| format!(" and {more} more"));
    let shown = shown.map(String::as_str).collect::<Vec<_>>().join(", ");
    Finding::error(target.place.label(label), format!("no object is called `{wanted}`"))
        .help(format!("there are {shown}{more}"))
}

/// Sets one path of an object.
fn set_member(object: &mut Json, name: &str, member: &Member) -> Option<Finding> {
    let value = match member.value.to_json() {
        scalar @ (Json::String(_) | Json::Number(_) | Json::Bool(_)) => scalar.to_string(),
        _ => "…".to_owned(),
    };
    if let Some(merge) = strategic::by_index(object, &member.key, &value) {
        return Some(by_index(&member.key_place, merge));
    }
    (!set(object, &member.key, member.value.to_json())).then(|| {
        Finding::error(member.key_place.label(""), format!("{name} has no path `{}`", member.key))
            .because("a list index in it does not exist")
    })
}

/// Removes one path of an object.
fn remove_item(object: &mut Json, name: &str, item: &Spanned) -> Option<Finding> {
    let pointer = item.text()?;
    if let Some(merge) = strategic::by_index(object, pointer, "") {
        return Some(by_index(&item.place, merge));
    }
    let is_gone = remove(object, pointer);
    (!is_gone).then(|| Finding::error(item.place.label(""), format!("{name} has nothing there to remove")))
}

/// An index into a list whose elements have names.
fn by_index(place: &Place, merge: String) -> Finding {
    Finding::error(place.label(""), "this patch uses an index in a list whose elements have names")
        .because("adding a pattern above it would silently move it to another container")
        .help(merge)
}

/// `Deployment/shop`.
fn identity(object: &Json) -> String {
    let text = |value: &Json| value.as_str().unwrap_or_default().trim_end_matches(JOB_MARK).to_owned();
    format!("{}/{}", text(&object["kind"]), text(&object["metadata"]["name"]))
}

/// Sets a value by JSON pointer (RFC 6901), making maps on the way; `-` appends to a list.
fn set(object: &mut Json, pointer: &str, value: Json) -> bool {
    let mut at = object;
    for part in pointer_keys(pointer) {
        if at.is_null() {
            *at = Json::Object(Map::new());
        }
        at = match at {
            Json::Object(members) => members.entry(part).or_insert(Json::Null),
            Json::Array(elements) => {
                let index = if part == "-" { elements.len() } else { part.parse().unwrap_or(usize::MAX) };
                if part == "-" {
                    elements.push(Json::Null);
                }
                let Some(element) = elements.get_mut(index) else { return false };
                element
            }
            _ => return false,
        };
    }
    *at = value;
    true
}

fn remove(object: &mut Json, pointer: &str) -> bool {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return false };
    let last = last.replace("~1", "/").replace("~0", "~");
    match object.pointer_mut(parent) {
        Some(Json::Object(members)) => members.shift_remove(&last).is_some(),
        Some(Json::Array(elements)) => match last.parse::<usize>() {
            Ok(index) if index < elements.len() => {
                elements.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    }
}
