//! Every everyday key on every shape, and beside every pattern: what comes out is right, or one message says why it
//! means nothing there and what to do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;

use patterns::describe::{self, Options};
use patterns::diagnostic::{Finding, Level};
use patterns::kube::on_deep_stacks;
use patterns::pattern;
use patterns::yaml::{Source, emit};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::matrix::{Examples, app, examples, linted, said};
use crate::support::objects::problems;

/// Keys of the app.
pub fn of_app() -> Vec<(&'static str, Value)> {
    vec![
        ("protocol grpc", json!({"protocol": "grpc"})),
        ("protocol udp", json!({"protocol": "udp"})),
        ("ports", json!({"ports": {"extra": 7001, "quiet": {"port": 7002, "private": true}, "names": "7003/udp"}})),
        ("env", json!({"env": {"IP": "pod/ip", "MEMORY": "limits/memory", "KEY": "secret/api/key"}})),
        ("envFrom", json!({"envFrom": ["secret/api", {"configmap": "api", "prefix": "A_"}]})),
        ("secret", json!({"volumes": {"k7": {"secret": "api", "mount": "/k7", "mode": "0400"}}})),
        (
            "claim",
            json!({"volumes": {"k7": {"claim": "api", "mount": "/k7", "create": {"size": "1Gi", "access": "ReadWriteMany"}}}}),
        ),
        ("memory", json!({"volumes": {"k7": {"memory": "16Mi", "mount": "/dev/shm"}}})),
        ("ephemeral", json!({"volumes": {"k7": {"ephemeral": {"size": "1Gi"}, "mount": "/k7"}}})),
        ("writable", json!({"writable": ["/k7", {"/k8": "1Gi"}]})),
        ("health command", json!({"health": {"command": ["true"], "start": "10m", "every": "30s"}})),
        ("health grpc", json!({"health": "grpc"})),
        (
            "resources",
            json!({"resources": {"cpu": "100m", "memory": "64Mi", "limit": {"cpu": 1, "memory": "1Gi"}, "nvidia.com/gpu": 1}}),
        ),
        ("rights", json!({"rights": [{"pods": ["get"]}]})),
        ("cluster-rights", json!({"cluster-rights": [{"nodes": ["get"]}]})),
        ("account", json!({"account": "robot"})),
        ("stop", json!({"stop": "10m", "drain": "20s"})),
        ("stop within", json!({"stop": {"within": "40s"}})),
        ("user", json!({"user": 7})),
        ("group and folder", json!({"group": 8, "workdir": "/srv"})),
        ("hooks", json!({"before-stop": ["leave"], "after-start": ["join"]})),
        ("disk", json!({"resources": {"cpu": "100m", "memory": "64Mi", "disk": "1Gi", "limit": {"disk": "2Gi"}}})),
        ("node port", json!({"ports": {"extra": {"port": 7001, "node-port": 30701}}})),
        ("token", json!({"volumes": {"k7": {"token": "vault", "mount": "/k7"}}})),
        (
            "csi",
            json!({"volumes": {"k7": {"csi": "secrets-store.csi.k8s.io", "attributes": {"a": "b"}, "mount": "/k7"}}}),
        ),
    ]
}

/// Keys of the document.
pub fn of_document() -> Vec<(&'static str, Value)> {
    let prepare = json!({"prepare": {"image": "registry.example.com/prepare:1", "command": ["prepare"]}});
    vec![
        ("init", json!({"init": [prepare]})),
        ("system", json!({"system": "store"})),
        ("labels", json!({"labels": {"team": "a"}})),
        ("annotations", json!({"annotations": {"pod": {"a/b": "c"}, "workload": {"a/b": "c"}}})),
        ("service annotation", json!({"annotations": {"service": {"a/b": "c"}}})),
        (
            "place",
            json!({"place": {"nodes": {"disk": "ssd"}, "tolerate": ["*"], "spread": ["zone", "host"], "apart": true}}),
        ),
        ("rollout", json!({"rollout": {"settle": "5s", "history": 3}})),
        ("surge", json!({"rollout": {"surge": "25%", "unavailable": 1}})),
        ("dns", json!({"dns": {"servers": ["192.0.2.53"], "options": {"ndots": 2}}})),
        ("services", json!({"services": {"k7": {"type": "Headless"}}})),
        (
            "near",
            json!({"place": {"near": [{"labels": {"a": "b"}, "over": "zone"}], "apart": [{"labels": {"c": "d"}, "prefer": 5}]}}),
        ),
        (
            "kept labels",
            json!({"adopt": {"labels": {"pod": {"k7": "a"}, "workload": {"k7": "b"}}, "image-pull": "Always"}}),
        ),
        ("headless", json!({"expose": {"type": "Headless", "unready": true}})),
        (
            "balancer",
            json!({"expose": {"type": "LoadBalancer", "address": "192.0.2.10", "local": true, "sticky": true}}),
        ),
        (
            "prefer",
            json!({"place": {"prefer": {"disk": "ssd"}, "tolerate": ["a=b:NoSchedule", {"taint": "c", "for": "30s"}]}}),
        ),
        ("pull", json!({"pull": ["regcred"]})),
        ("schedule", json!({"schedule": {"at": "0 3 * * *", "zone": "Europe/Berlin"}})),
        (
            "isolate",
            json!({"isolate": {"from": ["namespace/others", "10.0.0.0/8"], "to": ["dns", "10.1.0.0/16:5432"]}}),
        ),
        ("expose", json!({"expose": {"hosts": ["a.example.com"], "class": "nginx", "tls": "a"}})),
        ("routes", json!({"expose": {"host": "a.example.com", "gateway": "public", "timeout": "3s", "retries": 2}})),
        ("load balancer", json!({"expose": {"type": "LoadBalancer", "port": 8080}})),
        ("mesh", json!({"mesh": "istio"})),
        ("priority", json!({"priority": "high"})),
        ("container", json!({"use": [{"container": {"as": "helper", "image": "registry.example.com/helper:1"}}]})),
    ]
}

/// A document with more keys; nothing where it has no app that they could be of.
pub fn with(document: &Value, is_app: bool, keys: &Value) -> Option<Value> {
    let mut document = document.clone();
    // what is of the whole cluster names its account's namespace
    document["namespace"] = json!("store");
    let target = if is_app { document.get_mut("app")? } else { &mut document };
    for (key, value) in keys.as_object()? {
        match (&mut target[key.as_str()], value) {
            (Value::Array(there), Value::Array(more)) => there.extend(more.iter().cloned()),
            (Value::Object(there), Value::Object(more)) => there.extend(more.clone()),
            (there, value) => *there = value.clone(),
        }
    }
    Some(document)
}

/// What documents make, or what is wrong with them.
pub fn expand(examples: &Examples, text: &str) -> Result<Vec<Value>, Vec<Finding>> {
    let source = Arc::new(Source::from_text(examples.folder.join("keys.yaml").display().to_string(), text));
    let (descriptions, findings) = describe::read(&source, Some(&examples.folder), &Options::default());
    let made = if findings.is_empty() { pattern::expand(&examples.catalogue, &descriptions) } else { Err(findings) };
    Ok(made?.into_iter().map(|made| made.object).collect())
}

/// What is wrong with the outcome, which is objects or a refusal.
pub fn judge(examples: &Examples, documents: &[Value]) -> Result<bool, String> {
    let text = emit::to_stream(documents).unwrap();
    let objects = match expand(examples, &text) {
        Ok(objects) => objects,
        Err(findings) => {
            let is_told = |finding: &Finding| {
                !["is broken", "internal error"].iter().any(|bug| finding.message.contains(bug))
                    && (finding.help.is_some() || !finding.labels.is_empty())
            };
            let is_told = findings.iter().all(is_told);
            return if is_told { Ok(false) } else { Err(format!("{text}{}", said(&findings))) };
        }
    };
    // accounts that exist already are in no output
    let wrong: Vec<String> = problems(&objects).into_iter().filter(|problem| !problem.contains("robot")).collect();
    let refused: Vec<Finding> = linted(&objects).into_iter().filter(|finding| finding.level == Level::Error).collect();
    if wrong.is_empty() && refused.is_empty() {
        Ok(true)
    } else {
        Err(format!("{text}{}\n{}", wrong.join("\n"), said(&refused)))
    }
}

#[test]
fn every_key_on_every_shape_and_beside_every_pattern() {
    let examples = examples("keys");
    let keys: Vec<(bool, &str, Value)> = of_app()
        .into_iter()
        .map(|(name, keys)| (true, name, keys))
        .chain(of_document().into_iter().map(|(name, keys)| (false, name, keys)))
        .collect();
    let mut cases: Vec<(String, Vec<Value>)> = Vec::new();
    let mut seen = BTreeSet::new();
    for shape in &examples.shapes {
        // one example of each shape, and one without an app of each that has both
        let form = shape.document["shape"].as_object().and_then(|shape| shape.keys().next().cloned());
        if !seen.insert((form, shape.document["app"].is_object())) {
            continue;
        }
        for (is_app, name, more) in &keys {
            let Some(document) = with(&shape.document, *is_app, more) else { continue };
            cases.push((format!("{name} on {}", shape.label), vec![document]));
        }
    }
    // one in three beside patterns, each key beside several
    let mut patterns = BTreeSet::new();
    for used in &examples.uses {
        if !patterns.insert(used.pattern.as_str()) {
            continue;
        }
        let mut base = app().document;
        if used.home["app"].is_object() {
            base["app"] = used.home["app"].clone();
        }
        let mut params = used.params.clone();
        if used.name != used.pattern {
            params["as"] = json!(used.name);
        }
        base["use"] = json!([{used.pattern.clone(): params}]);
        if !used.extra.is_empty() {
            base["extra"] = json!(used.extra);
        }
        if let Some(target) = used.home["target"].as_str() {
            base["target"] = json!(target);
        }
        let turn = patterns.len();
        for (is_app, name, more) in
            keys.iter().enumerate().filter(|(at, _)| (at + turn).is_multiple_of(3)).map(|(_, key)| key)
        {
            let mut documents = vec![with(&base, *is_app, more).unwrap()];
            documents.extend(used.beside.iter().cloned());
            cases.push((format!("{name} beside {}", used.label), documents));
        }
    }
    let outcomes: Vec<Result<bool, String>> =
        on_deep_stacks(|| cases.par_iter().map(|(_, documents)| judge(&examples, documents)).collect()).unwrap();
    let wrong: Vec<String> = cases
        .iter()
        .zip(&outcomes)
        .filter_map(|((label, _), outcome)| Some(format!("== {label}\n{}", outcome.as_ref().err()?)))
        .collect();
    let shown = wrong.iter().take(6).cloned().collect::<Vec<_>>().join("\n");
    let labels: Vec<&str> = wrong.iter().filter_map(|text| text.lines().next()).collect();
    assert!(wrong.is_empty(), "{} of {} went wrong: {labels:#?}, such as\n{shown}", wrong.len(), cases.len());
    let made = outcomes.iter().filter(|outcome| matches!(outcome, Ok(true))).count();
    println!("{made} of {} combinations mean something", cases.len());
    assert!(made * 2 > cases.len(), "{made} of {}", cases.len());
    let _ = std::fs::remove_dir_all(&examples.folder);
}

/// Keys that a container of a shape or of `use` has, as keys of the app are.
fn of_container() -> Vec<(&'static str, Value)> {
    let more = [
        ("health", json!({"health": "/zzz"})),
        ("liveness", json!({"health": {"live": "/zzz"}})),
        ("drain", json!({"drain": "17s"})),
        ("stop", json!({"stop": "17m"})),
        ("bind", json!({"bind": "localhost"})),
        ("command", json!({"command": ["zzz"], "args": ["zzz"]})),
        ("port of the node", json!({"host-port": 31999})),
        ("private port", json!({"ports": {"quiet": {"port": 7002, "private": true}}})),
    ];
    of_app().into_iter().chain(more).collect()
}

/// The paths of the containers among a document's parameters.
fn containers(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if members.contains_key("image") {
                found.push(path.to_owned());
            }
            members.iter().for_each(|(key, value)| containers(value, &format!("{path}/{key}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| containers(value, &format!("{path}/{at}"), found));
        }
        _ => {}
    }
}

#[test]
fn no_key_is_without_effect() {
    let examples = examples("silent");
    let mut cases: Vec<(String, Value, Value)> = Vec::new();
    let mut seen = BTreeSet::new();
    for shape in &examples.shapes {
        // one example of each shape and engine
        let (form, params) = shape.document["shape"].as_object().and_then(|shape| shape.iter().next()).unwrap();
        if !seen.insert((form, params["engine"].as_str())) {
            continue;
        }
        let mut base = shape.document.clone();
        // what reaches the node says why
        base["ignore"] = json!([{"rule": "host-namespaces", "why": "a test"}]);
        base["namespace"] = json!("store");
        let mut paths = Vec::new();
        if base["app"].is_object() {
            paths.push("/app".to_owned());
        }
        containers(&base["shape"], "/shape", &mut paths);
        for (path, (name, keys)) in paths.iter().flat_map(|path| of_container().into_iter().map(move |key| (path, key)))
        {
            let mut document = base.clone();
            let target = document.pointer_mut(path).unwrap();
            keys.as_object().unwrap().iter().for_each(|(key, value)| target[key] = value.clone());
            cases.push((format!("{name} in {path} of {}", shape.label), base.clone(), document));
        }
        for (name, keys) in of_document().into_iter().filter(|(name, _)| *name != "container") {
            let Some(document) = with(&base, false, &keys) else { continue };
            cases.push((format!("{name} of {}", shape.label), base.clone(), document));
        }
    }
    let silent = |(label, base, document): &(String, Value, Value)| {
        let made = |document: &Value| expand(&examples, &emit::to_stream(std::slice::from_ref(document)).unwrap()).ok();
        let is_said = base != document;
        (is_said && made(document).is_some_and(|made_now| made(base) == Some(made_now))).then(|| label.clone())
    };
    let silent: Vec<String> = on_deep_stacks(|| cases.par_iter().filter_map(silent).collect()).unwrap();
    assert!(silent.is_empty(), "{} of {}: {silent:#?}", silent.len(), cases.len());
    let _ = std::fs::remove_dir_all(&examples.folder);
}
