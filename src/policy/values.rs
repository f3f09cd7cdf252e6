//! Values that the API server fills in, and why some of them are unknown here.

use crate::cel::{Tree, Value};

/// Why a value is unknown.
pub(super) const OF_SERVER: &str = "the API server sets it";

pub(super) const OF_TOKEN: &str = "the API server adds the service account's token to a Pod";

pub(super) fn text(value: &str) -> Value {
    Value::text(value)
}

pub(super) fn int(value: i64) -> Value {
    Value::Int(value)
}

pub(super) fn map(entries: &[(&str, Value)]) -> Tree {
    let mut tree = Tree::empty();
    for (name, value) in entries {
        tree.fill(name, value.clone());
    }
    tree
}
