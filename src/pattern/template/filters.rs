//! The filters of templates.

use std::collections::HashSet;

use minijinja::value::{Serde, Value as Hole};
use minijinja::{Environment, Error, ErrorKind};
use serde_json::Value as Json;

use super::quoting;
use super::values::{elements, json_of};
use crate::describe::{Target, duration_seconds};
use crate::go::Quantity;
use crate::go::duration;
use crate::pattern::names::{part_port_name, volume_name};

/// Gives an environment all filters; `mounts` are the volumes of the app that a pattern may share.
pub(super) fn register(environment: &mut Environment<'static>, mounts: Vec<Mount>) {
    environment.add_filter("verbatim", verbatim);
    environment.add_filter("jq", jq);
    environment.add_filter("target", target);
    environment.add_filter("word", word);
    environment.add_filter("shards", |to: Hole, listed: Hole| shards(&to, &listed));
    environment.add_filter("milliseconds", milliseconds);
    environment.add_filter("regex", regex);
    environment
        .add_filter("shard", |labels: Hole, shard: u32| with_label(&labels, "patterns/shard", &shard.to_string()));
    environment.add_filter("meshed", |labels: Hole, mesh: Hole| {
        if mesh.is_true() { with_label(&labels, "sidecar.istio.io/inject", "true") } else { Ok(labels) }
    });
    environment.add_filter("part", |labels: Hole, role: &str| part(&labels, role));
    environment.add_filter("seconds", |text: &str| {
        duration_seconds(text).map_err(|mistake| Error::new(ErrorKind::InvalidOperation, mistake.message))
    });
    environment.add_filter("owned", |list: Hole, role: &str, common: Hole| owned(&list, role, &common));
    environment.add_filter("as_main", |ports: Hole, from: &str, to: &str| renamed(&ports, from, to));
    environment.add_filter("every", |probe: Hole, seconds: u64, failures: u64| every(&probe, seconds, failures));
    environment.add_filter("folders", move |files: Hole| folders(&mounts, &files));
    environment.add_filter("mebibytes", mebibytes);
    environment.add_filter("port_name", |entry: &str| part_port_name(entry));
    quoting::register(environment);
    environment.add_filter("percent", |text: &str| text.trim_end_matches('%').parse::<u32>().unwrap_or(100));
}

/// A volume of the app and where it is mounted.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Mount {
    /// The volume's name.
    pub volume: String,
    /// The path in the app's container.
    pub path: String,
}

/// The folders that hold the files named by a map's keys: `{volume, path, new}` each. A file below one of the
/// app's mounts is shared through that; any other folder becomes a volume of its own (`new`).
fn folders(mounts: &[Mount], files: &Hole) -> Result<Hole, Error> {
    let mut folders: Vec<Json> = Vec::new();
    let mut seen = HashSet::new();
    for file in elements(files)? {
        let file = file.to_string();
        let folder = file.rsplit_once('/').map_or("/", |(folder, _)| folder);
        let holds = |mount: &&Mount| {
            folder == mount.path || folder.strip_prefix(&mount.path).is_some_and(|rest| rest.starts_with('/'))
        };
        let folder = match mounts.iter().filter(holds).max_by_key(|mount| mount.path.len()) {
            Some(mount) => serde_json::json!({"volume": mount.volume, "path": mount.path, "new": false}),
            None => serde_json::json!({"volume": volume_name(folder), "path": folder, "new": true}),
        };
        if seen.insert(folder.to_string()) {
            folders.push(folder);
        }
    }
    Ok(Hole::from(Serde(folders)))
}

/// Mounts or volumes of a container whose volumes are its own in a Pod that has others: their names begin with its
/// role, unless containers share them.
fn owned(list: &Hole, role: &str, common: &Hole) -> Result<Hole, Error> {
    let common: Vec<String> = elements(common)?.map(|name| name.to_string()).collect();
    let mut list = json_of(list)?;
    for element in list.as_array_mut().into_iter().flatten() {
        let name = element["name"].as_str().unwrap_or_default().to_owned();
        if !common.contains(&name) {
            element["name"] = Json::String(format!("{role}-{name}"));
        }
    }
    Ok(Hole::from(Serde(list)))
}

/// Ports with one of them under another name.
fn renamed(ports: &Hole, from: &str, to: &str) -> Result<Hole, Error> {
    let mut ports = json_of(ports)?;
    for port in ports.as_array_mut().into_iter().flatten().filter(|port| port["name"] == from) {
        port["name"] = Json::String(to.to_owned());
    }
    Ok(Hole::from(Serde(ports)))
}

/// A probe in other time.
fn every(probe: &Hole, seconds: u64, failures: u64) -> Result<Hole, Error> {
    let mut probe = json_of(probe)?;
    probe["periodSeconds"] = seconds.into();
    probe["failureThreshold"] = failures.into();
    Ok(Hole::from(Serde(probe)))
}

/// Labels and one more.
fn with_label(labels: &Hole, name: &str, value: &str) -> Result<Hole, Error> {
    let mut labels = labels_of(labels)?;
    labels.insert(name.to_owned(), Json::String(value.to_owned()));
    Ok(Hole::from(Serde(labels)))
}

/// Labels or selector of one part of a document that runs several kinds of Pods: its own name, so that no selector
/// finds the others, and its role as component.
fn part(labels: &Hole, role: &str) -> Result<Hole, Error> {
    let mut labels = labels_of(labels)?;
    let name = labels.get("app.kubernetes.io/name").and_then(Json::as_str).unwrap_or_default();
    // no document's name holds a dot, so no selector of another document is about these Pods
    let own = format!("{name}.{role}");
    labels.insert("app.kubernetes.io/name".to_owned(), Json::String(own));
    labels.insert("app.kubernetes.io/component".to_owned(), Json::String(role.to_owned()));
    labels.shift_remove("app.kubernetes.io/version");
    Ok(Hole::from(Serde(labels)))
}

fn labels_of(labels: &Hole) -> Result<serde_json::Map<String, Json>, Error> {
    let Json::Object(labels) = json_of(labels)? else { return Ok(serde_json::Map::new()) };
    Ok(labels)
}

/// Where an ambassador leads, in parts: `kind`, `host`, `port`; or `instance`.
pub(super) fn target(text: &str) -> Result<Hole, Error> {
    let target = Target::parse(text).map_err(|mistake| Error::new(ErrorKind::InvalidOperation, mistake.message))?;
    Ok(Hole::from(Serde(serde_json::json!({
        "kind": target.kind, "host": target.host, "port": target.port, "instance": target.instance,
    }))))
}

/// A quantity in whole mebibytes, rounded down.
pub(super) fn mebibytes(quantity: &Hole) -> i64 {
    let text = quantity.as_str().map_or_else(|| quantity.to_string(), str::to_owned);
    let bytes = Quantity::parse(&text).map_or(0, Quantity::value);
    i64::try_from(bytes >> 20).unwrap_or(i64::MAX)
}

/// The shards of a reference, or those listed as `host:port`: `{key, host, port}` each. Clients hash by the key, so
/// it is the same in every namespace and never an address that changes.
fn shards(to: &Hole, listed: &Hole) -> Result<Hole, Error> {
    let mut shards: Vec<Json> = Vec::new();
    if to.is_none() || to.is_undefined() {
        for address in elements(listed)? {
            let address = address.to_string();
            let Some((host, port)) = address.rsplit_once(':') else { continue };
            let port =
                port.parse::<u16>().map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))?;
            shards.push(serde_json::json!({"key": address, "host": host, "port": port}));
        }
    } else {
        let port = to.get_attr("port")?;
        for host in elements(&to.get_attr("shards")?)? {
            let host = host.to_string();
            let key = host.split('.').next().unwrap_or_default();
            shards.push(serde_json::json!({"key": key, "host": host, "port": port}));
        }
    }
    Ok(Hole::from(Serde(shards)))
}

/// A time in milliseconds: `800ms` is 800, `5s` is 5000.
pub(super) fn milliseconds(text: &str) -> Result<u64, Error> {
    duration::milliseconds(text)
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("`{text}` is not a time")))
}

/// A regular expression (RE2) that matches this text alone, without the characters at which oauth2-proxy divides its
/// flags: `,` and `"` of lists, `=` of method and path.
fn regex(text: &str) -> String {
    regex_lite::escape(text).replace('=', r"\x3D").replace(',', r"\x2C").replace('"', r"\x22")
}

/// A text that is one word in every configuration language: checked formats let nothing else through, and this
/// keeps it so.
fn word(text: &str) -> Result<Hole, Error> {
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/' | b'@');
    if !text.is_empty() && text.bytes().all(ok) {
        return Ok(Hole::from_safe_string(text.to_owned()));
    }
    Err(Error::new(ErrorKind::BadEscape, "this text is not one word"))
}

/// An expression of jq in a file whose reader expands `${NAME}` before anything else: within jq's texts, the only
/// place where `${` can be, `\u0024` is `$`. A comment in it ends with its line.
fn jq(text: &str) -> String {
    let end = if text.contains('#') { "\n" } else { "" };
    format!("({}{end})", text.replace("${", "\\u0024{"))
}

/// Keeps the kubelet from expanding `$(NAME)` in a command or argument: `$$` stands for `$`
/// (kubernetes/website: tasks/inject-data-application/define-command-argument-container).
fn verbatim(text: &str) -> String {
    text.replace('$', "$$")
}
