//! A container as the keys of `app`: of the app itself, of an entry of `init` or of a `container` beside it.

use serde_json::{Map, Value as Json, json};

use super::canonical::{items, path_of, slept, text};
use super::health;
use super::reach;
use crate::describe::fits;
use crate::kube::validation::Quantity;

/// The Pod that a container is in.
pub(super) struct Pod<'a> {
    pub spec: &'a Json,
    /// Names of claim templates.
    pub claims: Vec<String>,
    /// Claims that are made, by their names.
    pub created: &'a dyn Fn(&str) -> Option<Json>,
}

/// The ports of a container, as the description has them.
#[derive(Default)]
pub(super) struct Ports {
    /// `port`.
    pub main: Option<u64>,
    /// Whether that is UDP.
    pub is_udp: bool,
    /// Whether what listens there answers HTTPS.
    pub speaks_tls: bool,
    /// Numbers of ports that the Service offers.
    pub offered: Vec<u64>,
    /// Names that the Service gives to ports.
    pub names: Vec<(u64, String)>,
    /// Ports in UDP that a Service leads to and no container declares, with their names.
    pub undeclared_udp: Vec<(u64, String)>,
    /// Names that ports of other containers have.
    pub taken: Vec<String>,
    /// Ports of the Service that lead to ports of another number.
    pub services: Vec<(u64, u64)>,
    /// Ports of the nodes that lead to ports.
    pub nodes: Vec<(u64, u64)>,
    /// What the Service says that is spoken at ports.
    pub speaks: Vec<(u64, String)>,
}

impl Ports {
    /// Whether a container's port is the main one: its number may be another's in the other protocol.
    pub(super) fn is_main(&self, port: &Json) -> bool {
        self.main.is_some() && port["containerPort"].as_u64() == self.main && (port["protocol"] == "UDP") == self.is_udp
    }
}

/// How much an emptyDir may hold that nobody limits.
pub(super) const SIZE: &str = "1Gi";

/// A quantity, written as a text or as a number.
fn quantity(value: &Json) -> Option<Quantity> {
    Quantity::parse(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// What an emptyDir without a limit may hold, beside `more` that are added: [`SIZE`], or its part of what the Pod's
/// containers may have of the disk.
pub(super) fn unlimited(spec: &Json, more: usize) -> String {
    const MEBIBYTE: i128 = 1 << 20;
    let limit = |container: &Json| {
        let limits = &container["resources"];
        let said = ["limits", "requests"].iter().find_map(|list| limits[*list].get("ephemeral-storage"));
        Some(quantity(said?)?.value() / MEBIBYTE)
    };
    let least = items(&spec["containers"]).iter().filter_map(limit).min();
    let volumes = items(&spec["volumes"]).iter().filter(|volume| volume.get("emptyDir").is_some());
    // the Pod's own folder for temporary files is one more, and logs need a place
    let parts = i128::try_from(volumes.count().saturating_add(more)).unwrap_or(i128::MAX).saturating_add(2);
    match least.map(|least| least / parts) {
        Some(part) if part < 1024 => format!("{}Mi", part.max(1)),
        _ => SIZE.to_owned(),
    }
}

/// The keys in the order in which people write them.
pub(super) fn keys(container: &Json, pod: &Pod<'_>, ports: &Ports) -> Map<String, Json> {
    let mut keys = Map::new();
    let mut put = |key: &str, value: Json| {
        let is_empty = match &value {
            Json::Null => true,
            Json::Array(items) => items.is_empty(),
            Json::Object(members) => members.is_empty(),
            _ => false,
        };
        if !is_empty {
            keys.insert(key.to_owned(), value);
        }
    };
    put("image", json!(escaped(&text(&container["image"]))));
    put("port", json!(ports.main));
    let main = items(&container["ports"]).iter().find(|port| ports.is_main(port));
    put("host-port", main.and_then(host_port).map_or(Json::Null, |port| json!(port)));
    put("ports", further_ports(container, ports));
    put("health", health::of(container, ports.main, ports.speaks_tls));
    put("command", texts(&container["command"]));
    put("args", texts(&container["args"]));
    put("workdir", container["workingDir"].as_str().map_or(Json::Null, |folder| json!(escaped(folder))));
    for key in ["tty", "stdin"] {
        put(key, if container[key] == true { json!(true) } else { Json::Null });
    }
    let is_log = container["terminationMessagePolicy"] == "FallbackToLogsOnError";
    put("termination-message", if is_log { json!("log") } else { Json::Null });
    put("env", env(container));
    put("envFrom", env_from(container));
    put("user", user(container, pod.spec));
    for (key, value) in reach::rights(container, pod.spec) {
        put(key, value);
    }
    let (writable, shared, volumes) = mounts(container, pod);
    // the default, in so many words, is meant
    let all = is_all_writable(container);
    put("writable", if all { json!("all") } else { Json::Array(writable) });
    put("shared", Json::Object(shared));
    put("volumes", Json::Object(volumes));
    put("resources", resources(&container["resources"]));
    put("before-stop", texts(&reach::hook(container, "preStop")));
    put("after-start", texts(&reach::hook(container, "postStart")));
    keys
}

/// `drain` and `stop`: how a container's Pod ends.
pub(super) fn ending(container: &Json, spec: &Json, has_port: bool, keys: &mut Map<String, Json>) {
    let hook = &container["lifecycle"]["preStop"];
    let slept = slept(hook);
    let mut drain = slept.unwrap_or(if has_port && hook.is_null() { 10 } else { 0 });
    let grace = spec["terminationGracePeriodSeconds"].as_u64().filter(|grace| *grace != 30);
    if grace.is_some_and(|grace| hook.is_null() && grace < drain + 6) {
        // no time for a sleep before the app's own end
        drain = 0;
        if has_port {
            keys.insert("drain".to_owned(), json!("0s"));
        }
    }
    match slept {
        Some(10) if has_port => {}
        Some(seconds) => {
            keys.insert("drain".to_owned(), json!(duration(seconds)));
        }
        None if has_port && !hook.is_null() => {
            keys.insert("drain".to_owned(), json!("0s"));
        }
        None => {}
    }
    match grace.map(|grace| (grace, grace.checked_sub(drain + 5))) {
        None | Some((_, Some(30))) => {}
        Some((_, Some(stop))) => {
            keys.insert("stop".to_owned(), json!(duration(stop)));
        }
        // a wait that does not fit is left to a patch
        Some((grace, None)) if grace < drain => {}
        Some((grace, None)) => {
            keys.insert("stop".to_owned(), json!({"within": duration(grace)}));
        }
    }
}

/// Seconds in the largest unit that says them.
pub(super) fn duration(seconds: u64) -> String {
    match seconds {
        0 => "0s".to_owned(),
        _ if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

/// A text in which `${` would be a parameter.
pub(super) fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}

fn texts(list: &Json) -> Json {
    Json::Array(items(list).iter().filter_map(Json::as_str).map(|text| json!(escaped(text))).collect())
}

/// Names for the ports beside the main one.
fn further_ports(container: &Json, ports: &Ports) -> Json {
    let mut named = Map::new();
    let mut add = |number: u64, name: Option<&str>, protocol: &str, host_port: Option<u64>| {
        if Some(number) == ports.main && (protocol == "UDP") == ports.is_udp {
            return;
        }
        // what two containers call by one name is the first one's
        let name = name.filter(|name| !ports.taken.iter().any(|taken| taken == name));
        let given = ports.names.iter().find(|(port, _)| *port == number).map(|(_, name)| name.as_str());
        let name = key_of(number, name, given);
        let port = if protocol == "UDP" { json!(format!("{number}/udp")) } else { json!(number) };
        let offered = ports.offered.contains(&number);
        let node = ports.nodes.iter().find(|(port, _)| offered && *port == number).map(|(_, node)| *node);
        let service = ports.services.iter().find(|(port, _)| offered && *port == number).map(|(_, service)| *service);
        let speaks = ports.speaks.iter().find(|(port, _)| offered && *port == number).map(|(_, speaks)| speaks);
        let is_plain = offered && host_port.is_none() && node.is_none() && service.is_none() && speaks.is_none();
        let mut value = if is_plain { port } else { json!({"port": port}) };
        if let Some(speaks) = speaks {
            value["speaks"] = json!(speaks);
        }
        if let Some(service) = service {
            value["service"] = json!(service);
        }
        if let Some(node) = node {
            value["node-port"] = json!(node);
        }
        if !offered {
            value["private"] = json!(true);
        }
        if let Some(host_port) = host_port {
            value["host-port"] = json!(host_port);
        }
        named.entry(name).or_insert(value);
    };
    for port in items(&container["ports"]) {
        let Some(number) = port["containerPort"].as_u64() else { continue };
        add(number, port["name"].as_str(), port["protocol"].as_str().unwrap_or("TCP"), host_port(port));
    }
    let declared = |number: u64| items(&container["ports"]).iter().any(|port| port["containerPort"] == number);
    for (number, name) in ports.names.iter().filter(|(number, _)| !declared(*number)) {
        add(*number, Some(name), "TCP", None);
    }
    for (number, name) in &ports.undeclared_udp {
        add(*number, Some(name), "UDP", None);
    }
    Json::Object(named)
}

/// What a further port is called: as its container does, or else a Service.
pub(super) fn key_of(number: u64, declared: Option<&str>, offered: Option<&str>) -> String {
    let name = declared.or(offered).filter(|name| fits("port-name", name));
    name.map_or_else(|| format!("port-{number}"), str::to_owned)
}

/// The node's port; 0 is none.
fn host_port(port: &Json) -> Option<u64> {
    port["hostPort"].as_u64().filter(|port| *port > 0)
}

fn env(container: &Json) -> Json {
    let mut env = Map::new();
    for variable in items(&container["env"]) {
        let Some(name) = variable["name"].as_str() else { continue };
        let from = &variable["valueFrom"];
        let key = |kind: &str, source: &Json| {
            let text = json!(format!("{kind}/{}/{}", source["name"].as_str()?, source["key"].as_str()?));
            Some(if source["optional"] == true { json!({"from": text, "optional": true}) } else { text })
        };
        let value = if from.is_null() {
            Some(json!(escaped(&text(&variable["value"]))))
        } else {
            key("secret", &from["secretKeyRef"])
                .or_else(|| key("configmap", &from["configMapKeyRef"]))
                .or_else(|| field(&from["fieldRef"]["fieldPath"]))
                .or_else(|| resource(container, &from["resourceFieldRef"]))
        };
        if let Some(value) = value {
            env.insert(name.to_owned(), value);
        }
    }
    Json::Object(env)
}

fn field(path: &Json) -> Option<Json> {
    let path = path.as_str()?;
    let word = match path {
        "status.podIP" => "pod/ip".to_owned(),
        "metadata.name" => "pod/name".to_owned(),
        "metadata.namespace" => "pod/namespace".to_owned(),
        "metadata.uid" => "pod/uid".to_owned(),
        "spec.nodeName" => "pod/node".to_owned(),
        "status.hostIP" => "pod/host-ip".to_owned(),
        "spec.serviceAccountName" => "pod/service-account".to_owned(),
        _ => {
            let of = |map: &str| path.strip_prefix(&format!("metadata.{map}['"))?.strip_suffix("']");
            match (of("labels"), of("annotations")) {
                (Some(key), _) => format!("pod/labels/{key}"),
                (_, Some(key)) => format!("pod/annotations/{key}"),
                _ => return None,
            }
        }
    };
    Some(json!(word))
}

fn resource(container: &Json, source: &Json) -> Option<Json> {
    let of_other = source["containerName"].as_str().is_some_and(|name| container["name"] != *name);
    let resource = source["resource"].as_str()?;
    let (list, name) = resource.split_once('.')?;
    let is_set = list == "requests" || container["resources"]["limits"].get(name).is_some();
    (!of_other && is_set && matches!(name, "cpu" | "memory")).then(|| json!(resource.replace('.', "/")))
}

fn env_from(container: &Json) -> Json {
    let one = |from: &Json| {
        let (kind, source) = match (&from["secretRef"], &from["configMapRef"]) {
            (Json::Null, source) => ("configmap", source),
            (source, _) => ("secret", source),
        };
        let name = source["name"].as_str()?;
        let mut value = json!({kind: name});
        if let Some(prefix) = from["prefix"].as_str().filter(|prefix| !prefix.is_empty()) {
            value["prefix"] = json!(prefix);
        }
        if source["optional"] == true {
            value["optional"] = json!(true);
        }
        Some(if value.as_object().is_some_and(|value| value.len() > 1) {
            value
        } else {
            json!(format!("{kind}/{name}"))
        })
    };
    Json::Array(items(&container["envFrom"]).iter().filter_map(one).collect())
}

fn user(container: &Json, spec: &Json) -> Json {
    let own = container.pointer("/securityContext/runAsUser");
    own.or_else(|| spec.pointer("/securityContext/runAsUser")).cloned().unwrap_or_default()
}

/// Whether a container is said to write wherever its user may.
fn is_all_writable(container: &Json) -> bool {
    container.pointer("/securityContext/readOnlyRootFilesystem") == Some(&Json::Bool(false))
}

/// Whether a container ends before the app starts; such a one has no `writable`.
fn is_init(container: &Json, pod: &Pod<'_>) -> bool {
    let mut inits = items(&pod.spec["initContainers"]).iter().filter(|one| one["restartPolicy"] != "Always");
    inits.any(|init| init["name"] == container["name"])
}

type Mounts = (Vec<Json>, Map<String, Json>, Map<String, Json>);

/// `writable`, `shared` and `volumes`.
fn mounts(container: &Json, pod: &Pod<'_>) -> Mounts {
    let (mut writable, mut shared, mut volumes) = (Vec::new(), Map::new(), Map::new());
    for mount in items(&container["volumeMounts"]) {
        let name = text(&mount["name"]);
        let path = path_of(mount);
        // of one name, a StatefulSet's claim takes the place of the volume (kubernetes: updateStorage)
        let is_claim = pod.claims.contains(&name);
        let Some(volume) = items(&pod.spec["volumes"]).iter().find(|volume| volume["name"] == name && !is_claim) else {
            continue;
        };
        if let Some(empty) = empty_dir(volume) {
            let size = empty["sizeLimit"].as_str().map_or_else(|| json!(unlimited(pod.spec, 0)), |size| json!(size));
            let users = mounted(pod.spec, &name);
            let sub = mount["subPath"].as_str().filter(|sub| !sub.is_empty());
            if !mount["subPathExpr"].is_null() || sub.is_some_and(|sub| !fits("sub-path", sub)) {
                continue;
            }
            if let Some(sub) = sub.filter(|_| users < 2) {
                let kind = if empty["medium"] == "Memory" { "memory" } else { "size" };
                volumes.insert(fresh(&name, &volumes, pod), json!({kind: size, "mount": path, "sub": sub}));
            } else if empty["medium"] == "Memory" {
                volumes.insert(fresh(&name, &volumes, pod), json!({"memory": size, "mount": path}));
            } else if users > 1 {
                let mut value = json!({"mount": path});
                if !empty["sizeLimit"].is_null() {
                    value["size"] = size;
                }
                if mount["readOnly"] == true {
                    value["readOnly"] = json!(true);
                }
                if let Some(sub) = sub {
                    value["sub"] = json!(escaped(sub));
                }
                let is_short = value.as_object().is_some_and(|value| value.len() == 1);
                shared.insert(name, if is_short { json!(path) } else { value });
            } else if is_all_writable(container) || is_init(container, pod) || mount["readOnly"] == true {
                let mut value = json!({"size": size, "mount": path});
                if mount["readOnly"] == true {
                    value["readOnly"] = json!(true);
                }
                volumes.insert(fresh(&name, &volumes, pod), value);
            } else if size == "64Mi" {
                writable.push(json!(path));
            } else {
                writable.push(json!({path: size}));
            }
            continue;
        }
        if let Some(value) = volume_of(volume, mount, &path, pod) {
            volumes.insert(fresh(&name, &volumes, pod), value);
        }
    }
    (writable, shared, volumes)
}

fn empty_dir(volume: &Json) -> Option<&Json> {
    const EMPTY: &Json = &Json::Null;
    match volume.get("emptyDir") {
        Some(empty) => Some(empty),
        None => volume.as_object().is_some_and(|members| members.len() == 1).then_some(EMPTY),
    }
}

/// How often a volume is mounted.
fn mounted(spec: &Json, name: &str) -> usize {
    let mounts = super::canonical::containers(spec).flat_map(|container| items(&container["volumeMounts"]));
    mounts.filter(|mount| mount["name"] == name).count()
}

/// What the volume of `storage` is called.
const RESERVED: &str = "data";

/// A key for a volume: its name, if that can be one.
fn fresh(name: &str, volumes: &Map<String, Json>, pod: &Pod<'_>) -> String {
    let mut base: String = name.chars().take(30).collect();
    base = base.trim_matches('-').to_owned();
    if base == RESERVED && !pod.claims.is_empty() {
        base = format!("v-{base}");
    }
    if !base.starts_with(|first: char| first.is_ascii_lowercase()) {
        base = format!("v-{base}");
    }
    let mut key = base.clone();
    let mut number = 2;
    while volumes.contains_key(&key) {
        key = format!("{base}-{number}");
        number += 1;
    }
    key
}

fn volume_of(volume: &Json, mount: &Json, path: &str, pod: &Pod<'_>) -> Option<Json> {
    let mut value = Map::new();
    let read_only = mount["readOnly"] == true;
    if let Some(claim) = volume.pointer("/persistentVolumeClaim/claimName").and_then(Json::as_str) {
        value.insert("claim".to_owned(), json!(claim));
        if let Some(create) = (pod.created)(claim) {
            value.insert("create".to_owned(), create);
        }
    } else if let Some(name) = volume.pointer("/secret/secretName").and_then(Json::as_str) {
        value.insert("secret".to_owned(), json!(name));
    } else if let Some(name) = volume.pointer("/configMap/name").and_then(Json::as_str) {
        value.insert("configmap".to_owned(), json!(name));
    } else if let Some(host) = volume.pointer("/hostPath/path").and_then(Json::as_str) {
        value.insert("host".to_owned(), json!(escaped(host)));
        let must_be = volume["hostPath"]["type"].as_str().filter(|must_be| !must_be.is_empty());
        value.extend(must_be.map(|must_be| ("type".to_owned(), json!(must_be))));
        let propagation = mount["mountPropagation"].as_str().filter(|propagation| *propagation != "None");
        value.extend(propagation.map(|propagation| ("propagation".to_owned(), json!(propagation))));
    } else if let Some(driver) = volume.pointer("/csi/driver").and_then(Json::as_str) {
        value.insert("csi".to_owned(), json!(driver));
        let attributes = volume["csi"]["volumeAttributes"].as_object();
        let escaped_of = |attributes: &Map<String, Json>| {
            attributes.iter().map(|(key, value)| (key.clone(), json!(escaped(&text(value))))).collect::<Map<_, _>>()
        };
        value.extend(attributes.map(|attributes| ("attributes".to_owned(), Json::Object(escaped_of(attributes)))));
    } else if let Some([source]) = volume.pointer("/projected/sources").map(items)
        && source["serviceAccountToken"]["path"] == "token"
        && let Some(audience) = source.pointer("/serviceAccountToken/audience").and_then(Json::as_str)
    {
        value.insert("token".to_owned(), json!(audience));
        let expires = source["serviceAccountToken"]["expirationSeconds"].as_u64().filter(|seconds| *seconds != 3600);
        value.extend(expires.map(|seconds| ("expires".to_owned(), json!(duration(seconds)))));
    } else if let Some(sources) = volume.pointer("/projected/sources").map(items) {
        let sources: Option<Vec<Json>> = sources.iter().map(source_of).collect();
        value.insert("sources".to_owned(), json!(sources?));
    } else if let Some(nfs) = volume.get("nfs").filter(|nfs| nfs["readOnly"] != true) {
        let (server, path) = (nfs["server"].as_str()?, nfs["path"].as_str()?);
        if server.contains(':') || !path.starts_with('/') {
            return None;
        }
        value.insert("nfs".to_owned(), json!(escaped(&format!("{server}:{path}"))));
    } else if let Some(image) = volume.pointer("/image/reference").and_then(Json::as_str) {
        value.insert("image".to_owned(), json!(image));
    } else if let Some(size) = volume.pointer("/ephemeral/volumeClaimTemplate/spec/resources/requests/storage") {
        let class = volume.pointer("/ephemeral/volumeClaimTemplate/spec/storageClassName");
        let mut ephemeral = Map::from_iter([("size".to_owned(), size.clone())]);
        ephemeral.extend(class.map(|class| ("class".to_owned(), class.clone())));
        value.insert("ephemeral".to_owned(), Json::Object(ephemeral));
    } else {
        return None;
    }
    value.insert("mount".to_owned(), json!(escaped(path)));
    if ["hostPath", "csi", "projected"].iter().any(|kind| volume.get(kind).is_some()) {
        let read_only = read_only || volume["csi"]["readOnly"] == true;
        if !read_only {
            value.insert("readOnly".to_owned(), json!(false));
        }
    } else if read_only {
        value.insert("readOnly".to_owned(), json!(true));
    }
    let source = volume.get("secret").or_else(|| volume.get("configMap"));
    let moded = source.or_else(|| volume.get("projected"));
    if let Some(mode) = moded.and_then(|source| source["defaultMode"].as_u64()).filter(|mode| *mode != 0o644) {
        value.insert("mode".to_owned(), json!(format!("{mode:04o}")));
    }
    let listed = source.map(|source| items(&source["items"])).unwrap_or_default();
    let sub = mount["subPath"].as_str().filter(|sub| !sub.is_empty());
    match (listed, sub) {
        ([], Some(file)) if source.is_some() => {
            value.insert("file".to_owned(), json!(escaped(file)));
        }
        ([], Some(folder)) if volume.get("image").is_none() && fits("sub-path", folder) => {
            value.insert("sub".to_owned(), json!(escaped(folder)));
        }
        ([], _) => {}
        (listed, Some(file)) if listed.iter().any(|item| item["path"] == *file) => {
            let item = listed.iter().find(|item| item["path"] == *file);
            let key = item.and_then(|item| item["key"].as_str()).unwrap_or(file);
            value.insert("file".to_owned(), json!(escaped(key)));
        }
        (listed, _) => {
            value.insert("items".to_owned(), listed_keys(listed));
        }
    }
    if source.is_some_and(|source| source["optional"] == true) {
        value.insert("optional".to_owned(), json!(true));
    }
    Some(Json::Object(value))
}

/// `items`: the keys with the files that they are, and their modes.
fn listed_keys(listed: &[Json]) -> Json {
    let one = |item: &Json| {
        let path = json!(escaped(item["path"].as_str()?));
        let value = match item["mode"].as_u64() {
            Some(mode) => json!({"path": path, "mode": format!("{mode:04o}")}),
            None => path,
        };
        Some((item["key"].as_str()?.to_owned(), value))
    };
    Json::Object(listed.iter().filter_map(one).collect())
}

/// One of `sources`, if the language has words for it.
fn source_of(source: &Json) -> Option<Json> {
    let mut value = Map::new();
    let (kind, said) = source.as_object().filter(|source| source.len() == 1)?.iter().next()?;
    match kind.as_str() {
        "serviceAccountToken" => {
            value.insert("token".to_owned(), json!(said["audience"].as_str().filter(|audience| !audience.is_empty())?));
            let expires = said["expirationSeconds"].as_u64().filter(|seconds| *seconds != 3600);
            value.extend(expires.map(|seconds| ("expires".to_owned(), json!(duration(seconds)))));
            let file = said["path"].as_str().filter(|path| *path != "token");
            value.extend(file.map(|file| ("file".to_owned(), json!(escaped(file)))));
        }
        "secret" | "configMap" => {
            value.insert(kind.to_ascii_lowercase(), said["name"].clone());
            let listed = items(&said["items"]);
            value.extend((!listed.is_empty()).then(|| ("items".to_owned(), listed_keys(listed))));
            value.extend((said["optional"] == true).then(|| ("optional".to_owned(), json!(true))));
        }
        _ => return None,
    }
    Some(Json::Object(value))
}

/// `resources`: requests, a limit of memory, and more where it is said.
fn resources(resources: &Json) -> Json {
    // the language has no word for nothing
    let is_something = |value: &Json| quantity(value).is_none_or(|quantity| quantity.sign() != 0);
    let of = |list: &str, name: &str| resources[list].get(name).cloned().filter(is_something);
    let request = |name: &str| of("requests", name).or_else(|| of("limits", name));
    let extended: Vec<(String, Json)> = resources["limits"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.contains('/'))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let limits = (of("limits", "cpu"), of("limits", "memory"));
    let requests = (request("cpu"), request("memory"));
    let disk = request("ephemeral-storage");
    if requests == (None, None) && extended.is_empty() && disk.is_none() {
        return Json::Null;
    }
    let cpu = requests.0.unwrap_or_else(|| json!("100m"));
    let memory = requests.1.unwrap_or_else(|| json!("128Mi"));
    let doubled = || double(&memory).map_or_else(|| memory.clone(), |text| json!(text));
    let memory_limit = limits.1.clone().unwrap_or_else(doubled);
    let mut said = Map::from_iter([("cpu".to_owned(), cpu), ("memory".to_owned(), memory.clone())]);
    match limits.0 {
        Some(cpu) => {
            said.insert("limit".to_owned(), json!({"cpu": cpu, "memory": memory_limit}));
        }
        None if memory_limit != memory => {
            said.insert("limit".to_owned(), memory_limit);
        }
        None => {}
    }
    let disk_limit = of("limits", "ephemeral-storage").filter(|limit| disk.as_ref() != Some(limit));
    said.extend(disk.map(|disk| ("disk".to_owned(), disk)));
    if let Some(limit) = disk_limit {
        let memory = said.get("limit").filter(|limit| !limit.is_object()).cloned();
        let limits = said.entry("limit").or_insert_with(|| json!({}));
        if !limits.is_object() {
            *limits = json!({"memory": memory});
        }
        limits["disk"] = limit;
    }
    said.extend(extended);
    Json::Object(said)
}

/// Twice a size of memory, as `small`, `medium` and `large` have it, where nobody limits it.
fn double(size: &Json) -> Option<String> {
    let text = size.as_str()?;
    Quantity::parse(text)?;
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len()));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let doubled = format!("{whole}{fraction}").parse::<u64>().ok()?.checked_mul(2)?.to_string();
    let digits = format!("{doubled:0>width$}", width = fraction.len() + 1);
    let (whole, fraction) = digits.split_at(digits.len() - fraction.len());
    let fraction = fraction.trim_end_matches('0');
    Some(if fraction.is_empty() { format!("{whole}{unit}") } else { format!("{whole}.{fraction}{unit}") })
}
