//! Checking a value of a description against a JSON Schema, all mistakes at once, each where it is.
//!
//! Of JSON Schema it knows the [keywords](super::keywords) that descriptions and patterns use, and `patternProperties`.
//! The schemas of `anyOf` are told apart by their types, those of `oneOf` by the member that each requires first. Of our
//! own are `x-example`, the right form, `x-wrong`, keys that people write and the right form of each, and `x-inner`, a
//! map in which people write keys of the description.

mod check;
mod defaults;
mod members;
mod subject;
mod types;
mod variants;

use std::sync::Arc;

use serde_json::Value as Json;

use super::spanned::Spanned;
use crate::yaml::{self, Source};

pub use check::{check, check_keys};
pub use defaults::with_defaults;
pub use subject::Subject;
pub use variants::form;

/// A JSON Schema that is written as YAML and compiled in.
#[must_use]
pub fn embedded(name: &str, text: &str) -> Json {
    let source = Arc::new(Source::from_text(name, text));
    let (documents, _) = yaml::as_kubectl(yaml::read(&source));
    documents.first().map_or(Json::Null, |document| Spanned::from_node(document, document.root()).to_json())
}
