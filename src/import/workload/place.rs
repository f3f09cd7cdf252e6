//! Where Pods may run.

use serde_json::{Map, Value as Json, json};

use crate::describe::fits;
use crate::import::around::Around;
use crate::import::canonical;
use crate::import::container::duration;
use crate::import::values::items;

/// `is_spread` says whether the shape spreads its Pods over nodes by itself.
pub(super) fn place(spec: &Json, namespace: &Json, selector: &Map<String, Json>, is_spread: bool) -> Json {
    let mut place = Map::new();
    let one = canonical::canonical(
        &json!({"kind": "Deployment", "metadata": {"namespace": namespace}, "spec": {"template": {"spec": {
            "nodeSelector": spec["nodeSelector"], "affinity": spec["affinity"],
        }}}}),
        &Around::default(),
    );
    let required =
        &one["spec"]["template"]["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    // beside terms that only a patch can say, it says the labels, too: its list takes the place of theirs
    let nodes = one.pointer("/spec/template/spec/nodes").and_then(Json::as_object).filter(|_| required.is_null());
    if let Some(nodes) = nodes {
        let short = |value: &Json| match items(value) {
            [one] => one.clone(),
            _ => value.clone(),
        };
        place.insert("nodes".to_owned(), nodes.iter().map(|(key, value)| (key.clone(), short(value))).collect());
    }
    let terms: Option<Vec<_>> = items(&required["nodeSelectorTerms"]).iter().map(preferred_nodes).collect();
    let is_sayable = |terms: &Vec<Map<String, Json>>| terms.len() > 1 && terms.iter().all(|term| !term.is_empty());
    let has_labels = one.pointer("/spec/template/spec/nodes").is_some();
    if let (Some(terms), false) = (terms.filter(is_sayable), has_labels) {
        place.insert("nodes".to_owned(), json!(terms));
    }
    for (key, field) in [("runtime", "runtimeClassName"), ("scheduler", "schedulerName"), ("node", "nodeName")] {
        let said = spec[field].as_str().filter(|said| fits("dns-subdomain", said) && *said != "default-scheduler");
        place.extend(said.map(|said| (key.to_owned(), json!(said))));
    }
    let preferred = items(&spec["affinity"]["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]);
    let weighed: Option<Vec<Json>> = preferred.iter().map(weighed).collect();
    match weighed.as_deref() {
        None | Some([]) => {}
        Some([one]) => {
            place.insert("prefer".to_owned(), one["nodes"].clone());
        }
        Some(several) => {
            place.insert("prefer".to_owned(), json!(several));
        }
    }
    let spread =
        spread(&spec["topologySpreadConstraints"], selector).filter(|all| !is_spread || *all != [json!("host")]);
    place.extend(spread.map(|all| ("spread".to_owned(), json!(all))));
    if is_apart(&spec["affinity"]["podAntiAffinity"], selector) {
        place.insert("apart".to_owned(), json!(true));
    }
    for (key, field) in [("apart", "podAntiAffinity"), ("near", "podAffinity")] {
        if let Some(pods) = one.pointer(&format!("/spec/template/spec/affinity/{field}")).and_then(pods) {
            place.insert(key.to_owned(), Json::Array(pods));
        }
    }
    let mut taints: Vec<Option<Json>> = Vec::new();
    for taint in items(&spec["tolerations"]).iter().map(taint) {
        if taint.is_none() || !taints.contains(&taint) {
            taints.push(taint);
        }
    }
    if !taints.is_empty() && taints.iter().all(Option::is_some) {
        place.insert("tolerate".to_owned(), json!(taints));
    }
    Json::Object(place)
}

/// What replicas of an older version are told by: they do not count.
const VERSION: &str = "pod-template-hash";

/// Whether a term is about the workload's own Pods, and those of one version if it says so.
fn is_own(term: &Json, selector: &Map<String, Json>) -> bool {
    let labels = term["labelSelector"].as_object().filter(|own| own.len() == 1).and_then(|own| own.get("matchLabels"));
    let keys = items(&term["matchLabelKeys"]);
    labels.and_then(Json::as_object) == Some(selector) && keys.iter().all(|key| *key == VERSION)
}

/// The elements of `spread`, if the language has words for all of them.
fn spread(constraints: &Json, selector: &Map<String, Json>) -> Option<Vec<Json>> {
    let one = |constraint: &Json| {
        let known = ["maxSkew", "topologyKey", "whenUnsatisfiable", "labelSelector", "matchLabelKeys", "minDomains"];
        constraint.as_object()?.keys().all(|key| known.contains(&key.as_str())).then_some(())?;
        let over = match constraint["topologyKey"].as_str()? {
            "kubernetes.io/hostname" => "host",
            "topology.kubernetes.io/zone" => "zone",
            label => label,
        };
        let mut said = Map::from_iter([("over".to_owned(), json!(over))]);
        if constraint["maxSkew"] != 1 {
            said.insert("skew".to_owned(), constraint["maxSkew"].clone());
        }
        let is_always = constraint["whenUnsatisfiable"] != "ScheduleAnyway";
        if is_always {
            said.insert("always".to_owned(), json!(true));
        }
        said.extend(constraint.get("minDomains").map(|least| ("least".to_owned(), least.clone())));
        if !is_own(constraint, selector) {
            let labels = constraint["labelSelector"].as_object().filter(|own| own.len() == 1)?.get("matchLabels")?;
            let is_plain = constraint["matchLabelKeys"].is_null() && !labels.as_object()?.is_empty();
            is_plain.then(|| said.insert("labels".to_owned(), labels.clone())).is_some().then_some(())?;
        }
        let is_short = said.len() == 1 && ["host", "zone"].contains(&over);
        Some(if is_short { json!(over) } else { Json::Object(said) })
    };
    let all: Vec<Json> = items(constraints).iter().map(one).collect::<Option<_>>()?;
    (!all.is_empty()).then_some(all)
}

/// `apart: true`: replicas of one version never on one node.
fn is_apart(affinity: &Json, selector: &Map<String, Json>) -> bool {
    let [term] = items(&affinity["requiredDuringSchedulingIgnoredDuringExecution"]) else { return false };
    let known = ["labelSelector", "topologyKey", "matchLabelKeys"];
    affinity.as_object().is_some_and(|affinity| affinity.len() == 1)
        && term.as_object().is_some_and(|term| term.keys().all(|key| known.contains(&key.as_str())))
        && term["topologyKey"] == "kubernetes.io/hostname"
        && items(&term["matchLabelKeys"]).len() == 1
        && is_own(term, selector)
}

/// The Pods that an affinity is about, if the language has words for all of it.
fn pods(affinity: &Json) -> Option<Vec<Json>> {
    let one = |term: &Json, weight: Option<&Json>| {
        let known = ["labelSelector", "topologyKey"];
        let labels = term["labelSelector"]["matchLabels"].as_object().filter(|labels| !labels.is_empty())?;
        let sayable = term.as_object()?.keys().all(|key| known.contains(&key.as_str()))
            && term["labelSelector"].as_object()?.len() == 1;
        let mut pods = Map::from_iter([("labels".to_owned(), Json::Object(labels.clone()))]);
        match term["topologyKey"].as_str()? {
            "kubernetes.io/hostname" => {}
            "topology.kubernetes.io/zone" => {
                pods.insert("over".to_owned(), json!("zone"));
            }
            key => {
                pods.insert("over".to_owned(), json!(key));
            }
        }
        pods.extend(weight.map(|weight| ("prefer".to_owned(), weight.clone())));
        sayable.then_some(Json::Object(pods))
    };
    let required =
        items(&affinity["requiredDuringSchedulingIgnoredDuringExecution"]).iter().map(|term| one(term, None));
    let preferred = items(&affinity["preferredDuringSchedulingIgnoredDuringExecution"]).iter();
    let preferred = preferred.map(|term| one(&term["podAffinityTerm"], Some(&term["weight"])));
    required.chain(preferred).collect()
}

/// Labels of nodes with the weight that they have.
fn weighed(preferred: &Json) -> Option<Json> {
    let nodes = preferred_nodes(&preferred["preference"]).filter(|nodes| !nodes.is_empty())?;
    Some(json!({"nodes": nodes, "weight": preferred["weight"]}))
}

/// Labels of nodes that one preference or one of several terms asks for.
fn preferred_nodes(preference: &Json) -> Option<Map<String, Json>> {
    if !preference["matchFields"].is_null() {
        return None;
    }
    let one = |expression: &Json| {
        let values = expression["values"].clone();
        let value = if let [one] = items(&values) { one.clone() } else { values };
        let value = match expression["operator"].as_str()? {
            "In" => value,
            _ => canonical::node_label(expression)?,
        };
        Some((expression["key"].as_str()?.to_owned(), value))
    };
    items(&preference["matchExpressions"]).iter().map(one).collect()
}

/// A toleration as `kubectl taint` writes its taint.
fn taint(toleration: &Json) -> Option<Json> {
    let effect = toleration["effect"].as_str().filter(|effect| !effect.is_empty());
    let key = toleration["key"].as_str();
    let value = toleration["value"].as_str().filter(|value| !value.is_empty());
    let taint = match (toleration["operator"].as_str().unwrap_or("Equal"), key, value) {
        ("Exists", None, _) => "*".to_owned(),
        ("Exists", Some(key), _) => key.to_owned(),
        ("Equal", Some(key), value) => format!("{key}={}", value.unwrap_or_default()),
        _ => return None,
    };
    match (toleration["tolerationSeconds"].as_u64(), effect) {
        (Some(seconds), Some("NoExecute")) => Some(json!({"taint": taint, "for": duration(seconds)})),
        (Some(_), _) => None,
        (None, Some(effect)) => Some(json!(format!("{taint}:{effect}"))),
        (None, None) => Some(json!(taint)),
    }
}
