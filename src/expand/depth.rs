//! Objects that nest deeper than what is written.

use serde_json::Value as Json;

use crate::diagnostic::Finding;
use crate::limits;
use crate::pattern::Made;

/// An error for each object that nests deeper than [`limits::WRITTEN_DEPTH`].
pub(super) fn check(made: &[Made]) -> Vec<Finding> {
    made.iter().filter(|made| is_deep(&made.object)).map(too_deep).collect()
}

fn too_deep(made: &Made) -> Finding {
    let limit = limits::WRITTEN_DEPTH;
    let text = |pointer| made.object.pointer(pointer).and_then(Json::as_str).unwrap_or_default();
    let place = made.blame.clone().unwrap_or_else(|| made.origin.clone());
    Finding::error(
        place.label("this makes it"),
        format!(
            "{}/{} nests more than {limit} lists and maps (limit {}, see `patterns explain limits`)",
            text("/kind"),
            text("/metadata/name"),
            limit.name
        ),
    )
    .because("each level is written with more indentation than the one above it, so that the file grows with the square of the depth")
    .help("nest less, or apply this object with kubectl, as JSON")
}

fn is_deep(object: &Json) -> bool {
    let mut level = vec![object];
    for _ in 0..limits::WRITTEN_DEPTH.count() {
        level = level.into_iter().flat_map(below).filter(|value| value.is_array() || value.is_object()).collect();
        if level.is_empty() {
            return false;
        }
    }
    true
}

fn below(value: &Json) -> Box<dyn Iterator<Item = &Json> + '_> {
    match value {
        Json::Array(items) => Box::new(items.iter()),
        Json::Object(entries) => Box::new(entries.values()),
        _ => Box::new(std::iter::empty()),
    }
}
