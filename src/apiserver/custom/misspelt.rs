//! Fields of metadata that are plainly misspelt, whatever the kind: the server decodes the metadata of custom resources as
//! it does that of its own kinds (kubernetes/kubernetes:
//! `apiextensions-apiserver/pkg/apiserver/schema/objectmeta/coerce.go`).

use crate::kube::Object;
use crate::kube::versions::KindHistory;
use crate::words::edits_within;
use crate::yaml::{NodeId, Value};

use super::super::{is_known, is_of_client};

/// Whether a value is like those of a field.
type IsLike = fn(Value<'_>) -> bool;

/// The fields that people write, how many letters of each may be missing, too many or swapped, and what their values are
/// like. Of two, none is a letter that the field does not have: `lanes` is another word than `labels`.
const FIELDS: [(&str, usize, IsLike); 7] = [
    ("annotations", 2, is_map),
    ("finalizers", 2, is_list),
    ("generateName", 2, is_text),
    ("labels", 2, is_map),
    ("name", 1, is_text),
    ("namespace", 2, is_text),
    ("ownerReferences", 2, is_list),
];

fn is_map(value: Value<'_>) -> bool {
    matches!(value, Value::Map(_))
}

fn is_list(value: Value<'_>) -> bool {
    matches!(value, Value::List(_))
}

fn is_text(value: Value<'_>) -> bool {
    matches!(value, Value::Str(_))
}

/// The misspelt keys in the metadata of an object whose kind is not built in, each with what was meant. Other fields that
/// the server does not know are none of them: files of other programs begin like objects, too, and have their own.
#[must_use]
pub fn misspelt_metadata(object: &Object) -> Vec<(NodeId, &'static str)> {
    let id = &object.id;
    let is_custom = object.typed.is_none() && id.api_version.contains('.') && id.api_version.contains('/');
    if !is_custom || object.is_patch || object.is_encrypted {
        return Vec::new();
    }
    let document = &object.document;
    let entries = document.get(object.node, "metadata").map_or(&[][..], |metadata| document.entries(metadata));
    let meant = |key: &str, value| {
        let is_near = |(field, most, is_like): &(&str, usize, fn(Value<'_>) -> bool)| {
            let is_slip = match edits_within(*most, key, field) {
                Some(0) => false,
                _ if key.eq_ignore_ascii_case(field) => true,
                Some(edits) => edits == 1 || key.chars().all(|letter| field.contains(letter)),
                None => false,
            };
            is_slip && is_like(value)
        };
        FIELDS.iter().find(|one| is_near(one)).map(|(field, ..)| *field)
    };
    let is_right = |key: &str| FIELDS.iter().any(|(field, ..)| *field == key);
    let keys = entries.iter().map(|entry| (entry, document.key(entry))).filter(|(_, key)| !is_right(key));
    let found: Vec<_> =
        keys.filter_map(|(entry, key)| Some((entry.key, meant(&key, document.value(entry.value()))?))).collect();
    let is_built_in = || is_known(&id.api_version, &id.kind) || KindHistory::of(&id.api_version, &id.kind).is_some();
    if found.is_empty() || is_built_in() || is_of_client(&id.api_version) { Vec::new() } else { found }
}
