//! What each kind says by more than one spelling.

use serde_json::{Map, Value as Json, json};

use crate::import::around::Around;
use crate::import::values::{items, remove, text};
use crate::sort;

pub(super) fn job(spec: &mut Json) {
    // Written by the server, from the Job's uid.
    if spec["manualSelector"] != true {
        remove(spec, &["selector"]);
    }
    // more at once than have to succeed never run (kubernetes: manageJob of pkg/controller/job)
    if let (Some(parallel), Some(all)) = (spec["parallelism"].as_u64(), spec["completions"].as_u64())
        && parallel > all
        && all > 0
    {
        spec["parallelism"] = json!(all);
    }
    // one at a time and one in all is what nothing means (kubernetes: pkg/apis/batch/v1/defaults.go)
    let is_one = |field: &str| spec[field].is_null() || spec[field] == 1;
    if is_one("completions") && is_one("parallelism") && spec["completionMode"] != "Indexed" {
        remove(spec, &["completions"]);
    }
}

pub(super) fn service(spec: &mut Json, around: &Around) {
    let headless = spec["clusterIP"] == "None";
    // Of one that the server has filled in, addresses are its choice; one alone was written by hand.
    let is_filled_in = !spec["clusterIPs"].is_null();
    if headless || is_filled_in {
        remove(spec, &["clusterIP", "clusterIPs"]);
    }
    if is_filled_in {
        remove(spec, &["ipFamilies"]);
    }
    if let Some(members) = spec.as_object_mut() {
        members.insert("headless".to_owned(), json!(headless));
    }
    for port in spec["ports"].as_array_mut().into_iter().flatten() {
        let target = match &port["targetPort"] {
            Json::String(name) => around.ports.get(name.as_str()).map_or_else(|| json!(name), |number| json!(number)),
            // The server takes 0 and null for the port itself, and so do Pods of a headless Service.
            Json::Null => port["port"].clone(),
            number => number.clone(),
        };
        port["targetPort"] = target;
    }
    // their order is of no effect, and some have one number for two protocols
    if let Some(ports) = spec.get_mut("ports").and_then(Json::as_array_mut) {
        let numbers: Vec<Option<u64>> = ports.iter().map(|port| port["port"].as_u64()).collect();
        for port in ports.iter_mut().filter(|port| port["protocol"].is_null()) {
            if numbers.iter().filter(|number| **number == port["port"].as_u64()).count() > 1 {
                port["protocol"] = json!("TCP");
            }
        }
        sort::by_key(ports, |port| (port["port"].as_u64(), text(&port["protocol"])));
    }
    if spec["ports"].is_null() {
        remove(spec, &["ports"]);
    }
}

/// Takes out volumes whose name a claim of the set has, which takes their place (kubernetes: updateStorage of
/// pkg/controller/statefulset).
pub(super) fn replaced_volumes(spec: &mut Json) {
    let claims = items(&spec["volumeClaimTemplates"]).iter();
    let names: Vec<Json> = claims.map(|claim| claim["metadata"]["name"].clone()).collect();
    if let Some(volumes) = spec.pointer_mut("/template/spec/volumes").and_then(Json::as_array_mut) {
        volumes.retain(|volume| !names.contains(&volume["name"]));
    }
}

pub(super) fn claims(claims: &mut Json) {
    let Some(list) = claims.as_array() else { return };
    let named = list.iter().map(|claim| {
        let name = claim["metadata"]["name"].as_str().unwrap_or_default();
        let said = json!({
            "labels": claim["metadata"]["labels"],
            "annotations": claim["metadata"]["annotations"],
            "spec": claim["spec"],
        });
        (format!("[name={name}]"), said)
    });
    *claims = Json::Object(named.collect());
}

pub(super) fn autoscaler(spec: &mut Json) {
    let cpu = spec["targetCPUUtilizationPercentage"].clone();
    remove(spec, &["targetCPUUtilizationPercentage"]);
    if let Some(target) = spec.get_mut("scaleTargetRef") {
        remove(target, &["apiVersion"]);
    }
    if spec["metrics"].is_null() {
        let cpu = if cpu.is_null() { json!(80) } else { cpu };
        spec["metrics"] = json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": cpu}}}]);
    }
    // the one that asks for most replicas counts, whatever their order
    if let Some(metrics) = spec.get_mut("metrics").and_then(Json::as_array_mut) {
        sort::by_key(metrics, |metric| {
            let names = ["/resource/name", "/pods/metric/name", "/external/metric/name"];
            let name = names.iter().find_map(|name| metric.pointer(name)).map(text);
            (text(&metric["type"]), name)
        });
    }
}

pub(super) fn ingress(spec: &mut Json, around: &Around) {
    for rule in spec["rules"].as_array_mut().into_iter().flatten() {
        for path in rule["http"]["paths"].as_array_mut().into_iter().flatten() {
            let service = path["backend"]["service"]["name"].as_str().unwrap_or_default().to_owned();
            let Some(port) = path.pointer_mut("/backend/service/port") else { continue };
            let name = port["name"].as_str().unwrap_or_default().to_owned();
            let key = (service, name);
            if let Some(number) = around.services.get(&key).or_else(|| around.elsewhere.get(&key)) {
                *port = json!({"number": number});
            }
        }
    }
}

/// The terms that select Pods: spreads over nodes, affinities, and those with a weight.
fn pod_terms(spec: &mut Json) -> Vec<&mut Json> {
    let Some(spec) = spec.as_object_mut() else { return Vec::new() };
    let mut lists = Vec::new();
    for (field, value) in spec {
        match field.as_str() {
            "topologySpreadConstraints" => lists.push(value),
            "affinity" => {
                let affinities = value.as_object_mut().into_iter().flatten();
                let of_pods =
                    affinities.filter(|(kind, _)| ["podAffinity", "podAntiAffinity"].contains(&kind.as_str()));
                lists.extend(of_pods.filter_map(|(_, kind)| kind.as_object_mut()).flat_map(Map::values_mut));
            }
            _ => {}
        }
    }
    let terms = lists.into_iter().filter_map(Json::as_array_mut).flatten();
    let plain = terms.map(|term| match term.get("podAffinityTerm") {
        Some(_) => &mut term["podAffinityTerm"],
        None => term,
    });
    plain.filter(|term| term.is_object()).collect()
}

/// Writes the values of `matchLabelKeys` into the selector, as the API server does when it creates a Pod, for the labels
/// that the template has. Others, as `pod-template-hash`, come from a controller.
pub(in crate::import) fn fill_match_labels(template: &mut Json) {
    let Some(labels) = template["metadata"]["labels"].as_object().cloned() else { return };
    for term in pod_terms(&mut template["spec"]) {
        let Some(keys) = term.get("matchLabelKeys").and_then(Json::as_array).cloned() else { continue };
        let is_known = |key: &Json| key.as_str().is_some_and(|key| labels.contains_key(key));
        let (known, others): (Vec<_>, Vec<_>) = keys.into_iter().partition(is_known);
        // without a selector they select nothing
        if known.is_empty() || !term["labelSelector"].is_object() {
            continue;
        }
        let selected = &mut term["labelSelector"]["matchLabels"];
        if selected.is_null() {
            *selected = json!({});
        }
        let Some(selected) = selected.as_object_mut() else { continue };
        for key in known.iter().filter_map(Json::as_str) {
            selected.insert(key.to_owned(), labels[key].clone());
        }
        if others.is_empty() {
            remove(term, &["matchLabelKeys"]);
        } else {
            term["matchLabelKeys"] = json!(others);
        }
    }
}

/// Takes out the namespace of other Pods where it is the Pod's own, which it is where none is named.
pub(super) fn near_home(spec: &mut Json, namespace: &Json) {
    if namespace.is_null() {
        return;
    }
    for term in pod_terms(spec) {
        if matches!(items(&term["namespaces"]), [own] if own == namespace) {
            remove(term, &["namespaces"]);
        }
    }
}
