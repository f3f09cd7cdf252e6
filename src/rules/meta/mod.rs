//! What the linter says about how it is told to be quiet. The findings come from `lint`.

use super::{Check, Rule};
use crate::diagnostic::Family;

/// What rules of this folder belong to.
const FAMILY: Family = Family::Meta;

/// The family's rules.
pub const RULES: &[&Rule] = &[&IGNORE_WITHOUT_REASON, &INVALID_DESCRIPTION, &STALE_BASELINE, &UNUSED_IGNORE];

/// An ignore that ignores nothing.
pub static UNUSED_IGNORE: Rule = rule!(FAMILY; "unused_ignore.md", Warning, Check::Elsewhere);

/// A description that `gen` refuses.
pub static INVALID_DESCRIPTION: Rule = rule!(FAMILY; "invalid_description.md", Error, Check::Elsewhere);

/// An entry of a baseline that no longer matches anything.
pub static STALE_BASELINE: Rule = rule!(FAMILY; "stale_baseline.md", Warning, Check::Elsewhere);

/// An ignore that does not say why.
pub static IGNORE_WITHOUT_REASON: Rule = rule!(FAMILY; "ignore_without_reason.md", Warning, Check::Elsewhere);
