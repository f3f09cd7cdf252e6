//! Lifecycle and availability of any Pod.

mod image_without_digest;
mod prestop_outlasts_grace;

use super::Rule;

/// The family's rules.
pub const RULES: &[&Rule] = &[&image_without_digest::RULE, &prestop_outlasts_grace::RULE];
