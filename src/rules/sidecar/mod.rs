//! Sidecars and Jobs.

mod annotation_on_the_wrong_metadata;
mod auth_bypassed;
mod duplicate_container_port;
mod duplicate_port_name;
mod git_sync_outside_the_mount;
mod init_needs_what_starts_later;
mod init_output_not_mounted;
mod injected_into_a_job;
mod log_sidecar_without_shared_volume;
mod mesh_reserved;
mod native;
mod nothing_listens_there;
mod pilot_agent_role;
mod probe_port_not_in_container;
mod proxy_as_init_container;
mod reloader_with_subpath;
mod restart_policy_is_not_sidecar;
mod shared_pid_exposes_secrets;
mod shared_volume_nobody_writes;
mod shell_swallows_sigterm;
mod sidecar_blocks_job;
mod sidecar_shares_nothing;
mod sidecar_that_ends;
mod sidecar_without_resources;
mod sidecar_without_startup_probe;
mod signal_sidecar_without_shared_pid;
mod startup_probe_deadlock;
mod symlink_by_subpath;
mod topz_exposed;
mod two_collectors_one_file;
mod two_daemons_in_one_container;

use super::Rule;
use crate::diagnostic::Family;

/// What rules of this folder belong to.
const FAMILY: Family = Family::Sidecar;

/// The family's rules.
pub const RULES: &[&Rule] = &[
    &annotation_on_the_wrong_metadata::RULE,
    &auth_bypassed::RULE,
    &duplicate_container_port::RULE,
    &duplicate_port_name::RULE,
    &git_sync_outside_the_mount::RULE,
    &init_needs_what_starts_later::RULE,
    &init_output_not_mounted::RULE,
    &injected_into_a_job::RULE,
    &log_sidecar_without_shared_volume::RULE,
    &mesh_reserved::RULE,
    &nothing_listens_there::RULE,
    &pilot_agent_role::RULE,
    &probe_port_not_in_container::RULE,
    &proxy_as_init_container::RULE,
    &reloader_with_subpath::RULE,
    &restart_policy_is_not_sidecar::RULE,
    &shared_pid_exposes_secrets::RULE,
    &shared_volume_nobody_writes::RULE,
    &shell_swallows_sigterm::RULE,
    &sidecar_blocks_job::RULE,
    &sidecar_shares_nothing::RULE,
    &sidecar_that_ends::RULE,
    &sidecar_without_resources::RULE,
    &sidecar_without_startup_probe::RULE,
    &signal_sidecar_without_shared_pid::RULE,
    &startup_probe_deadlock::RULE,
    &symlink_by_subpath::RULE,
    &topz_exposed::RULE,
    &two_collectors_one_file::RULE,
    &two_daemons_in_one_container::RULE,
];
