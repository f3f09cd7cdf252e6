//! Lifecycle and availability of any Pod.

mod prestop_outlasts_grace;

use super::Rule;

/// The family's rules.
pub const RULES: &[&Rule] = &[&prestop_outlasts_grace::RULE];
