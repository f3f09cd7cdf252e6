//! What templates can refer to.

use serde_json::{Map, Value as Json, json};

use super::catalogue::Catalogue;
use super::definition::Claim;
use super::fill::Filled;
use super::objects;
use super::ports::{Ports, port_name};
use super::prepare::Prepared;
use super::render::volume_name;
use crate::describe::{App, Description, EnvSource, Expose};

/// How traffic enters the Pod: through the outermost pattern that claims it, or straight to the app.
#[derive(Clone, Debug)]
pub(super) struct Inbound {
    /// Number of the port that takes the traffic.
    pub port: u16,
    /// Its name.
    pub name: String,
    /// The claim of the pattern in front, if there is one.
    pub claim: Option<Claim>,
}

/// What every template of a document sees.
pub(super) fn shared(prepared: &Prepared<'_>) -> Map<String, Json> {
    let Prepared { description, shape, uses, ports, served, inbound, .. } = prepared;
    let inbound = inbound.as_ref();
    let readiness = uses.iter().zip(ports).find_map(|(filled, ports)| filled.answers_readiness(ports));
    let names: Vec<&str> = uses.iter().map(|entry| entry.entry.name.as_str()).collect();
    let mut context = Map::new();
    context.insert("name".to_owned(), json!(description.name));
    let main = shape.definition.main_container.clone().unwrap_or_else(|| description.name.clone());
    context.insert("mesh".to_owned(), json!(description.meshed.then_some("istio")));
    context.insert("target".to_owned(), json!(description.target.0));
    context.insert("served".to_owned(), json!(served));
    context.insert("main".to_owned(), json!(main));
    context.insert("account".to_owned(), json!(description.name));
    context.insert("labels".to_owned(), Json::Object(objects::labels(description, &shape.definition.name)));
    context.insert("selector".to_owned(), objects::selector(description));
    context.insert("uses".to_owned(), json!(names));
    context.insert(
        "app".to_owned(),
        description.app.as_ref().map_or(Json::Null, |app| {
            let name = app_port_name(app, description.expose.as_ref().is_some_and(Expose::is_routed));
            app_context(app, inbound, name, readiness)
        }),
    );
    context.insert(
        "inbound".to_owned(),
        inbound.map_or(Json::Null, |inbound| inbound_context(inbound, shape.definition.headless)),
    );
    context.insert("claims".to_owned(), claims(context.get("app"), &shape.params));
    let priority = description.priority.as_ref().map(|(name, value)| json!({"name": name, "value": value}));
    context.insert("priority".to_owned(), json!(priority));
    context.insert("schedule".to_owned(), json!(description.schedule.as_ref().and_then(|schedule| schedule.text())));
    context.insert("shape".to_owned(), Json::Object(shape.params_map()));
    context
}

/// What a pattern's checks may ask about the rest of its document.
pub(super) fn document(description: &Description, uses: &[Filled]) -> Json {
    let app = description.app.as_ref();
    let claim = uses.iter().find_map(|filled| filled.definition.claims.as_ref());
    json!({
        "scheme": claim.map(|claim| claim.scheme.clone()),
        "expose": description.expose.is_some(),
        "uses": description.uses.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>(),
        "volumes": app.map(|app| app.volumes.iter().map(|volume| volume.name.clone()).collect::<Vec<_>>()),
        "port": app.and_then(|app| app.port),
        "env": app.map(|app| app.env.iter().map(|variable| variable.name.clone()).collect::<Vec<_>>()),
        "writable": app.map(|app| app.writable.clone()),
        "loopback": app.is_some_and(|app| app.loopback),
        "priority": description.priority.is_some(),
        "minor": description.target.minor(),
    })
}

/// What the templates of one `use` entry see on top.
pub(super) fn entry(
    catalogue: &Catalogue,
    description: &Description,
    filled: &Filled,
    ports: &Ports,
) -> Map<String, Json> {
    let mut context = Map::new();
    let entries = || description.uses.iter().map(|entry| entry.name.as_str());
    let named = |port: &String, number: &u16| {
        (port.clone(), json!({"number": number, "name": port_name(&filled.entry.name, port, entries())}))
    };
    context.insert("entry".to_owned(), json!(filled.entry.name));
    context.insert("params".to_owned(), filled.params.clone());
    context.insert("ports".to_owned(), Json::Object(ports.iter().map(|(port, number)| named(port, number)).collect()));
    let image = |role: &String| {
        let mut image = catalogue.images().get(role).cloned()?;
        let other = description.images.iter().find(|member| member.key == *role);
        if let Some(reference) = other.and_then(|member| member.value.text()) {
            reference.clone_into(&mut image.image);
        }
        Some(image)
    };
    let images: Map<String, Json> =
        filled.definition.images.iter().map(|role| (role.clone(), json!(image(role)))).collect();
    context.insert("images".to_owned(), Json::Object(images));
    let image = filled.definition.image.as_ref().and_then(image);
    context.insert("image".to_owned(), json!(image));
    context
}

/// Paths that become emptyDirs: what the user listed, and `/tmp`, without which few programs start.
fn writable(app: &App) -> Vec<String> {
    let mut paths = app.writable.clone();
    let is_there = |path: &str| app.volumes.iter().any(|volume| volume.mount == path);
    if !paths.iter().any(|path| path == "/tmp") && !is_there("/tmp") {
        paths.push("/tmp".to_owned());
    }
    paths
}

/// The claims to make, of the app and of every container that the shape was given, each once.
fn claims(app: Option<&Json>, params: &Json) -> Json {
    let mut claims: Vec<Json> = Vec::new();
    let parts = params.as_object().into_iter().flatten().map(|(_, value)| value);
    for volume in app.into_iter().chain(parts).filter_map(|part| part.get("volumes")?.as_array()).flatten() {
        let is_new = claims.iter().all(|claim| claim["claim"] != volume["claim"]);
        if is_new && volume.get("create").is_some_and(Json::is_object) {
            claims.push(volume.clone());
        }
    }
    Json::Array(claims)
}

/// A container of the user's that is not the app: a leaf, a worker.
pub(super) fn container(app: &App) -> Json {
    app_context(app, None, app_port_name(app, false), None)
}

/// The name of the app's port where nothing says that it speaks HTTP: service meshes go by the name, and take
/// what is called `http` for HTTP.
const OPAQUE: &str = "app";

/// What the app's port is called: an HTTP health check or a route to it shows that it speaks HTTP.
pub(super) fn app_port_name(app: &App, is_exposed: bool) -> &'static str {
    if is_exposed || app.health.ready.is_some() || app.health.live.is_some() { "http" } else { OPAQUE }
}

fn app_context(app: &App, inbound: Option<&Inbound>, port_name: &str, readiness: Option<Json>) -> Json {
    let env: Vec<Json> = app
        .env
        .iter()
        .map(|variable| match &variable.source {
            EnvSource::Text(text) => json!({"name": variable.name, "value": text}),
            EnvSource::Secret { name, key } => {
                json!({"name": variable.name, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}})
            }
            EnvSource::ConfigMap { name, key } => {
                json!({"name": variable.name, "valueFrom": {"configMapKeyRef": {"name": name, "key": key}}})
            }
        })
        .collect();
    let writable: Vec<Json> =
        writable(app).into_iter().map(|path| json!({"volume": volume_name(&path), "path": path})).collect();
    let volumes: Vec<Json> = app
        .volumes
        .iter()
        .map(|volume| {
            let create = volume
                .create
                .as_ref()
                .map(|(size, access, class)| json!({"size": size, "access": access, "class": class}));
            json!({"name": volume.name, "claim": volume.claim, "mount": volume.mount, "create": create})
        })
        .collect();
    let probe = probe(app, inbound, port_name);
    let own = || json!({"path": app.health.ready, "port": probe["port"], "scheme": probe["scheme"], "timeout": null});
    let readiness = readiness.unwrap_or_else(own);
    json!({
        "image": app.image,
        "port": app.port,
        "loopback": app.loopback,
        "command": app.command,
        "args": app.args,
        "env": env,
        "user": app.user,
        "writable": writable,
        "volumes": volumes,
        "resources": {"cpu": app.resources.cpu, "memory": app.resources.memory, "limit": app.resources.limit},
        "drain": app.drain,
        "ready": app.health.ready,
        "live": app.health.live,
        "port_name": port_name,
        "probe": probe,
        "readiness": readiness,
    })
}

/// Where the kubelet dials for the app. It dials the Pod's address, which a loopback listener does not answer:
/// such an app is probed through the pattern in front of it, by number, because a probe's named port resolves
/// in its own container alone (`pkg/probe/util.go`, `ResolveContainerPort`).
fn probe(app: &App, inbound: Option<&Inbound>, port_name: &str) -> Json {
    match (app.port, inbound) {
        (None, _) => Json::Null,
        (Some(_), Some(inbound)) if app.loopback => {
            json!({"port": inbound.port, "scheme": inbound.claim.as_ref().map(|claim| claim.scheme.clone())})
        }
        (Some(_), _) => json!({"port": port_name, "scheme": null}),
    }
}

/// How the Service of a document offers its traffic.
pub(super) fn inbound_context(inbound: &Inbound, headless: bool) -> Json {
    let (service, protocol) = match &inbound.claim {
        Some(claim) => (claim.service, claim.protocol.as_str()),
        None => (80, inbound.name.as_str()),
    };
    let service = if headless { inbound.port } else { service };
    let app_protocol = Some(protocol).filter(|protocol| *protocol != OPAQUE);
    json!({"port": inbound.port, "name": inbound.name, "service": service, "protocol": protocol, "app_protocol": app_protocol})
}
