//! Evaluates templates and expressions.

pub(super) mod expressions;
pub(super) mod fault;
pub(super) mod filters;
pub(super) mod patience;
pub(super) mod quoting;
pub(super) mod render;
pub(super) mod values;
