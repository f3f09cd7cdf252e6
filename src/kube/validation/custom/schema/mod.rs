//! Schemas of definitions: `ValidateCustomResourceDefinitionOpenAPISchema` and, in
//! `apiextensions-apiserver/pkg/apiserver/schema/validation.go`, `ValidateStructural`.

use std::collections::HashSet;

use super::super::super::go_regex;
use super::super::super::versions::Change;
use super::super::field::Field;
use super::field_path::{self, Leads};
use super::formats;
use super::written::Keywords;

/// Where in a schema a part is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Item,
    Field,
}

/// Keywords of JSON Schema that definitions do not have.
const UNSUPPORTED: [&str; 6] = ["id", "$ref", "patternProperties", "dependencies", "additionalItems", "definitions"];

const ALL_UNSUPPORTED: Keywords = Keywords::these(&UNSUPPORTED);

/// The keywords under which a schema has others that only restrict values.
const JUNCTORS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// All under which a schema has others that only restrict values.
const RESTRICTIONS: Keywords = Keywords::these(&["allOf", "anyOf", "oneOf", "not"]);

/// All under which a schema has others.
const PARTS: Keywords =
    Keywords::these(&["properties", "items", "additionalProperties", "allOf", "anyOf", "oneOf", "not"]);

/// Judges the schema of a version.
pub fn root(schema: Field, has_status: bool) {
    const AT_ROOT: [&str; 22] = [
        "default",
        "nullable",
        "enum",
        "maxProperties",
        "minProperties",
        "allOf",
        "oneOf",
        "anyOf",
        "not",
        "additionalProperties",
        "patternProperties",
        "dependencies",
        "additionalItems",
        "definitions",
        "id",
        "$ref",
        "$schema",
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
        "x-kubernetes-map-type",
    ];
    if has_status {
        for name in AT_ROOT {
            let keyword = schema.child(name);
            if keyword.is_set() && !keyword.is_false() && !is_blank(keyword) {
                schema.invalid(format!("has `{name}` at its root, which a version with the status subresource cannot"));
                break;
            }
        }
    }
    if schema.child("nullable").is_true() {
        schema.child("nullable").forbidden("cannot be true at the root");
    }
    let found = schema.error_count();
    let is_readable = is_readable(schema);
    if is_readable {
        structural(schema, Level::Root);
        completeness(schema);
    }
    if schema.error_count() == found && is_readable {
        defaults(schema);
    }
    open_api(schema, Place { is_root: true, ..Place::default() });
    let schema_of_schema = schema.child("$schema");
    if schema.error_count() == found && !schema_of_schema.is_empty() {
        schema_of_schema.invalid("is not supported");
    }
}

fn is_blank(keyword: Field) -> bool {
    keyword.opt_str().is_some_and(str::is_empty)
}

/// Whether the server can make a structural schema of it; what it cannot is said by [`open_api`].
fn is_readable(schema: Field) -> bool {
    const MAY_BLOCK: Keywords = Keywords::these(&["$schema", "x-kubernetes-preserve-unknown-fields", "items"]);
    let written = Keywords::of(schema);
    let is_unsupported =
        || UNSUPPORTED.iter().any(|name| !schema.child(name).is_empty()) || schema.child("additionalItems").is_set();
    let is_blocked = || {
        !schema.child("$schema").is_empty()
            || schema.child("x-kubernetes-preserve-unknown-fields").is_false()
            || schema.child("items").is_list() && !schema.child("items").is_empty()
    };
    let stops = written.has(ALL_UNSUPPORTED) && is_unsupported() || written.has(MAY_BLOCK) && is_blocked();
    !stops && (!written.has(PARTS) || parts(schema, written).all(is_readable))
}

/// The schemas in a schema.
fn parts(schema: Field<'_>, written: Keywords) -> impl Iterator<Item = Field<'_>> {
    let of_map = schema.child("properties").entries().map(|(_, part)| part);
    let one = ["items", "additionalProperties"].into_iter().map(move |name| schema.child(name));
    let restricting = written.has(RESTRICTIONS).then(|| restrictions(schema));
    of_map.chain(one).chain(restricting.into_iter().flatten()).filter(|part| part.is_map())
}

/// `validateStructuralInvariants`
fn structural(schema: Field, level: Level) {
    const FLAGS: Keywords = Keywords::these(&[
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-int-or-string",
        "x-kubernetes-embedded-resource",
    ]);
    let written = Keywords::of(schema);
    let of_type = schema.child("type");
    let has_flags = written.has(FLAGS);
    let flag = |name: &'static str| has_flags && schema.child(name).is_true();
    let (keeps, int_or_string, embedded) = (
        flag("x-kubernetes-preserve-unknown-fields"),
        flag("x-kubernetes-int-or-string"),
        flag("x-kubernetes-embedded-resource"),
    );
    let (items, properties, others) =
        (schema.child("items"), schema.child("properties"), schema.child("additionalProperties"));
    if of_type.str() == "array" && !items.is_map() {
        items.required("a list needs a schema of its elements");
    }
    if items.is_map() {
        structural(items, Level::Item);
    }
    for (_, property) in properties.entries() {
        structural(property, Level::Field);
    }
    if others.is_set() {
        if level == Level::Root {
            others.forbidden("cannot be used at the root");
        }
        if embedded {
            others.forbidden("does not go with `x-kubernetes-embedded-resource`");
        }
        if others.is_map() {
            structural(others, Level::Field);
        }
    }
    if int_or_string && keeps {
        schema.child("x-kubernetes-preserve-unknown-fields").invalid("does not go with `x-kubernetes-int-or-string`");
    }
    if int_or_string && embedded {
        schema.child("x-kubernetes-embedded-resource").invalid("does not go with `x-kubernetes-int-or-string`");
    }
    if written.has(VALUES) {
        let first_of_all = schema.child("allOf").items().next();
        values(schema, is_int_or_string(schema), first_of_all.is_some_and(is_int_or_string));
    }
    if embedded && of_type.str() != "object" {
        if of_type.is_empty() {
            of_type.required("it must be object where there is `x-kubernetes-embedded-resource`");
        } else {
            of_type.invalid("must be object where there is `x-kubernetes-embedded-resource`");
        }
    } else if of_type.is_empty() && !int_or_string && !keeps {
        of_type.required("each field, each element and the root have one");
    }
    if level == Level::Root && !of_type.is_empty() && of_type.str() != "object" {
        of_type.invalid("must be object at the root");
    }
    if level == Level::Root || embedded {
        for name in ["kind", "apiVersion"] {
            if let Some(property) = properties.lookup(name).filter(|property| property.child("type").str() != "string")
            {
                property.child("type").invalid("must be string");
            }
        }
    }
    if let Some(metadata) = properties.lookup("metadata") {
        self::metadata(metadata, level, embedded);
    }
    if embedded && !keeps && properties.is_empty() {
        properties.required("an embedded resource has some, or `x-kubernetes-preserve-unknown-fields`");
    }
}

/// `validateStructuralMetadataInvariants`
fn metadata(metadata: Field, level: Level, embedded: bool) {
    if (level == Level::Root || embedded) && metadata.child("type").str() != "object" {
        metadata.child("type").invalid("must be object");
    }
    if level != Level::Root {
        return;
    }
    let is_name = |key: &str| matches!(key, "name" | "generateName");
    let names_only = metadata.child("properties").entries().all(|(key, _)| is_name(&key));
    let no_more = metadata.entries().all(|(key, value)| {
        matches!(&*key, "type" | "default" | "properties") || !value.is_set() || value.is_false() || is_blank(value)
    });
    if !names_only || !no_more {
        metadata.forbidden("can only say something of `name` and `generateName`: the server knows the rest");
    }
}

/// Whether its `anyOf` is the pattern of a number or a text, in which types are allowed.
fn is_int_or_string(schema: Field) -> bool {
    schema.child("anyOf").json() == r#"[{"type":"integer"},{"type":"string"}]"#
}

/// All that [`values`] looks at.
const VALUES: Keywords = Keywords::these(&["allOf", "anyOf", "oneOf", "not", "pattern"]);

/// `validateValueValidation`
fn values(schema: Field, skip_any: bool, skip_any_of_first: bool) {
    if !skip_any {
        schema.child("anyOf").items().for_each(|part| nested(part, false));
    }
    for (index, part) in schema.child("allOf").items().enumerate() {
        nested(part, skip_any_of_first && index == 0);
    }
    schema.child("oneOf").items().for_each(|part| nested(part, false));
    if schema.child("not").is_set() {
        nested(schema.child("not"), false);
    }
    let pattern = schema.child("pattern");
    if let Some(why) = go_regex::refusal(pattern.str()) {
        pattern.invalid(format!("is not a regular expression: {why}"));
    }
}

/// `validateNestedValueValidation`: what may only restrict values.
fn nested(part: Field, skip_any: bool) {
    const EMPTY: [&str; 8] = [
        "type",
        "title",
        "description",
        "default",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
        "x-kubernetes-map-type",
        "x-kubernetes-validations",
    ];
    const FALSE: [&str; 4] = [
        "nullable",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
    ];
    const WHY: &str = "is not structural here: say it outside of allOf, anyOf, oneOf and not";
    values(part, skip_any, false);
    let (items, properties, others) =
        (part.child("items"), part.child("properties"), part.child("additionalProperties"));
    if items.is_map() {
        nested(items, false);
    }
    properties.entries().for_each(|(_, property)| nested(property, false));
    for keyword in EMPTY.map(|name| part.child(name)) {
        let is_empty = match keyword.opt_str() {
            Some(text) => text.is_empty(),
            None => !keyword.is_set() || keyword.is_list() && keyword.is_empty(),
        };
        if !is_empty {
            keyword.forbidden(WHY);
        }
    }
    for keyword in FALSE.map(|name| part.child(name)).into_iter().filter(|keyword| keyword.is_true()) {
        keyword.forbidden(WHY);
    }
    if others.is_map() || others.is_true() {
        others.forbidden(WHY);
    }
    if let Some(metadata) = properties.lookup("metadata") {
        metadata.forbidden("cannot be restricted here");
    }
}

/// `validateStructuralCompleteness`: what the root restricts in allOf, anyOf, oneOf and not has a schema outside.
fn completeness(schema: Field) {
    if Keywords::of(schema).has(RESTRICTIONS) {
        restrictions(schema).for_each(|part| complete(part, Some(schema), schema));
    }
}

/// `base` is the schema of the value that `part` restricts, and `at` where it would be.
fn complete(part: Field, base: Option<Field>, at: Field) {
    let Some(base) = base.filter(|base| base.is_map()) else {
        at.required("it is restricted in allOf, anyOf, oneOf or not, and must have a schema outside");
        return;
    };
    restrictions(part).for_each(|part| complete(part, Some(base), base));
    if part.child("items").is_map() {
        complete(part.child("items"), Some(base.child("items")), base.child("items"));
    }
    for (key, property) in part.child("properties").entries() {
        let own = base.child("properties").lookup(&key);
        complete(property, own, own.unwrap_or(property));
    }
}

/// The schemas that only restrict the values of a schema.
fn restrictions(schema: Field<'_>) -> impl Iterator<Item = Field<'_>> {
    let of_lists = JUNCTORS.iter().flat_map(move |name| schema.child(name).items());
    of_lists.chain(Some(schema.child("not"))).filter(|part| part.is_map())
}

/// Defaults that the schema does not take (`defaulting.ValidateDefaults`), but for rules in CEL.
fn defaults(schema: Field) {
    const WITH_DEFAULTS: Keywords = Keywords::these(&["default", "items", "properties"]);
    if !Keywords::of(schema).has(WITH_DEFAULTS) {
        return;
    }
    let default = schema.child("default");
    if default.is_set()
        && let Some(why) = super::wrong_default(schema, default)
    {
        default.invalid(format!("is not what its own schema takes: {why}"));
    }
    if schema.child("items").is_map() {
        defaults(schema.child("items"));
    }
    schema.child("properties").entries().for_each(|(_, property)| defaults(property));
}

/// Where [`open_api`] is.
#[derive(Clone, Copy, Default)]
struct Place {
    is_root: bool,
    /// Why a default cannot be here.
    no_default: Option<&'static str>,
    in_metadata: bool,
}

/// `ValidateCustomResourceDefinitionOpenAPISchema`
fn open_api(schema: Field, place: Place) {
    const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
    const DEFAULT: Keywords = Keywords::these(&["default"]);
    const EMBEDDED: Keywords = Keywords::these(&["x-kubernetes-embedded-resource"]);
    const UNIQUE: Keywords = Keywords::these(&["uniqueItems"]);
    const RULES: Keywords = Keywords::these(&["x-kubernetes-validations"]);
    let written = Keywords::of(schema);
    let of_type = schema.child("type");
    if !of_type.is_empty() && !TYPES.contains(&of_type.str()) {
        of_type.not_supported(of_type.str(), &TYPES);
    }
    if written.has(DEFAULT)
        && schema.child("default").is_set()
        && let Some(why) = place.no_default
    {
        schema.child("default").forbidden(why);
    }
    for name in UNSUPPORTED.into_iter().filter(|_| written.has(ALL_UNSUPPORTED)) {
        let keyword = schema.child(name);
        let is_there = match name {
            "additionalItems" | "dependencies" | "$ref" => keyword.is_set(),
            _ => !keyword.is_empty(),
        };
        if is_there {
            keyword.forbidden("is not supported in definitions");
        }
    }
    let (items, properties, others) =
        (schema.child("items"), schema.child("properties"), schema.child("additionalProperties"));
    if items.is_list() && !items.is_empty() {
        items.forbidden("must be one schema, and not a list");
    }
    let is_embedded = written.has(EMBEDDED) && schema.child("x-kubernetes-embedded-resource").is_true();
    if place.in_metadata && is_embedded {
        schema.child("x-kubernetes-embedded-resource").forbidden("cannot be in the metadata of a resource");
    }
    if written.has(UNIQUE) && schema.child("uniqueItems").is_true() {
        schema.child("uniqueItems").forbidden("cannot be true: write `x-kubernetes-list-type: set`");
    }
    if others.is_set() {
        if !properties.is_empty() && !others.is_true() {
            others.forbidden("does not go with `properties`");
        }
        if others.is_map() {
            let why = "cannot be in `additionalProperties` of an object's metadata";
            let no_default = if place.in_metadata { Some(why) } else { place.no_default };
            open_api(others, Place { is_root: false, no_default, ..place });
        }
    }
    let is_resource = place.is_root || is_embedded;
    for (key, property) in properties.entries() {
        let mut inner = Place { is_root: false, ..place };
        if is_resource && matches!(&*key, "metadata" | "kind" | "apiVersion") {
            inner.in_metadata = true;
            if place.is_root {
                inner.no_default = Some("cannot be in what every object has: apiVersion, kind and metadata");
            }
        }
        open_api(property, inner);
    }
    let inner = Place { is_root: false, ..place };
    if written.has(RESTRICTIONS) {
        if schema.child("not").is_map() {
            open_api(schema.child("not"), inner);
        }
        JUNCTORS.iter().flat_map(|name| schema.child(name).items()).for_each(|part| open_api(part, inner));
    }
    if items.is_map() {
        open_api(items, inner);
    }
    if written.has(WARNED) {
        warnings(schema);
    }
    if written.has(EXTENSIONS) {
        extensions(schema);
    }
    if written.has(RULES) {
        schema.child("x-kubernetes-validations").items().for_each(|one| rule(one, schema));
    }
}

/// All that makes the server warn.
const WARNED: Keywords = Keywords::these(&["format", "x-kubernetes-list-type"]);

/// `WarningsOnCreate`, `getNonScalarListTypeSetWarnings`
fn warnings(schema: Field) {
    let (format, of_type, items) = (schema.child("format"), schema.child("type"), schema.child("items"));
    let is_known = match of_type.str() {
        "" | "string" => formats::is_known(format.str(), schema.target().0),
        "integer" => matches!(format.str(), "int32" | "int64"),
        "number" => matches!(format.str(), "float" | "double"),
        _ => false,
    };
    let since = if of_type.str() == "string" { Change::UnknownFormatsWarned } else { Change::NumberFormats };
    if !format.is_empty() && !is_known && schema.has_change(since) {
        format.warn(format!("`format` is `{}`, which the API server does not know and does not check", format.str()));
    }
    let is_set = schema.child("x-kubernetes-list-type").str() == "set";
    if is_set && matches!(items.child("type").str(), "object" | "array") && schema.has_change(Change::SetsOfScalars) {
        items.child("type").warn(
            "`type` of the elements of a set should be a scalar: server-side apply and CEL do not support others",
        );
    }
}

/// All that [`extensions`] is about.
const EXTENSIONS: Keywords = Keywords::these(&[
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-map-type",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
]);

/// Lists and maps of Kubernetes.
fn extensions(schema: Field) {
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
        keys.required("a list of type map has keys");
    }
    if !items.is_set() {
        items.required("a list of type map has a schema of its elements");
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
fn rule(rule: Field, schema: Field) {
    const REASONS: [&str; 4] =
        ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];
    let blank = |field: Field| !field.is_empty() && field.str().trim().is_empty();
    let is_long = |text: &str| text.contains(['\n', '\r']);
    let (expression, message) = (rule.child("rule"), rule.child("message"));
    let (text, said) = (expression.str().trim(), message.str().trim());
    if text.is_empty() {
        expression.required("");
    } else if blank(message) {
        message.invalid("is blank: leave it out, or say something");
    } else if is_long(said) {
        message.invalid("has more than one line");
    } else if is_long(text) && said.is_empty() {
        message.required("a rule of several lines has one");
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
    if !path.is_empty() && is_readable(schema) && matches!(field_path::follow(schema, path.str(), true), Leads::Nowhere)
    {
        path.invalid("leads to no field of the schema: write .name, or ['name'], below the schema of the rule");
    }
}
