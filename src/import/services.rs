//! Services: the keys of `expose` about a Service, and the further ones that lead to the same Pods.

use serde_json::{Map, Value as Json, json};

use super::canonical::{is_noise_annotation, is_noise_label};
use super::container::{duration, escaped};
use super::owned::Owned;
use super::values::{containers, items, pod_spec, text};
use crate::describe::fits;

/// How long a client stays with its Pod by default (`SetDefaults_Service`).
const STICKY: u64 = 10800;

/// What a Service is, beside its ports.
pub(super) fn keys(spec: &Json) -> Map<String, Json> {
    let mut keys = Map::new();
    if spec["clusterIP"] == "None" {
        keys.insert("type".to_owned(), json!("Headless"));
    } else if let Some(kind @ ("NodePort" | "LoadBalancer")) = spec["type"].as_str() {
        keys.insert("type".to_owned(), json!(kind));
    }
    let is_balancer = spec["type"] == "LoadBalancer";
    // of one that the server has filled in, the address is its choice
    let inside = spec["clusterIP"].as_str().filter(|_| spec["clusterIPs"].is_null());
    let inside = inside.filter(|_| matches!(spec["type"].as_str(), None | Some("ClusterIP")));
    if let Some(address) = inside.filter(|address| address.parse::<std::net::IpAddr>().is_ok()) {
        keys.insert("type".to_owned(), json!("ClusterIP"));
        keys.insert("address".to_owned(), json!(address));
    }
    for (key, field) in
        [("class", "loadBalancerClass"), ("address", "loadBalancerIP"), ("sources", "loadBalancerSourceRanges")]
    {
        let is_address = |value: &Json| value.as_str().is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok());
        let value = spec.get(field).filter(|value| is_balancer && **value != "" && !items_are_none(value));
        let value = value.filter(|value| key != "address" || is_address(value));
        keys.extend(value.map(|value| (key.to_owned(), value.clone())));
    }
    let family = match (spec["ipFamilyPolicy"].as_str(), items(&spec["ipFamilies"])) {
        (None | Some("SingleStack"), [family]) => Some(family.clone()),
        (Some("PreferDualStack"), []) => Some(json!("dual")),
        (Some("RequireDualStack"), []) => Some(json!("require-dual")),
        _ => None,
    };
    // of one that the server has filled in, the families are its choice
    keys.extend(family.filter(|_| spec["clusterIPs"].is_null()).map(|family| ("ip".to_owned(), family)));
    if keys.contains_key("type") && spec["externalTrafficPolicy"] == "Local" && spec["clusterIP"] != "None" {
        keys.insert("local".to_owned(), json!(true));
    }
    if spec["sessionAffinity"] == "ClientIP" {
        let seconds = spec.pointer("/sessionAffinityConfig/clientIP/timeoutSeconds").and_then(Json::as_u64);
        let sticky =
            seconds.filter(|seconds| *seconds != STICKY).map_or(json!(true), |seconds| json!(duration(seconds)));
        keys.insert("sticky".to_owned(), sticky);
    }
    if spec["publishNotReadyAddresses"] == true {
        keys.insert("unready".to_owned(), json!(true));
    }
    keys
}

fn items_are_none(value: &Json) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

/// Whether `services` has words for this one.
pub(super) fn is_sayable(service: &Json) -> bool {
    let ports = items(&service["spec"]["ports"]);
    let named =
        |port: &Json| port["name"].is_null() || port["name"].as_str().is_some_and(|name| fits("service-port", name));
    let leads = |port: &Json| port["port"].is_u64() && matches!(port["protocol"].as_str(), None | Some("TCP" | "UDP"));
    !ports.is_empty()
        && ports.iter().all(|port| named(port) && leads(port))
        && service["metadata"]["name"].as_str().is_some_and(|name| fits("dns-label", name))
}

/// `services`. `common` are the labels that all objects of the document have.
pub(super) fn further(owned: &Owned<'_>, common: &Map<String, Json>, used_labels: &[String]) -> Json {
    let selector = owned.selector();
    let one = |service: &Json| {
        let mut keys = keys(&service["spec"]);
        let mut ports = Map::new();
        for port in items(&service["spec"]["ports"]) {
            let (name, value) = offered(owned, port);
            ports.insert(name, value);
        }
        keys.insert("ports".to_owned(), Json::Object(ports));
        let own = |key: &String, value: &Json| {
            let ours = ["app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"].contains(&key.as_str());
            let is_name = key == "app.kubernetes.io/name" && *value == owned.name;
            let made = common.get(key) == Some(value) || selector.get(key) == Some(value) || is_name;
            !made && !ours && !key.starts_with("patterns/") && !is_noise_label(key, used_labels)
        };
        let labels = service["metadata"]["labels"].as_object().into_iter().flatten();
        let labels: Map<String, Json> =
            labels.filter(|(key, value)| own(key, value)).map(|(key, value)| (key.clone(), value.clone())).collect();
        let annotations = service["metadata"]["annotations"].as_object().into_iter().flatten();
        let annotations: Map<String, Json> = annotations
            .filter(|(key, _)| !is_noise_annotation(key))
            .map(|(key, value)| (key.clone(), json!(escaped(&text(value)))))
            .collect();
        for (key, members) in [("labels", labels), ("annotations", annotations)] {
            if !members.is_empty() {
                keys.insert(key.to_owned(), Json::Object(members));
            }
        }
        keys
    };
    let all = owned.further.iter().map(|service| (service.name().to_owned(), Json::Object(one(&service.object))));
    Json::Object(all.collect())
}

/// A port of a Service by its name.
fn offered(owned: &Owned<'_>, port: &Json) -> (String, Json) {
    let number = port["port"].as_u64().unwrap_or_default();
    let is_udp = port["protocol"] == "UDP";
    let spec = pod_spec(&owned.workload.object).unwrap_or(&Json::Null);
    let declared = || containers(spec).flat_map(|container| items(&container["ports"]));
    let target = match &port["targetPort"] {
        Json::String(name) => {
            declared().find(|port| port["name"] == **name).and_then(|port| port["containerPort"].as_u64())
        }
        Json::Null => Some(number),
        target => target.as_u64(),
    };
    let target = target.unwrap_or(number);
    let own = declared().find(|port| port["containerPort"] == target).and_then(|port| port["name"].as_str());
    let name = port["name"].as_str().or(own).map_or_else(|| format!("port-{number}"), str::to_owned);
    let said = if is_udp { json!(format!("{number}/udp")) } else { json!(number) };
    let node = port["nodePort"].as_u64();
    let speaks = port["appProtocol"].as_str();
    if target == number && node.is_none() && speaks.is_none() {
        return (name, said);
    }
    let mut value = json!({"port": said});
    if target != number {
        value["to"] = json!(target);
    }
    if let Some(node) = node {
        value["node-port"] = json!(node);
    }
    if let Some(speaks) = speaks {
        value["speaks"] = json!(speaks);
    }
    (name, value)
}
