//! `patterns explain lint.rules`: a key of `.patterns.yaml`.

use crate::lint::settings_schema;
use crate::pattern::key_of;
use crate::project;

/// What is known of a key of the settings. None of no such key.
pub fn key(path: &str) -> Option<String> {
    let mut schema = project::grammar().clone();
    schema["properties"]["lint"] = settings_schema().clone();
    key_of(&schema, path, "a key of .patterns.yaml")
}

/// The keys at the top of the settings, for what is nearly one.
pub fn top_keys<'a>() -> impl Iterator<Item = &'a str> {
    project::grammar()["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str())
}
