//! What kubectl cannot read, and what the API server would refuse.

mod directive;
mod dropped_after_dots;
mod dropped_field;
mod duplicate_key;
mod invalid_utf8;
mod norway;
mod not_an_object;
mod number_where_string;
mod octal_surprise;
mod pod_security;
mod separator_inside_text;
mod unknown_field;
mod unreadable_yaml;
mod unusable_patch;
mod verdict;
mod wrong_type;

use super::{Findings, Rule};
use crate::diagnostic::Family;
use crate::kube::{Object, ProblemKind};
use crate::words::clip;
use crate::yaml::{NodeId, Style};

/// Passes over an object that find what several rules report.
pub(super) static VERDICTS: &super::SharedCheck = &verdict::SOURCE;

/// What the API server says of custom resources by their definitions.
pub(super) static CUSTOM: &super::SharedCheck = &verdict::CUSTOM;

/// What is wrong with patches that are written in kustomizations.
pub(super) static PATCHES: &super::SharedCheck = &unusable_patch::SOURCE;

/// The rule about unknown fields, its check of one object, and what else servers say of an object without these fields.
pub(crate) const UNKNOWN_FIELD: &Rule = &unknown_field::RULE;
pub(crate) const OF_UNKNOWN_FIELDS: fn(&Object, &mut Findings<'_>) = unknown_field::check;
pub(crate) const WITHOUT_UNKNOWN_FIELDS: fn(&Object, &mut Findings<'_>) = verdict::check_the_rest;

/// What rules of this folder belong to.
const FAMILY: Family = Family::Manifest;

/// The family's rules.
pub const RULES: &[&Rule] = &[
    &directive::RULE,
    &dropped_after_dots::RULE,
    &dropped_field::RULE,
    &duplicate_key::RULE,
    &invalid_utf8::RULE,
    &norway::RULE,
    &not_an_object::RULE,
    &number_where_string::RULE,
    &octal_surprise::RULE,
    &pod_security::RULE,
    &separator_inside_text::RULE,
    &unknown_field::RULE,
    &unreadable_yaml::RULE,
    &unusable_patch::RULE,
    &verdict::DANGLING_NAME,
    &verdict::DUPLICATE_VALUE,
    &verdict::FORBIDDEN_FIELD,
    &verdict::INVALID_VALUE,
    &verdict::MISSING_FIELD,
    &verdict::SERVER_WARNING,
    &verdict::TOO_MANY_ITEMS,
    &verdict::UNKNOWN_KIND,
    &verdict::UNSUPPORTED_VALUE,
    &verdict::VALUE_TOO_LONG,
    &wrong_type::RULE,
];

/// Values of another type than their field's: the node, and the type as a noun ("a string").
fn wrong_types(object: &Object) -> impl Iterator<Item = (NodeId, &'static str)> {
    object.lasting_problems().filter_map(|problem| match problem.kind {
        ProblemKind::WrongType { expected } => Some((problem.node, expected)),
        _ => None,
    })
}

/// What to write in place of a plain scalar that `what` shows. An alias in quotes would be text: what it stands for is to
/// be quoted, where its anchor is.
fn in_quotes(object: &Object, node: NodeId, what: &str) -> String {
    let raw = object.document.raw(node);
    match raw.strip_prefix('*') {
        Some(anchor) if object.document.style(node) == Style::Alias => {
            format!("put the value of `&{}` in quotes", clip(anchor.trim_end()))
        }
        _ if what == "this value" => "put it in quotes".to_owned(),
        _ => format!("write \"{}\"", clip(raw)),
    }
}

/// A scalar without quotes, itself or through an alias.
fn is_plain(object: &Object, node: NodeId) -> bool {
    matches!(object.document.style(node), Style::Plain | Style::Alias)
}
