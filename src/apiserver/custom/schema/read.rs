//! A schema with all below it, read once for all that judge it.

use super::plain::Plain;
use super::{ALL_UNSUPPORTED, JUNCTORS, RESTRICTIONS, UNSUPPORTED, is_filled_in};
use crate::apiserver::field::Field;
use crate::yaml::{Key, Keys};

/// What is asked of each schema.
const ASKED: [Key; 4] = [Key::new("type"), Key::new("items"), Key::new("properties"), Key::new("additionalProperties")];

/// A schema, and what is asked of each.
pub(super) struct Schema<'a> {
    pub(super) field: Field<'a>,
    /// Its keywords.
    pub(super) written: Keys,
    pub(super) of_type: Field<'a>,
    pub(super) others: Field<'a>,
    /// Whether `items` is a schema.
    pub(super) has_item: bool,
    /// That schema, unless it is plain.
    pub(super) item: Option<Box<Self>>,
    /// The schemas in `properties`, but for plain ones.
    pub(super) fields: Vec<Self>,
    /// The schema that is `additionalProperties`, if it is one and not plain.
    pub(super) other: Option<Box<Self>>,
    /// The schema that is `not`, if it is one.
    pub(super) not: Option<Box<Self>>,
    /// The schemas in `allOf`, `anyOf` and `oneOf`.
    pub(super) juncts: Vec<Self>,
    /// The keywords in it and in all of these, if the server can make a structural schema of it; none of what a program
    /// fills in.
    pub(super) all: Option<Keys>,
    /// Whether a program fills in this schema or one below.
    pub(super) is_open: bool,
}

impl<'a> Schema<'a> {
    /// Reads a schema, but for what is plain below it.
    pub(super) fn read(field: Field<'a>, plain: &Plain) -> Self {
        let written = field.keys();
        let [of_type, items, properties, others] = field.children(&ASKED);
        let read = |part: Field<'a>| Self::read(part, plain);
        let one = |part: Field<'a>| (part.is_map() && !plain.has(part)).then(|| Box::new(read(part)));
        let (item, other) = (one(items), one(others));
        let has_item = item.is_some() || items.is_map();
        let fields: Vec<Self> = properties.values().filter(|part| !plain.has(*part)).map(read).collect();
        let own = if is_blocked(field, written, items) { None } else { Some(written) };
        let (mut not, mut juncts) = (None, Vec::new());
        if written.may_share(RESTRICTIONS) {
            not = one(field.child("not"));
            let parts = JUNCTORS.iter().flat_map(|name| field.child(name).items());
            juncts.extend(parts.filter(|part| part.is_map()).map(read));
        }
        let below = || [&item, &other, &not].into_iter().flatten().map(Box::as_ref).chain(&fields).chain(&juncts);
        let is_filled_in = is_filled_in(field, written);
        let all = if is_filled_in {
            Some(Keys::these(&[]))
        } else {
            below().fold(own, |all, part| Some(all?.and(part.all?)))
        };
        let is_open = is_filled_in || below().any(|part| part.is_open);
        Self { field, written, of_type, others, has_item, item, fields, other, not, juncts, all, is_open }
    }
}

/// Whether one of its own keywords keeps the server from a schema.
fn is_blocked(schema: Field, written: Keys, items: Field) -> bool {
    const MAY_BLOCK: Keys = Keys::these(&["$schema", "x-kubernetes-preserve-unknown-fields", "items"]);
    let is_unsupported =
        || UNSUPPORTED.iter().any(|name| !schema.child(name).is_empty()) || schema.child("additionalItems").is_set();
    let is_blocked = || {
        !schema.child("$schema").is_empty()
            || schema.child("x-kubernetes-preserve-unknown-fields").is_false()
            || items.is_list() && !items.is_empty()
    };
    written.may_share(ALL_UNSUPPORTED) && is_unsupported() || written.may_share(MAY_BLOCK) && is_blocked()
}
