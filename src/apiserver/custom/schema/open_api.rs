//! What `OpenAPI` says of a schema: types, required fields, formats, defaults.

use super::extensions::{EXTENSIONS, WARNED, extensions, rule, warnings};
use super::plain::TYPES;
use super::read::Schema;
use super::{ALL_UNSUPPORTED, DEFAULT, UNSUPPORTED, is_filled_in};
use crate::yaml::Keys;

/// Where [`open_api`] is.
#[derive(Clone, Copy, Default)]
pub(super) struct SchemaContext {
    pub(super) is_root: bool,
    /// Why a default cannot be here.
    pub(super) no_default: Option<&'static str>,
    pub(super) in_metadata: bool,
}

/// `ValidateCustomResourceDefinitionOpenAPISchema`
pub(super) fn open_api(read: &Schema, place: SchemaContext) {
    const ITEMS: Keys = Keys::these(&["items"]);
    const EMBEDDED: Keys = Keys::these(&["x-kubernetes-embedded-resource"]);
    const UNIQUE: Keys = Keys::these(&["uniqueItems"]);
    const RULES: Keys = Keys::these(&["x-kubernetes-validations"]);
    let Schema { field: schema, written, of_type, others, .. } = *read;
    if is_filled_in(schema, written) {
        return;
    }
    if !TYPES.contains(&of_type.str()) && !of_type.is_empty() {
        of_type.not_supported(of_type.str(), &TYPES);
    }
    if written.may_share(DEFAULT)
        && schema.child("default").is_set()
        && let Some(why) = place.no_default
    {
        schema.child("default").forbidden(why);
    }
    for name in UNSUPPORTED.into_iter().filter(|_| written.may_share(ALL_UNSUPPORTED)) {
        let keyword = schema.child(name);
        let is_there = match name {
            "additionalItems" | "dependencies" | "$ref" => keyword.is_set(),
            _ => !keyword.is_empty(),
        };
        if is_there {
            keyword.forbidden("is not supported in definitions");
        }
    }
    let items = || Some(schema.child("items")).filter(|items| items.is_list() && !items.is_empty());
    if written.may_share(ITEMS)
        && !read.has_item
        && let Some(items) = items()
    {
        items.forbidden("must be a single schema, not a list");
    }
    let is_embedded = written.may_share(EMBEDDED) && schema.child("x-kubernetes-embedded-resource").is_true();
    if place.in_metadata && is_embedded {
        schema.child("x-kubernetes-embedded-resource").forbidden("cannot be in the metadata of a resource");
    }
    if written.may_share(UNIQUE) && schema.child("uniqueItems").is_true() {
        schema.child("uniqueItems").forbidden("cannot be true: write `x-kubernetes-list-type: set`");
    }
    if others.is_set() {
        if !schema.child("properties").is_empty() && !others.is_true() {
            others.forbidden("is not allowed with `properties`");
        }
        if let Some(other) = &read.other {
            let why = "cannot be in `additionalProperties` of an object's metadata";
            let no_default = if place.in_metadata { Some(why) } else { place.no_default };
            open_api(other, SchemaContext { is_root: false, no_default, ..place });
        }
    }
    let is_resource = place.is_root || is_embedded;
    for property in &read.fields {
        let mut inner = SchemaContext { is_root: false, ..place };
        if is_resource && matches!(property.field.last_step().as_str(), "metadata" | "kind" | "apiVersion") {
            inner.in_metadata = true;
            if place.is_root {
                inner.no_default = Some("cannot be in apiVersion, kind or metadata");
            }
        }
        open_api(property, inner);
    }
    let inner = SchemaContext { is_root: false, ..place };
    let below = read.not.as_deref().into_iter().chain(&read.juncts).chain(read.item.as_deref());
    below.for_each(|part| open_api(part, inner));
    if written.may_share(WARNED) {
        warnings(schema);
    }
    // they are about what is below, too
    if written.may_share(EXTENSIONS) && !read.is_open {
        extensions(schema);
    }
    if written.may_share(RULES) {
        schema.child("x-kubernetes-validations").items().for_each(|one| rule(one, read));
    }
}
