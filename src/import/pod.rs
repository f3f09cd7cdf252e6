//! A Pod in the one form in which it can be compared: volumes where they are mounted, ports of probes as numbers, nodes
//! by label, and what it says of all containers in each of them.

mod volumes;

use std::collections::HashMap;

use serde_json::{Map, Value as Json, json};

use super::nodes::{alone, nodes, plain_selectors};
use super::order;
use super::values::{items, remove, text};
use crate::kube::image::Reference;
use crate::sort;
use volumes::put_where_mounted;
pub(super) use volumes::{as_one_source, overlap, path_of};

/// Brings the spec of a Pod into that form.
pub(super) fn plain(spec: &mut Json) {
    let Some(members) = spec.as_object_mut() else { return };
    if let Some(account) = members.shift_remove("serviceAccount") {
        members.entry("serviceAccountName").or_insert(account);
    }
    // the namespace's own, as where none is named
    if members.get("serviceAccountName").is_some_and(|account| account == "") {
        members.shift_remove("serviceAccountName");
    }
    // what is said where a container uses the variables that the kubelet makes of Services
    let lists = ["initContainers", "containers"].into_iter().filter_map(|list| members.get(list));
    if lists.flat_map(items).any(order::needs_services) {
        members.entry("enableServiceLinks").or_insert(Json::Bool(true));
        members.insert(order::USES_SERVICES.to_owned(), Json::Bool(true));
    }
    // without the node's network these are the same (kubelet: getPodDNSType)
    if members.get("hostNetwork") != Some(&Json::Bool(true))
        && members.get("dnsPolicy").is_some_and(|policy| policy == "ClusterFirstWithHostNet")
    {
        members.insert("dnsPolicy".to_owned(), json!("ClusterFirst"));
    }
    // with it, the cluster's DNS is asked only where that is said
    if members.get("hostNetwork") == Some(&Json::Bool(true))
        && members.get("dnsPolicy").is_none_or(|policy| policy == "ClusterFirst")
    {
        members.insert("dnsPolicy".to_owned(), json!("Default"));
    }
    for toleration in members.get_mut("tolerations").and_then(Json::as_array_mut).into_iter().flatten() {
        for (field, default) in [("operator", "Equal"), ("value", "")] {
            if toleration[field] == default {
                remove(toleration, &[field]);
            }
        }
    }
    if let Some(tolerations) = members.get_mut("tolerations").and_then(Json::as_array_mut) {
        // what is said twice is tolerated once
        let mut seen: Vec<Json> = Vec::new();
        tolerations.retain(|one| {
            let is_new = !seen.contains(one);
            seen.extend(is_new.then(|| one.clone()));
            is_new
        });
    }
    nodes(members);
    alone(members);
    for kind in ["podAffinity", "podAntiAffinity"] {
        members.get_mut("affinity").and_then(|affinity| affinity.get_mut(kind)).into_iter().for_each(plain_selectors);
    }
    put_where_mounted(members);
    let mut context = members.shift_remove("securityContext").unwrap_or_else(|| json!({}));
    let all = take(&mut context, &["runAsUser", "runAsGroup", "runAsNonRoot", "seccompProfile", "seLinuxOptions"]);
    if context.as_object().is_some_and(|context| !context.is_empty()) {
        members.insert("securityContext".to_owned(), context);
    }
    for list in ["initContainers", "containers"] {
        for one in members.get_mut(list).and_then(Json::as_array_mut).into_iter().flatten() {
            container(one, &all);
        }
    }
}

fn take(value: &mut Json, keys: &[&str]) -> Map<String, Json> {
    let Some(members) = value.as_object_mut() else { return Map::new() };
    keys.iter().filter_map(|key| Some(((*key).to_owned(), members.shift_remove(*key)?))).collect()
}

fn container(container: &mut Json, all: &Map<String, Json>) {
    order::settle(container);
    let image = text(&container["image"]);
    let name = text(&container["name"]);
    let ports: HashMap<String, Json> = items(&container["ports"])
        .iter()
        .filter_map(|port| Some((port["name"].as_str()?.to_owned(), port["containerPort"].clone())))
        .collect();
    let Some(members) = container.as_object_mut() else { return };
    members.entry("imagePullPolicy").or_insert_with(|| json!(pull_policy(&image)));
    // without a restart is how a container is resized where nothing is said (kubernetes: pkg/apis/core/v1/defaults.go)
    if let Some(policies) = members.get_mut("resizePolicy").and_then(Json::as_array_mut) {
        policies.retain(|policy| policy["restartPolicy"] != "NotRequired");
        if policies.is_empty() {
            members.shift_remove("resizePolicy");
        }
    }
    let context = members.entry("securityContext").or_insert_with(|| json!({}));
    if let Some(context) = context.as_object_mut() {
        for (key, value) in all {
            context.entry(key.clone()).or_insert_with(|| value.clone());
        }
        // such a container has all capabilities, and is never kept from more rights
        if context.get("privileged") == Some(&Json::Bool(true)) {
            context.shift_remove("capabilities");
            context.shift_remove("allowPrivilegeEscalation");
        }
    }
    if let Some(ports) = members.get_mut("ports").and_then(Json::as_array_mut) {
        for port in ports.iter_mut().filter(|port| port["protocol"].is_null()) {
            port["protocol"] = json!("TCP");
        }
        // their order is of no effect, and some have one number for two protocols
        sort::by_key(ports, |port| (port["containerPort"].as_u64(), text(&port["protocol"])));
    }
    probes(members, &ports);
    environment(members, &name);
    if let Some(exec) = members.get_mut("lifecycle").and_then(|lifecycle| lifecycle.get_mut("preStop"))
        && let Some(seconds) = slept(exec)
    {
        *exec = json!({"sleep": {"seconds": seconds}});
    }
    requests(members.get_mut("resources"));
}

/// Puts numbers for the names of ports.
fn probes(members: &mut Map<String, Json>, ports: &HashMap<String, Json>) {
    for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
        for handler in ["httpGet", "tcpSocket"] {
            let port = members.get_mut(probe).and_then(|probe| probe.get_mut(handler)?.get_mut("port"));
            let Some(port) = port else { continue };
            if let Some(number) = port.as_str().and_then(|name| ports.get(name)) {
                port.clone_from(number);
            } else if let Some(number) = port.as_str().and_then(|text| text.parse::<u16>().ok()) {
                *port = json!(number);
            }
        }
    }
}

/// What the server fills into the variables, and what means the same as nothing.
fn environment(members: &mut Map<String, Json>, container: &str) {
    for source in members.get_mut("envFrom").and_then(Json::as_array_mut).into_iter().flatten() {
        if source["prefix"] == "" {
            remove(source, &["prefix"]);
        }
        for kind in ["secretRef", "configMapRef"] {
            if source[kind]["optional"] == false {
                remove(&mut source[kind], &["optional"]);
            }
        }
    }
    for variable in members.get_mut("env").and_then(Json::as_array_mut).into_iter().flatten() {
        if variable["valueFrom"].is_null() && variable["value"].is_null() {
            variable["value"] = json!("");
        }
        let Some(field) = variable.pointer_mut("/valueFrom/resourceFieldRef") else { continue };
        // the container itself and a divisor of 1 are what nothing means (kubernetes: pkg/api/v1/resource/helpers.go)
        let is_one = |divisor: &Json| divisor == "1" || divisor == "0" || divisor == 1 || divisor == 0;
        if is_one(&field["divisor"]) {
            remove(field, &["divisor"]);
        }
        if field["containerName"] == *container {
            remove(field, &["containerName"]);
        }
    }
}

/// How long a preStop hook sleeps that does nothing else, in whichever form.
pub(super) fn slept(hook: &Json) -> Option<u64> {
    if let Some(seconds) = hook["sleep"]["seconds"].as_u64() {
        return Some(seconds);
    }
    let command: Vec<&str> = items(hook.get("exec")?.get("command")?).iter().filter_map(Json::as_str).collect();
    let words: Vec<&str> = match command.as_slice() {
        ["sh" | "/bin/sh" | "bash" | "/bin/bash", "-c", script] => script.split_whitespace().collect(),
        words => words.to_vec(),
    };
    match words.as_slice() {
        ["sleep" | "/bin/sleep", seconds] => seconds.strip_suffix('s').unwrap_or(seconds).parse().ok(),
        _ => None,
    }
}

/// `SetDefaults_Container` in kubernetes: `pkg/apis/core/v1/defaults.go`.
pub(super) fn pull_policy(image: &str) -> &'static str {
    Reference::of(image).pull_policy()
}

/// A limit without a request is the request too (`SetDefaults_Pod`).
fn requests(resources: Option<&mut Json>) {
    let Some(resources) = resources.filter(|resources| resources["limits"].is_object()) else { return };
    let limits = resources["limits"].as_object().cloned().unwrap_or_default();
    if !resources["requests"].is_object() {
        resources["requests"] = json!({});
    }
    let Some(requests) = resources["requests"].as_object_mut() else { return };
    for (name, limit) in limits {
        requests.entry(name).or_insert(limit);
    }
}
