//! Merging a patch into an object as Kubernetes' strategic merge does: maps deep, lists by their keys, `null` removes
//! a field, `$patch: delete` an element and `$patch: replace` what was there.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use super::is_built_in;
use crate::describe::{Kind, Place, Spanned};
use crate::diagnostic::Finding;
use crate::kube::pointer_keys;
use crate::words::{did_you_mean, list, nearest};

/// Lists with the field that tells their elements apart (`x-kubernetes-patch-merge-key` of the `OpenAPI` schema).
const KEYS: &[(&str, &str)] = &[
    ("containers", "name"),
    ("initContainers", "name"),
    ("volumes", "name"),
    ("env", "name"),
    ("imagePullSecrets", "name"),
    ("resourceClaims", "name"),
    ("secrets", "name"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("hostAliases", "ip"),
    ("topologySpreadConstraints", "topologyKey"),
    ("webhooks", "name"),
];

/// The merge key of a list, if it has one in this kind of object.
pub(crate) fn key_of(kind: &str, field: &str) -> Option<&'static str> {
    match field {
        // kinds of others have no merge keys that a server knows
        _ if !is_built_in(kind) => None,
        "ports" if kind == "Service" => Some("port"),
        "ports" => Some("containerPort"),
        _ => KEYS.iter().find(|(name, _)| *name == field).map(|(_, key)| *key),
    }
}

/// Merges a patch, and says what in it matches nothing.
pub(crate) fn merge(object: &mut Json, patch: &Spanned) -> Vec<Finding> {
    let kind = object["kind"].as_str().unwrap_or_default().to_owned();
    let mut merge = Merge { kind: &kind, findings: Vec::new() };
    if let Some(member) = patch.member("$patch").filter(|_| directive(patch) == Some("delete")) {
        let finding = Finding::error(member.key_place.label(""), "a patch cannot remove an object");
        return vec![finding.help(instead_of_removal(&kind))];
    }
    merge.value(object, patch, "");
    merge.findings
}

/// How a description leaves out an object of a kind.
fn instead_of_removal(kind: &str) -> &'static str {
    match kind {
        "PodDisruptionBudget" => "budget: false",
        "ServiceAccount" => "app: {account: default}, or the name of another account",
        "HorizontalPodAutoscaler" => "leave out `autoscale`, or `max` of `replicated`",
        "Service" => "leave out the app's `port`, or choose a shape without a Service",
        "Ingress" | "HTTPRoute" | "GRPCRoute" => "leave out `expose`",
        "NetworkPolicy" => "leave out `isolate`",
        "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding" => "leave out `rights` and `cluster-rights`",
        "ConfigMap" => "leave out the key or pattern whose configuration it holds",
        _ => "leave out the key or pattern that makes it, or remove the document",
    }
}

struct Merge<'a> {
    kind: &'a str,
    findings: Vec<Finding>,
}

impl Merge<'_> {
    fn value(&mut self, there: &mut Json, patch: &Spanned, field: &str) {
        match &patch.kind {
            Kind::Map(_) if directive(patch) == Some("replace") => *there = plain(patch),
            Kind::Map(members) => {
                if !there.is_object() {
                    *there = Json::Object(Map::new());
                }
                for member in members {
                    let Some(object) = there.as_object_mut() else { return };
                    let is_map = matches!(member.value.kind, Kind::Map(_));
                    if matches!(member.value.kind, Kind::Null) || is_map && directive(&member.value) == Some("delete") {
                        object.shift_remove(&member.key);
                        continue;
                    }
                    let inner = object.entry(member.key.clone()).or_insert(Json::Null);
                    self.value(inner, &member.value, &member.key);
                }
            }
            Kind::List(items) => match key_of(self.kind, field) {
                Some(key) if items.iter().all(|item| item.get(key).is_some() || directive(item).is_some()) => {
                    self.list(there, items, (field, key), &patch.place);
                }
                Some(key) => self.findings.push(
                    Finding::error(patch.place.label(""), format!("an element of `{field}` needs `{key}`"))
                        .because("Kubernetes identifies the elements of this list by it")
                        .help(format!("{field}: [{{{key}: …, …}}]")),
                ),
                None => *there = plain(patch),
            },
            _ => *there = patch.to_json(),
        }
    }

    fn list(&mut self, there: &mut Json, items: &[Spanned], (field, key): (&str, &str), place: &Place) {
        if items.is_empty() && there.as_array().is_some_and(|there| !there.is_empty()) {
            let finding = Finding::error(place.label(""), format!("an empty list changes nothing in `{field}`"));
            self.findings.push(
                finding
                    .because("the elements of this list are merged, and those that are not named stay")
                    .help(format!("leave it out, or write {field}: [{{$patch: replace}}] to empty the list")),
            );
        }
        if items.iter().any(|item| directive(item) == Some("replace") && item.get(key).is_none()) {
            *there = Json::Array(items.iter().filter(|item| item.get(key).is_some()).map(plain).collect());
            return;
        }
        if !there.is_array() {
            *there = Json::Array(Vec::new());
        }
        let Some(list) = there.as_array_mut() else { return };
        let mut elements: Vec<Option<Json>> = std::mem::take(list).into_iter().map(Some).collect();
        let mut places: HashMap<String, usize> = HashMap::new();
        for (at, element) in elements.iter().enumerate() {
            let name = element.as_ref().map(|element| element[key].to_string());
            places.entry(name.unwrap_or_default()).or_insert(at);
        }
        for item in items {
            let Some(wanted) = item.get(key) else { continue };
            let name = wanted.to_json();
            let at = places.get(&name.to_string()).copied();
            let there = at.and_then(|at| elements.get_mut(at));
            match (there, directive(item)) {
                (Some(element), Some("delete")) => {
                    *element = None;
                    places.remove(&name.to_string());
                }
                (Some(Some(element)), _) => self.value(element, item, ""),
                (_, directive) => {
                    let is_container = matches!(field, "containers" | "initContainers");
                    if is_container || directive == Some("delete") {
                        let known = elements.iter().flatten().take(SHOWN).map(|element| text(&element[key]));
                        let known: Vec<String> = known.collect();
                        self.findings.push(matches_nothing(field, &text(&name), &known, &wanted.place));
                    } else {
                        places.entry(name.to_string()).or_insert(elements.len());
                        elements.push(Some(plain(item)));
                    }
                }
            }
        }
        list.extend(elements.into_iter().flatten());
    }
}

/// How many elements a message chooses from.
const SHOWN: usize = 100;

fn matches_nothing(field: &str, name: &str, known: &[String], place: &Place) -> Finding {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let label = nearest(name, known.iter().copied()).map_or_else(String::new, did_you_mean);
    let finding = Finding::error(place.label(label), format!("no element of `{field}` is called `{name}`"));
    match (field, known.is_empty()) {
        ("containers" | "initContainers", _) => finding.help(format!(
            "known elements are {}; to add a container, use `use: [{{container: …}}]` or `init`",
            if known.is_empty() { "none".to_owned() } else { list(&known) }
        )),
        (_, true) => finding.help("the list is empty"),
        (_, false) => finding.help(format!("there are {}", list(&known))),
    }
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn directive(value: &Spanned) -> Option<&str> {
    value.get("$patch").and_then(Spanned::text)
}

/// A value without directives.
fn plain(value: &Spanned) -> Json {
    match &value.kind {
        Kind::Map(members) => {
            let members =
                members.iter().filter(|member| member.key != "$patch" && !matches!(member.value.kind, Kind::Null));
            Json::Object(members.map(|member| (member.key.clone(), plain(&member.value))).collect())
        }
        Kind::List(items) => Json::Array(items.iter().map(plain).collect()),
        _ => value.to_json(),
    }
}

/// The first index of a JSON pointer that meets a list with a merge key: the `merge` to write in its place.
pub(crate) fn by_index(object: &Json, pointer: &str, value: &str) -> Option<String> {
    let kind = object["kind"].as_str().unwrap_or_default();
    let parts: Vec<String> = pointer_keys(pointer).collect();
    let mut at = object;
    let (mut open, mut close, mut found) = (String::new(), String::new(), false);
    for (number, part) in parts.iter().enumerate() {
        let last = number + 1 == parts.len();
        let field = number.checked_sub(1).and_then(|before| parts.get(before));
        let key = field.and_then(|field| key_of(kind, field));
        if let (Some(key), Some(elements), Ok(index)) = (key, at.as_array(), part.parse::<usize>()) {
            found = true;
            let name = elements.get(index).map_or_else(|| "…".to_owned(), |element| text(&element[key]));
            if number + 2 == parts.len() && parts[number + 1] == key {
                return Some(format!("merge: {open}[{{{key}: {name}, $patch: delete}}, {{{key}: {value}, …}}]{close}"));
            }
            let _ = write!(open, "[{{{key}: {name}");
            close.insert_str(0, "}]");
            if last {
                open.push_str(if value.is_empty() { ", $patch: delete" } else { ", …" });
            } else {
                open.push_str(", ");
            }
        } else {
            let brace = number == 0 || !open.ends_with(", ");
            let _ = write!(open, "{}{part}: ", if brace { "{" } else { "" });
            if brace {
                close.insert(0, '}');
            }
            if last {
                open.push_str(if value.is_empty() { "null" } else { value });
            }
        }
        at = match at {
            Json::Array(elements) => {
                part.parse::<usize>().ok().and_then(|index| elements.get(index)).unwrap_or(&Json::Null)
            }
            other => other.get(part.as_str()).unwrap_or(&Json::Null),
        };
    }
    found.then(|| format!("merge: {open}{close}"))
}
