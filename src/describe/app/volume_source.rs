//! The source of a volume, as Kubernetes writes it.

use serde_json::{Value as Json, json};

use super::super::formats::duration_seconds;
use super::super::spanned::{Member, Spanned};
use super::{object, scalar, text_of};

/// What a volume of a kind is made from.
pub(super) fn source(kind: &Member, value: &Spanned) -> Json {
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
