//! Kubernetes' own keywords, `x-kubernetes-…`: lists, maps and rules; and what only earns a warning.

use std::collections::HashSet;

use super::read::Schema;
use crate::apiserver::custom::field_path::{self, Leads};
use crate::apiserver::custom::formats;
use crate::apiserver::field::Field;
use crate::kube::versions::Change;
use crate::yaml::Keys;

/// All that makes the server warn.
pub(super) const WARNED: Keys = Keys::these(&["format", "x-kubernetes-list-type"]);

/// `WarningsOnCreate`, `getNonScalarListTypeSetWarnings`
pub(super) fn warnings(schema: Field) {
    let (format, of_type, items) = (schema.child("format"), schema.child("type"), schema.child("items"));
    let is_known = formats::is_known_of(of_type.str(), format.str(), schema.target().0);
    let since = if of_type.str() == "string" { Change::UnknownFormatsWarned } else { Change::NumberFormats };
    if !format.is_empty() && !is_known && schema.has_change(since) {
        let which = match format.str() {
            "int32" | "int64" => "which the API server knows only for integers",
            "float" | "double" => "which the API server knows only for numbers",
            text if formats::is_known(text, schema.target().0) => "which the API server knows only for strings",
            _ => "which the API server does not know or check",
        };
        format.warn(format!("`format` is `{}`, {which}", format.str()));
    }
    let is_set = schema.child("x-kubernetes-list-type").str() == "set";
    if is_set && matches!(items.child("type").str(), "object" | "array") && schema.has_change(Change::SetsOfScalars) {
        items.child("type").warn(
            "`type` of the elements of a set should be a scalar: server-side apply and CEL do not support others",
        );
    }
}

/// All that [`extensions`] is about.
pub(super) const EXTENSIONS: Keys = Keys::these(&[
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-map-type",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
]);

/// Lists and maps of Kubernetes.
pub(super) fn extensions(schema: Field) {
    let of_type = schema.child("type");
    let keeps = schema.child("x-kubernetes-preserve-unknown-fields");
    if keeps.is_false() {
        keeps.invalid("must be true or left out");
    }
    let (map_type, list_type) = (schema.child("x-kubernetes-map-type"), schema.child("x-kubernetes-list-type"));
    for (extension, wanted) in [(map_type, "object"), (list_type, "array")] {
        if extension.is_set() && of_type.str() != wanted {
            if of_type.is_empty() {
                of_type.required(&format!("it must be {wanted} here"));
            } else {
                of_type.invalid(format!("must be {wanted} here"));
            }
        }
    }
    if map_type.is_set() {
        map_type.one_of(map_type.str(), &["atomic", "granular"]);
    }
    if list_type.is_set() {
        list_type.one_of(list_type.str(), &["atomic", "set", "map"]);
    }
    let (items, keys) = (schema.child("items"), schema.child("x-kubernetes-list-map-keys"));
    if list_type.str() == "set" && of_type.str() == "array" && items.is_map() {
        set_items(items);
    }
    if !keys.is_empty() && list_type.str() != "map" {
        if list_type.is_set() {
            list_type.invalid("must be map where there are `x-kubernetes-list-map-keys`");
        } else {
            list_type.required("map, where there are `x-kubernetes-list-map-keys`");
        }
    }
    if matches!(list_type.str(), "set" | "map") && items.child("nullable").is_true() {
        items.child("nullable").forbidden("cannot be true for elements of a set or a map");
    }
    if list_type.str() == "map" {
        map_items(items, keys);
    }
}

fn set_items(items: Field) {
    let (list_type, map_type) = (items.child("x-kubernetes-list-type"), items.child("x-kubernetes-map-type"));
    match items.child("type").str() {
        "array" if list_type.is_set() && list_type.str() != "atomic" => {
            list_type.invalid("must be atomic for elements of a set");
        }
        "object" if map_type.str() != "atomic" => map_type.invalid("must be atomic for elements of a set"),
        _ => {}
    }
}

fn map_items(items: Field, keys: Field) {
    if keys.is_empty() {
        keys.required("a list of type map needs keys");
    }
    if !items.is_set() {
        items.required("a list of type map needs a schema for its elements");
        return;
    }
    if !items.is_map() {
        items.invalid("must be one schema in a list of type map");
        return;
    }
    if items.child("type").str() != "object" {
        items.child("type").invalid("must be object in a list of type map");
        return;
    }
    let required: HashSet<&str> = items.child("required").items().map(Field::str).collect();
    let mut seen = HashSet::new();
    for key in keys.items() {
        if !seen.insert(key.str()) {
            key.as_path_of(keys).invalid(format!("has `{}` a second time", key.str()));
        }
        let Some(property) = items.child("properties").lookup(key.str()) else {
            key.as_path_of(keys).invalid(format!("has `{}`, which is not a property of the elements", key.str()));
            continue;
        };
        if matches!(property.child("type").str(), "array" | "object") {
            property.child("type").invalid("must be a scalar: the property is a key of its list");
        }
        if !required.contains(key.str()) && !property.child("default").is_set() {
            property.child("default").required("a key of a list is required, or has a default");
        }
        if property.child("nullable").is_true() {
            property.child("nullable").forbidden("cannot be true for a key of a list");
        }
    }
}

/// One of `x-kubernetes-validations`, but for its expressions.
pub(super) fn rule(rule: Field, read: &Schema) {
    const REASONS: [&str; 4] =
        ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];
    let blank = |field: Field| !field.is_empty() && field.str().trim().is_empty();
    let is_long = |text: &str| text.contains(['\n', '\r']);
    let (expression, message) = (rule.child("rule"), rule.child("message"));
    let (text, said) = (expression.str().trim(), message.str().trim());
    if text.is_empty() {
        expression.required("");
    } else if blank(message) {
        message.invalid("is blank: leave it out, or set a value");
    } else if is_long(said) {
        message.invalid("has more than one line");
    } else if is_long(text) && said.is_empty() {
        message.required("a rule with several lines needs one");
    }
    if blank(rule.child("messageExpression")) {
        rule.child("messageExpression").required("");
    }
    let (reason, path) = (rule.child("reason"), rule.child("fieldPath"));
    if reason.is_set() {
        reason.one_of(reason.str(), &REASONS);
    }
    if blank(path) {
        path.invalid("is blank: leave it out, or name a field");
    }
    if is_long(path.str()) {
        path.invalid("has more than one line");
    }
    let leads_nowhere = || matches!(field_path::follow(read.field, path.str(), true), Leads::Nowhere);
    // what the server cannot read is said elsewhere
    if !path.is_empty() && read.all.is_some() && leads_nowhere() {
        path.invalid("leads to no field of the schema: write .name, or ['name'], below the schema of the rule");
    }
}
