//! A container of the user's as templates see it.

use serde_json::{Map, Value as Json, json};

use super::probes::{Dial, health_keys, probes, scheme};
use crate::describe::{App, Description, EnvSource, Init};
use crate::pattern::names::{hash_of, volume_name};

/// What templates see of a container. `document` and `role` name its `ConfigMap`; a `role` of none is the app.
pub(crate) fn context(
    app: &App,
    document: &str,
    role: Option<&str>,
    port_name: &str,
    dial: &Dial,
    readiness: Option<Json>,
) -> Json {
    let config = config(app, document, role);
    let (mounts, volumes) = mounts(app, config.as_ref());
    let writable = writable(app);
    let (ready, live) = app.health.paths();
    json!({
        "image": app.image,
        "port": app.port,
        "loopback": app.loopback,
        "protocol": app.protocol.as_deref().unwrap_or("http"),
        "command": app.command,
        "args": app.args,
        "env": env(app),
        "env_from": env_from(app),
        "workdir": app.workdir,
        "more": app.more,
        "groups": app.groups,
        "user": app.user,
        "group": app.group.unwrap_or(app.user),
        "volume_group": app.volume_group.or(app.group).unwrap_or(app.user),
        "security": security(app),
        "own_security": own_security(app),
        "writable": writable,
        "mounts": mounts,
        "pod_volumes": volumes,
        "common": app.shared.iter().map(|shared| &shared.name).collect::<Vec<_>>(),
        "shared": app.shared.iter().map(|shared| json!({"name": shared.name, "size": shared.size, "memory": shared.in_memory})).collect::<Vec<_>>(),
        "volumes": app.volumes.iter().map(claim).collect::<Vec<_>>(),
        "resources": app.resources.to_json(),
        "drain": app.drain,
        "hooks": hooks(app, 0),
        "lifecycle": hooks(app, app.drain),
        "stop": app.stop,
        "rights": app.has_rights(),
        "within": app.within,
        "grace": app.within.unwrap_or(app.drain + app.stop.unwrap_or(30) + 5),
        "start": app.health.start,
        "started": app.health.started.is_some(),
        "checks": checks(app),
        "ready": ready,
        "live": live,
        "port_name": port_name,
        "ports": ports(app, port_name),
        "probes": probes(app, dial, readiness),
        "config": config,
    })
}

/// What is said of its health: at all, of its liveness, and more than a path.
fn checks(app: &App) -> Json {
    let keys = app.written.get("health").map(health_keys).unwrap_or_default();
    let is_more = |key: &&str| !["path", "ready", "live"].contains(key);
    json!({"any": !keys.is_empty(), "live": keys.contains(&"live"), "more": keys.iter().any(is_more)})
}

/// What Pod Security restricted asks of a container, but for what the description asks for; the Pod's own
/// `securityContext` has the rest.
pub(crate) fn security(app: &App) -> Json {
    let mut security = Map::from_iter([("runAsNonRoot".to_owned(), json!(app.user > 0))]);
    if app.privileged {
        // such a container has all capabilities, and may not be kept from more rights
        security.insert("privileged".to_owned(), json!(true));
    } else {
        // The capabilities of a user other than root come from the program's file, which the kernel heeds only without
        // `no_new_privs` (prctl(2)); ports below 1024 are open to all users in any case.
        let from_file = app.user > 0 && app.capabilities.iter().any(|name| name != "NET_BIND_SERVICE");
        let allowed = app.new_privileges.unwrap_or(from_file);
        security.insert("allowPrivilegeEscalation".to_owned(), json!(allowed));
    }
    security.insert("readOnlyRootFilesystem".to_owned(), json!(!app.writable_root));
    if !app.privileged {
        let mut capabilities = json!({"drop": ["ALL"]});
        if !app.capabilities.is_empty() {
            capabilities["add"] = json!(app.capabilities);
        }
        security.insert("capabilities".to_owned(), capabilities);
    }
    if app.selinux.is_object() {
        security.insert("seLinuxOptions".to_owned(), app.selinux.clone());
    }
    Json::Object(security)
}

/// The same for a container whose user is not the Pod's.
fn own_security(app: &App) -> Json {
    let group = app.group.unwrap_or(app.user);
    let mut security =
        Map::from_iter([("runAsUser".to_owned(), json!(app.user)), ("runAsGroup".to_owned(), json!(group))]);
    security.extend(self::security(app).as_object().cloned().unwrap_or_default());
    Json::Object(security)
}

/// What runs at a container's start and end. A hook is one command: the app's own takes the place of the wait.
fn hooks(app: &App, drain: u64) -> Json {
    let mut hooks = Map::new();
    if !app.after_start.is_empty() {
        hooks.insert("postStart".to_owned(), json!({"exec": {"command": app.after_start}}));
    }
    if !app.before_stop.is_empty() {
        hooks.insert("preStop".to_owned(), json!({"exec": {"command": app.before_stop}}));
    } else if drain > 0 {
        hooks.insert("preStop".to_owned(), json!({"sleep": {"seconds": drain}}));
    }
    Json::Object(hooks)
}

fn env(app: &App) -> Vec<Json> {
    let variable = |name: &str, source: &EnvSource| match source {
        EnvSource::Text(text) => json!({"name": name, "value": text}),
        EnvSource::From(source) => json!({"name": name, "valueFrom": source}),
    };
    app.env.iter().map(|entry| variable(&entry.name, &entry.source)).collect()
}

fn env_from(app: &App) -> Vec<Json> {
    let source = |from: &crate::describe::EnvFrom| {
        let mut source = Map::new();
        if let Some(prefix) = &from.prefix {
            source.insert("prefix".to_owned(), json!(prefix));
        }
        let mut named = json!({"name": from.name});
        if from.optional {
            named["optional"] = json!(true);
        }
        source.insert(from.kind.to_owned(), named);
        Json::Object(source)
    };
    app.env_from.iter().map(source).collect()
}

/// The ports that the container declares: none that only 127.0.0.1 answers.
fn ports(app: &App, port_name: &str) -> Vec<Json> {
    let declared = |name: &str, number: u16, protocol: &str, host_port: Option<u16>| {
        let mut port = json!({"name": name, "containerPort": number});
        if protocol == "UDP" {
            port["protocol"] = json!("UDP");
        }
        if let Some(host_port) = host_port {
            port["hostPort"] = json!(host_port);
        }
        port
    };
    if app.loopback {
        return Vec::new();
    }
    let protocol = app.transport();
    let main = app.port.map(|port| declared(port_name, port, protocol, app.host_port));
    let further = app.ports.iter().map(|port| declared(&port.name, port.number, port.protocol, port.host_port));
    main.into_iter().chain(further).collect()
}

/// Paths that become emptyDirs: what the user listed, and `/tmp`, without which few programs start.
fn writable(app: &App) -> Vec<Json> {
    if app.writable_root {
        return Vec::new();
    }
    let mut paths: Vec<Json> = app
        .writable
        .iter()
        .map(|path| json!({"volume": volume_name(&path.path), "path": path.path, "size": path.size}))
        .collect();
    let mounts = app.volumes.iter().map(|volume| &volume.mount).chain(app.shared.iter().map(|shared| &shared.mount));
    if !app.writable.iter().any(|path| path.path == "/tmp") && !mounts.into_iter().any(|mount| mount == "/tmp") {
        paths.push(json!({"volume": volume_name("/tmp"), "path": "/tmp", "size": "64Mi"}));
    }
    paths
}

/// The volumes of each container of `init`, of which claims are made.
pub(crate) fn init_claims(description: &Description) -> Vec<Json> {
    let of = |init: &Init| json!({"volumes": init.app.volumes.iter().map(claim).collect::<Vec<_>>()});
    description.inits.iter().map(of).collect()
}

/// A claim, for the template that makes those that are to be made.
fn claim(volume: &crate::describe::Volume) -> Json {
    let claim = volume.claim.as_ref();
    let create = claim.and_then(|claim| claim.create.as_ref());
    let create = create.map(|(size, access, class)| json!({"size": size, "access": access, "class": class}));
    json!({"name": volume.name, "claim": claim.map(|claim| &claim.name), "mount": volume.mount, "create": create})
}

/// The container's mounts and the Pod's volumes; those that containers share are made elsewhere.
fn mounts(app: &App, config: Option<&Json>) -> (Vec<Json>, Vec<Json>) {
    let (mut mounts, mut volumes) = (Vec::new(), Vec::new());
    for volume in &app.volumes {
        let mut mount = Map::from_iter([
            ("name".to_owned(), json!(volume.name)),
            ("mountPath".to_owned(), json!(volume.mount.trim_end_matches('/'))),
        ]);
        if let Some(file) = &volume.file {
            mount.insert("subPath".to_owned(), json!(file));
        }
        if volume.read_only {
            mount.insert("readOnly".to_owned(), json!(true));
        }
        if let Some(propagation) = &volume.propagation {
            mount.insert("mountPropagation".to_owned(), json!(propagation));
        }
        mounts.push(Json::Object(mount));
        let mut made = Map::from_iter([("name".to_owned(), json!(volume.name))]);
        made.extend(volume.source.as_object().cloned().unwrap_or_default());
        volumes.push(Json::Object(made));
    }
    for shared in &app.shared {
        let mut mount = json!({"name": shared.name, "mountPath": shared.mount.trim_end_matches('/')});
        if let Some(sub) = &shared.sub {
            mount["subPath"] = json!(sub);
        }
        if shared.read_only {
            mount["readOnly"] = json!(true);
        }
        mounts.push(mount);
    }
    if let Some(name) = config.map(|config| &config["metadata"]["name"]) {
        if !app.files.single.is_empty() {
            volumes.push(json!({"name": "files", "configMap": {"name": name}}));
        }
        for (path, key) in &app.files.single {
            mounts.push(json!({"name": "files", "mountPath": path, "subPath": key, "readOnly": true}));
        }
        for (at, (path, keys)) in app.files.folders.iter().enumerate() {
            let volume = format!("files-{}", at + 1);
            let items: Vec<Json> = keys.iter().map(|(key, name)| json!({"key": key, "path": name})).collect();
            mounts.push(json!({"name": volume, "mountPath": path, "readOnly": true}));
            volumes.push(json!({"name": volume, "configMap": {"name": name, "items": items}}));
        }
    }
    for path in writable(app) {
        mounts.push(json!({"name": path["volume"], "mountPath": path["path"]}));
        volumes.push(json!({"name": path["volume"], "emptyDir": {"sizeLimit": path["size"]}}));
    }
    (mounts, volumes)
}

/// The `ConfigMap` of the container's files, named by its content so that a change rolls the Pods.
fn config(app: &App, document: &str, role: Option<&str>) -> Option<Json> {
    if app.files.is_empty() {
        return None;
    }
    let mut content = Map::new();
    for (key, files) in [("data", &app.files.data), ("binaryData", &app.files.binary)] {
        if !files.is_empty() {
            content.insert(key.to_owned(), Json::Object(files.clone()));
        }
    }
    let hash = hash_of(&Json::Object(content.clone()));
    let part = role.map_or_else(String::new, |role| format!("-{role}"));
    let mut object = Map::from_iter([
        ("apiVersion".to_owned(), json!("v1")),
        ("kind".to_owned(), json!("ConfigMap")),
        ("metadata".to_owned(), json!({"name": format!("{document}{part}-files-{hash}")})),
        ("immutable".to_owned(), json!(true)),
    ]);
    object.extend(content);
    Some(Json::Object(object))
}

/// The containers among filled parameters, wherever they are.
pub(crate) fn containers(params: &Json) -> Vec<&Json> {
    match params {
        Json::Object(members) if members.contains_key("pod_volumes") => vec![params],
        Json::Object(members) => members.values().flat_map(containers).collect(),
        _ => Vec::new(),
    }
}

/// A container of the user's that is not the app: a leaf, a worker.
pub(crate) fn container(app: &App, document: &str, role: &str) -> Json {
    let name = app_port_name(app, false);
    let dial = Dial { port: json!(app.port), scheme: scheme(app) };
    context(app, document, Some(role), name, &dial, None)
}

/// The name of the app's port where nothing says that it speaks HTTP: service meshes go by the name, and take
/// what is called `http` for HTTP.
const OPAQUE: &str = "app";

/// What the app's port is called: its protocol, or `http` where a health check or a route shows that it speaks that.
pub(crate) fn app_port_name(app: &App, is_exposed: bool) -> &str {
    match &app.protocol {
        Some(protocol) => protocol,
        None if is_exposed || app.health.paths() != (None, None) => "http",
        None => OPAQUE,
    }
}
