//! Volumes of a container: its own, those that it shares, and paths that it writes to.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::super::formats::duration_seconds;
use super::super::spanned::{Kind, Member, Place, Spanned};
use super::text::AppReader;
use super::volume_source::source;
use super::{scalar, text_of};
use crate::diagnostic::Finding;

/// A volume and where it is mounted.
#[derive(Clone, Debug)]
pub struct Volume {
    /// The volume's name.
    pub name: String,
    /// As Kubernetes writes it, without its name.
    pub source: Json,
    /// The `PersistentVolumeClaim`, if it is one.
    pub claim: Option<Claim>,
    /// Where it is mounted.
    pub mount: String,
    /// Whether the mount is read-only.
    pub read_only: bool,
    /// The one file of the volume that is mounted.
    pub file: Option<String>,
    /// Whether mounts below it show on the other side, as Kubernetes calls it.
    pub propagation: Option<String>,
    /// Where it is named.
    pub place: Place,
}

/// A `PersistentVolumeClaim`.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Its name.
    pub name: String,
    /// Size, access mode and class, if it is to be made.
    pub create: Option<(String, String, Option<String>)>,
}

/// A volume that several containers share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The volume's name.
    pub name: String,
    /// Where this container finds it.
    pub mount: String,
    /// How much it may hold.
    pub size: Option<String>,
    /// Whether it is in memory.
    pub in_memory: bool,
    /// Whether this container may only read it.
    pub read_only: bool,
    /// The folder of it that this container finds.
    pub sub: Option<String>,
    /// Where it is named.
    pub place: Place,
}

/// A path that a container writes to.
#[derive(Clone, Debug)]
pub struct Writable {
    /// The path.
    pub path: String,
    /// How much it may hold.
    pub size: String,
    /// Where it is written.
    pub place: Place,
}

/// What a writable path may hold if no size is given.
pub const WRITABLE: &str = "64Mi";

/// The other keys of a volume.
const KEYS: [&str; 12] = [
    "mount",
    "create",
    "readOnly",
    "mode",
    "items",
    "file",
    "sub",
    "optional",
    "expires",
    "attributes",
    "type",
    "propagation",
];

/// The kinds of volumes; each is a key.
const KINDS: [&str; 12] =
    ["claim", "secret", "configmap", "sources", "size", "memory", "ephemeral", "image", "token", "csi", "nfs", "host"];

/// The kinds whose mounts are read-only unless the description says otherwise.
const READ_ONLY: [&str; 7] = ["host", "secret", "configmap", "sources", "image", "token", "csi"];

/// Reads `volumes`.
pub(super) fn read(reader: &mut AppReader, value: Option<&Spanned>) -> Vec<Volume> {
    value.map(Spanned::members).unwrap_or_default().iter().filter_map(|member| volume(reader, member)).collect()
}

fn volume(reader: &mut AppReader, member: &Member) -> Option<Volume> {
    let value = &member.value;
    let kind = match kind(member) {
        Ok(kind) => kind?,
        Err(finding) => {
            reader.findings.push(*finding);
            return None;
        }
    };
    reader.findings.extend(check_keys(value, kind));
    reader.findings.extend(check_expiry(value));
    let sources = kind.value.items().iter().filter(|_| kind.key == "sources");
    reader.findings.extend(sources.flat_map(check_source));
    let said = value.get("readOnly").map(|said| said.to_json() == true);
    let claim = (kind.key == "claim").then(|| Claim { name: scalar(&kind.value), create: create(value) });
    Some(Volume {
        name: member.key.clone(),
        source: source(kind, value),
        claim,
        mount: text_of(value, "mount").unwrap_or_default(),
        read_only: said.unwrap_or(READ_ONLY.contains(&kind.key.as_str())),
        file: text_of(value, "file").or_else(|| text_of(value, "sub")),
        propagation: text_of(value, "propagation"),
        place: member.key_place.clone(),
    })
}

/// The key that says what kind of volume it is; none if something else that is wrong has been reported.
///
/// # Errors
/// A volume without a kind, or with two.
fn kind(volume: &Member) -> Result<Option<&Member>, Box<Finding>> {
    let value = &volume.value;
    let mut kinds = value.members().iter().filter(|member| KINDS.contains(&member.key.as_str()));
    let Some(first) = kinds.next() else {
        // a key of another form has been refused by the grammar, and probably says the kind
        let is_plain = value.members().iter().all(|member| KEYS.contains(&member.key.as_str()));
        if !is_plain || value.get("mount").is_none() {
            return Ok(None);
        }
        return Err(Box::new(
            Finding::error(volume.key_place.label(""), format!("the volume `{}` has no kind", volume.key))
                .help("one of claim, secret, configmap, sources, size, memory, ephemeral, image, token, csi, nfs and host: {secret: app-keys, mount: /etc/keys}"),
        ));
    };
    let Some(second) = kinds.next() else { return Ok(Some(first)) };
    let message = format!("the volume `{}` has two kinds", volume.key);
    let finding = Finding::error(second.key_place.label("this is another"), message);
    Err(Box::new(finding.label(first.key_place.label("this is one")).help("make it two volumes")))
}

/// Keys that only some kinds have.
fn check_keys(value: &Spanned, kind: &Member) -> Vec<Finding> {
    let mut findings = Vec::new();
    let holds_keys = matches!(kind.key.as_str(), "secret" | "configmap");
    let mut misplaced: Vec<&str> = Vec::new();
    if !holds_keys {
        misplaced.extend(["items", "file", "optional"]);
    }
    if !holds_keys && kind.key != "token" && kind.key != "sources" {
        misplaced.push("mode");
    }
    for (owner, key) in [("token", "expires"), ("csi", "attributes"), ("host", "type"), ("host", "propagation")] {
        if kind.key != owner {
            misplaced.push(key);
        }
    }
    if kind.key != "claim" {
        misplaced.push("create");
    }
    if holds_keys || matches!(kind.key.as_str(), "image" | "token" | "sources") {
        misplaced.push("sub");
    }
    for key in misplaced {
        let Some(member) = value.member(key) else { continue };
        let owner = match key {
            "create" => "`claim`",
            "expires" => "`token`",
            "attributes" => "`csi`",
            "type" | "propagation" => "`host`",
            "mode" => "`secret`, `configmap`, `sources` and `token`",
            "sub" => "volumes that contain folders; `file` mounts one key of a Secret or ConfigMap",
            _ => "`secret` and `configmap`",
        };
        findings.push(
            Finding::error(member.key_place.label(""), format!("`{key}` belongs to {owner}"))
                .label(kind.key_place.label("this volume is another kind")),
        );
    }
    if let (Some(_), Some(items)) = (value.get("file"), value.member("items")) {
        findings.push(
            Finding::error(items.key_place.label(""), "`file` mounts one key, and `items` chooses several")
                .help("remove one of them"),
        );
    }
    findings
}

/// One source of several: a Secret, a ConfigMap or a token, with the keys that it has.
fn check_source(source: &Spanned) -> Vec<Finding> {
    let mut findings = Vec::from_iter(check_expiry(source));
    let kinds: Vec<&Member> = ["secret", "configmap", "token"].iter().filter_map(|kind| source.member(kind)).collect();
    let [kind] = kinds.as_slice() else {
        let message = "a source is one of a Secret, a ConfigMap and a token";
        findings.push(
            Finding::error(source.place.label(""), message).help("sources: [{secret: api-tls}, {configmap: roots}]"),
        );
        return findings;
    };
    let foreign: &[&str] = if kind.key == "token" { &["items", "optional"] } else { &["expires", "file"] };
    for member in foreign.iter().filter_map(|key| source.member(key)) {
        let owner = if kind.key == "token" { "`secret` and `configmap`" } else { "`token`" };
        findings.push(
            Finding::error(member.key_place.label(""), format!("`{}` belongs to {owner}", member.key))
                .label(kind.key_place.label("this source is another kind"))
                .help("leave it out"),
        );
    }
    findings
}

/// `validateProjectedVolumeSource`: a token lives ten minutes at least.
fn check_expiry(value: &Spanned) -> Option<Finding> {
    let expires = value.get("expires")?;
    let seconds = duration_seconds(expires.text()?).ok()?;
    (seconds < 600).then(|| {
        Finding::error(expires.place.label(""), "a token must be valid for at least 10 minutes")
            .because("the API server refuses anything shorter")
            .help("expires: 10m")
    })
}

fn create(value: &Spanned) -> Option<(String, String, Option<String>)> {
    let create = value.get("create")?;
    let access = text_of(create, "access").unwrap_or_else(|| "ReadWriteOnce".to_owned());
    Some((create.get("size").map(scalar).unwrap_or_default(), access, text_of(create, "class")))
}

/// Reads `shared`.
pub(super) fn shared(value: Option<&Spanned>) -> Vec<Shared> {
    let read = |member: &Member| Shared {
        name: member.key.clone(),
        mount: text_of(&member.value, "mount").or_else(|| member.value.text().map(str::to_owned)).unwrap_or_default(),
        size: member.value.get("size").map(scalar),
        in_memory: member.value.get("memory").is_some_and(|said| said.to_json() == true),
        read_only: member.value.get("readOnly").is_some_and(|said| said.to_json() == true),
        sub: text_of(&member.value, "sub"),
        place: member.key_place.clone(),
    };
    value.map(Spanned::members).unwrap_or_default().iter().map(read).collect()
}

/// Reads `writable`.
pub(super) fn writable(reader: &mut AppReader, list: Option<&Spanned>) -> Vec<Writable> {
    let mut paths: Vec<Writable> = Vec::new();
    let mut by_path: HashMap<String, usize> = HashMap::new();
    for item in list.map(Spanned::items).unwrap_or_default() {
        let entries: Vec<(String, String, &Place)> = match &item.kind {
            Kind::Text(path) => vec![(path.clone(), WRITABLE.to_owned(), &item.place)],
            Kind::Map(members) => {
                // `- /tmp:` names a path and no size
                let size =
                    |value: &Spanned| if let Kind::Null = value.kind { WRITABLE.to_owned() } else { scalar(value) };
                members.iter().map(|member| (member.key.clone(), size(&member.value), &member.key_place)).collect()
            }
            _ => Vec::new(),
        };
        for (path, size, place) in entries {
            let path = path.trim_end_matches('/').to_owned();
            let first = *by_path.entry(path.clone()).or_insert(paths.len());
            if let Some(other) = paths.get(first) {
                reader.findings.push(
                    Finding::error(place.label("and here"), format!("`{path}` is in `writable` twice"))
                        .label(other.place.label("here")),
                );
                continue;
            }
            paths.push(Writable { path, size, place: place.clone() });
        }
    }
    paths
}
