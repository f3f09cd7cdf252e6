//! What templates can refer to.

use serde_json::{Map, Value as Json, json};

use crate::describe::{App, Description, Expose, Spanned, duration_seconds};
use crate::pattern::catalogue::folders::Catalogue;
use crate::pattern::keys::place;
use crate::pattern::keys::service;
use crate::pattern::names::{JOB_MARK, port_name};
use crate::pattern::objects;
use crate::pattern::plan::container::{self, Dial, app_port_name, containers, scheme};
use crate::pattern::plan::fill::Filled;
use crate::pattern::plan::inbound::{Inbound, inbound_context, is_headless};
use crate::pattern::plan::ports::Ports;
use crate::pattern::plan::prepare::Prepared;

/// What every template of a document sees.
pub(crate) fn shared(prepared: &Prepared<'_>) -> Map<String, Json> {
    let Prepared { description, shape, uses, ports, served, inbound, .. } = prepared;
    let inbound = inbound.as_ref();
    let readiness = uses.iter().zip(ports).find_map(|(filled, ports)| filled.answers_readiness(ports));
    let names: Vec<&str> = uses.iter().map(|entry| entry.entry.name.as_str()).collect();
    let mut context = Map::new();
    context.insert("name".to_owned(), json!(description.name));
    context.insert("hashed".to_owned(), json!(JOB_MARK));
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
    let inbound =
        inbound.map_or(Json::Null, |inbound| inbound_context(inbound, description, is_headless(description, shape)));
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

/// What the templates of one `use` entry see on top.
pub(crate) fn entry(
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
