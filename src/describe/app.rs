//! `app`: the one container that the user brings.

use super::formats::{duration_seconds, has_password, is_config_key, is_object_name};
use super::spanned::{Kind, Member, Place, Spanned};
use crate::diagnostic::Finding;
use crate::kube::validation::Quantity;
use crate::words::is_secret_name;

/// The user's container.
#[derive(Clone, Debug)]
pub struct App {
    /// Image reference.
    pub image: String,
    /// Where it listens.
    pub port: Option<u16>,
    /// Where the port is written.
    pub port_place: Option<Place>,
    /// HTTP paths of its health checks.
    pub health: Health,
    /// Instead of the image's entrypoint.
    pub command: Vec<String>,
    /// Arguments.
    pub args: Vec<String>,
    /// Environment, in the order of the file.
    pub env: Vec<EnvVar>,
    /// Numeric user.
    pub user: i64,
    /// Paths it writes to.
    pub writable: Vec<String>,
    /// Requests and memory limit.
    pub resources: Resources,
    /// Listens on 127.0.0.1 only.
    pub loopback: bool,
    /// Seconds that a stopping Pod still answers.
    pub drain: u64,
    /// Volumes from claims.
    pub volumes: Vec<Volume>,
    /// Where `app` is.
    pub place: Place,
}

/// HTTP paths; none means that the port is dialled.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// Readiness.
    pub ready: Option<String>,
    /// Liveness.
    pub live: Option<String>,
}

/// A variable of the app.
#[derive(Clone, Debug)]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Where its value comes from.
    pub source: EnvSource,
    /// Where it is named.
    pub place: Place,
}

/// Where a variable's value comes from.
#[derive(Clone, Debug)]
pub enum EnvSource {
    /// The text itself.
    Text(String),
    /// A key of a Secret.
    Secret {
        /// The Secret.
        name: String,
        /// The key.
        key: String,
    },
    /// A key of a `ConfigMap`.
    ConfigMap {
        /// The `ConfigMap`.
        name: String,
        /// The key.
        key: String,
    },
}

/// What a container asks for and may use. CPU is never limited: throttling harms more than it protects.
#[derive(Clone, Debug)]
pub struct Resources {
    /// CPU request.
    pub cpu: String,
    /// Memory request.
    pub memory: String,
    /// Memory limit.
    pub limit: String,
}

/// A volume of the app from a claim.
#[derive(Clone, Debug)]
pub struct Volume {
    /// The volume's name.
    pub name: String,
    /// The claim.
    pub claim: String,
    /// Where it is mounted.
    pub mount: String,
    /// Size, access mode and class of the claim, if it is to be made.
    pub create: Option<(String, String, Option<String>)>,
}

/// Reads `app`. The grammar has checked the types; what it cannot express is checked here.
pub fn read(member: &Member, findings: &mut Vec<Finding>) -> App {
    let app = &member.value;
    let text = |key: &str| app.get(key).and_then(Spanned::text).map(str::to_owned);
    let port = app.get("port");
    let mut reader = Reader { findings };
    let command = reader.texts(app.get("command"));
    let args = reader.texts(app.get("args"));
    let read = App {
        image: text("image").unwrap_or_default(),
        port: port.and_then(|port| port.to_json().as_u64()).and_then(|port| u16::try_from(port).ok()),
        port_place: port.map(|port| port.place.clone()),
        health: health(app.get("health")),
        command,
        args,
        env: reader.env(app.get("env")),
        user: app.get("user").and_then(|user| user.to_json().as_i64()).unwrap_or(10001),
        writable: reader.writable(app.get("writable")),
        resources: reader.resources(app.get("resources")),
        loopback: text("bind").as_deref() == Some("localhost"),
        drain: text("drain").and_then(|drain| duration_seconds(&drain).ok()).unwrap_or(10),
        volumes: volumes(app.get("volumes")),
        place: member.key_place.clone(),
    };
    if read.port.is_none() {
        for (key, member) in
            ["health", "bind"].into_iter().filter_map(|key| app.member(key).map(|member| (key, member)))
        {
            reader.findings.push(
                Finding::error(member.key_place.label(""), format!("`{key}` needs `port`"))
                    .help("app: {image: …, port: 8080, …}"),
            );
        }
    }
    read
}

struct Reader<'a> {
    findings: &'a mut Vec<Finding>,
}

impl Reader<'_> {
    fn texts(&mut self, list: Option<&Spanned>) -> Vec<String> {
        let items = list.map(Spanned::items).unwrap_or_default();
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            let Some(text) = self.scalar(item) else { continue };
            if text.contains('\0') {
                self.findings.push(
                    Finding::error(item.place.label(""), "an argument cannot hold the character U+0000")
                        .because("arguments are C strings, which end there"),
                );
            }
            if is_secret_argument(&text) {
                self.findings.push(
                    Finding::error(item.place.label(""), "a secret stands here in the open")
                        .hide(item.place.span)
                        .because("arguments show in the Pod's spec and in every process list")
                        .help("put it into `env` as secret/<name>/<key>, and refer to it as $(NAME)"),
                );
            }
            texts.push(text);
        }
        texts
    }

    /// A scalar as the text that was written. Where YAML reads something else out of it than what stands
    /// there (`0644`, `yes`, `1_000`), only the author knows which was meant.
    fn scalar(&mut self, value: &Spanned) -> Option<String> {
        if let Kind::Text(text) = &value.kind {
            return Some(text.clone());
        }
        let written = value.place.source.slice(value.place.span);
        let canonical = match &value.kind {
            Kind::Number(_) | Kind::Bool(_) => value.to_json().to_string(),
            _ => return None,
        };
        let same_number = written.parse::<f64>().is_ok() && !has_leading_zero(written);
        if written == canonical || written.contains("${") || written.is_empty() {
            return Some(canonical);
        }
        if same_number && matches!(value.kind, Kind::Number(_)) {
            return Some(written.to_owned());
        }
        self.findings.push(
            Finding::error(
                value.place.label(format!("is {canonical} in YAML")),
                "this is a text in the container, but YAML reads something else",
            )
            .because("descriptions are read as kubectl reads YAML 1.1")
            .help(format!("write \"{written}\"")),
        );
        None
    }

    fn env(&mut self, env: Option<&Spanned>) -> Vec<EnvVar> {
        let mut variables = Vec::new();
        for member in env.map(Spanned::members).unwrap_or_default() {
            let Some(text) = self.scalar(&member.value) else { continue };
            let source = self.env_source(member, text);
            variables.push(EnvVar { name: member.key.clone(), source, place: member.key_place.clone() });
        }
        variables
    }

    fn env_source(&mut self, member: &Member, text: String) -> EnvSource {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            [kind @ ("secret" | "configmap"), name, key] if is_object_name(name) && is_config_key(key) => {
                let (name, key) = ((*name).to_owned(), (*key).to_owned());
                if *kind == "secret" { EnvSource::Secret { name, key } } else { EnvSource::ConfigMap { name, key } }
            }
            ["secret" | "secrets" | "configmap" | "configmaps", ..] if parts.len() > 1 => {
                self.findings.push(
                    Finding::error(
                        member.value.place.label(""),
                        "this is nearly a reference, and would be taken as text",
                    )
                    .help("write secret/<name>/<key> or configmap/<name>/<key>"),
                );
                EnvSource::Text(text)
            }
            _ => {
                if looks_like_secret(&member.key, &text) {
                    self.findings.push(
                        Finding::error(member.key_place.label("holds a secret"), "a secret stands here in the open")
                            .hide(member.value.place.span)
                            .because(
                                "a description is kept in version control, and its output in the cluster's history",
                            )
                            .help(format!("{}: secret/<name>/<key>", member.key)),
                    );
                }
                EnvSource::Text(text)
            }
        }
    }

    fn resources(&mut self, value: Option<&Spanned>) -> Resources {
        let resources = resources(value);
        let bytes = |text: &str| Quantity::parse(text);
        if let (Some(request), Some(limit), Some(value)) = (bytes(&resources.memory), bytes(&resources.limit), value)
            && request.compare(limit).is_gt()
        {
            let place = value.get("limit").map_or(&value.place, |limit| &limit.place);
            self.findings.push(Finding::error(
                place.label(""),
                format!("the limit is below the request of {}", resources.memory),
            ));
        }
        resources
    }

    fn writable(&mut self, list: Option<&Spanned>) -> Vec<String> {
        let mut paths: Vec<String> = Vec::new();
        for item in list.map(Spanned::items).unwrap_or_default() {
            let Some(path) = item.text().map(|path| path.trim_end_matches('/').to_owned()) else { continue };
            if paths.contains(&path) {
                self.findings.push(Finding::error(item.place.label(""), format!("`{path}` is in `writable` twice")));
                continue;
            }
            paths.push(path);
        }
        paths
    }
}

fn has_leading_zero(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.")
}

/// A variable that is named like a secret and holds a plain value, or a value that is one by its form.
/// References to files and addresses are none.
fn looks_like_secret(name: &str, value: &str) -> bool {
    let named = is_secret_name(name);
    let pointer = value.is_empty() || value.starts_with('/') || value.starts_with("$(") || value.contains("://");
    let flag = value == "true" || value == "false";
    (named && !pointer && !flag) || is_secret_by_form(value)
}

/// A private key, or an address with a password in it.
fn is_secret_by_form(value: &str) -> bool {
    has_password(value) || (value.contains("-----BEGIN") && value.contains("PRIVATE KEY"))
}

/// `--password=…` as an argument.
fn is_secret_argument(argument: &str) -> bool {
    let option = argument.strip_prefix('-').and_then(|option| option.trim_start_matches('-').split_once('='));
    is_secret_by_form(argument) || option.is_some_and(|(name, value)| looks_like_secret(name, value))
}

fn health(value: Option<&Spanned>) -> Health {
    let Some(value) = value else { return Health::default() };
    match &value.kind {
        // One path is for readiness; liveness dials the port, so that a slow dependency restarts nothing.
        Kind::Text(path) => Health { ready: Some(path.clone()), live: None },
        _ => {
            let path = |key| value.get(key).and_then(Spanned::text).map(str::to_owned);
            Health { ready: path("ready"), live: path("live") }
        }
    }
}

fn resources(value: Option<&Spanned>) -> Resources {
    let class = |cpu: &str, memory: &str, limit: &str| Resources {
        cpu: cpu.into(),
        memory: memory.into(),
        limit: limit.into(),
    };
    let Some(value) = value else { return class("100m", "128Mi", "256Mi") };
    match value.text() {
        Some("medium") => class("500m", "512Mi", "1Gi"),
        Some("large") => class("2", "2Gi", "4Gi"),
        Some(_) => class("100m", "128Mi", "256Mi"),
        None => {
            let memory = quantity(value.get("memory"));
            let limit = value.get("limit").map_or_else(|| memory.clone(), |limit| quantity(Some(limit)));
            Resources { cpu: quantity(value.get("cpu")), memory, limit }
        }
    }
}

/// A quantity as text; `cpu: 2` is a number in YAML and means the same.
fn quantity(value: Option<&Spanned>) -> String {
    value.map(|value| value.text().map_or_else(|| value.to_json().to_string(), str::to_owned)).unwrap_or_default()
}

fn volumes(value: Option<&Spanned>) -> Vec<Volume> {
    let read = |member: &Member| {
        let text = |key: &str| member.value.get(key).and_then(Spanned::text).map(str::to_owned);
        let create = member.value.get("create").map(|create| {
            let text = |key: &str| create.get(key).and_then(Spanned::text).map(str::to_owned);
            (quantity(create.get("size")), text("access").unwrap_or_else(|| "ReadWriteOnce".to_owned()), text("class"))
        });
        Volume {
            name: member.key.clone(),
            claim: text("claim").unwrap_or_default(),
            mount: text("mount").unwrap_or_default(),
            create,
        }
    };
    value.map(Spanned::members).unwrap_or_default().iter().map(read).collect()
}
