//! Volumes of a container: its own, those that it shares, and paths that it writes to.

use serde_json::{Value as Json, json};

use super::super::formats::duration_seconds;
use super::super::spanned::{Kind, Member, Place, Spanned};
use super::{object, scalar, text_of};
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

/// What a writable path may hold if nobody says.
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

pub(super) fn read(value: Option<&Spanned>, findings: &mut Vec<Finding>) -> Vec<Volume> {
    value.map(Spanned::members).unwrap_or_default().iter().filter_map(|member| volume(member, findings)).collect()
}

fn volume(member: &Member, findings: &mut Vec<Finding>) -> Option<Volume> {
    let value = &member.value;
    let kinds: Vec<&Member> = value.members().iter().filter(|member| KINDS.contains(&member.key.as_str())).collect();
    let kind = match kinds.as_slice() {
        [kind] => *kind,
        // a key of another form has been refused by the grammar, and probably says the kind
        [] if !value.members().iter().all(|member| KEYS.contains(&member.key.as_str())) => return None,
        [] if value.get("mount").is_none() => return None,
        [] => {
            findings.push(
                Finding::error(member.key_place.label(""), format!("the volume `{}` has no kind", member.key))
                    .help("one of claim, secret, configmap, sources, size, memory, ephemeral, image, token, csi, nfs and host: {secret: app-keys, mount: /etc/keys}"),
            );
            return None;
        }
        [first, second, ..] => {
            findings.push(
                Finding::error(
                    second.key_place.label("this is another"),
                    format!("the volume `{}` has two kinds", member.key),
                )
                .label(first.key_place.label("this is one"))
                .help("make it two volumes"),
            );
            return None;
        }
    };
    check_keys(value, kind, findings);
    check_expiry(value, findings);
    kind.value.items().iter().filter(|_| kind.key == "sources").for_each(|source| check_source(source, findings));
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

/// Keys that only some kinds have.
fn check_keys(value: &Spanned, kind: &Member, findings: &mut Vec<Finding>) {
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
}

/// One source of several: a Secret, a ConfigMap or a token, with the keys that it has.
fn check_source(source: &Spanned, findings: &mut Vec<Finding>) {
    check_expiry(source, findings);
    let kinds: Vec<&Member> = ["secret", "configmap", "token"].iter().filter_map(|kind| source.member(kind)).collect();
    let [kind] = kinds.as_slice() else {
        let message = "a source is one of a Secret, a ConfigMap and a token";
        findings.push(
            Finding::error(source.place.label(""), message).help("sources: [{secret: api-tls}, {configmap: roots}]"),
        );
        return;
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
}

/// `validateProjectedVolumeSource`: a token lives ten minutes at least.
fn check_expiry(value: &Spanned, findings: &mut Vec<Finding>) {
    let Some(expires) = value.get("expires") else { return };
    if expires.text().and_then(|text| duration_seconds(text).ok()).is_some_and(|seconds| seconds < 600) {
        let finding = Finding::error(expires.place.label(""), "a token must be valid for at least 10 minutes");
        findings.push(finding.because("the API server refuses anything shorter").help("expires: 10m"));
    }
}

fn source(kind: &Member, value: &Spanned) -> Json {
    let name = scalar(&kind.value);
    let mode = mode(value);
    let optional = value.get("optional").map(Spanned::to_json).filter(|optional| *optional == true);
    match kind.key.as_str() {
        "claim" => json!({"persistentVolumeClaim": {"claimName": name}}),
        "secret" => {
            json!({"secret": object([("secretName", json!(name)), ("defaultMode", json!(mode)), ("items", items(value)), ("optional", json!(optional))])})
        }
        "configmap" => {
            json!({"configMap": object([("name", json!(name)), ("defaultMode", json!(mode)), ("items", items(value)), ("optional", json!(optional))])})
        }
        "size" => json!({"emptyDir": {"sizeLimit": name}}),
        "memory" => json!({"emptyDir": {"medium": "Memory", "sizeLimit": name}}),
        "ephemeral" => {
            let class = kind.value.get("class").map(Spanned::to_json).unwrap_or_default();
            let size = kind.value.get("size").map(scalar);
            let access = text_of(&kind.value, "access").unwrap_or_else(|| "ReadWriteOnce".to_owned());
            let spec = object([
                ("accessModes", json!([access])),
                ("storageClassName", class),
                ("resources", json!({"requests": {"storage": size}})),
            ]);
            let labels = kind.value.get("labels").map(|labels| json!({"labels": labels.to_json()}));
            let claim = object([("metadata", labels.unwrap_or_default()), ("spec", spec)]);
            json!({"ephemeral": {"volumeClaimTemplate": claim}})
        }
        "image" => json!({"image": {"reference": name}}),
        "token" => {
            let sources = json!([{"serviceAccountToken": token(&name, value)}]);
            json!({"projected": object([("defaultMode", json!(mode)), ("sources", sources)])})
        }
        "sources" => {
            let sources: Vec<Json> = kind.value.items().iter().map(projected).collect();
            json!({"projected": object([("defaultMode", json!(mode)), ("sources", json!(sources))])})
        }
        "csi" => {
            let attributes = value.get("attributes").map(Spanned::to_json).unwrap_or_default();
            let read_only = value.get("readOnly").is_none_or(|said| said.to_json() == true);
            json!({"csi": object([("driver", json!(name)), ("readOnly", json!(read_only)), ("volumeAttributes", attributes)])})
        }
        "nfs" => {
            let (server, path) = name.split_once(':').unwrap_or((&name, "/"));
            json!({"nfs": {"server": server, "path": path}})
        }
        _ => {
            let must_be = value.get("type").map(Spanned::to_json).unwrap_or_default();
            json!({"hostPath": object([("path", json!(name)), ("type", must_be)])})
        }
    }
}

fn mode(value: &Spanned) -> Option<u32> {
    value.get("mode").and_then(Spanned::text).and_then(|mode| u32::from_str_radix(mode, 8).ok())
}

/// `items`, or the one key that `file` names; null for all keys.
fn items(value: &Spanned) -> Json {
    let items = value.get("items").map(Spanned::members).unwrap_or_default().iter();
    let items = items.map(|item| {
        let path = item.value.get("path").unwrap_or(&item.value);
        object([("key", json!(item.key)), ("path", json!(scalar(path))), ("mode", json!(mode(&item.value)))])
    });
    let file = value.get("file").and_then(Spanned::text).map(|key| json!({"key": key, "path": key}));
    let items: Vec<Json> = items.chain(file).collect();
    if items.is_empty() { Json::Null } else { Json::Array(items) }
}

fn token(audience: &str, value: &Spanned) -> Json {
    let expires = value.get("expires").and_then(Spanned::text).and_then(|text| duration_seconds(text).ok());
    let file = text_of(value, "file").unwrap_or_else(|| "token".to_owned());
    // the list is replaced as a whole, so what the server would fill in is written: else each apply is a change
    json!({"audience": audience, "expirationSeconds": expires.unwrap_or(3600), "path": file})
}

/// One of `sources`, as Kubernetes writes it.
fn projected(source: &Spanned) -> Json {
    if let Some(audience) = text_of(source, "token") {
        return json!({"serviceAccountToken": token(&audience, source)});
    }
    let (kind, name) = match text_of(source, "secret") {
        Some(name) => ("secret", name),
        None => ("configMap", text_of(source, "configmap").unwrap_or_default()),
    };
    let optional = source.get("optional").map(Spanned::to_json).filter(|optional| *optional == true);
    json!({kind: object([("name", json!(name)), ("items", items(source)), ("optional", json!(optional))])})
}

fn create(value: &Spanned) -> Option<(String, String, Option<String>)> {
    let create = value.get("create")?;
    let access = text_of(create, "access").unwrap_or_else(|| "ReadWriteOnce".to_owned());
    Some((create.get("size").map(scalar).unwrap_or_default(), access, text_of(create, "class")))
}

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

pub(super) fn writable(list: Option<&Spanned>, findings: &mut Vec<Finding>) -> Vec<Writable> {
    let mut paths: Vec<Writable> = Vec::new();
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
            if let Some(other) = paths.iter().find(|other| other.path == path) {
                findings.push(
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
