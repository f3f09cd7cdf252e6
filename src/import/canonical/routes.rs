//! The canonical form of an `HTTPRoute`.

use std::cmp::Reverse;

use serde_json::{Value as Json, json};

use crate::import::values::{items, text};
use crate::sort;

/// A route with all that the server fills in, and a rule for each match: several of one rule mean any of them.
pub(in crate::import) fn route(spec: &mut Json) {
    let fill = |value: &mut Json, defaults: &[(&str, Json)]| {
        if let Some(members) = value.as_object_mut() {
            for (key, default) in defaults {
                members.entry((*key).to_owned()).or_insert_with(|| default.clone());
            }
        }
    };
    for parent in spec["parentRefs"].as_array_mut().into_iter().flatten() {
        fill(parent, &[("group", json!("gateway.networking.k8s.io")), ("kind", json!("Gateway"))]);
    }
    let Some(rules) = spec.get_mut("rules").and_then(Json::as_array_mut) else { return };
    let mut whole = Vec::new();
    for mut rule in std::mem::take(rules) {
        for backend in rule["backendRefs"].as_array_mut().into_iter().flatten() {
            fill(backend, &[("group", json!("")), ("kind", json!("Service")), ("weight", json!(1))]);
        }
        if let Some(backends) = rule["backendRefs"].as_array_mut() {
            sort::by_key(backends, |backend| text(&backend["name"]));
        }
        let matches = match items(&rule["matches"]) {
            [] => vec![json!({})],
            some => some.to_vec(),
        };
        for mut one in matches {
            fill(&mut one, &[("path", json!({}))]);
            fill(&mut one["path"], &[("type", json!("PathPrefix")), ("value", json!("/"))]);
            if let Some(members) = rule.as_object_mut() {
                members.insert("matches".to_owned(), json!([one]));
                whole.push(rule.clone());
            }
        }
    }
    // a longer path comes first wherever its rule is (Gateway API: HTTPRouteRule, `matches`)
    sort::by_key(&mut whole, |rule| {
        let path = text(&rule["matches"][0]["path"]["value"]);
        (Reverse(path.len()), path)
    });
    *rules = whole;
}
