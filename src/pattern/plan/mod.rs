//! Everything that is decided before rendering: parameters, ports, inbound traffic, references.

pub(super) mod container;
pub(super) mod containers;
pub(super) mod document;
pub(super) mod expose;
pub(super) mod files;
pub(super) mod fill;
pub(super) mod inbound;
pub(super) mod ports;
pub(super) mod prepare;
pub(super) mod probes;
pub(super) mod provides;
pub(super) mod references;
pub(super) mod referent;
pub(super) mod resolver;
mod rules;
pub(super) mod stage;
pub(super) mod view;
