//! What the linter says about how it is told to be quiet. The findings come from `lint`.

use super::{Check, Rule};
use crate::diagnostic::{Level, RuleId};

/// The family's rules.
pub const RULES: &[&Rule] = &[&IGNORE_WITHOUT_REASON, &INVALID_DESCRIPTION, &STALE_BASELINE, &UNUSED_IGNORE];

/// An ignore that ignores nothing.
pub static UNUSED_IGNORE: Rule = Rule {
    id: RuleId { name: "unused-ignore", family: "meta" },
    level: Level::Warning,
    page: include_str!("unused_ignore.md"),
    check: Check::Elsewhere,
};

/// A description that `gen` refuses.
pub static INVALID_DESCRIPTION: Rule = Rule {
    id: RuleId { name: "invalid-description", family: "meta" },
    level: Level::Error,
    page: include_str!("invalid_description.md"),
    check: Check::Elsewhere,
};

/// An entry of a baseline that no longer matches anything.
pub static STALE_BASELINE: Rule = Rule {
    id: RuleId { name: "stale-baseline", family: "meta" },
    level: Level::Warning,
    page: include_str!("stale_baseline.md"),
    check: Check::Elsewhere,
};

/// An ignore that does not say why.
pub static IGNORE_WITHOUT_REASON: Rule = Rule {
    id: RuleId { name: "ignore-without-reason", family: "meta" },
    level: Level::Warning,
    page: include_str!("ignore_without_reason.md"),
    check: Check::Elsewhere,
};
