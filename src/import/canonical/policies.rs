//! The canonical form of a `NetworkPolicy`.

use serde_json::{Value as Json, json};

use crate::import::around::Around;
use crate::import::values::{items, text};

/// A policy as the set of what it opens: how its rules are put together is of no effect.
pub(in crate::import) fn policy(spec: &mut Json, around: &Around) {
    fill_policy(spec, around);
    let types: Vec<String> = items(&spec["policyTypes"]).iter().map(text).collect();
    for (kind, direction, peers) in [("Ingress", "ingress", "from"), ("Egress", "egress", "to")] {
        let mut open = Vec::new();
        for rule in items(&spec[direction]) {
            let any = [Json::Null];
            let or_any = |list: &Json| if items(list).is_empty() { any.to_vec() } else { items(list).to_vec() };
            for peer in or_any(&rule[peers]) {
                for port in or_any(&rule["ports"]) {
                    open.push(format!("{} {}", sorted(&peer), sorted(&port)));
                }
            }
        }
        open.sort_unstable();
        open.dedup();
        let applies = types.iter().any(|one| one == kind);
        if let Some(members) = spec.as_object_mut() {
            members.shift_remove(direction);
            if applies {
                members.insert(direction.to_owned(), json!(open));
            }
        }
    }
    let mut types = types;
    types.sort_unstable();
    spec["policyTypes"] = json!(types);
}

/// A policy with what the server fills in, and the numbers of ports that have names.
pub(in crate::import) fn fill_policy(spec: &mut Json, around: &Around) {
    let Some(members) = spec.as_object_mut() else { return };
    if members.get("policyTypes").is_none_or(|types| items(types).is_empty()) {
        let both = members.contains_key("egress");
        members.insert("policyTypes".to_owned(), if both { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) });
    }
    for direction in ["ingress", "egress"] {
        for rule in members.get_mut(direction).and_then(Json::as_array_mut).into_iter().flatten() {
            for port in rule.get_mut("ports").and_then(Json::as_array_mut).into_iter().flatten() {
                if port["protocol"].is_null() {
                    port["protocol"] = json!("TCP");
                }
                if let Some(number) = port["port"].as_str().and_then(|name| around.ports.get(name)) {
                    port["port"] = json!(number);
                }
            }
        }
    }
}

/// A value with its members in order.
fn sorted(value: &Json) -> Json {
    match value {
        Json::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort_unstable();
            keys.into_iter().map(|key| (key.clone(), sorted(&members[key]))).collect()
        }
        Json::Array(elements) => elements.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
