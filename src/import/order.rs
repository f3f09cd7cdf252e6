//! Variables that name others which come after them: the kubelet leaves such a name as it is written. A description has no
//! order, and in what is made of it each variable comes after those that it names.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::values::items;
use crate::kube::references;

/// What becomes of a name in the text of a variable.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// The value of a variable before it, or of none that the container lists.
    Stays,
    /// The name itself: only a variable after it has this name.
    Text,
    /// Perhaps the value of a Secret, a `ConfigMap` or a Service, and never that of the variable after it.
    Elsewhere,
}

/// What becomes of a name in the text of the variable at this place.
fn fate(name: &str, at: usize, container: &Json) -> Fate {
    let all = items(&container["env"]);
    let has = |list: &[Json]| list.iter().any(|variable| variable["name"] == name);
    if has(&all[..at]) || !has(&all[at + 1..]) {
        Fate::Stays
    } else if items(&container["envFrom"]).is_empty() && !is_of_a_service(name) {
        Fate::Text
    } else {
        Fate::Elsewhere
    }
}

/// Whether the kubelet may give a container a variable of this name for a Service of its namespace (kubernetes:
/// pkg/kubelet/envvars).
fn is_of_a_service(name: &str) -> bool {
    name.contains("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || name.contains("_PORT")
}

/// The text of the variable at this place, with the names that stay text written so that they do.
pub(super) fn as_expanded(value: &str, at: usize, container: &Json) -> String {
    let mut text = String::with_capacity(value.len());
    let mut rest = 0;
    for (place, name) in references(value) {
        if fate(name, at, container) == Fate::Text {
            text.push_str(&value[rest..place]);
            text.push('$');
            rest = place;
        }
    }
    text + &value[rest..]
}

/// Gives each variable the text that means the same in any order, and says which ones have to come before others.
pub(super) fn settle(container: &mut Json) {
    leave_out_hidden(container);
    let mut orders = Vec::new();
    let mut settled = Vec::new();
    for (at, variable) in items(&container["env"]).iter().enumerate() {
        let Some(value) = variable["value"].as_str().filter(|value| value.contains("$(")) else { continue };
        settled.push((at, as_expanded(value, at, container)));
        let others = references(value).into_iter().filter(|(_, name)| fate(name, at, container) == Fate::Elsewhere);
        let own = variable["name"].as_str().unwrap_or_default();
        orders.extend(others.map(|(_, name)| format!("{own} before {name}")));
    }
    for (at, value) in settled {
        container["env"][at]["value"] = Json::String(value);
    }
    if !orders.is_empty() {
        container[ORDER] = Json::String(orders.join(", "));
    }
}

/// Leaves out variables that a later one of the same name hides: the kubelet gives a program the last value. One that a
/// variable between them may refer to stays.
fn leave_out_hidden(container: &mut Json) {
    let all = items(&container["env"]);
    let names: HashSet<&str> = all.iter().filter_map(|variable| variable["name"].as_str()).collect();
    if names.len() == all.len() {
        return;
    }
    let is_hidden = |at: usize| {
        let name = &all[at]["name"];
        let refers = |variable: &Json| {
            let value = variable["value"].as_str().filter(|value| value.contains("$("));
            value.is_some_and(|value| references(value).into_iter().any(|(_, other)| *name == *other))
        };
        all[at + 1..].iter().any(|other| other["name"] == *name) && !all[at + 1..].iter().any(refers)
    };
    let hidden: Vec<bool> = (0..all.len()).map(is_hidden).collect();
    if let Some(list) = container["env"].as_array_mut().filter(|_| hidden.contains(&true)) {
        let mut hidden = hidden.into_iter();
        list.retain(|_| hidden.next() != Some(true));
    }
}

/// Whether a container's text names a variable that the kubelet makes of a Service, other than the API server's, which all
/// containers have.
pub(super) fn needs_services(container: &Json) -> bool {
    let texts = ["command", "args"].into_iter().flat_map(|list| items(&container[list])).filter_map(Json::as_str);
    let values = items(&container["env"]).iter().filter_map(|variable| variable["value"].as_str());
    let own = |name: &str| items(&container["env"]).iter().any(|variable| variable["name"] == name);
    texts.chain(values).any(|text| {
        let words = text.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').filter(|word| {
            let service = word.strip_suffix("_SERVICE_HOST").or_else(|| word.strip_suffix("_SERVICE_PORT"));
            service.is_some_and(|service| !service.is_empty() && service != "KUBERNETES")
        });
        text.contains('$') && words.into_iter().any(|word| !own(word))
    })
}

/// Where that is said of a Pod in the canonical form.
pub(super) const USES_SERVICES: &str = "usesServiceLinks";

/// Where the canonical form of a container says which variables have to come before others.
pub(super) const ORDER: &str = "envOrder";
