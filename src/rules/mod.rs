//! The rules. Each is one file with its page next to it, registered in the list of its family.

/// A rule: its page, which it has its name from, its level and its check, and `fixes` if some of its findings offer a fix.
/// The family is that of the folder; where the rule is in the folder's `mod.rs`, the family comes first.
macro_rules! rule {
    (@has_fix) => { false };
    (@has_fix fixes) => { true };
    ($page:literal, $level:ident, $check:expr $(, $fixes:ident)?) => {
        rule!(super::FAMILY; $page, $level, $check $(, $fixes)?)
    };
    ($family:path; $page:literal, $level:ident, $check:expr $(, $fixes:ident)?) => {
        $crate::rules::Rule {
            id: $crate::diagnostic::RuleId {
                name: {
                    const NAME: [u8; $page.len() - ".md".len()] = $crate::rules::name_of($page);
                    match std::str::from_utf8(&NAME) {
                        Ok(name) => name,
                        Err(_) => "",
                    }
                },
                family: $family,
            },
            level: $crate::diagnostic::Level::$level,
            check: $check,
            has_fix: rule!(@has_fix $($fixes)?),
        }
    };
}

mod adapter;
mod ambassador;
mod batch;
mod election;
mod findings;
pub(crate) mod manifest;
mod meta;
pub mod parts;
pub mod policy;
mod serving;
mod sidecar;
pub mod text;
mod workload;

use std::sync::Arc;

pub use findings::{Findings, FindingsAnywhere, Saying};

use crate::diagnostic::{Family, Level, RuleId};
use crate::facts::PodFacts;
use crate::kube::{ContainerView, File, Index, Object, PodView};
use crate::packed::{Packed, packed};
use crate::yaml::Document;

/// A rule: its name, its level, its page and its check.
#[derive(Debug)]
pub struct Rule {
    /// Its name and family.
    pub id: RuleId,
    /// The highest level of its findings.
    pub level: Level,
    /// The check.
    pub check: Check,
    /// Whether some of its findings offer a fix.
    pub has_fix: bool,
}

/// The pages of all rules.
static PAGES: Packed = packed!("pages.packed");

impl Rule {
    /// What `patterns explain` prints; its `bad` and `good` blocks are the rule's tests.
    #[must_use]
    pub fn page(&self) -> &'static str {
        let of_this = |page: &'static str| page.strip_prefix(self.id.name)?.strip_prefix('\n');
        PAGES.text().split('\0').find_map(of_this).unwrap_or_default()
    }

    /// What it finds, in one sentence: the first paragraph of its page.
    #[must_use]
    pub fn summary(&self) -> String {
        let body = self.page().split_once("\n\n").map_or("", |(_, body)| body);
        body.split("\n\n").next().unwrap_or_default().replace('\n', " ")
    }
}

/// A rule's check, by what it looks at.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// One file, as text. Runs where it holds Kubernetes objects or YAML that kubectl refuses.
    File(fn(&File, &mut Findings<'_>)),
    /// One document that holds Kubernetes objects.
    Document(fn(&Arc<Document>, &mut Findings<'_>)),
    /// One object.
    Object(fn(&Object, &mut Findings<'_>)),
    /// The Pod that an object is or makes.
    Pod(fn(PodView<'_>, &mut Findings<'_>)),
    /// One container of a Pod.
    Container(fn(ContainerView<'_>, &mut Findings<'_>)),
    /// What the containers of a Pod do.
    Facts(fn(&PodFacts<'_>, &mut Findings<'_>)),
    /// All objects together.
    Workspace(fn(&Index<'_>, &mut FindingsAnywhere<'_>)),
    /// Findings come from a [`SharedCheck`], or from the linter itself.
    Elsewhere,
}

/// A check that several rules share, because one pass over an object finds them all.
#[derive(Debug)]
pub struct SharedCheck {
    /// The rules it finds, in [`Check::Elsewhere`].
    pub rules: &'static [&'static Rule],
    /// The pass; it says `found.under(&RULE)` before each finding.
    pub check: SharedPass,
}

/// What a shared pass looks at.
#[derive(Clone, Copy, Debug)]
pub enum SharedPass {
    /// One object.
    Object(fn(&Object, &mut Findings<'_>)),
    /// All objects together.
    Together(fn(&Index<'_>, &mut FindingsAnywhere<'_>)),
}

/// The name of a rule: that of its page, `probe_protocol.md`, as users write it.
const fn name_of<const LENGTH: usize>(page: &str) -> [u8; LENGTH] {
    let mut name = [0; LENGTH];
    let mut at = 0;
    while at < LENGTH {
        let byte = page.as_bytes()[at];
        name[at] = if byte == b'_' { b'-' } else { byte };
        at += 1;
    }
    name
}

/// The rules of a family, if it is one.
#[must_use]
pub fn of_family(name: &str) -> Option<&'static [&'static Rule]> {
    FAMILIES.iter().find(|(family, _)| family.name() == name).map(|(_, rules)| *rules)
}

/// All rules, by family.
pub const FAMILIES: &[(Family, &[&Rule])] = &[
    (Family::Adapter, adapter::RULES),
    (Family::Ambassador, ambassador::RULES),
    (Family::Batch, batch::RULES),
    (Family::Election, election::RULES),
    (Family::Manifest, manifest::RULES),
    (Family::Meta, meta::RULES),
    (Family::Policy, policy::RULES),
    (Family::Serving, serving::RULES),
    (Family::Sidecar, sidecar::RULES),
    (Family::Workload, workload::RULES),
];

/// The shared passes.
pub static SOURCES: &[&SharedCheck] =
    &[manifest::VERDICTS, manifest::CUSTOM, manifest::PATCHES, &serving::shard_count_mismatch::LISTS, &policy::SOURCE];

pub use meta::{IGNORE_WITHOUT_REASON, INVALID_DESCRIPTION, STALE_BASELINE, UNUSED_IGNORE};

/// All rules.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|(_, rules)| rules.iter().copied())
}

/// The rule of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    let name = current(name);
    all().find(|rule| rule.id.name == name)
}

/// Former names of rules: ignores and settings with these names apply to the current rule.
pub const FORMER: &[(&str, &str)] = &[
    ("adapter-target-mismatch", "nothing-listens-there"),
    ("ambassador-port-mismatch", "nothing-listens-there"),
    ("source-port-mismatch", "nothing-listens-there"),
];

/// The current name of a rule whose name may be a former one.
#[must_use]
pub fn current(name: &str) -> &str {
    FORMER.iter().find(|(former, _)| *former == name).map_or(name, |(_, current)| current)
}

/// Every name that selects rules: the families and the rules.
pub fn names() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(|(family, _)| family.name()).chain(all().map(|rule| rule.id.name))
}
