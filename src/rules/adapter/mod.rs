//! Adapters: what shows an app to the outside in another form, and what looks at it.

mod adapter_scrape_port_mismatch;
mod exec_of_shell_text;
mod exec_without_program;
mod probe_on_loopback;
mod probe_port_not_served;
mod probe_protocol;

use super::Rule;
use crate::diagnostic::Family;

/// What rules of this folder belong to.
const FAMILY: Family = Family::Adapter;

/// The family's rules.
pub const RULES: &[&Rule] = &[
    &adapter_scrape_port_mismatch::RULE,
    &exec_of_shell_text::RULE,
    &exec_without_program::RULE,
    &probe_on_loopback::RULE,
    &probe_port_not_served::RULE,
    &probe_protocol::RULE,
];
