//! Lifecycle and availability of any Pod.

mod config_map_key_missing;
mod dangling_reference;
mod dangling_service;
mod hpa_fights_replicas;
mod hpa_missing_request;
mod hpa_unknown_container;
mod image_without_digest;
mod nginx_config;
mod overlapping_selectors;
mod pdb_blocks_drain;
mod prestop_outlasts_grace;
mod references;
mod retired_operator;
mod rwo;
mod rwo_many_replicas;
mod rwo_rolling_update;
mod scaling;
mod service_port_missing;
mod two_default_priorities;
mod two_hpas_one_target;
mod two_pdbs_one_pod;
mod varnish_above_memory_limit;

use super::Rule;

/// The family's rules.
pub const RULES: &[&Rule] = &[
    &config_map_key_missing::RULE,
    &dangling_reference::RULE,
    &dangling_service::RULE,
    &hpa_fights_replicas::RULE,
    &hpa_missing_request::RULE,
    &hpa_unknown_container::RULE,
    &image_without_digest::RULE,
    &nginx_config::RULE,
    &overlapping_selectors::RULE,
    &pdb_blocks_drain::RULE,
    &prestop_outlasts_grace::RULE,
    &retired_operator::RULE,
    &rwo_many_replicas::RULE,
    &rwo_rolling_update::RULE,
    &service_port_missing::RULE,
    &two_default_priorities::RULE,
    &two_hpas_one_target::RULE,
    &two_pdbs_one_pod::RULE,
    &varnish_above_memory_limit::RULE,
];
