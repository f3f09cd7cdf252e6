//! Schemas of definitions: `ValidateCustomResourceDefinitionOpenAPISchema` and, in
//! `apiextensions-apiserver/pkg/apiserver/schema/validation.go`, `ValidateStructural`.

mod extensions;
mod open_api;
mod plain;
mod read;

use open_api::{SchemaContext, open_api};
use plain::Plain;
use read::Schema;

use super::super::field::Field;
use crate::go::regex;
use crate::yaml::Keys;

/// Where in a schema a part is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Item,
    Field,
}

/// Keys of JSON Schema that definitions do not have.
const UNSUPPORTED: [&str; 6] = ["id", "$ref", "patternProperties", "dependencies", "additionalItems", "definitions"];

const ALL_UNSUPPORTED: Keys = Keys::these(&UNSUPPORTED);

/// The keywords under which a schema has others that only restrict values.
const JUNCTORS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// All under which a schema has others that only restrict values.
const RESTRICTIONS: Keys = Keys::these(&JUNCTORS).and(Keys::these(&["not"]));

/// What makes a schema take more than its type says.
const FLAGS: [&str; 3] =
    ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string"];

const DEFAULT: Keys = Keys::these(&["default"]);

/// Judges the schema of a version.
pub fn root(schema: Field, has_status: bool) {
    root_but(schema, has_status, &Plain::below(schema));
}

/// The same, but for what is plain.
fn root_but(schema: Field, has_status: bool, plain: &Plain) {
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
    if is_for_a_program(schema) {
        return;
    }
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
    let read = Schema::read(schema, plain);
    if read.all.is_some() {
        structural(&read, Level::Root);
        completeness(schema);
    }
    if schema.error_count() == found {
        defaults(&read);
    }
    open_api(&read, SchemaContext { is_root: true, ..SchemaContext::default() });
    let schema_of_schema = schema.child("$schema");
    if schema.error_count() == found && !schema_of_schema.is_empty() {
        schema_of_schema.invalid("is not supported");
    }
}

fn is_blank(keyword: Field) -> bool {
    keyword.opt_str().is_some_and(str::is_empty)
}

/// Whether a program fills it in before a server gets it: its `$ref` is a URL, as in `python://…`. A server refuses each
/// `$ref`.
fn is_filled_in(schema: Field, written: Keys) -> bool {
    const REFERENCE: Keys = Keys::these(&["$ref"]);
    let is_of_scheme = |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '-' | '.');
    let is_scheme =
        |text: &str| text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.chars().all(is_of_scheme);
    written.may_share(REFERENCE)
        && schema.child("$ref").str().split_once("://").is_some_and(|(scheme, _)| is_scheme(scheme))
}

/// Whether a program fills in the schema itself.
pub fn is_for_a_program(schema: Field) -> bool {
    is_filled_in(schema, schema.keys())
}

/// `validateStructuralInvariants`
fn structural(read: &Schema, level: Level) {
    const ALL_FLAGS: Keys = Keys::these(&FLAGS);
    let Schema { field: schema, written, of_type, others, .. } = *read;
    if is_filled_in(schema, written) {
        return;
    }
    let type_name = of_type.str();
    let has_flags = written.may_share(ALL_FLAGS);
    let flag = |name: &'static str| has_flags && schema.child(name).is_true();
    let (keeps, int_or_string, embedded) = (
        flag("x-kubernetes-preserve-unknown-fields"),
        flag("x-kubernetes-int-or-string"),
        flag("x-kubernetes-embedded-resource"),
    );
    if type_name == "array" && !read.has_item {
        schema.child("items").required("a list needs a schema for its elements");
    }
    if let Some(item) = &read.item {
        structural(item, Level::Item);
    }
    read.fields.iter().for_each(|field| structural(field, Level::Field));
    if others.is_set() {
        if level == Level::Root {
            others.forbidden("cannot be used at the root");
        }
        if embedded {
            others.forbidden("is not allowed with `x-kubernetes-embedded-resource`");
        }
        if let Some(other) = &read.other {
            structural(other, Level::Field);
        }
    }
    if int_or_string && keeps {
        schema
            .child("x-kubernetes-preserve-unknown-fields")
            .invalid("is not allowed with `x-kubernetes-int-or-string`");
    }
    if int_or_string && embedded {
        schema.child("x-kubernetes-embedded-resource").invalid("is not allowed with `x-kubernetes-int-or-string`");
    }
    if written.may_share(VALUES) {
        let first_of_all = schema.child("allOf").items().next();
        values(schema, is_int_or_string(schema), first_of_all.is_some_and(is_int_or_string));
    }
    if embedded && type_name != "object" {
        if of_type.is_empty() {
            of_type.required("it must be object where there is `x-kubernetes-embedded-resource`");
        } else {
            of_type.invalid("must be object where there is `x-kubernetes-embedded-resource`");
        }
    } else if !int_or_string && !keeps && of_type.is_empty() {
        of_type.required("each field, each element and the root have one");
    }
    if level == Level::Root && !of_type.is_empty() && type_name != "object" {
        of_type.invalid("must be object at the root");
    }
    if level == Level::Root || embedded {
        let properties = schema.child("properties");
        for name in ["kind", "apiVersion"] {
            let is_wrong = |property: &Field| !is_for_a_program(*property) && property.child("type").str() != "string";
            if let Some(property) = properties.lookup(name).filter(is_wrong) {
                property.child("type").invalid("must be string");
            }
        }
        if let Some(metadata) = properties.lookup("metadata").filter(|metadata| !is_for_a_program(*metadata)) {
            self::metadata(metadata, level);
        }
    }
    if embedded && !keeps && schema.child("properties").is_empty() {
        schema
            .child("properties")
            .required("an embedded resource needs properties, or `x-kubernetes-preserve-unknown-fields`");
    }
}

/// `validateStructuralMetadataInvariants`
fn metadata(metadata: Field, level: Level) {
    if metadata.child("type").str() != "object" {
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
        metadata.forbidden("can only restrict `name` and `generateName`: the server validates the rest");
    }
}

/// Whether its `anyOf` is the pattern of a number or a text, in which types are allowed.
fn is_int_or_string(schema: Field) -> bool {
    schema.child("anyOf").json() == r#"[{"type":"integer"},{"type":"string"}]"#
}

/// All that [`values`] looks at.
const VALUES: Keys = RESTRICTIONS.and(Keys::these(&["pattern"]));

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
    if let Some(why) = regex::refusal(pattern.str()) {
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
    const WHY: &str = "is not structural here: move it outside allOf, anyOf, oneOf and not";
    if is_for_a_program(part) {
        return;
    }
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
    let flags = ["nullable"].into_iter().chain(FLAGS).map(|name| part.child(name));
    for keyword in flags.filter(|keyword| keyword.is_true()) {
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
    if schema.keys().may_share(RESTRICTIONS) {
        restrictions(schema).for_each(|part| complete(part, Some(schema), schema));
    }
}

/// `base` is the schema of the value that `part` restricts, and `at` where it would be.
fn complete(part: Field, base: Option<Field>, at: Field) {
    let Some(base) = base.filter(|base| base.is_map()) else {
        at.required("it is restricted in allOf, anyOf, oneOf or not, but must also have a schema outside");
        return;
    };
    if is_for_a_program(base) || is_for_a_program(part) {
        return;
    }
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
fn defaults(schema: &Schema) {
    if !schema.all.is_some_and(|written| written.may_share(DEFAULT)) {
        return;
    }
    // what a program fills in may say more of it
    if schema.written.may_share(DEFAULT) && !schema.is_open {
        let default = schema.field.child("default");
        if default.is_set()
            && let Some(why) = super::wrong_default(schema.field, default)
        {
            default.invalid(format!("does not satisfy its own schema: {why}"));
        }
    }
    schema.item.as_deref().into_iter().chain(&schema.fields).for_each(defaults);
}
