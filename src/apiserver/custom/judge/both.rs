//! A schema beside the structural one.

use crate::yaml::NodeId;

/// A schema of a value, and the structural schema of the same value: another one under `allOf` and its relatives.
#[derive(Clone, Copy)]
pub struct Both {
    pub(super) schema: NodeId,
    pub(super) base: NodeId,
    pub(super) is_nested: bool,
}

impl Both {
    /// A schema that is the structural one.
    pub fn of(schema: NodeId) -> Self {
        Self { schema, base: schema, is_nested: false }
    }

    /// A schema that restricts the same value.
    pub(super) fn nested(self, schema: NodeId) -> Self {
        Self { schema, is_nested: true, ..self }
    }
}
