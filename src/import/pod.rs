//! A Pod in the one form in which it can be compared: volumes where they are mounted, ports of probes as numbers, nodes
//! by label, and what it says of all containers in each of them.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value as Json, json};

use super::nodes::{alone, nodes, plain_selectors};
use super::order;
use super::values::{items, remove, text};
use crate::kube::image::Reference;
use crate::sort;

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
    volumes(members);
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

/// Puts each volume where it is mounted: its name is the Pod's own affair.
fn volumes(spec: &mut Map<String, Json>) {
    let mut sources: BTreeMap<String, Json> = BTreeMap::new();
    for volume in spec.shift_remove("volumes").as_ref().map(items).unwrap_or_default() {
        let mut source = volume.clone();
        remove(&mut source, &["name"]);
        if source.as_object().is_some_and(Map::is_empty) {
            source = json!({"emptyDir": {}});
        }
        projected(&mut source);
        source = as_one_source(&source).unwrap_or(source);
        if let Some(secret) = source.pointer_mut("/secret/items").filter(|items| items.is_null()) {
            *secret = json!([]);
        }
        sources.insert(volume["name"].as_str().unwrap_or_default().to_owned(), source);
    }
    let mut mounted = Mounted::new();
    for list in ["initContainers", "containers"] {
        for container in spec.get(list).map(items).unwrap_or_default() {
            for mount in items(&container["volumeMounts"]) {
                let place = format!("{} at {}", text(&container["name"]), path_of(mount));
                mounted.entry(text(&mount["name"])).or_default().push((place, mount.clone()));
            }
        }
    }
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Json::as_array_mut).into_iter().flatten() {
            for mount in container["volumeMounts"].as_array_mut().into_iter().flatten() {
                put_source(mount, &sources, &mounted);
            }
            if container["volumeMounts"].is_null() {
                remove(container, &["volumeMounts"]);
            }
        }
    }
    let idle = sources.into_iter().filter(|(name, _)| !mounted.contains_key(name));
    let idle: Vec<Json> = idle
        .map(|(name, mut source)| {
            source["name"] = json!(name);
            source
        })
        .collect();
    if !idle.is_empty() {
        spec.insert("volumes".to_owned(), Json::Array(idle));
    }
}

/// The places where each volume is mounted, and how.
type Mounted = BTreeMap<String, Vec<(String, Json)>>;

/// Whether two mounts of one volume show the same files: not if each shows a folder of it that is not in the other.
pub(super) fn overlap(one: &Json, other: &Json) -> bool {
    let folder = |mount: &Json| {
        let is_whole = !mount["subPathExpr"].is_null();
        let folder = mount["subPath"].as_str().filter(|_| !is_whole).unwrap_or_default();
        let parts = folder.split('/').filter(|part| !matches!(*part, "" | "."));
        parts.fold(String::new(), |folder, part| folder + part + "/")
    };
    let (one, other) = (folder(one), folder(other));
    one.starts_with(&other) || other.starts_with(&one)
}

/// Puts the volume into its mount.
fn put_source(mount: &mut Json, sources: &BTreeMap<String, Json>, mounted: &Mounted) {
    let name = text(&mount["name"]);
    let path = path_of(mount);
    let beside = mounted.get(&name).into_iter().flatten();
    let mut places: Vec<&str> =
        beside.filter(|(_, other)| overlap(mount, other)).map(|(place, _)| place.as_str()).collect();
    places.sort_unstable();
    let Some(members) = mount.as_object_mut() else { return };
    if members.get("subPath").is_some_and(|sub| sub == "") {
        members.shift_remove("subPath");
    }
    members.shift_remove("name");
    members.insert("mountPath".to_owned(), json!(path));
    let mut source = sources.get(&name).cloned();
    let own = source.is_none();
    // a claim that is read-only forces its mounts to be
    if let Some(claim) = source.as_mut().and_then(|source| source.get_mut("persistentVolumeClaim"))
        && claim["readOnly"] == true
    {
        remove(claim, &["readOnly"]);
        members.insert("readOnly".to_owned(), json!(true));
    }
    one_file(members, source.as_mut());
    let source = source.unwrap_or_else(|| json!({"claimTemplate": name}));
    // what each Pod has for itself; mounted twice it is one
    let is_of_pod = !own && ["emptyDir", "ephemeral", "csi"].iter().any(|kind| source.get(*kind).is_some());
    if is_of_pod && places.len() > 1 {
        members.insert("sharedWith".to_owned(), json!(places.join(", ")));
    }
    members.insert("volume".to_owned(), source);
}

/// What the server fills into each source of a projected volume, whose list is one value.
fn projected(volume: &mut Json) {
    for source in volume.pointer_mut("/projected/sources").and_then(Json::as_array_mut).into_iter().flatten() {
        let Some((kind, said)) = source.as_object_mut().and_then(|source| source.iter_mut().next()) else { continue };
        match kind.as_str() {
            "serviceAccountToken" if said["expirationSeconds"].is_null() => said["expirationSeconds"] = json!(3600),
            "secret" | "configMap" if said["optional"] == false => remove(said, &["optional"]),
            _ => {}
        }
    }
}

/// A projected volume that has one Secret or ConfigMap, as the volume that has the same files.
pub(super) fn as_one_source(volume: &Json) -> Option<Json> {
    let [source] = items(&volume["projected"]["sources"]) else { return None };
    let (kind, said) = source.as_object().filter(|source| source.len() == 1)?.iter().next()?;
    let name = match kind.as_str() {
        "secret" => "secretName",
        "configMap" => "name",
        _ => return None,
    };
    let mut said = said.as_object()?.clone();
    if let Some(value) = said.shift_remove("name") {
        said.insert(name.to_owned(), value);
    }
    said.extend(volume["projected"].get("defaultMode").map(|mode| ("defaultMode".to_owned(), mode.clone())));
    let mut plain = volume.as_object()?.clone();
    plain.shift_remove("projected");
    plain.insert(kind.clone(), Json::Object(said));
    Some(Json::Object(plain))
}

/// A single file of a Secret or ConfigMap, whatever the volume calls it within.
fn one_file(mount: &mut Map<String, Json>, source: Option<&mut Json>) {
    let Some(path) = mount.get("subPath").and_then(Json::as_str) else { return };
    let Some(source) = source.and_then(|source| source.as_object_mut()?.iter_mut().next()) else { return };
    if !matches!(source.0.as_str(), "secret" | "configMap") {
        return;
    }
    let Some(item) = items(&source.1["items"]).iter().find(|item| item["path"] == *path && item["key"].is_string())
    else {
        return;
    };
    let mut item = item.clone();
    item["path"] = item["key"].clone();
    let key = item["key"].clone();
    source.1["items"] = json!([item]);
    mount.insert("subPath".to_owned(), key);
}

/// Where a mount is, without a slash at its end.
pub(super) fn path_of(mount: &Json) -> String {
    let path = text(&mount["mountPath"]);
    match path.trim_end_matches('/') {
        "" => path,
        trimmed => trimmed.to_owned(),
    }
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
