//! What templates can refer to.

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::describe::{App, Description, Expose, Spanned, duration_seconds};
use crate::pattern::catalogue::folders::Catalogue;
use crate::pattern::keys::place;
use crate::pattern::keys::service;
use crate::pattern::names::{JOB_MARK, port_name};
use crate::pattern::objects;
use crate::pattern::plan::container::{self, app_port_name, containers};
use crate::pattern::plan::fill::Filled;
use crate::pattern::plan::inbound::{Inbound, inbound_context, is_headless};
use crate::pattern::plan::ports::Ports;
use crate::pattern::plan::prepare::Prepared;
use crate::pattern::plan::probes::{Dial, scheme};

/// What every template of a document sees.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DocumentContext {
    /// The document's name.
    name: String,
    /// What stands for the hash at the end of a Job's name.
    hashed: &'static str,
    /// The mesh that the Pods are in.
    mesh: Option<&'static str>,
    /// The minor version of Kubernetes.
    target: u8,
    /// The port of what the Pod is there for.
    served: Option<u16>,
    /// The name of the app's container.
    pub main: String,
    /// The Pods' account.
    account: String,
    makes_account: bool,
    labels: Map<String, Json>,
    selector: Json,
    /// The names of the entries of `use`.
    uses: Vec<String>,
    /// The app's container, or null.
    pub app: Json,
    service_ports: Vec<Json>,
    /// How the Service offers the traffic, or null.
    inbound: Json,
    place: Json,
    claims: Json,
    priority: Json,
    schedule: Json,
    /// The parameters of the shape.
    shape: Map<String, Json>,
    /// The way in from outside, for templates of objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    expose: Option<Json>,
}

impl DocumentContext {
    pub(crate) fn of(prepared: &Prepared<'_>) -> Self {
        let Prepared { description, shape, uses, ports, served, inbound, .. } = prepared;
        let inbound = inbound.as_ref();
        let readiness = uses.iter().zip(ports).find_map(|(filled, ports)| filled.answers_readiness(ports));
        let account = description.app.as_ref().and_then(|app| app.account.as_ref()).map(|(name, _)| name);
        let app = description.app.as_ref().map_or(Json::Null, |app| {
            let name = app_port_name(app, description.expose.as_ref().is_some_and(Expose::is_routed));
            container::context(app, &description.name, None, name, &dial(app, inbound, name), readiness)
        });
        let inbound = inbound
            .map_or(Json::Null, |inbound| inbound_context(inbound, description, is_headless(description, shape)));
        let priority = description.priority.as_ref().map(|(name, value)| json!({"name": name, "value": value}));
        let inits = container::init_claims(description);
        Self {
            name: description.name.clone(),
            hashed: JOB_MARK,
            mesh: description.meshed.then_some("istio"),
            target: description.target.0,
            served: *served,
            main: shape.definition.main_container.clone().unwrap_or_else(|| description.name.clone()),
            account: account.unwrap_or(&description.name).clone(),
            makes_account: account.is_none(),
            labels: objects::labels(description, &shape.definition.name),
            selector: objects::selector(description),
            uses: uses.iter().map(|entry| entry.entry.name.clone()).collect(),
            service_ports: service_ports(description, &inbound),
            inbound,
            place: place::context(description),
            claims: claims(&app, &inits, std::iter::once(shape).chain(uses)),
            priority: json!(priority),
            schedule: schedule(description),
            shape: shape.params_map(),
            expose: None,
            app,
        }
    }

    /// With the way in from outside, or null.
    pub(super) fn with_expose(self, expose: &Json) -> Self {
        Self { expose: Some(expose.clone()), ..self }
    }
}

/// What the templates of one entry see on top.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct EntryContext {
    #[serde(rename = "entry")]
    name: String,
    params: Json,
    /// Number and name of each port.
    ports: Map<String, Json>,
    /// The images of its roles, and of its one role.
    images: Map<String, Json>,
    image: Json,
}

impl EntryContext {
    pub(crate) fn of(catalogue: &Catalogue, description: &Description, filled: &Filled, ports: &Ports) -> Self {
        let entries = || description.uses.iter().map(|entry| entry.name.as_str());
        let named = |port: &String, number: &u16| {
            (port.clone(), json!({"number": number, "name": port_name(&filled.entry.name, port, entries())}))
        };
        let image = |role: &String| {
            let mut image = catalogue.images().get(role).cloned()?;
            let other = description.images.iter().find(|member| member.key == *role);
            if let Some(reference) = other.and_then(|member| member.value.text()) {
                reference.clone_into(&mut image.image);
            }
            Some(image)
        };
        Self {
            name: filled.entry.name.clone(),
            params: filled.params.clone(),
            ports: ports.iter().map(|(port, number)| named(port, number)).collect(),
            images: filled.definition.images.iter().map(|role| (role.clone(), json!(image(role)))).collect(),
            image: json!(filled.definition.image.as_ref().and_then(image)),
        }
    }
}

/// Everything that the templates of one entry see.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Context<'a> {
    #[serde(flatten)]
    pub shared: &'a DocumentContext,
    #[serde(flatten)]
    pub entry: EntryContext,
    /// What its references lead to.
    pub references: &'a Json,
    /// What templates of objects see beside it.
    #[serde(flatten)]
    pub more: Option<ObjectContext>,
    /// The member that this workload of the shape is for, under the name that the shape gives it.
    #[serde(flatten)]
    pub member: Map<String, Json>,
}

/// What templates of objects see and remarks do not.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ObjectContext {
    /// The port that the entry hands traffic on to.
    pub upstream: Option<u16>,
    /// The DNS names of the shards, for a shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard_hosts: Option<Vec<String>>,
    /// The name of the entry's `ConfigMap`, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<Json>,
}

impl Context<'_> {
    /// As the engine takes it.
    pub(crate) fn to_json(&self) -> Json {
        json!(self)
    }
}

/// The claims to make, of the app, of `init` and of every container that the shape or an entry of `use` was given, each once.
fn claims<'a>(app: &Json, inits: &[Json], entries: impl Iterator<Item = &'a Filled>) -> Json {
    let mut claims: Vec<Json> = Vec::new();
    for container in std::iter::once(app).chain(inits).chain(entries.flat_map(|filled| containers(&filled.params))) {
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
        ports.extend(service::further_ports(description, inbound));
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
