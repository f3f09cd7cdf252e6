//! An `HTTPRoute` as `expose.gateway`.

use std::collections::HashSet;

use serde_json::{Map, Value as Json, json};

use super::canonical::route;
use super::owned::Owned;
use super::values::{items, text};
use crate::describe::fits;

/// The versions that servers have; both have the same fields.
pub(super) const VERSIONS: [&str; 2] = ["gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1beta1"];

/// Whether all members of a map are among these.
fn has_only(value: &Json, known: &[&str]) -> bool {
    value.as_object().is_some_and(|members| members.keys().all(|key| known.contains(&key.as_str())))
}

/// The one Gateway that a route is on, as `gateway` names it.
fn gateway(spec: &Json) -> Option<String> {
    let [parent] = items(&spec["parentRefs"]) else { return None };
    let is_gateway = parent["kind"] == "Gateway" && parent["group"] == "gateway.networking.k8s.io";
    (is_gateway && has_only(parent, &["group", "kind", "name", "namespace"])).then_some(())?;
    let name = parent["name"].as_str()?;
    let whole = parent["namespace"].as_str().map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"));
    fits("gateway-ref", &whole).then_some(whole)
}

/// The path of a rule that goes by nothing else.
fn path(rule: &Json) -> Option<&str> {
    let [one] = items(&rule["matches"]) else { return None };
    let is_prefix = has_only(one, &["path"]) && one["path"]["type"] == "PathPrefix";
    one["path"]["value"].as_str().filter(|path| is_prefix && fits("http-path", path))
}

/// A Service of the same namespace with its port.
fn backend(backend: &Json) -> Option<(&str, u64)> {
    let is_service = backend["kind"] == "Service" && backend["group"] == "";
    let is_plain = is_service && has_only(backend, &["group", "kind", "name", "port", "weight"]);
    Some((backend["name"].as_str().filter(|_| is_plain)?, backend["port"].as_u64()?))
}

/// Whether the language has words for a route in its canonical form.
fn is_sayable(spec: &Json) -> bool {
    let rules = items(&spec["rules"]);
    let Some(first) = rules.first() else { return false };
    let timeout = &first["timeouts"]["request"];
    let attempts = &first["retry"]["attempts"];
    let same =
        |rule: &Json| rule["timeouts"] == first["timeouts"] && rule["retry"] == first["retry"] && path(rule).is_some();
    let is_known = |rule: &Json| has_only(rule, &["matches", "backendRefs", "timeouts", "retry"]);
    let paths: HashSet<&str> = rules.iter().filter_map(path).collect();
    let is_split = |rule: &Json| items(&rule["backendRefs"]).len() > 1;
    let leads = |rule: &Json| {
        let backends = items(&rule["backendRefs"]);
        !backends.is_empty()
            && backends.iter().all(|one| backend(one).is_some())
            && (is_split(rule) || backends.iter().all(|one| one["weight"] == 1))
    };
    gateway(spec).is_some()
        && has_only(spec, &["parentRefs", "hostnames", "rules"])
        && !items(&spec["hostnames"]).is_empty()
        && rules.iter().all(|rule| same(rule) && is_known(rule) && leads(rule))
        && paths.len() == rules.len()
        // what is divided is one path's
        && (rules.len() == 1 || !rules.iter().any(is_split))
        && (timeout.is_null() && first["timeouts"].is_null()
            || has_only(&first["timeouts"], &["request"]) && timeout.as_str().is_some_and(|time| fits("timeout", time)))
        && (first["retry"].is_null() || has_only(&first["retry"], &["attempts"]) && attempts.is_u64())
}

/// The Service that a route leads to: at `/`, or at its first path; none where the language has no words for it.
pub(super) fn leads_to(spec: &Json) -> Option<&str> {
    let mut whole = spec.clone();
    route(&mut whole);
    is_sayable(&whole).then_some(())?;
    let rules = items(&spec["rules"]);
    let is_root = |rule: &&Json| {
        let matches = items(&rule["matches"]);
        matches.is_empty() || matches.iter().any(|one| one["path"]["value"].as_str().unwrap_or("/") == "/")
    };
    let rule = rules.iter().find(is_root).or_else(|| rules.first())?;
    items(&rule["backendRefs"]).first()?["name"].as_str()
}

impl Owned<'_> {
    /// The keys of a route on a Gateway.
    pub(in crate::import) fn gateway(&self, spec: &Json, expose: &mut Map<String, Json>) {
        let mut spec = spec.clone();
        route(&mut spec);
        match items(&spec["hostnames"]) {
            [one] => expose.insert("host".to_owned(), one.clone()),
            several => expose.insert("hosts".to_owned(), json!(several)),
        };
        expose.insert("gateway".to_owned(), json!(gateway(&spec)));
        let target = |one: &Json| match backend(one) {
            Some((name, _)) if self.service.is_some_and(|service| service.name() == name) => self.name.clone(),
            Some((name, port)) => format!("service/{name}:{port}"),
            None => text(&one["name"]),
        };
        let mut paths = Map::new();
        for rule in items(&spec["rules"]) {
            let backends = items(&rule["backendRefs"]);
            let is_split = backends.len() > 1;
            if is_split {
                let split = backends.iter().map(|one| (target(one), one["weight"].clone()));
                expose.insert("split".to_owned(), Json::Object(split.collect()));
            }
            let to = if is_split { self.name.clone() } else { backends.first().map(target).unwrap_or_default() };
            paths.insert(path(rule).unwrap_or("/").to_owned(), json!(to));
            if let Some(time) = rule["timeouts"].get("request") {
                expose.insert("timeout".to_owned(), time.clone());
            }
            if let Some(attempts) = rule["retry"].get("attempts") {
                expose.insert("retries".to_owned(), attempts.clone());
            }
        }
        let only_root = paths.len() == 1 && paths.get("/").is_some_and(|target| *target == self.name);
        if !only_root {
            expose.insert("paths".to_owned(), Json::Object(paths));
        }
    }
}
