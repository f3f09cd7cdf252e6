//! What templates can refer to.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::catalogue::Catalogue;
use super::container::{self, Dial};
use super::definition::Claim;
use super::fill::Filled;
use super::job_names;
use super::objects;
use super::place;
use super::ports::{Ports, port_name};
use super::prepare::Prepared;
use super::reach;
use super::service;
use crate::describe::{App, Description, Expose, Member, Spanned, duration_seconds};

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
    context.insert("hashed".to_owned(), json!(job_names::MARK));
    let main = shape.definition.main_container.clone().unwrap_or_else(|| description.name.clone());
    context.insert("mesh".to_owned(), json!(description.meshed.then_some("istio")));
    context.insert("target".to_owned(), json!(description.target.0));
    context.insert("served".to_owned(), json!(served));
    context.insert("main".to_owned(), json!(main));
    let account = description.app.as_ref().and_then(|app| app.account.as_ref()).map(|(name, _)| name);
    context.insert("account".to_owned(), json!(account.unwrap_or(&description.name)));
    context.insert("makes_account".to_owned(), json!(account.is_none()));
    context.insert("labels".to_owned(), Json::Object(objects::labels(description, &shape.definition.name)));
    context.insert("selector".to_owned(), objects::selector(description));
    context.insert("uses".to_owned(), json!(names));
    context.insert(
        "app".to_owned(),
        description.app.as_ref().map_or(Json::Null, |app| {
            let name = app_port_name(app, description.expose.as_ref().is_some_and(Expose::is_routed));
            container::context(app, &description.name, None, name, &dial(app, inbound, name), readiness)
        }),
    );
    let inbound = inbound
        .map_or(Json::Null, |inbound| inbound_context(inbound, description, service::is_headless(description, shape)));
    context.insert("service_ports".to_owned(), json!(service_ports(description, &inbound)));
    context.insert("inbound".to_owned(), inbound);
    context.insert("place".to_owned(), place::context(description));
    context.insert(
        "claims".to_owned(),
        claims(context.get("app"), &container::init_claims(description), std::iter::once(shape).chain(uses)),
    );
    let priority = description.priority.as_ref().map(|(name, value)| json!({"name": name, "value": value}));
    context.insert("priority".to_owned(), json!(priority));
    context.insert("schedule".to_owned(), schedule(description));
    context.insert("shape".to_owned(), Json::Object(shape.params_map()));
    context
}

/// What a pattern's checks may ask about the rest of its document.
pub(super) fn document(description: &Description, shape: &Filled, uses: &[Filled]) -> Json {
    let app = description.app.as_ref();
    let volumes = reach::apps(description, shape, uses).flat_map(|app| &app.volumes);
    let volume_kinds: BTreeSet<String> =
        volumes.filter_map(|volume| volume.source.as_object()?.keys().next().cloned()).collect();
    let claim = uses.iter().find_map(|filled| filled.definition.claims.as_ref());
    json!({
        "scheme": claim.map(|claim| claim.scheme.clone()),
        "expose": description.expose.is_some(),
        "ingress": description.expose.as_ref().is_some_and(|expose| expose.is_routed() && expose.gateway.is_none()),
        "tls": description.expose.as_ref().is_some_and(|expose| expose.tls.is_some()),
        "open_service": description.expose.as_ref().is_some_and(|expose| !expose.is_routed()),
        "uses": description.uses.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>(),
        "ports": app.map(|app| app.ports.iter().map(|port| port.name.clone()).collect::<Vec<_>>()),
        "protocol": app.and_then(|app| app.protocol.clone()),
        "inits": description.inits.iter().map(|init| init.name.clone()).collect::<Vec<_>>(),
        "health": app.is_some_and(|app| app.has("health")),
        "health_keys": app.and_then(|app| app.written.get("health")).map(health_keys).unwrap_or_default(),
        "volume_kinds": volume_kinds,
        "place": description.place.is_some(),
        "isolate": description.isolate.is_some(),
        "mesh": description.meshed,
        "volumes": app.map(|app| app.volumes.iter().map(|volume| volume.name.clone()).collect::<Vec<_>>()),
        "port": app.and_then(|app| app.port),
        "env": app.map(|app| app.env.iter().map(|variable| variable.name.clone()).collect::<Vec<_>>()),
        "writable": app.map(|app| app.writable.iter().map(|path| path.path.clone()).collect::<Vec<_>>()),
        "mounts": app.map(|app| app.volumes.iter().map(|volume| volume.mount.clone()).collect::<Vec<_>>()),
        "claims": app.is_some_and(|app| app.volumes.iter().any(|volume| volume.claim.is_some())),
        "loopback": app.is_some_and(|app| app.loopback),
        "priority": description.priority.is_some(),
        "app": app.map(|app| app.keys().collect::<Vec<_>>()).unwrap_or_default(),
        "minor": description.target.minor(),
    })
}

/// What is said of a health check, by key, wherever it is said.
pub(super) fn health_keys(health: &Spanned) -> Vec<&str> {
    match health.text() {
        Some("grpc") => vec!["grpc"],
        Some(_) => vec!["path"],
        None => health
            .members()
            .iter()
            .flat_map(|member| std::iter::once(member.key.as_str()).chain(health_keys_below(member)))
            .collect(),
    }
}

fn health_keys_below(member: &Member) -> Vec<&str> {
    if matches!(member.key.as_str(), "ready" | "live") { health_keys(&member.value) } else { Vec::new() }
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

/// The claims to make, of the app, of `init` and of every container that the shape or an entry of `use` was given, each once.
fn claims<'a>(app: Option<&Json>, inits: &[Json], entries: impl Iterator<Item = &'a Filled>) -> Json {
    let mut claims: Vec<Json> = Vec::new();
    for container in app.into_iter().chain(inits).chain(entries.flat_map(|filled| containers(&filled.params))) {
        for volume in container["volumes"].as_array().into_iter().flatten() {
            let is_new = claims.iter().all(|claim| claim["claim"] != volume["claim"]);
            if is_new && volume["create"].is_object() {
                claims.push(volume.clone());
            }
        }
    }
    Json::Array(claims)
}

/// The containers among filled parameters, wherever they are.
pub(super) fn containers(params: &Json) -> Vec<&Json> {
    match params {
        Json::Object(members) if members.contains_key("pod_volumes") => vec![params],
        Json::Object(members) => members.values().flat_map(containers).collect(),
        _ => Vec::new(),
    }
}

/// A container of the user's that is not the app: a leaf, a worker.
pub(super) fn container(app: &App, document: &str, role: &str) -> Json {
    let name = app_port_name(app, false);
    let dial = Dial { port: json!(app.port), scheme: scheme(app) };
    container::context(app, document, Some(role), name, &dial, None)
}

/// The name of the app's port where nothing says that it speaks HTTP: service meshes go by the name, and take
/// what is called `http` for HTTP.
const OPAQUE: &str = "app";

/// What the app's port is called: its protocol, or `http` where a health check or a route shows that it speaks that.
pub(super) fn app_port_name(app: &App, is_exposed: bool) -> &str {
    match &app.protocol {
        Some(protocol) => protocol,
        None if is_exposed || app.health.paths() != (None, None) => "http",
        None => OPAQUE,
    }
}

/// How the kubelet's HTTP probes speak to an app.
pub(super) fn scheme(app: &App) -> Json {
    json!((app.protocol.as_deref() == Some("https")).then_some("HTTPS"))
}

/// Where the kubelet dials for the app. It dials the Pod's address, which a loopback listener does not answer:
/// such an app is probed through the pattern in front of it, by number, because a probe's named port resolves
/// in its own container alone (`pkg/probe/util.go`, `ResolveContainerPort`).
fn dial(app: &App, inbound: Option<&Inbound>, port_name: &str) -> Dial {
    match inbound {
        Some(inbound) if app.loopback => {
            Dial { port: json!(inbound.port), scheme: json!(inbound.claim.as_ref().map(|claim| claim.scheme.clone())) }
        }
        _ => Dial { port: json!(port_name), scheme: scheme(app) },
    }
}

/// What a Service says of a protocol (`appProtocol`): names of IANA, or Kubernetes' own.
pub(crate) fn app_protocol(protocol: &str) -> Option<&'static str> {
    Some(match protocol {
        "http" => "http",
        "https" => "https",
        "grpc" => "kubernetes.io/h2c",
        "redis" => "redis",
        "memcached" => "memcache",
        "mysql" => "mysql",
        "postgres" => "postgresql",
        "mongodb" => "mongodb",
        "amqp" => "amqp",
        "mqtt" => "mqtt",
        _ => return None,
    })
}

/// How the Service of a document offers its traffic.
pub(super) fn inbound_context(inbound: &Inbound, description: &Description, headless: bool) -> Json {
    let own = description.app.as_ref().and_then(|app| app.protocol.as_deref());
    let (service, protocol) = match (&inbound.claim, own) {
        (Some(claim), _) => (claim.service, claim.protocol.as_str()),
        (None, None | Some("http")) => (80, inbound.name.as_str()),
        (None, Some("https")) => (443, "https"),
        (None, Some(protocol)) => (inbound.port, protocol),
    };
    let asked = description.expose.as_ref().and_then(|expose| expose.member("port"));
    let asked = asked.and_then(|port| u16::try_from(port.value.to_json().as_u64()?).ok());
    let service = if headless { inbound.port } else { asked.unwrap_or(service) };
    let transport = if protocol == "udp" { json!("UDP") } else { Json::Null };
    json!({
        "port": inbound.port,
        "name": inbound.name,
        "service": service,
        "protocol": protocol,
        "app_protocol": app_protocol(protocol),
        "transport": transport,
    })
}

/// The ports of the document's Service.
fn service_ports(description: &Description, inbound: &Json) -> Vec<Json> {
    let mut ports = Vec::new();
    if !inbound.is_null() {
        let mut port = Map::from_iter([
            ("name".to_owned(), inbound["protocol"].clone()),
            ("port".to_owned(), inbound["service"].clone()),
            ("targetPort".to_owned(), inbound["name"].clone()),
        ]);
        for (key, from) in [("protocol", "transport"), ("appProtocol", "app_protocol")] {
            if !inbound[from].is_null() {
                port.insert(key.to_owned(), inbound[from].clone());
            }
        }
        if let Some(speaks) = description.expose.as_ref().and_then(|expose| expose.member("speaks")) {
            port.insert("appProtocol".to_owned(), speaks.value.to_json());
        }
        ports.push(Json::Object(port));
        ports.extend(service::also(description, inbound));
    }
    for port in description.app.iter().flat_map(|app| &app.ports).filter(|port| !port.private) {
        let mut offered =
            json!({"name": port.name, "port": port.service_port.unwrap_or(port.number), "targetPort": port.name});
        if port.protocol == "UDP" {
            offered["protocol"] = json!("UDP");
        }
        if let Some(speaks) = &port.speaks {
            offered["appProtocol"] = json!(speaks);
        }
        ports.push(offered);
    }
    ports
}

/// `schedule` with its defaults.
fn schedule(description: &Description) -> Json {
    let Some(schedule) = &description.schedule else { return Json::Null };
    let of = |key: &str| schedule.get(key).map(Spanned::to_json).unwrap_or_default();
    let within = schedule.get("start-within").and_then(Spanned::text).and_then(|text| duration_seconds(text).ok());
    let overlap = match schedule.get("overlap").and_then(Spanned::text) {
        Some("allow") => "Allow",
        Some("replace") => "Replace",
        _ => "Forbid",
    };
    json!({
        "at": schedule.text().map_or_else(|| of("at"), |at| json!(at)),
        "zone": of("zone"),
        "overlap": overlap,
        "within": within.unwrap_or(600),
        "done": schedule.get("history").and_then(|history| history.get("done")).map(Spanned::to_json),
        "failed": schedule.get("history").and_then(|history| history.get("failed")).map(Spanned::to_json),
        "suspend": of("suspend") == true,
    })
}
