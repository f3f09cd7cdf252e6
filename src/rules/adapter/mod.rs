//! Adapters: what shows an app to the outside in another form, and what looks at it.

pub(super) mod adapter_scrape_port_mismatch;
pub(super) mod adapter_target_mismatch;
mod exec_without_program;
pub(super) mod probe_on_loopback;

use super::Rule;

/// The family's rules.
pub const RULES: &[&Rule] = &[
    &adapter_scrape_port_mismatch::RULE,
    &adapter_target_mismatch::RULE,
    &exec_without_program::RULE,
    &probe_on_loopback::RULE,
];
