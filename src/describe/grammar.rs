//! The grammar of descriptions, which is compiled in.

use std::sync::OnceLock;

use serde_json::Value as Json;

use super::schema::{self, Subject};
use super::spanned::Spanned;
use crate::diagnostic::Finding;

/// The grammar as a JSON Schema.
///
/// # Panics
/// Never: a test reads the same text.
pub fn grammar() -> &'static Json {
    static GRAMMAR: OnceLock<Json> = OnceLock::new();
    GRAMMAR.get_or_init(|| schema::embedded("grammar.yaml", include_str!("grammar.yaml")))
}

/// Everything in which a container of the user's differs from the grammar of `app`.
pub fn check_app(value: &Spanned, subject: Subject<'_>) -> Vec<Finding> {
    grammar().pointer("/properties/app").map_or_else(Vec::new, |schema| schema::check(schema, value, subject))
}
