//! What of its node a Pod reaches, and how a rollout of it goes, as the language's keys.

use serde_json::{Map, Value as Json, json};

use super::canonical;
use super::container::{duration, escaped, escaped_below, root};
use super::values::{containers, items, pod_spec};
use crate::apiserver::pod_security::DEFAULT_CAPABILITIES;
use crate::describe::{fits, grammar};

/// `group`, `selinux`, `new-privileges`, `privileged` and `capabilities` of a container.
pub(super) fn rights(container: &Json, spec: &Json) -> [(&'static str, Json); 5] {
    let of = |field: &str| {
        let own = container["securityContext"].get(field).or_else(|| spec["securityContext"].get(field));
        own.and_then(Json::as_u64)
    };
    let group = of("runAsGroup").filter(|group| root::user(container, spec) != Some(*group));
    let privileged = container["securityContext"]["privileged"] == true;
    let known = grammar().pointer("/properties/app/properties/capabilities/items/enum").map(items).unwrap_or_default();
    let added = items(&container["securityContext"]["capabilities"]["add"]).iter().filter_map(Json::as_str);
    let added: Vec<Json> = added.map(|name| json!(name.trim_start_matches("CAP_"))).collect();
    let user = root::user(container, spec);
    let needed = root::used(container, spec).into_iter().map(|name| json!(name));
    let needed: Vec<Json> = needed.filter(|name| known.contains(name) && !added.contains(name)).collect();
    // `ALL` and names that the kernel does not have are left to a patch
    let said = !privileged && added.iter().all(|name| known.contains(name));
    let label = |security: &Json| security.get("seLinuxOptions").cloned();
    let selinux = label(&container["securityContext"]).or_else(|| label(&spec["securityContext"])).unwrap_or_default();
    let level = selinux["level"].as_str().filter(|_| selinux.as_object().is_some_and(|label| label.len() == 1));
    // where the generator would let it gain what its files have
    let from_file = user != Some(0) && added.iter().any(|name| name != "NET_BIND_SERVICE");
    let kept = container["securityContext"]["allowPrivilegeEscalation"] == false && from_file && !privileged && said;
    [
        ("group", json!(group)),
        ("selinux", level.map_or_else(|| selinux.clone(), |level| json!(level))),
        ("new-privileges", if kept { json!(false) } else { Json::Null }),
        ("privileged", if privileged { json!(true) } else { Json::Null }),
        ("capabilities", if said { json!([added, needed].concat()) } else { Json::Null }),
    ]
}

/// The command of a hook.
pub(super) fn hook(container: &Json, hook: &str) -> Json {
    let hook = &container["lifecycle"][hook];
    if canonical::slept(hook).is_some() { Json::Null } else { hook["exec"]["command"].clone() }
}

/// `host`: what the Pods share with their node.
pub(super) fn host(spec: &Json) -> Json {
    let shared = [("network", "hostNetwork"), ("pid", "hostPID"), ("ipc", "hostIPC")];
    json!(shared.iter().filter(|(_, field)| spec[*field] == true).map(|(key, _)| key).collect::<Vec<_>>())
}

/// `dns`, where it is not the cluster's alone.
pub(super) fn dns(spec: &Json) -> Json {
    let config = &spec["dnsConfig"];
    let mut dns = Map::new();
    let source = match spec["dnsPolicy"].as_str() {
        Some("Default") => Some("node"),
        // without a word, a Pod in the node's network asks what the node asks (kubelet: getPodDNSType)
        None | Some("ClusterFirst") if spec["hostNetwork"] == true => Some("node"),
        Some("None") => Some("none"),
        _ => None,
    };
    dns.extend(source.map(|source| ("from".to_owned(), json!(source))));
    for (key, field) in [("servers", "nameservers"), ("searches", "searches")] {
        dns.extend(config.get(field).map(|list| (key.to_owned(), escaped_below(list.clone()))));
    }
    let aliases = items(&spec["hostAliases"]).iter();
    let named = |alias: &Json| {
        let names: Vec<(String, Json)> = items(&alias["hostnames"])
            .iter()
            .filter_map(|name| Some((name.as_str()?.to_owned(), alias["ip"].clone())))
            .collect();
        names
    };
    let hosts: Vec<(String, Json)> = aliases.flat_map(named).collect();
    // a name of several addresses is left to a patch
    let is_one = hosts.iter().all(|(name, _)| hosts.iter().filter(|(other, _)| name == other).count() == 1);
    let fit = hosts.iter().all(|(name, _)| fits("dns-subdomain", name));
    if is_one && fit && !hosts.is_empty() {
        dns.insert("hosts".to_owned(), Json::Object(hosts.into_iter().collect()));
    }
    let option = |option: &Json| {
        let value = option["value"].as_str().map_or(json!(true), |value| json!(escaped(value)));
        Some((option["name"].as_str()?.to_owned(), value))
    };
    let options: Map<String, Json> = items(&config["options"]).iter().filter_map(option).collect();
    if !options.is_empty() {
        dns.insert("options".to_owned(), Json::Object(options));
    }
    match (source, dns.len()) {
        (_, 0) => Json::Null,
        (Some(source), 1) => json!(source),
        _ => Json::Object(dns),
    }
}

/// `rollout` of a controller, where it is not the server's default.
pub(super) fn rollout(object: &Json) -> Json {
    let spec = &object["spec"];
    let kind = object["kind"].as_str().unwrap_or_default();
    if !matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet") {
        return Json::Null;
    }
    let mut rollout = Map::new();
    for (key, field, default) in [("settle", "minReadySeconds", 0), ("deadline", "progressDeadlineSeconds", 600)] {
        let seconds = spec[field].as_u64().filter(|seconds| *seconds != default && *seconds > 0);
        rollout.extend(seconds.map(|seconds| (key.to_owned(), json!(duration(seconds)))));
    }
    let history = spec["revisionHistoryLimit"].as_u64().filter(|history| *history != 10);
    rollout.extend(history.map(|history| ("history".to_owned(), json!(history))));
    if kind == "Deployment" && spec["strategy"]["type"] == "Recreate" {
        rollout.insert("recreate".to_owned(), json!(true));
    } else if kind == "Deployment" {
        replacement(object, &mut rollout);
    }
    Json::Object(rollout)
}

/// `surge` and `unavailable`, where neither the server nor the generator takes these by itself.
fn replacement(object: &Json, rollout: &mut Map<String, Json>) {
    let Some(spec) = pod_spec(object) else { return };
    let rolling = &object["spec"]["strategy"]["rollingUpdate"];
    // what takes ports of its node goes before the new one comes
    let ports = |container: &Json| items(&container["ports"]).len();
    let on_host = spec["hostNetwork"] == true && containers(spec).any(|container| ports(container) > 0);
    let takes = |container: &Json| {
        items(&container["ports"]).iter().any(|port| port["hostPort"].as_u64().is_some_and(|port| port > 0))
    };
    let gives_way = on_host || containers(spec).any(takes);
    let ours = if gives_way { [json!(0), json!(1)] } else { [json!(1), json!(0)] };
    let said = ["maxSurge", "maxUnavailable"].map(|field| &rolling[field]);
    let odd = |at: usize| !said[at].is_null() && *said[at] != "25%" && *said[at] != ours[at];
    if !odd(0) && !odd(1) {
        return;
    }
    for (at, key) in ["surge", "unavailable"].into_iter().enumerate() {
        // the other one as well, or both could be 0
        let value = if said[at].is_null() { json!("25%") } else { said[at].clone() };
        if value != ours[at] {
            rollout.insert(key.to_owned(), value);
        }
    }
}

/// The `ignore` of a Pod that reaches its node and is not on every node: that it does so was decided before.
pub(super) fn ignore(object: &Json, spec: &Json) -> Json {
    let reaches = |container: &Json| {
        let security = &container["securityContext"];
        let port = items(&container["ports"]).iter().any(|port| port["hostPort"].as_u64().is_some_and(|port| port > 0));
        let added = items(&security["capabilities"]["add"]).iter().filter_map(Json::as_str);
        // what every container has by its runtime reaches no node
        let mut beyond = added.filter(|name| !DEFAULT_CAPABILITIES.contains(&name.trim_start_matches("CAP_")));
        security["privileged"] == true || beyond.next().is_some() || port
    };
    // one that no container mounts is left out
    let is_mounted = |volume: &Json| {
        containers(spec)
            .any(|container| items(&container["volumeMounts"]).iter().any(|mount| mount["name"] == volume["name"]))
    };
    let volumes = items(&spec["volumes"]).iter().any(|volume| volume.get("hostPath").is_some() && is_mounted(volume));
    let any = volumes || containers(spec).any(reaches);
    if object["kind"] == "DaemonSet" || !host(spec).as_array().is_some_and(Vec::is_empty) || !any {
        return Json::Null;
    }
    json!([{"rule": "host-namespaces", "why": "it had access to its node before the import"}])
}
