//! Templates and expressions to values.

pub(super) mod fault;
pub(super) mod patience;
pub(super) mod quoting;
pub(super) mod render;
