//! `app`: the one container that the user brings, and the others that have its keys.

mod env;
mod files;
mod health;
mod resources;
mod text;
mod volumes;

use std::collections::BTreeMap;

use serde_json::Value as Json;

pub use env::{EnvFrom, EnvSource, EnvVar};
pub use files::Files;
pub use health::{Handler, Health, Probe, Request};
pub use resources::{Resources, read as read_resources};
pub(crate) use text::is_secret_word;
pub use text::looks_like_secret;
pub use volumes::{Shared, Volume, Writable};

use super::formats::{duration_seconds, port_of};
use super::spanned::{Kind, Member, Place, Spanned};
use crate::diagnostic::Finding;

/// The user's container.
#[derive(Clone, Debug)]
pub struct App {
    /// Image reference.
    pub image: String,
    /// Where it is written.
    pub image_place: Option<Place>,
    /// Where it listens.
    pub port: Option<u16>,
    /// Where the port is written.
    pub port_place: Option<Place>,
    /// The node's port that leads there.
    pub host_port: Option<u16>,
    /// What it speaks there, if that is said.
    pub protocol: Option<String>,
    /// Where the protocol is written.
    pub protocol_place: Option<Place>,
    /// Its further ports.
    pub ports: Vec<NamedPort>,
    /// How its health is checked.
    pub health: Health,
    /// Instead of the image's entrypoint.
    pub command: Vec<String>,
    /// Arguments.
    pub args: Vec<String>,
    /// Environment, in the order of the file; none if nothing is said.
    pub env: Vec<EnvVar>,
    /// Secrets and `ConfigMaps` whose keys are variables.
    pub env_from: Vec<EnvFrom>,
    /// Files from beside the description.
    pub files: Files,
    /// The folder that it starts in.
    pub workdir: Option<String>,
    /// Its terminal, its standard input and what its status shows of a failure, as Kubernetes writes them.
    pub more: Json,
    /// Further numeric groups of the Pod's processes.
    pub groups: Vec<i64>,
    /// Its `SELinux` label, as Kubernetes writes it; null if nothing is said.
    pub selinux: Json,
    /// Whether its programs may gain rights by their files, if that is said.
    pub new_privileges: Option<bool>,
    /// Numeric user.
    pub user: i64,
    /// Numeric group, if that is said.
    pub group: Option<i64>,
    /// Numeric group of the Pod's volumes, if it is another.
    pub volume_group: Option<i64>,
    /// Has all rights of the node.
    pub privileged: bool,
    /// Rights of root that it keeps, as Kubernetes calls them.
    pub capabilities: Vec<String>,
    /// Paths it writes to.
    pub writable: Vec<Writable>,
    /// Whether it may write wherever its user may.
    pub writable_root: bool,
    /// Volumes that several containers share.
    pub shared: Vec<Shared>,
    /// What it asks for and may use.
    pub resources: Resources,
    /// Listens on 127.0.0.1 only.
    pub loopback: bool,
    /// Seconds that a stopping Pod still answers.
    pub drain: u64,
    /// Seconds from SIGTERM to SIGKILL, if that is said.
    pub stop: Option<u64>,
    /// Seconds that its Pod has to end, if that is said to the second.
    pub within: Option<u64>,
    /// What runs in the container before SIGTERM.
    pub before_stop: Vec<String>,
    /// What runs in the container once it has started.
    pub after_start: Vec<String>,
    /// What it may do in its namespace.
    pub rights: Vec<Right>,
    /// What it may do in the whole cluster.
    pub cluster_rights: Vec<Right>,
    /// An existing `ServiceAccount`.
    pub account: Option<(String, Place)>,
    /// Volumes.
    pub volumes: Vec<Volume>,
    /// All of it as it was written.
    pub written: Spanned,
    /// Where `app` is.
    pub place: Place,
}

/// A further port.
#[derive(Clone, Debug)]
pub struct NamedPort {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: u16,
    /// TCP or UDP.
    pub protocol: &'static str,
    /// Not on the Service.
    pub private: bool,
    /// The node's port that leads there.
    pub host_port: Option<u16>,
    /// The port of every node that leads to it through the Service.
    pub node_port: Option<u16>,
    /// Its port on the Service, if it is another.
    pub service_port: Option<u16>,
    /// What the Service says that is spoken there.
    pub speaks: Option<String>,
    /// Where it is written.
    pub place: Place,
}

/// One rule of a Role.
#[derive(Clone, Debug)]
pub struct Right {
    /// The resource's API group.
    pub group: String,
    /// The resource, with a subresource if there is one.
    pub resource: String,
    /// Only objects of these names.
    pub names: Vec<String>,
    /// What it may do.
    pub verbs: Vec<String>,
    /// Where it is written.
    pub place: Place,
}

impl App {
    /// Whether a key was written.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.written.get(key).is_some()
    }

    /// The keys that were written.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.written.members().iter().map(|member| member.key.as_str())
    }

    /// Where the value under these keys is written, as far as they lead; `app` itself where they lead nowhere.
    #[must_use]
    pub fn place_at(&self, keys: &[&str]) -> &Place {
        let mut at = &self.written;
        let mut place = &self.place;
        for key in keys {
            let Some(next) = at.get(key) else { break };
            (at, place) = (next, &next.place);
        }
        place
    }

    /// TCP or UDP, of its main port.
    #[must_use]
    pub fn transport(&self) -> &'static str {
        if self.protocol.as_deref() == Some("udp") { "UDP" } else { "TCP" }
    }
}

/// Reads `app`. The grammar has checked the types; what it cannot express is checked here.
pub fn read(member: &Member, findings: &mut Vec<Finding>) -> App {
    let app = &member.value;
    let text = |key: &str| app.get(key).and_then(Spanned::text).map(str::to_owned);
    let seconds = |key: &str| text(key).and_then(|text| duration_seconds(&text).ok());
    let whole = |key: &str| app.get(key).and_then(|number| number.to_json().as_i64());
    let is = |key: &str| app.get(key).is_some_and(|value| value.to_json() == true);
    let port = app.get("port");
    let number = port.and_then(port_number);
    let ports = named_ports(app.get("ports"));
    let loopback = text("bind").as_deref() == Some("localhost");
    let health = health::read(app.get("health"), &ports, number, loopback, findings);
    let mut reader = text::Reader { findings };
    let command = reader.texts(app.get("command"));
    let args = reader.texts(app.get("args"));
    let within = app.get("stop").and_then(|stop| stop.get("within")).and_then(Spanned::text);
    let within = within.and_then(|text| duration_seconds(text).ok());
    let before_stop = reader.texts(app.get("before-stop"));
    let after_start = reader.texts(app.get("after-start"));
    let env = env::read(&mut reader, app.get("env"));
    let resources = resources::read(app.get("resources"), findings);
    env::check_limits(&env, &resources, findings);
    let read = App {
        image: text("image").unwrap_or_default(),
        image_place: app.get("image").map(|image| image.place.clone()),
        port: number,
        port_place: port.map(|port| port.place.clone()),
        host_port: app.get("host-port").and_then(port_number),
        protocol: text("protocol"),
        protocol_place: app.get("protocol").map(|protocol| protocol.place.clone()),
        health,
        command,
        args,
        env,
        env_from: env::from(app.get("envFrom"), findings),
        files: files::read(app.get("files"), findings),
        workdir: text("workdir"),
        more: more(app),
        groups: app
            .get("groups")
            .map(Spanned::items)
            .unwrap_or_default()
            .iter()
            .filter_map(|one| one.to_json().as_i64())
            .collect(),
        selinux: app.get("selinux").map(selinux).unwrap_or_default(),
        new_privileges: app.get("new-privileges").and_then(|allowed| allowed.to_json().as_bool()),
        user: whole("user").unwrap_or(10001),
        group: whole("group"),
        volume_group: whole("volume-group"),
        privileged: is("privileged"),
        capabilities: app.get("capabilities").map(Spanned::items).unwrap_or_default().iter().map(scalar).collect(),
        writable: volumes::writable(app.get("writable"), findings),
        writable_root: app.get("writable").is_some_and(|all| all.text() == Some("all")),
        shared: volumes::shared(app.get("shared")),
        resources,
        loopback,
        drain: seconds("drain").unwrap_or(if number.is_some() { 10 } else { 0 }),
        stop: seconds("stop"),
        within,
        before_stop,
        after_start,
        rights: rights(app.get("rights"), findings),
        cluster_rights: rights(app.get("cluster-rights"), findings),
        account: app.get("account").and_then(|account| Some((account.text()?.to_owned(), account.place.clone()))),
        volumes: volumes::read(app.get("volumes"), findings),
        written: app.clone(),
        ports,
        place: member.key_place.clone(),
    };
    let needs_port = |key: &&str| *key != "bind" || read.ports.is_empty();
    for key in ["bind", "protocol", "host-port"].iter().filter(|key| read.port.is_none() && needs_port(key)) {
        let Some(member) = app.member(key) else { continue };
        findings.push(
            Finding::error(member.key_place.label(""), format!("`{key}` needs `port`"))
                .help("app: {image: …, port: 8080, …}"),
        );
    }
    check_ports(&read, findings);
    if let (Some(within), Some(stop)) = (read.within.filter(|within| *within < read.drain), app.get("stop")) {
        findings.push(
            Finding::error(
                stop.place.label(""),
                format!("a Pod has {within}s to stop, but `drain` alone takes {}s", read.drain),
            )
            .because(
                "the kubelet kills whatever still runs after terminationGracePeriodSeconds, which includes the wait",
            )
            .help("drain: 0s, or more time"),
        );
    }
    read
}

fn port_number(value: &Spanned) -> Option<u16> {
    u16::try_from(value.to_json().as_u64()?).ok()
}

fn named_ports(value: Option<&Spanned>) -> Vec<NamedPort> {
    let read = |member: &Member| {
        let port = member.value.get("port").unwrap_or(&member.value);
        let (number, protocol) = match &port.kind {
            Kind::Text(text) => port_of(text)?,
            _ => (port_number(port)?, "TCP"),
        };
        let host_port = member.value.get("host-port").and_then(port_number);
        let node_port = member.value.get("node-port").and_then(port_number);
        let service_port = member.value.get("service").and_then(port_number);
        let speaks = text_of(&member.value, "speaks");
        let private = member.value.get("private").is_some_and(|private| private.to_json() == true);
        let (name, place) = (member.key.clone(), port.place.clone());
        Some(NamedPort { name, number, protocol, private, host_port, node_port, service_port, speaks, place })
    };
    value.map(Spanned::members).unwrap_or_default().iter().filter_map(read).collect()
}

/// Fields of a container that are there if the description says so, and not otherwise.
fn more(app: &Spanned) -> Json {
    let is = |key: &str| app.get(key).is_some_and(|value| value.to_json() == true).then_some(Json::Bool(true));
    let message = app.get("termination-message").and_then(Spanned::text);
    let (log, path) = (message.filter(|text| *text == "log"), message.filter(|text| *text != "log"));
    object([
        ("stdin", is("stdin").unwrap_or_default()),
        ("tty", is("tty").unwrap_or_default()),
        ("terminationMessagePath", path.map(Json::from).unwrap_or_default()),
        ("terminationMessagePolicy", log.map(|_| Json::from("FallbackToLogsOnError")).unwrap_or_default()),
    ])
}

/// A level alone, or any parts of the label.
fn selinux(value: &Spanned) -> Json {
    match value.text() {
        Some(level) => object([("level", Json::from(level))]),
        None => value.to_json(),
    }
}

/// Two ports of one number in one container.
fn check_ports(app: &App, findings: &mut Vec<Finding>) {
    let main = app.port.zip(app.port_place.as_ref());
    let main_protocol = app.transport();
    let mut taken: BTreeMap<(u16, &str), &Place> =
        main.map(|(port, place)| ((port, main_protocol), place)).into_iter().collect();
    for port in &app.ports {
        if let Some(other) = taken.insert((port.number, port.protocol), &port.place) {
            findings.push(
                Finding::error(port.place.label("and so is this"), format!("port {} is named twice", port.number))
                    .label(other.label("this is one"))
                    .help("remove one of them"),
            );
        }
    }
}

fn rights(value: Option<&Spanned>, findings: &mut Vec<Finding>) -> Vec<Right> {
    let mut rights = Vec::new();
    for item in value.map(Spanned::items).unwrap_or_default() {
        if let Some(second) = item.members().get(1) {
            findings.push(
                Finding::error(second.key_place.label("one too many"), "a right names exactly one resource")
                    .help("begin a new entry with `-`"),
            );
        }
        let Some(member) = item.members().first() else { continue };
        if matches!(member.value.kind, Kind::Null) {
            findings.push(
                Finding::error(member.key_place.label("without verbs"), "a right needs verbs")
                    .help(format!("write {}: [get, list]", member.key)),
            );
            continue;
        }
        let texts = |list: &Spanned| list.items().iter().filter_map(Spanned::text).map(str::to_owned).collect();
        let (resource, subresource) = match member.key.split_once('/') {
            Some((resource, subresource)) => (resource, format!("/{subresource}")),
            None => (member.key.as_str(), String::new()),
        };
        let (resource, group) = match resource.split_once('.') {
            Some((resource, group)) => (resource, group),
            None if resource == "*" => ("*", "*"),
            None => (resource, ""),
        };
        rights.push(Right {
            group: group.to_owned(),
            resource: format!("{resource}{subresource}"),
            names: member.value.get("names").map(texts).unwrap_or_default(),
            verbs: texts(member.value.get("verbs").unwrap_or(&member.value)),
            place: member.key_place.clone(),
        });
    }
    rights
}

/// A number as text, or the text itself.
fn scalar(value: &Spanned) -> String {
    value.text().map_or_else(|| value.to_json().to_string(), str::to_owned)
}

/// A text under a key.
fn text_of(value: &Spanned, key: &str) -> Option<String> {
    value.get(key).and_then(Spanned::text).map(str::to_owned)
}

/// Members as a JSON object.
fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(
        members.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.into(), value)).collect(),
    )
}
