//! Keys of a description that affect its objects: each is checked here and applied to the output of the patterns.

pub(super) mod adopt;
pub(super) mod annotations;
pub(super) mod budget;
pub(super) mod configmaps;
pub(super) mod dns;
mod host_ports;
pub(super) mod isolate;
pub(super) mod mesh;
pub(super) mod operated;
pub(super) mod outbound;
pub(super) mod patches;
pub(super) mod peers;
pub(super) mod place;
pub(super) mod reach;
pub(super) mod rename;
pub(super) mod rights;
pub(super) mod rollout;
pub(super) mod service;
pub(super) mod services;
mod targets;
