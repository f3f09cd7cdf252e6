//! From a planned document to objects: the context of templates, and their fragments, woven into one Pod.

pub(super) mod additions;
pub(super) mod agents;
pub(super) mod checks;
pub(super) mod composition;
pub(super) mod config;
pub(super) mod context;
pub(super) mod disk;
pub(super) mod expand;
pub(super) mod replicas;
pub(super) mod weaving;
