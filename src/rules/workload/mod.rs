//! Lifecycle and availability of any Pod.

mod address_as_external_name;
mod config_map_key_missing;
mod dangling_reference;
mod dangling_service;
mod data_outside_volume;
mod database_without_password;
mod host_namespaces;
mod hpa_fights_replicas;
mod hpa_missing_request;
mod hpa_unknown_container;
mod image_without_digest;
mod impossible_replica_range;
mod key_mounted_as_folder;
mod memory_below_a_mebibyte;
mod mentioned;
mod missing_probe;
mod missing_resources;
mod mutable_tag;
mod nginx_config;
mod no_pdb;
mod no_spread;
mod no_such_service;
mod no_such_service_port;
mod nul_in_argument;
mod official;
mod overlapping_selectors;
mod pdb_blocks_drain;
mod plaintext_secret;
mod policy_of_service_port;
mod prestop_outlasts_grace;
mod privileged;
mod probe_host;
mod rbac_allows_nothing;
mod read_only_root_needs_volume;
mod references;
mod retired_operator;
mod root_that_must_not_be;
mod runs_as_root;
mod rwo;
mod rwo_many_replicas;
mod rwo_rolling_update;
mod same_probe_twice;
mod scale_path_missing;
mod scaling;
mod selector_matches_nothing;
mod selector_takes_job_pods;
mod service_port_missing;
mod service_port_not_served;
mod service_port_on_loopback;
mod shell_without_terminal;
mod single_replica;
mod token_mounted;
mod two_default_priorities;
mod two_hpas_one_target;
mod two_pdbs_one_pod;
mod unpullable_image;
mod variable_before_its_definition;
mod variable_without_parentheses;
mod varnish_above_memory_limit;
mod vertical;
mod volume_does_not_fit_claim;
mod writable_root;

use super::Rule;
use crate::diagnostic::Family;

/// What rules of this folder belong to.
const FAMILY: Family = Family::Workload;

/// The family's rules.
pub const RULES: &[&Rule] = &[
    &address_as_external_name::RULE,
    &config_map_key_missing::RULE,
    &dangling_reference::RULE,
    &dangling_service::RULE,
    &data_outside_volume::RULE,
    &database_without_password::RULE,
    &host_namespaces::RULE,
    &hpa_fights_replicas::RULE,
    &hpa_missing_request::RULE,
    &hpa_unknown_container::RULE,
    &image_without_digest::RULE,
    &impossible_replica_range::RULE,
    &key_mounted_as_folder::RULE,
    &memory_below_a_mebibyte::RULE,
    &missing_probe::RULE,
    &missing_resources::RULE,
    &mutable_tag::RULE,
    &nginx_config::RULE,
    &no_pdb::RULE,
    &no_spread::RULE,
    &no_such_service::RULE,
    &no_such_service_port::RULE,
    &nul_in_argument::RULE,
    &overlapping_selectors::RULE,
    &pdb_blocks_drain::RULE,
    &plaintext_secret::RULE,
    &policy_of_service_port::RULE,
    &prestop_outlasts_grace::RULE,
    &privileged::RULE,
    &probe_host::RULE,
    &rbac_allows_nothing::RULE,
    &read_only_root_needs_volume::RULE,
    &retired_operator::RULE,
    &root_that_must_not_be::RULE,
    &runs_as_root::RULE,
    &rwo_many_replicas::RULE,
    &rwo_rolling_update::RULE,
    &same_probe_twice::RULE,
    &scale_path_missing::RULE,
    &selector_matches_nothing::RULE,
    &selector_takes_job_pods::RULE,
    &service_port_missing::RULE,
    &service_port_not_served::RULE,
    &service_port_on_loopback::RULE,
    &shell_without_terminal::RULE,
    &single_replica::RULE,
    &token_mounted::RULE,
    &two_default_priorities::RULE,
    &two_hpas_one_target::RULE,
    &two_pdbs_one_pod::RULE,
    &unpullable_image::RULE,
    &variable_before_its_definition::RULE,
    &variable_without_parentheses::RULE,
    &varnish_above_memory_limit::RULE,
    &volume_does_not_fit_claim::RULE,
    &writable_root::RULE,
];
