//! What is known of a request, and values of other objects than the judged one.

use std::rc::Rc;

use crate::cel::{Item, Key, Value};
use crate::kube::Object;
use crate::policy::admitted::is_clustered;
use crate::policy::matching;

/// The same value as one that is not of the judged object: its nodes belong to another document.
pub(super) fn without_place(item: Item) -> Item {
    let value = match item.value {
        Value::List(list) => Value::list(list.items.iter().cloned().map(without_place).collect()),
        Value::Map(map) => {
            Value::map(map.entries.iter().map(|(key, item)| (key.clone(), without_place(item.clone()))).collect())
        }
        other => other,
    };
    value.into()
}

/// `request`: what is known of it when an object is applied.
pub(super) fn request(object: &Object) -> Item {
    const WHY: &str = "it differs from request to request";
    let (group, version) = object.id.api_version.split_once('/').unwrap_or(("", &object.id.api_version));
    let resource = matching::resource(&object.id.kind);
    let triple = |last: &str, name: &str| {
        Value::object(vec![("group", Value::text(group)), ("version", Value::text(version)), (last, Value::text(name))])
    };
    let mut fields = vec![
        ("kind", triple("kind", &object.id.kind)),
        ("resource", triple("resource", &resource)),
        ("requestKind", triple("kind", &object.id.kind)),
        ("requestResource", triple("resource", &resource)),
        ("operation", Value::text("CREATE")),
        ("userInfo", Value::Unknown(WHY)),
        ("dryRun", Value::Unknown(WHY)),
        ("options", Value::Unknown(WHY)),
    ];
    let is_made = object.id.name.is_empty();
    let name = Value::Unknown("the API server makes the object's name");
    fields.push(("name", if is_made { name } else { Value::text(&object.id.name) }));
    // A request for a namespace has its name there (`RequestInfo.Namespace` in k8s.io/apiserver).
    let is_namespace = object.id.kind == "Namespace" && object.id.api_version == "v1";
    match if is_namespace { Some(object.id.name.as_str()) } else { object.id.namespace.as_deref() } {
        Some(namespace) => fields.push(("namespace", Value::text(namespace))),
        None if is_clustered(&object.id.kind) => {}
        None => fields.push(("namespace", Value::Unknown("the namespace is not set"))),
    }
    let entry = |(name, value): (&str, Value)| (Key::String(Rc::from(name)), value.into());
    Value::map(fields.into_iter().map(entry).collect()).into()
}
